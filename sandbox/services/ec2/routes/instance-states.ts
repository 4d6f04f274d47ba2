import type {
  InstanceStateChange,
  RebootInstancesRequest,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, missingParameter } from '../errors.ts';
import { findAll, kinds } from '../ids.ts';
import {
  checkStartable,
  checkStoppable,
  checkTerminable,
  describeState,
  instanceLookup,
  instanceState,
  rebootInstance,
  startInstance,
  stopInstance,
  terminateInstance,
} from '../model/instances.ts';
import type { InstanceRecord } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';

/** StartInstances, StopInstances, RebootInstances and TerminateInstances: all of the instances, or none. */
export function instanceStateRoutes(shared: Ec2Shared) {
  const find = (region: RegionState, ids: readonly string[] | undefined, account: string, now: number) => {
    if (!ids || ids.length === 0) throw missingParameter('InstanceId');
    return findAll(kinds.instance, ids, instanceLookup(region, account, now, { describing: false }));
  };

  const StartInstances: Handler<StartInstancesRequest, StartInstancesResult> = (input, request) => {
    const { now } = request;
    const region = shared.region(request.region);
    const instances = find(region, input.InstanceIds, request.caller.account, now);
    for (const instance of instances) checkStartable(instance, now);
    endDryRun(input.DryRun);
    return { StartingInstances: change(instances, now, (instance) => startInstance(region, instance, now)) };
  };

  const StopInstances: Handler<StopInstancesRequest, StopInstancesResult> = (input, request) => {
    const { now } = request;
    const region = shared.region(request.region);
    const instances = find(region, input.InstanceIds, request.caller.account, now);
    for (const instance of instances) checkStoppable(instance, now);
    endDryRun(input.DryRun);
    return { StoppingInstances: change(instances, now, (instance) => stopInstance(region, instance, now)) };
  };

  const RebootInstances: Handler<RebootInstancesRequest, object> = (input, request) => {
    const { now } = request;
    const region = shared.region(request.region);
    const instances = find(region, input.InstanceIds, request.caller.account, now);
    for (const instance of instances)
      if (instanceState(instance, now) !== 'running')
        throw ec2Error('IncorrectState', `The instance '${instance.id}' is not running.`);
    endDryRun(input.DryRun);
    const upAt = now + shared.settings.instancePendingSeconds * 1000;
    for (const instance of instances) rebootInstance(region, instance, now, upAt);
    return {};
  };

  const TerminateInstances: Handler<TerminateInstancesRequest, TerminateInstancesResult> = (
    input,
    request,
  ) => {
    const { now } = request;
    const region = shared.region(request.region);
    const instances = find(region, input.InstanceIds, request.caller.account, now);
    for (const instance of instances) checkTerminable(instance);
    endDryRun(input.DryRun);
    return {
      TerminatingInstances: change(instances, now, (instance) => terminateInstance(region, instance, now)),
    };
  };

  return { StartInstances, StopInstances, RebootInstances, TerminateInstances };
}

function change(
  instances: readonly InstanceRecord[],
  now: number,
  act: (instance: InstanceRecord) => void,
): InstanceStateChange[] {
  return instances.map((instance) => {
    const before = instanceState(instance, now);
    act(instance);
    return {
      InstanceId: instance.id,
      PreviousState: describeState(before),
      CurrentState: describeState(instanceState(instance, now)),
    };
  });
}

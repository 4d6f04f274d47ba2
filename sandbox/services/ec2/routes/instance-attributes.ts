import type {
  DescribeInstanceAttributeRequest,
  InstanceAttribute,
  ModifyInstanceAttributeRequest,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, invalidValue } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { instanceLookup, instanceState } from '../model/instances.ts';
import type { InstanceRecord, NetworkInterfaceRecord } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';
import { viewInstance } from '../view-instance.ts';
import { checkUserData } from './launch-plan.ts';
import { groupsOf } from './security-group-choice.ts';

/** DescribeInstanceAttribute and ModifyInstanceAttribute. */
export function instanceAttributeRoutes(shared: Ec2Shared) {
  const find = (region: RegionState, id: string | undefined, account: string, now: number) =>
    findOne(kinds.instance, id ?? '', instanceLookup(region, account, now, { describing: false }));

  const DescribeInstanceAttribute: Handler<DescribeInstanceAttributeRequest, InstanceAttribute> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const instance = find(region, input.InstanceId, caller.account, now);
    endDryRun(input.DryRun);
    return { InstanceId: instance.id, ...readAttribute(region, instance, input.Attribute, now) };
  };

  const ModifyInstanceAttribute: Handler<ModifyInstanceAttributeRequest, object> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const instance = find(region, input.InstanceId, caller.account, now);
    const changes = plannedChanges(region, instance, input, now);
    if (changes.length === 0) throw invalidCombination('No attributes specified.');
    // "You can modify only one attribute at a time."
    if (changes.length > 1) throw invalidCombination('Fields for multiple attribute types specified');
    endDryRun(input.DryRun);
    for (const apply of changes) apply();
    return {};
  };

  return { DescribeInstanceAttribute, ModifyInstanceAttribute };
}

function readAttribute(
  region: RegionState,
  instance: InstanceRecord,
  attribute: string | undefined,
  now: number,
): InstanceAttribute {
  const primary = region.interfaces.get(instance.interfaces[0] ?? '');
  switch (attribute) {
    case 'instanceType':
      return { InstanceType: { Value: instance.type } };
    case 'userData':
      return { UserData: { Value: instance.userData } };
    case 'disableApiTermination':
      return { DisableApiTermination: { Value: instance.disableApiTermination } };
    case 'disableApiStop':
      return { DisableApiStop: { Value: instance.disableApiStop } };
    case 'instanceInitiatedShutdownBehavior':
      return { InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior } };
    case 'rootDeviceName':
      return { RootDeviceName: { Value: instance.rootDeviceName } };
    case 'blockDeviceMapping':
      return { BlockDeviceMappings: viewInstance(region, instance, now).BlockDeviceMappings };
    case 'productCodes':
      return { ProductCodes: [] };
    case 'sourceDestCheck':
      return { SourceDestCheck: { Value: primary?.sourceDestCheck ?? true } };
    case 'groupSet':
      return { Groups: (primary?.groups ?? []).map((GroupId) => ({ GroupId })) };
    case 'ebsOptimized':
      return { EbsOptimized: { Value: instance.ebsOptimized } };
    case 'sriovNetSupport':
      return { SriovNetSupport: { Value: 'simple' } };
    case 'enaSupport':
      return { EnaSupport: { Value: true } };
    case 'enclaveOptions':
      return { EnclaveOptions: { Enabled: false } };
    case 'kernel':
      return { KernelId: {} };
    case 'ramdisk':
      return { RamdiskId: {} };
    default:
      throw invalidValue(`Value (${attribute ?? ''}) for parameter attribute is invalid. Unknown attribute.`);
  }
}

/** One entry per attribute that the request changes; everything is checked before anything is done. */
function plannedChanges(
  region: RegionState,
  instance: InstanceRecord,
  input: ModifyInstanceAttributeRequest,
  now: number,
): (() => void)[] {
  const changes: (() => void)[] = [];
  const text = (name: string) => (input.Attribute === name ? input.Value : undefined);
  const flag = (name: string) => (text(name) === undefined ? undefined : text(name) === 'true');
  const whenStopped = (what: string) => {
    if (instanceState(instance, now) !== 'stopped')
      throw ec2Error(
        'IncorrectInstanceState',
        `The instance '${instance.id}' must be stopped to change its ${what}.`,
      );
  };

  const groups = input.Groups;
  if (groups && groups.length > 0) {
    const found = groupsOf(region, instance.owner, instance.vpcId, groups);
    const primary = onlyInterface(region, instance);
    changes.push(() => {
      if (primary) primary.groups = found;
    });
  }
  const termination = input.DisableApiTermination?.Value ?? flag('disableApiTermination');
  if (termination !== undefined)
    changes.push(() => {
      instance.disableApiTermination = termination;
    });
  const stop = input.DisableApiStop?.Value ?? flag('disableApiStop');
  if (stop !== undefined)
    changes.push(() => {
      instance.disableApiStop = stop;
    });
  const sourceDestCheck = input.SourceDestCheck?.Value ?? flag('sourceDestCheck');
  if (sourceDestCheck !== undefined) {
    const primary = onlyInterface(region, instance);
    changes.push(() => {
      if (primary) primary.sourceDestCheck = sourceDestCheck;
    });
  }
  const behavior =
    input.InstanceInitiatedShutdownBehavior?.Value ?? text('instanceInitiatedShutdownBehavior');
  if (behavior !== undefined) {
    if (behavior !== 'stop' && behavior !== 'terminate')
      throw invalidValue(`Value (${behavior}) for parameter instanceInitiatedShutdownBehavior is invalid.`);
    changes.push(() => {
      instance.shutdownBehavior = behavior;
    });
  }
  const type = input.InstanceType?.Value ?? text('instanceType');
  if (type !== undefined) {
    whenStopped('instance type');
    // Instance types are an open set; the SDK's union lists those that it knew when it was built.
    const known = type as InstanceRecord['type'];
    changes.push(() => {
      instance.type = known;
    });
  }
  const userData = input.UserData?.Value;
  const newUserData = userData ? Buffer.from(userData).toString('base64') : text('userData');
  if (newUserData !== undefined) {
    whenStopped('user data');
    const checked = checkUserData(newUserData);
    changes.push(() => {
      instance.userData = checked;
    });
  }
  const devices = input.BlockDeviceMappings ?? [];
  if (devices.length > 0)
    changes.push(() => {
      for (const { DeviceName, Ebs } of devices) {
        const volumeId = instance.devices.find(({ device }) => device === DeviceName)?.volumeId ?? '';
        const attachment = region.volumes.get(volumeId)?.attachment;
        if (attachment && Ebs?.DeleteOnTermination !== undefined)
          attachment.deleteOnTermination = Ebs.DeleteOnTermination;
      }
    });
  return changes;
}

/** What belongs to an interface can be changed through its instance only where it is clear which one is meant. */
function onlyInterface(region: RegionState, instance: InstanceRecord): NetworkInterfaceRecord | undefined {
  if (instance.interfaces.length > 1)
    throw ec2Error(
      'InvalidInstanceID',
      `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`,
    );
  return region.interfaces.get(instance.interfaces[0] ?? '');
}

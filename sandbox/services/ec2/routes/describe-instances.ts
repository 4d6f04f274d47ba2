import type {
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  InstanceStatus,
  Reservation,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { endDryRun } from '../errors.ts';
import { compileFilters, type FilterTable, matchingNothing } from '../filters.ts';
import { findAll, kinds } from '../ids.ts';
import { instanceFilters } from '../instance-filters.ts';
import {
  describeState,
  instanceLookup,
  instanceState,
  isForgotten,
  lastPowerOn,
} from '../model/instances.ts';
import type { InstanceRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy, type RegionState } from '../model/region.ts';
import { paginate, refuseIdsWithPages } from '../pages.ts';
import { viewInstance } from '../view-instance.ts';

/** DescribeInstances and DescribeInstanceStatus. */
export function describeInstanceRoutes(shared: Ec2Shared) {
  const DescribeInstances: Handler<DescribeInstancesRequest, DescribeInstancesResult> = (input, request) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    refuseIdsWithPages(input.InstanceIds, input.MaxResults, 'instancesSet');
    const matches = compileFilters(input.Filters, instanceFilters(region, now), (record) => record.tags);
    const page = paginate(select(region, input.InstanceIds, caller.account, now, matches), {
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: 'DescribeInstances',
    });
    endDryRun(input.DryRun);
    const reservations = new Map<string, Reservation & { Instances: object[] }>();
    for (const instance of page.items) {
      const view = viewInstance(region, instance, now);
      const reservation = reservations.get(instance.reservationId);
      if (reservation) reservation.Instances.push(view);
      else
        reservations.set(instance.reservationId, {
          ReservationId: instance.reservationId,
          OwnerId: instance.owner,
          Groups: [],
          Instances: [view],
        });
    }
    return { Reservations: [...reservations.values()], NextToken: page.nextToken };
  };

  const DescribeInstanceStatus: Handler<DescribeInstanceStatusRequest, DescribeInstanceStatusResult> = (
    input,
    request,
  ) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    refuseIdsWithPages(input.InstanceIds, input.MaxResults, 'instancesSet');
    const matches = compileFilters(input.Filters, statusFilters(shared, now), (record) => record.tags);
    const shown = (instance: InstanceRecord) =>
      (input.IncludeAllInstances === true || instanceState(instance, now) === 'running') && matches(instance);
    const page = paginate(select(region, input.InstanceIds, caller.account, now, shown), {
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: 'DescribeInstanceStatus',
    });
    endDryRun(input.DryRun);
    return {
      InstanceStatuses: page.items.map((instance) => viewStatus(shared, instance, now)),
      NextToken: page.nextToken,
    };
  };

  return { DescribeInstances, DescribeInstanceStatus };
}

function* select(
  region: RegionState,
  ids: readonly string[] | undefined,
  account: string,
  now: number,
  matches: (instance: InstanceRecord) => boolean,
): Generator<InstanceRecord> {
  const candidates =
    ids && ids.length > 0
      ? findAll(kinds.instance, ids, instanceLookup(region, account, now, { describing: true })).sort(
          (a, b) => a.order - b.order,
        )
      : ownedBy(region.instances, account, now);
  for (const instance of candidates) if (!isForgotten(instance, now) && matches(instance)) yield instance;
}

/** `initializing` for a while after every power-on, `ok` from then on; `not-applicable` when it is not running. */
function checkResult(shared: Ec2Shared, instance: InstanceRecord, now: number) {
  if (instanceState(instance, now) !== 'running')
    return { summary: 'not-applicable', detail: undefined } as const;
  const settled = now >= lastPowerOn(instance, now) + shared.settings.statusCheckSeconds * 1000;
  return settled
    ? ({ summary: 'ok', detail: 'passed' } as const)
    : ({ summary: 'initializing', detail: 'initializing' } as const);
}

/** No events are ever scheduled for the sandbox's instances. */
const eventFilters = matchingNothing(
  'attached-ebs-status.status',
  'availability-zone-id',
  'event.code',
  'event.description',
  'event.instance-event-id',
  'event.not-after',
  'event.not-before',
  'event.not-before-deadline',
  'operator.managed',
  'operator.principal',
);

function statusFilters(shared: Ec2Shared, now: number): FilterTable<InstanceRecord> {
  const state = (instance: InstanceRecord) => describeState(instanceState(instance, now));
  const summary = (instance: InstanceRecord) => checkResult(shared, instance, now).summary;
  const detail = (instance: InstanceRecord) => checkResult(shared, instance, now).detail;
  return {
    ...eventFilters,
    'availability-zone': (instance) => instance.zone,
    'instance-state-code': (instance) => state(instance).Code,
    'instance-state-name': (instance) => state(instance).Name,
    'instance-status.reachability': detail,
    'instance-status.status': summary,
    'system-status.reachability': detail,
    'system-status.status': summary,
  };
}

function viewStatus(shared: Ec2Shared, instance: InstanceRecord, now: number): InstanceStatus {
  const { summary, detail } = checkResult(shared, instance, now);
  const Details = detail === undefined ? [] : [{ Name: 'reachability' as const, Status: detail }];
  return {
    InstanceId: instance.id,
    AvailabilityZone: instance.zone,
    InstanceState: describeState(instanceState(instance, now)),
    InstanceStatus: { Status: summary, Details },
    SystemStatus: { Status: summary, Details },
    Events: [],
  };
}

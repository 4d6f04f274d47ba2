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
import { compileFilters, type FilterTable } from '../filters.ts';
import { findAll, kinds } from '../ids.ts';
import {
  describeState,
  instanceLookup,
  instanceState,
  isForgotten,
  lastPowerOn,
  volumesOf,
} from '../model/instances.ts';
import { privateDnsName, publicDnsName } from '../model/network.ts';
import type { InstanceRecord, NetworkInterfaceRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy, type RegionState } from '../model/region.ts';
import { paginate, refuseIdsWithPages } from '../pages.ts';
import { addressOn, publicIpOf, viewInstance } from '../view-instance.ts';

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

/** The documented filters that look at what the sandbox knows of an instance. */
function instanceFilters(region: RegionState, now: number): FilterTable<InstanceRecord> {
  const interfacesOf = (instance: InstanceRecord): NetworkInterfaceRecord[] =>
    instance.interfaces.flatMap((id) => region.interfaces.get(id) ?? []);
  const primary = (instance: InstanceRecord) => region.interfaces.get(instance.interfaces[0] ?? '');
  const volumes = (instance: InstanceRecord) => volumesOf(region, instance);
  const groupNames = (ids: readonly string[]) => ids.map((id) => region.securityGroups.get(id)?.name);
  const state = (instance: InstanceRecord) => describeState(instanceState(instance, now));
  return {
    architecture: (instance) => instance.architecture,
    'availability-zone': (instance) => instance.zone,
    'block-device-mapping.attach-time': (instance) =>
      volumes(instance).map((volume) => isoOrNothing(volume.attachment?.attachedAt)),
    'block-device-mapping.delete-on-termination': (instance) =>
      volumes(instance).map((volume) => volume.attachment?.deleteOnTermination),
    'block-device-mapping.device-name': (instance) => instance.devices.map(({ device }) => device),
    'block-device-mapping.status': (instance) => instance.devices.map(() => 'attached'),
    'block-device-mapping.volume-id': (instance) => instance.devices.map(({ volumeId }) => volumeId),
    'client-token': (instance) => instance.clientToken,
    'dns-name': (instance) => {
      const ip = publicIpOf(region, instance);
      return ip === undefined ? undefined : publicDnsName(region.name, ip);
    },
    hypervisor: () => 'xen',
    'iam-instance-profile.arn': (instance) => instance.profile?.arn,
    'iam-instance-profile.id': (instance) => instance.profile?.id,
    'iam-instance-profile.name': (instance) => instance.profile?.name,
    'image-id': (instance) => instance.imageId,
    'instance-id': (instance) => instance.id,
    'instance-state-code': (instance) => state(instance).Code,
    'instance-state-name': (instance) => state(instance).Name,
    'instance-type': (instance) => instance.type,
    'instance.group-id': (instance) => primary(instance)?.groups,
    'instance.group-name': (instance) => groupNames(primary(instance)?.groups ?? []),
    'ip-address': (instance) => publicIpOf(region, instance),
    'key-name': (instance) => instance.keyName,
    'launch-index': (instance) => instance.launchIndex,
    'launch-time': (instance) => new Date(instance.launchedAt).toISOString(),
    'metadata-options.http-tokens': (instance) => instance.metadata.HttpTokens,
    'monitoring-state': (instance) => (instance.monitoring ? 'enabled' : 'disabled'),
    'network-interface.addresses.association.public-ip': (instance) =>
      interfacesOf(instance).map(({ id }) => addressOn(region, id)?.publicIp),
    'network-interface.addresses.private-ip-address': (instance) =>
      interfacesOf(instance).flatMap((record) => [record.privateIp, ...record.secondaryIps]),
    'network-interface.association.public-ip': (instance) =>
      interfacesOf(instance).map(({ id }) => addressOn(region, id)?.publicIp),
    'network-interface.association.allocation-id': (instance) =>
      interfacesOf(instance).map(({ id }) => addressOn(region, id)?.id),
    'network-interface.group-id': (instance) => interfacesOf(instance).flatMap(({ groups }) => groups),
    'network-interface.mac-address': (instance) => interfacesOf(instance).map(({ mac }) => mac),
    'network-interface.network-interface-id': (instance) => instance.interfaces,
    'network-interface.private-ip-address': (instance) =>
      interfacesOf(instance).map(({ privateIp }) => privateIp),
    'network-interface.subnet-id': (instance) => interfacesOf(instance).map(({ subnetId }) => subnetId),
    'network-interface.vpc-id': (instance) => interfacesOf(instance).map(({ vpcId }) => vpcId),
    'owner-id': (instance) => instance.owner,
    'private-dns-name': (instance) => {
      const ip = primary(instance)?.privateIp;
      return ip === undefined ? undefined : privateDnsName(region.name, ip);
    },
    'private-ip-address': (instance) => primary(instance)?.privateIp,
    'reservation-id': (instance) => instance.reservationId,
    'root-device-name': (instance) => instance.rootDeviceName,
    'root-device-type': () => 'ebs',
    'source-dest-check': (instance) => primary(instance)?.sourceDestCheck,
    'state-reason-code': (instance) => instance.stateReason?.code,
    'subnet-id': (instance) => primary(instance)?.subnetId,
    tenancy: () => 'default',
    'virtualization-type': () => 'hvm',
    'vpc-id': (instance) => primary(instance)?.vpcId,
  };
}

const isoOrNothing = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());

/** `initializing` for a while after every power-on, `ok` from then on; `not-applicable` when it is not running. */
function checkResult(shared: Ec2Shared, instance: InstanceRecord, now: number) {
  if (instanceState(instance, now) !== 'running')
    return { summary: 'not-applicable', detail: undefined } as const;
  const settled = now >= lastPowerOn(instance, now) + shared.settings.statusCheckSeconds * 1000;
  return settled
    ? ({ summary: 'ok', detail: 'passed' } as const)
    : ({ summary: 'initializing', detail: 'initializing' } as const);
}

function statusFilters(shared: Ec2Shared, now: number): FilterTable<InstanceRecord> {
  const state = (instance: InstanceRecord) => describeState(instanceState(instance, now));
  const summary = (instance: InstanceRecord) => checkResult(shared, instance, now).summary;
  const detail = (instance: InstanceRecord) => checkResult(shared, instance, now).detail;
  return {
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

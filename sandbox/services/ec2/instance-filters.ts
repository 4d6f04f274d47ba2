import { type FilterTable, matchingNothing } from './filters.ts';
import { interfaceFilters } from './interface-filters.ts';
import { describeState, instanceState, volumesOf } from './model/instances.ts';
import { privateDnsName, publicDnsName } from './model/network.ts';
import type { InstanceRecord, NetworkInterfaceRecord } from './model/records.ts';
import type { RegionState } from './model/region.ts';
import { publicIpOf } from './view-instance.ts';

const nothing = matchingNothing(
  'affinity',
  'availability-zone-id',
  'capacity-reservation-id',
  'capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id',
  'capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn',
  'current-instance-boot-mode',
  'host-id',
  'instance-lifecycle',
  'ipv6-address',
  'kernel-id',
  'metadata-options.http-protocol-ipv4',
  'network-performance-options.bandwidth-weighting',
  'operator.managed',
  'operator.principal',
  'outpost-arn',
  'placement-group-name',
  'placement-partition-number',
  'platform',
  'product-code',
  'product-code.type',
  'ramdisk-id',
  'requester-id',
  'spot-instance-request-id',
  'tpm-support',
  'usage-operation-update-time',
);

/** The documented filters of DescribeInstances. */
export function instanceFilters(region: RegionState, now: number): FilterTable<InstanceRecord> {
  const primary = (instance: InstanceRecord) => region.interfaces.get(instance.interfaces[0] ?? '');
  const volumes = (instance: InstanceRecord) => volumesOf(region, instance);
  const groupNames = (ids: readonly string[]) => ids.map((id) => region.securityGroups.get(id)?.name);
  const state = (instance: InstanceRecord) => describeState(instanceState(instance, now));
  return {
    ...nothing,
    ...ofInterfaces(region),
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
    'boot-mode': (instance) => instance.bootMode,
    'capacity-reservation-specification.capacity-reservation-preference': () => 'open',
    'ebs-optimized': (instance) => instance.ebsOptimized,
    'ena-support': () => true,
    'enclave-options.enabled': () => false,
    'hibernation-options.configured': () => false,
    'maintenance-options.auto-recovery': () => 'default',
    'metadata-options.http-endpoint': (instance) => instance.metadata.HttpEndpoint,
    'metadata-options.http-protocol-ipv6': (instance) => instance.metadata.HttpProtocolIpv6,
    'metadata-options.http-put-response-hop-limit': (instance) => instance.metadata.HttpPutResponseHopLimit,
    'metadata-options.instance-metadata-tags': (instance) => instance.metadata.InstanceMetadataTags,
    'metadata-options.state': (instance) => instance.metadata.State,
    'platform-details': () => 'Linux/UNIX',
    'private-dns-name-options.hostname-type': () => 'ip-name',
    'private-dns-name-options.enable-resource-name-dns-a-record': () => false,
    'private-dns-name-options.enable-resource-name-dns-aaaa-record': () => false,
    reason: (instance) => instance.transitionReason,
    'state-reason-message': (instance) => instance.stateReason?.message,
    'usage-operation': () => 'RunInstances',
  };
}

/** `network-interface.*`: what DescribeNetworkInterfaces filters by, for any interface of the instance. */
function ofInterfaces(region: RegionState): FilterTable<InstanceRecord> {
  const table: FilterTable<NetworkInterfaceRecord> = {
    ...interfaceFilters(region),
    'tag-key': ({ tags }) => [...tags.keys()],
    'tag-value': ({ tags }) => [...tags.values()],
  };
  return Object.fromEntries(
    Object.entries(table).map(([name, read]) => [
      `network-interface.${name}`,
      (instance: InstanceRecord) =>
        instance.interfaces.flatMap((id) => {
          const record = region.interfaces.get(id);
          return record ? read(record) : [];
        }),
    ]),
  );
}

const isoOrNothing = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());

import { createHash } from 'node:crypto';
import type {
  _InstanceType,
  BlockDeviceMapping,
  InstanceMetadataOptionsRequest,
  InstanceNetworkInterfaceSpecification,
  RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { PlannedCall } from '../../shared/planned-call.ts';
import { sourceKey } from '../../shared/source.ts';
import {
  flagAt,
  numberAt,
  recordAt,
  recordsAt,
  tagsOfRestore,
  tagsOfRestored,
  textAt,
  textsAt,
} from '../recorded.ts';
import type { MachineOrder } from '../restorer.ts';

/**
 * The idempotency key of a launch: RunInstances takes at most 64 characters of ASCII. It follows from the identity
 * and the source alone, so that a second order of one restore, however it differs, never makes a second machine.
 */
export function clientToken({ identity, point }: Pick<MachineOrder, 'identity' | 'point'>): string {
  const { deployment, plan, backupId, restoreId } = identity;
  const text = [deployment, plan, backupId, restoreId, sourceKey(point.source)].join('\n');
  return `snapkeep-${createHash('sha256').update(text).digest('hex').slice(0, 48)}`;
}

export const subnetOf = ({ subnet, point }: MachineOrder): string | undefined =>
  subnet ?? textAt(point.relaunch, 'subnet');

export const typeOf = ({ instanceType, point }: MachineOrder): string | undefined =>
  instanceType ?? textAt(point.relaunch, 'instance_type');

export const keyOf = ({ keyName, point }: MachineOrder): string | undefined =>
  keyName ?? textAt(point.relaunch, 'key_name');

/** The order's is a name; the recorded one is an ARN, or a name where only the AMI's tag is left. */
export function profileOf({ instanceProfile, point }: MachineOrder) {
  const profile = instanceProfile ?? textAt(point.relaunch, 'instance_profile');
  if (profile === undefined) return undefined;
  return profile.startsWith('arn:') ? { Arn: profile } : { Name: profile };
}

/** Whether the machine goes where it was, so that what was recorded of its network still means something. */
const inOldSubnet = (order: MachineOrder): boolean =>
  subnetOf(order) === textAt(order.point.relaunch, 'subnet');

/** @param devices names of the devices that the image has; all that were recorded when left out */
export function launchInput(order: MachineOrder, devices?: ReadonlySet<string>): RunInstancesCommandInput {
  const { identity, point } = order;
  const { relaunch } = point;
  const own = tagsOfRestore(identity, point.source);
  const { tags } = tagsOfRestored(relaunch, own);
  const { tags: volumeTags } = tagsOfRestored({}, own);
  const key = keyOf(order);
  const profile = profileOf(order);
  const tenancy = textAt(relaunch, 'tenancy');
  // Of another type it is not known whether it can be asked for; all current ones are optimised anyway.
  const optimised = order.instanceType === undefined && flagAt(relaunch, 'ebs_optimized') === true;
  const blocks = blockDevices(order, devices);
  return {
    ImageId: point.id,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: clientToken(order),
    // Sound: an open set, of which the SDK's union lists the members that it knew when it was built.
    InstanceType: typeOf(order) as _InstanceType | undefined,
    NetworkInterfaces: [networkInterface(order)],
    ...(key === undefined ? {} : { KeyName: key }),
    ...(profile === undefined ? {} : { IamInstanceProfile: profile }),
    MetadataOptions: metadataOptions(order),
    ...(optimised ? { EbsOptimized: true } : {}),
    ...(blocks.length === 0 ? {} : { BlockDeviceMappings: blocks }),
    ...(tenancy === 'dedicated' ? { Placement: { Tenancy: 'dedicated' } } : {}),
    ...(order.userData === undefined ? {} : { UserData: Buffer.from(order.userData).toString('base64') }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: tags },
      { ResourceType: 'volume', Tags: volumeTags },
      { ResourceType: 'network-interface', Tags: volumeTags },
    ],
  };
}

function networkInterface(order: MachineOrder): InstanceNetworkInterfaceSpecification {
  const { relaunch } = order.point;
  const [primary = {}] = recordsAt(relaunch, 'network_interfaces');
  const same = inOldSubnet(order);
  const ipv6 = textsAt(relaunch, 'ipv6').length;
  // A machine that was stopped had given back what it may have had.
  const wasUp = textAt(relaunch, 'state') !== 'stopped';
  const hadPublic = textAt(relaunch, 'public_ip') !== undefined;
  return {
    DeviceIndex: 0,
    SubnetId: subnetOf(order),
    Groups: [...order.launchGroups],
    DeleteOnTermination: flagAt(primary, 'delete_on_termination') ?? true,
    ...(order.privateIp === undefined ? {} : { PrivateIpAddress: order.privateIp }),
    // In another subnet, what that one gives to every machine is the better guess.
    ...(same && wasUp ? { AssociatePublicIpAddress: hadPublic } : {}),
    ...(same && ipv6 > 0 ? { Ipv6AddressCount: ipv6 } : {}),
  };
}

/** IMDSv2 always; on in any case, since the agent gets its credentials there. */
function metadataOptions({ point }: MachineOrder): InstanceMetadataOptionsRequest {
  const recorded = recordAt(point.relaunch, 'metadata_options');
  const hops = numberAt(recorded, 'http_put_response_hop_limit');
  const tags = textAt(recorded, 'instance_metadata_tags') === 'enabled';
  return {
    HttpTokens: 'required',
    HttpEndpoint: 'enabled',
    ...(hops === undefined ? {} : { HttpPutResponseHopLimit: hops }),
    ...(tags ? { InstanceMetadataTags: 'enabled' } : {}),
  };
}

/** The image says what the volumes are; only what happens to them at the end is taken from the old machine. */
function blockDevices({ point }: MachineOrder, devices?: ReadonlySet<string>): BlockDeviceMapping[] {
  return recordsAt(point.relaunch, 'block_devices').flatMap((recorded) => {
    const DeviceName = textAt(recorded, 'device');
    const DeleteOnTermination = flagAt(recorded, 'delete_on_termination');
    if (DeviceName === undefined || DeleteOnTermination === undefined) return [];
    return (devices?.has(DeviceName) ?? true) ? [{ DeviceName, Ebs: { DeleteOnTermination } }] : [];
  });
}

export function describeLaunch(
  order: MachineOrder,
  then: { readonly releaseGroups?: readonly string[]; readonly moveElasticIp: boolean },
): PlannedCall[] {
  const { UserData, ...input } = launchInput(order);
  const size = order.userData === undefined ? 0 : Buffer.byteLength(order.userData);
  const shown = UserData === undefined ? input : { ...input, UserData: `<${size} bytes>` };
  const calls: PlannedCall[] = [
    // As the wire has it: what is undefined falls away.
    { service: 'ec2', action: 'RunInstances', parameters: JSON.parse(JSON.stringify(shown)) },
  ];
  if (then.releaseGroups !== undefined) {
    const parameters = {
      NetworkInterfaceId: '<ID of the primary interface of the new machine>',
      Groups: [...then.releaseGroups],
    };
    calls.push({ service: 'ec2', action: 'ModifyNetworkInterfaceAttribute', parameters });
  }
  const allocation = textAt(recordAt(order.point.relaunch, 'elastic_ip'), 'allocation_id');
  if (then.moveElasticIp) {
    const parameters = {
      AllocationId: allocation ?? '<none was recorded>',
      NetworkInterfaceId: '<ID of the primary interface of the new machine>',
      AllowReassociation: true,
    };
    calls.push({ service: 'ec2', action: 'AssociateAddress', parameters });
  }
  return calls;
}

export function omissionsOf(order: MachineOrder): string[] {
  const { relaunch, source } = order.point;
  const [primary = {}, ...others] = recordsAt(relaunch, 'network_interfaces').sort(
    (a, b) => (numberAt(a, 'device_index') ?? 0) - (numberAt(b, 'device_index') ?? 0),
  );
  const missing: string[] = others.map((one) => {
    const addresses = textsAt(one, 'private_ips').join(', ');
    return `the network interface at device index ${numberAt(one, 'device_index') ?? '?'} (${textAt(one, 'subnet') ?? 'subnet unknown'}${addresses === '' ? '' : `, ${addresses}`}) is not created again: attach one by hand where the application needs it`;
  });
  const [, ...secondary] = textsAt(primary, 'private_ips');
  if (secondary.length > 0)
    missing.push(`the secondary private addresses ${secondary.join(', ')} are not assigned again`);
  if (!inOldSubnet(order) && textsAt(relaunch, 'ipv6').length > 0)
    missing.push('IPv6 addresses are left to what the other subnet assigns by itself');
  if (flagAt(primary, 'source_dest_check') === false)
    missing.push(
      'the source/destination check is on again (it was off): switch it off if the machine routes for others',
    );
  if (textAt(relaunch, 'tenancy') === 'host')
    missing.push('the machine ran on a dedicated host; the new one does not');
  if (textAt(recordAt(relaunch, 'metadata_options'), 'http_endpoint') === 'disabled')
    missing.push('the metadata service was off and is on now, since the agent needs it');
  const { dropped } = tagsOfRestored(relaunch, tagsOfRestore(order.identity, source));
  if (dropped.length > 0)
    missing.push(`no room is left for the tags ${dropped.join(', ')} of ${sourceKey(source)} (50 at most)`);
  return missing;
}

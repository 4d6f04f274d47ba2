import { type FilterTable, matchingNothing } from './filters.ts';
import { privateDnsName, publicDnsName } from './model/network.ts';
import type { NetworkInterfaceRecord } from './model/records.ts';
import type { RegionState } from './model/region.ts';
import { addressOn } from './view-instance.ts';

const nothing = matchingNothing(
  'addresses.association.carrier-ip',
  'addresses.association.customer-owned-ip',
  'association.carrier-ip',
  'association.customer-owned-ip',
  'availability-zone-id',
  'deny-all-igw-traffic',
  'ipv4-prefixes.ipv4-prefix',
  'ipv6-address',
  'ipv6-addresses.ipv6-address',
  'ipv6-addresses.is-primary-ipv6',
  'ipv6-native',
  'ipv6-prefixes.ipv6-prefix',
  'operator.managed',
  'operator.principal',
  'outpost-arn',
  'requester-id',
);

/** The documented filters of DescribeNetworkInterfaces; DescribeInstances has them too, with a prefix. */
export function interfaceFilters(region: RegionState): FilterTable<NetworkInterfaceRecord> {
  const publicName = ({ id }: NetworkInterfaceRecord) => {
    const address = addressOn(region, id);
    return address && publicDnsName(region.name, address.publicIp);
  };
  const privateNames = ({ privateIp, secondaryIps }: NetworkInterfaceRecord) =>
    [privateIp, ...secondaryIps].map((ip) => privateDnsName(region.name, ip));
  return {
    ...nothing,
    'addresses.association.allocation-id': ({ id }) => addressOn(region, id)?.id,
    'addresses.association.association-id': ({ id }) => addressOn(region, id)?.association?.id,
    'addresses.association.ip-owner-id': ({ id }) => addressOn(region, id)?.owner,
    'addresses.association.owner-id': ({ id }) => addressOn(region, id)?.owner,
    'addresses.association.public-dns-name': publicName,
    'addresses.primary': ({ secondaryIps }) => (secondaryIps.length > 0 ? [true, false] : [true]),
    'addresses.private-dns-name': privateNames,
    'association.ip-owner-id': ({ id }) => addressOn(region, id)?.owner,
    'association.public-dns-name': publicName,
    'attachment.attach-time': ({ attachment }) => attachment && new Date(attachment.attachedAt).toISOString(),
    'attachment.instance-owner-id': ({ attachment, owner }) => attachment && owner,
    'attachment.network-card-index': ({ attachment }) => attachment && 0,
    'interface-type': () => 'interface',
    'private-dns-name': ({ privateIp }) => privateDnsName(region.name, privateIp),
    'public-dns-name': publicName,
    'requester-managed': () => false,
    'addresses.association.public-ip': ({ id }) => addressOn(region, id)?.publicIp,
    'addresses.private-ip-address': ({ privateIp, secondaryIps }) => [privateIp, ...secondaryIps],
    'association.allocation-id': ({ id }) => addressOn(region, id)?.id,
    'association.association-id': ({ id }) => addressOn(region, id)?.association?.id,
    'association.public-ip': ({ id }) => addressOn(region, id)?.publicIp,
    'attachment.attachment-id': ({ attachment }) => attachment?.id,
    'attachment.delete-on-termination': ({ attachment }) => attachment?.deleteOnTermination,
    'attachment.device-index': ({ attachment }) => attachment?.deviceIndex,
    'attachment.instance-id': ({ attachment }) => attachment?.instanceId,
    'attachment.status': ({ attachment }) => attachment && 'attached',
    'availability-zone': ({ zone }) => zone,
    description: ({ description }) => description,
    'group-id': ({ groups }) => groups,
    'group-name': ({ groups }) => groups.map((id) => region.securityGroups.get(id)?.name),
    'mac-address': ({ mac }) => mac,
    'network-interface-id': ({ id }) => id,
    'owner-id': ({ owner }) => owner,
    'private-ip-address': ({ privateIp }) => privateIp,
    'source-dest-check': ({ sourceDestCheck }) => sourceDestCheck,
    status: ({ attachment }) => (attachment ? 'in-use' : 'available'),
    'subnet-id': ({ subnetId }) => subnetId,
    'vpc-id': ({ vpcId }) => vpcId,
  };
}

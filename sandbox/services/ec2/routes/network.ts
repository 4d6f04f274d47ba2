import type {
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
  NetworkInterface,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { describeRecords } from '../describe.ts';
import { type FilterTable, matchingNothing } from '../filters.ts';
import { kinds } from '../ids.ts';
import { interfaceFilters } from '../interface-filters.ts';
import { defaultVpc, freeAddresses, privateDnsName, publicDnsName } from '../model/network.ts';
import type { NetworkInterfaceRecord, Subnet, Vpc } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';
import { tagList } from '../model/tags.ts';
import { refuseIdsWithPages } from '../pages.ts';
import { addressOn, groupIdentifiers } from '../view-instance.ts';

/** DescribeVpcs, DescribeSubnets and DescribeNetworkInterfaces. */
export function networkRoutes(shared: Ec2Shared) {
  const DescribeVpcs: Handler<DescribeVpcsRequest, DescribeVpcsResult> = (input, request) => {
    const region = shared.region(request.region);
    defaultVpc(region, request.caller.account);
    const page = describeRecords(region.vpcs, kinds.vpc, vpcFilters, input.VpcIds, input, request);
    return {
      Vpcs: page.items.map((vpc) => ({
        VpcId: vpc.id,
        OwnerId: vpc.owner,
        CidrBlock: vpc.cidr,
        IsDefault: vpc.isDefault,
        State: 'available' as const,
        InstanceTenancy: 'default' as const,
        DhcpOptionsId: 'default',
        Tags: tagList(vpc.tags),
      })),
      NextToken: page.nextToken,
    };
  };

  const DescribeSubnets: Handler<DescribeSubnetsRequest, DescribeSubnetsResult> = (input, request) => {
    const region = shared.region(request.region);
    defaultVpc(region, request.caller.account);
    const page = describeRecords(
      region.subnets,
      kinds.subnet,
      subnetFilters,
      input.SubnetIds,
      input,
      request,
    );
    return {
      Subnets: page.items.map((subnet) => ({
        SubnetId: subnet.id,
        VpcId: subnet.vpcId,
        OwnerId: subnet.owner,
        CidrBlock: subnet.cidr,
        AvailabilityZone: subnet.zone,
        AvailableIpAddressCount: freeAddresses(subnet),
        DefaultForAz: subnet.defaultForZone,
        MapPublicIpOnLaunch: subnet.mapPublicIp,
        State: 'available' as const,
        SubnetArn: subnetArn(subnet),
        Tags: tagList(subnet.tags),
      })),
      NextToken: page.nextToken,
    };
  };

  const DescribeNetworkInterfaces: Handler<
    DescribeNetworkInterfacesRequest,
    DescribeNetworkInterfacesResult
  > = (input, request) => {
    const region = shared.region(request.region);
    refuseIdsWithPages(input.NetworkInterfaceIds, input.MaxResults, 'networkInterfaceIdSet');
    const page = describeRecords(
      region.interfaces,
      kinds.networkInterface,
      interfaceFilters(region),
      input.NetworkInterfaceIds,
      input,
      request,
    );
    return {
      NetworkInterfaces: page.items.map((record) => viewInterface(region, record)),
      NextToken: page.nextToken,
    };
  };

  return { DescribeVpcs, DescribeSubnets, DescribeNetworkInterfaces };
}

/** A zone is its Region and a letter. */
const subnetArn = ({ zone, owner, id }: Subnet): string =>
  `arn:aws:ec2:${zone.slice(0, -1)}:${owner}:subnet/${id}`;

const vpcFilters: FilterTable<Vpc> = {
  ...matchingNothing(
    'cidr-block-association.association-id',
    'ipv6-cidr-block-association.association-id',
    'ipv6-cidr-block-association.ipv6-cidr-block',
    'ipv6-cidr-block-association.ipv6-pool',
    'ipv6-cidr-block-association.state',
  ),
  'cidr-block-association.state': () => 'associated',
  'dhcp-options-id': () => 'default',
  cidr: (vpc) => vpc.cidr,
  'cidr-block-association.cidr-block': (vpc) => vpc.cidr,
  'is-default': (vpc) => vpc.isDefault,
  isDefault: (vpc) => vpc.isDefault,
  'owner-id': (vpc) => vpc.owner,
  state: () => 'available',
  'vpc-id': (vpc) => vpc.id,
};

const subnetFilters: FilterTable<Subnet> = {
  ...matchingNothing(
    'availability-zone-id',
    'customer-owned-ipv4-pool',
    'enable-dns64',
    'enable-lni-at-device-index',
    'ipv6-cidr-block-association.association-id',
    'ipv6-cidr-block-association.ipv6-cidr-block',
    'ipv6-cidr-block-association.state',
    'ipv6-native',
    'map-customer-owned-ip-on-launch',
    'outpost-arn',
    'private-dns-name-options-on-launch.enable-resource-name-dns-a-record',
    'private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record',
    'private-dns-name-options-on-launch.hostname-type',
  ),
  'subnet-arn': (subnet) => subnetArn(subnet),
  'availability-zone': (subnet) => subnet.zone,
  availabilityZone: (subnet) => subnet.zone,
  'available-ip-address-count': freeAddresses,
  cidr: (subnet) => subnet.cidr,
  'cidr-block': (subnet) => subnet.cidr,
  cidrBlock: (subnet) => subnet.cidr,
  'default-for-az': (subnet) => subnet.defaultForZone,
  defaultForAz: (subnet) => subnet.defaultForZone,
  'map-public-ip-on-launch': (subnet) => subnet.mapPublicIp,
  'owner-id': (subnet) => subnet.owner,
  state: () => 'available',
  'subnet-id': (subnet) => subnet.id,
  'vpc-id': (subnet) => subnet.vpcId,
};

export function viewInterface(region: RegionState, record: NetworkInterfaceRecord): NetworkInterface {
  const address = addressOn(region, record.id);
  const association = address && {
    AllocationId: address.id,
    AssociationId: address.association?.id,
    IpOwnerId: address.owner,
    PublicIp: address.publicIp,
    PublicDnsName: publicDnsName(region.name, address.publicIp),
  };
  const privateName = privateDnsName(region.name, record.privateIp);
  return {
    NetworkInterfaceId: record.id,
    OwnerId: record.owner,
    SubnetId: record.subnetId,
    VpcId: record.vpcId,
    AvailabilityZone: record.zone,
    Description: record.description,
    InterfaceType: 'interface',
    MacAddress: record.mac,
    PrivateIpAddress: record.privateIp,
    PrivateDnsName: privateName,
    SourceDestCheck: record.sourceDestCheck,
    Status: record.attachment ? 'in-use' : 'available',
    Groups: groupIdentifiers(region, record.groups),
    Ipv6Addresses: [],
    RequesterManaged: false,
    Association: association,
    Attachment: record.attachment && {
      AttachmentId: record.attachment.id,
      AttachTime: new Date(record.attachment.attachedAt),
      DeleteOnTermination: record.attachment.deleteOnTermination,
      DeviceIndex: record.attachment.deviceIndex,
      InstanceId: record.attachment.instanceId,
      InstanceOwnerId: record.owner,
      Status: 'attached',
    },
    PrivateIpAddresses: [record.privateIp, ...record.secondaryIps].map((ip, index) => ({
      Primary: index === 0,
      PrivateIpAddress: ip,
      PrivateDnsName: privateDnsName(region.name, ip),
      Association: index === 0 ? association : undefined,
    })),
    TagSet: tagList(record.tags),
  };
}

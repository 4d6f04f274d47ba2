import { ec2Error, invalidValue } from '../errors.ts';
import type { NetworkInterfaceRecord, Subnet, Tags } from './records.ts';
import type { RegionState } from './region.ts';

export const parseIp = (text: string): number | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const parts = match.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
};

export const formatIp = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

interface Range {
  readonly first: number;
  readonly size: number;
}

export function parseCidr(cidr: string): Range {
  const [address = '', bits = ''] = cidr.split('/');
  const start = parseIp(address);
  const prefix = Number(bits);
  if (start === undefined || !/^\d+$/.test(bits) || prefix > 32)
    throw invalidValue(`Value (${cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  const size = 2 ** (32 - prefix);
  return { first: Math.floor(start / size) * size, size };
}

export const freeAddresses = (subnet: Subnet): number =>
  Math.max(0, parseCidr(subnet.cidr).size - 5 - subnet.usedIps.size);

/** Takes an address of the subnet: the wanted one, or the lowest free one. AWS keeps the first four and the last. */
export function takePrivateIp(subnet: Subnet, wanted: string | undefined): string {
  const range = parseCidr(subnet.cidr);
  if (wanted !== undefined) {
    const offset = (parseIp(wanted) ?? -1) - range.first;
    if (offset < 4 || offset >= range.size - 1)
      throw invalidValue(`Address ${wanted} does not fall within the subnet's address range`);
    if (subnet.usedIps.has(wanted)) throw ec2Error('InvalidIPAddress.InUse', `Address ${wanted} is in use.`);
    subnet.usedIps.add(wanted);
    return wanted;
  }
  // Addresses are mostly given out in order, so begin where a full front part of the subnet would end.
  for (let step = 0; step < range.size - 5; step += 1) {
    const offset = 4 + ((subnet.usedIps.size + step) % (range.size - 5));
    const candidate = formatIp(range.first + offset);
    if (subnet.usedIps.has(candidate)) continue;
    subnet.usedIps.add(candidate);
    return candidate;
  }
  throw ec2Error(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnet.id}' to satisfy the request.`,
  );
}

/** Checks without taking, so that a dry run takes nothing. */
export function checkPrivateIp(subnet: Subnet, wanted: string): void {
  const taken = takePrivateIp(subnet, wanted);
  subnet.usedIps.delete(taken);
}

/** `ip-10-0-1-67.eu-west-1.compute.internal`; us-east-1 has the short form. */
export const privateDnsName = (region: string, ip: string): string =>
  `ip-${ip.replaceAll('.', '-')}.${region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`}`;

export const publicDnsName = (region: string, ip: string): string =>
  `ec2-${ip.replaceAll('.', '-')}.${region === 'us-east-1' ? 'compute-1' : `${region}.compute`}.amazonaws.com`;

export interface NewInterface {
  readonly owner: string;
  readonly subnet: Subnet;
  readonly privateIp: string | undefined;
  readonly secondaryIps?: readonly string[];
  readonly groups: readonly string[];
  readonly description?: string;
  readonly tags?: Tags;
  readonly sourceDestCheck?: boolean;
  readonly seeded?: boolean;
}

export function createInterface(region: RegionState, request: NewInterface): NetworkInterfaceRecord {
  const { subnet } = request;
  const privateIp = takePrivateIp(subnet, request.privateIp);
  const secondaryIps = (request.secondaryIps ?? []).map((ip) => takePrivateIp(subnet, ip));
  const suffix = region.shared.world.random.hex(8).match(/../g) ?? [];
  const record: NetworkInterfaceRecord = {
    ...region.newResource(request.owner, 'eni-', request.tags ?? new Map(), {
      seeded: request.seeded ?? false,
    }),
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    zone: subnet.zone,
    privateIp,
    secondaryIps,
    mac: ['0a', '1b', ...suffix].join(':'),
    description: request.description ?? '',
    groups: [...request.groups],
    sourceDestCheck: request.sourceDestCheck ?? true,
    attachment: undefined,
  };
  region.interfaces.set(record.id, record);
  return record;
}

export function deleteInterface(region: RegionState, record: NetworkInterfaceRecord): void {
  const subnet = region.subnets.get(record.subnetId);
  for (const ip of [record.privateIp, ...record.secondaryIps]) subnet?.usedIps.delete(ip);
  releaseAddress(region, record.id);
  region.interfaces.delete(record.id);
}

/** Takes the Elastic IP off an interface, if it has one. */
export function releaseAddress(region: RegionState, interfaceId: string): void {
  const allocation = region.addressOf.get(interfaceId);
  const address = allocation === undefined ? undefined : region.addresses.get(allocation);
  if (address) address.association = undefined;
  region.addressOf.delete(interfaceId);
}

/** The account's default VPC with two subnets and its default group, made when first needed. */
export function defaultVpc(
  region: RegionState,
  owner: string,
): { vpcId: string; subnet: Subnet; groupId: string } {
  let vpc = [...region.vpcs.values()].find((candidate) => candidate.owner === owner && candidate.isDefault);
  if (!vpc) {
    const seeded = { seeded: true };
    vpc = { ...region.newResource(owner, 'vpc-', new Map(), seeded), cidr: '172.31.0.0/16', isDefault: true };
    region.vpcs.set(vpc.id, vpc);
    addDefaultGroup(region, owner, vpc.id);
    for (const [index, zone] of region.zones.slice(0, 2).entries()) {
      const subnet: Subnet = {
        ...region.newResource(owner, 'subnet-', new Map(), seeded),
        vpcId: vpc.id,
        cidr: `172.31.${16 * index}.0/20`,
        zone,
        mapPublicIp: true,
        defaultForZone: true,
        usedIps: new Set(),
      };
      region.subnets.set(subnet.id, subnet);
    }
  }
  const vpcId = vpc.id;
  const subnets = [...region.subnets.values()].filter((candidate) => candidate.vpcId === vpcId);
  const subnet = subnets.find((candidate) => freeAddresses(candidate) > 0) ?? subnets[0];
  if (!subnet) throw new Error(`The default VPC ${vpcId} lost its subnets.`);
  return { vpcId, subnet, groupId: defaultGroup(region, owner, vpcId) };
}

/** The group named `default` of a VPC. */
export function defaultGroup(region: RegionState, owner: string, vpcId: string): string {
  for (const group of region.securityGroups.values())
    if (group.vpcId === vpcId && group.name === 'default') return group.id;
  return addDefaultGroup(region, owner, vpcId);
}

function addDefaultGroup(region: RegionState, owner: string, vpcId: string): string {
  const base = region.newResource(owner, 'sg-', new Map(), { seeded: true });
  region.securityGroups.set(base.id, {
    ...base,
    vpcId,
    name: 'default',
    description: 'default VPC security group',
    ingress: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: base.id, UserId: owner }] }],
    egress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  });
  return base.id;
}

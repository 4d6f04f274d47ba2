import type { IpPermission } from '@aws-sdk/client-ec2';
import type { MachineNetwork } from './machines/machines.ts';
import { parseCidr, parseIp, privateDnsName, publicDnsName } from './services/ec2/model/network.ts';
import type { InstanceRecord, NetworkInterfaceRecord } from './services/ec2/model/records.ts';
import type { RegionState } from './services/ec2/model/region.ts';
import type { Ec2 } from './services/ec2/service.ts';
import { clusterEndpoint, instanceEndpoint } from './services/rds/identifiers.ts';
import type { Rds } from './services/rds/service.ts';

/** Where a connection would go. */
interface Destination {
  /** Undefined for a name that only the internet knows. */
  readonly ip: number | undefined;
  readonly groups: readonly string[];
}

/** The machines' network: their addresses, their security groups, and what those let out. */
export function machineNetwork(ec2: Ec2, rds: Rds): MachineNetwork {
  const find = (region: string, instanceId: string): InstanceRecord => {
    const instance = ec2.region(region).instances.get(instanceId);
    if (!instance) throw new Error(`There is no instance ${instanceId} in ${region}.`);
    return instance;
  };
  return {
    machine: (region, instanceId) => find(region, instanceId).machine,
    regionOf: (instanceId) => ec2.regionNames().find((name) => ec2.region(name).instances.has(instanceId)),
    surroundings(name, instanceId) {
      const region = ec2.region(name);
      const instance = find(name, instanceId);
      const cards = instance.interfaces.flatMap((id) => region.interfaces.get(id) ?? []);
      const [primary] = cards;
      if (!primary) throw new Error(`The instance ${instanceId} has no network interface.`);
      const groups = [...primary.groups];
      const rules = egressOf(region, groups);
      return {
        facts: {
          instanceId,
          privateIp: primary.privateIp,
          publicIp: publicIpOf(region, instance, primary) ?? '',
          privateDns: privateDnsName(name, primary.privateIp),
          mac: primary.mac,
        },
        groups,
        allows: (host, port) => letsOut(rules, destinationOf(region, rds, instance, host), port),
      };
    },
  };
}

/** Whether a machine may speak to Systems Manager, wherever its endpoint is: any rule for TCP port 443 will do. */
export function reachesSystemsManager(region: RegionState, instance: InstanceRecord): boolean {
  const primary = region.interfaces.get(instance.interfaces[0] ?? '');
  return egressOf(region, primary?.groups ?? []).some((rule) => coversPort(rule, 443));
}

const egressOf = (region: RegionState, groups: readonly string[]): IpPermission[] =>
  groups.flatMap((id) => region.securityGroups.get(id)?.egress ?? []);

function publicIpOf(
  region: RegionState,
  instance: InstanceRecord,
  primary: NetworkInterfaceRecord,
): string | undefined {
  const elastic = region.addresses.get(region.addressOf.get(primary.id) ?? '')?.publicIp;
  return elastic ?? instance.publicIp;
}

/** A port that nobody knows needs a rule for all ports. */
function coversPort(
  { IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission,
  port: number | undefined,
): boolean {
  if (IpProtocol === '-1') return true;
  if (IpProtocol !== 'tcp' && IpProtocol !== '6') return false;
  return port === undefined ? FromPort <= 1 && ToPort === 65_535 : FromPort <= port && port <= ToPort;
}

function letsOut(rules: readonly IpPermission[], to: Destination, port: number | undefined): boolean {
  return rules.some((rule) => {
    if (!coversPort(rule, port)) return false;
    const byRange = (rule.IpRanges ?? []).some(({ CidrIp = '' }) => contains(CidrIp, to.ip));
    return byRange || (rule.UserIdGroupPairs ?? []).some(({ GroupId = '' }) => to.groups.includes(GroupId));
  });
}

function contains(cidr: string, ip: number | undefined): boolean {
  const { first, size } = parseCidr(cidr);
  // An address on the internet lies in no range that is narrower than all of it.
  return ip === undefined ? size === 2 ** 32 : ip >= first && ip < first + size;
}

function destinationOf(region: RegionState, rds: Rds, from: InstanceRecord, host: string): Destination {
  const address = parseIp(host);
  for (const record of region.interfaces.values()) {
    const own = record.privateIp;
    const lent = region.addresses.get(region.addressOf.get(record.id) ?? '')?.publicIp;
    const names = [
      own,
      privateDnsName(region.name, own),
      ...(lent ? [publicDnsName(region.name, lent)] : []),
    ];
    if (names.includes(host)) return { ip: parseIp(own), groups: record.groups };
  }
  const databaseGroups = groupsOfDatabase(rds, from.owner, region.name, host);
  if (databaseGroups) {
    // Databases have no addresses of their own here; theirs are somewhere in the machine's network.
    const cidr = region.vpcs.get(from.vpcId)?.cidr;
    return { ip: cidr === undefined ? undefined : parseCidr(cidr).first + 250, groups: databaseGroups };
  }
  return { ip: address, groups: [] };
}

function groupsOfDatabase(rds: Rds, account: string, region: string, host: string): string[] | undefined {
  const { instances, clusters } = rds.inspect(account, region);
  for (const { id, facts } of instances.values())
    if (instanceEndpoint(id, account, region) === host) return groupIds(facts.VpcSecurityGroups);
  for (const { id, facts } of clusters.values())
    for (const role of ['cluster', 'cluster-ro'] as const)
      if (clusterEndpoint(id, role, account, region) === host) return groupIds(facts.VpcSecurityGroups);
  return undefined;
}

const groupIds = (groups: readonly { readonly VpcSecurityGroupId?: string | undefined }[] = []): string[] =>
  groups.flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []);

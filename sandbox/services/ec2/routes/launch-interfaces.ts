import type { InstanceNetworkInterfaceSpecification, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { ec2Error, invalidCombination, invalidValue } from '../errors.ts';
import { findAll, findOne, kinds } from '../ids.ts';
import type { InterfacePlan } from '../model/launch.ts';
import { checkPrivateIp, defaultGroup, defaultVpc } from '../model/network.ts';
import type { Subnet } from '../model/records.ts';
import { ownLookup, type RegionState } from '../model/region.ts';

/** The network interfaces of a launch: as specified one by one, or the primary one from the request itself. */
export function planInterfaces(
  region: RegionState,
  owner: string,
  input: RunInstancesRequest,
  count: number,
): InterfacePlan[] {
  const specifications = input.NetworkInterfaces ?? [];
  if (specifications.length === 0)
    return [
      planInterface(
        region,
        owner,
        count,
        {
          DeviceIndex: 0,
          SubnetId: input.SubnetId,
          PrivateIpAddress: input.PrivateIpAddress,
          Groups: input.SecurityGroupIds,
        },
        input.SecurityGroups,
      ),
    ];
  if (input.SubnetId !== undefined || input.PrivateIpAddress !== undefined)
    throw invalidCombination(
      'Network interfaces and an instance-level subnet ID may not be specified on the same request',
    );
  if (input.SecurityGroupIds?.length || input.SecurityGroups?.length)
    throw invalidCombination(
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  const sorted = specifications.toSorted((a, b) => (a.DeviceIndex ?? 0) - (b.DeviceIndex ?? 0));
  for (const [index, specification] of sorted.entries())
    if (specification.DeviceIndex !== index)
      throw invalidValue(
        `Each network interface requires a device index; ${index} is missing or there twice.`,
      );
  return sorted.map((specification) => planInterface(region, owner, count, specification));
}

/** Checks one interface of a request and settles its defaults. */
export function planInterface(
  region: RegionState,
  owner: string,
  count: number,
  specification: InstanceNetworkInterfaceSpecification,
  groupNames: readonly string[] = [],
): InterfacePlan {
  const deviceIndex = specification.DeviceIndex ?? 0;
  if (specification.NetworkInterfaceId !== undefined) {
    const existing = findOne(
      kinds.networkInterface,
      specification.NetworkInterfaceId,
      ownLookup(region.interfaces, owner),
    );
    if (existing.attachment || count > 1)
      throw ec2Error('InvalidNetworkInterface.InUse', `Interface: [${existing.id}] in use.`);
    return { deviceIndex, deleteOnTermination: false, target: { existing } };
  }
  const subnet =
    specification.SubnetId === undefined
      ? defaultVpc(region, owner).subnet
      : findOne(kinds.subnet, specification.SubnetId, ownLookup(region.subnets, owner));
  const privateIp =
    specification.PrivateIpAddress ??
    specification.PrivateIpAddresses?.find(({ Primary }) => Primary)?.PrivateIpAddress;
  const secondaryIps = (specification.PrivateIpAddresses ?? []).flatMap(({ Primary, PrivateIpAddress }) =>
    Primary || PrivateIpAddress === undefined ? [] : [PrivateIpAddress],
  );
  if (count > 1 && (privateIp !== undefined || secondaryIps.length > 0))
    throw invalidCombination(
      'A private IP address can be chosen for one instance only; the request asks for more.',
    );
  for (const ip of [privateIp, ...secondaryIps]) if (ip !== undefined) checkPrivateIp(subnet, ip);
  return {
    deviceIndex,
    deleteOnTermination: specification.DeleteOnTermination ?? true,
    target: {
      subnet,
      privateIp,
      secondaryIps,
      groups: groupsOf(region, owner, subnet, specification.Groups ?? [], groupNames),
      description: specification.Description ?? '',
    },
  };
}

function groupsOf(
  region: RegionState,
  owner: string,
  subnet: Subnet,
  ids: readonly string[],
  names: readonly string[],
): string[] {
  const groups = findAll(kinds.securityGroup, ids, ownLookup(region.securityGroups, owner));
  for (const name of names) {
    const named = [...region.securityGroups.values()].find(
      (group) => group.owner === owner && group.vpcId === subnet.vpcId && group.name === name,
    );
    if (!named)
      throw ec2Error(
        'InvalidGroup.NotFound',
        `The security group '${name}' does not exist in VPC '${subnet.vpcId}'`,
      );
    groups.push(named);
  }
  for (const group of groups)
    if (group.vpcId !== subnet.vpcId)
      throw ec2Error(
        'InvalidParameter',
        `Security group ${group.id} and subnet ${subnet.id} belong to different networks.`,
      );
  return groups.length > 0 ? groups.map(({ id }) => id) : [defaultGroup(region, owner, subnet.vpcId)];
}

import { ec2Error } from '../errors.ts';
import { findAll, kinds } from '../ids.ts';
import { ownLookup, type RegionState } from '../model/region.ts';

/** The groups of a change of an instance or interface; each must belong to the network that it is in. */
export function groupsOf(
  region: RegionState,
  owner: string,
  vpcId: string,
  ids: readonly string[],
): string[] {
  const groups = findAll(kinds.securityGroup, ids, ownLookup(region.securityGroups, owner));
  for (const group of groups)
    if (group.vpcId !== vpcId)
      throw ec2Error(
        'InvalidGroup.NotFound',
        `The security group '${group.id}' does not exist in VPC '${vpcId}'`,
      );
  return groups.map(({ id }) => id);
}

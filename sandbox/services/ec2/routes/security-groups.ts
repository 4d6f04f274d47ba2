import type {
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  IpPermission,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
} from '@aws-sdk/client-ec2';
import type { Handler, RequestContext } from '../../../service.ts';
import { describeRecords } from '../describe.ts';
import { ec2Error, endDryRun, missingParameter } from '../errors.ts';
import type { FilterTable } from '../filters.ts';
import { findOne, kinds } from '../ids.ts';
import { defaultVpc } from '../model/network.ts';
import type { SecurityGroup } from '../model/records.ts';
import { type Ec2Shared, ownedBy, ownLookup } from '../model/region.ts';
import { readTagSpecifications, tagList, tagsFor } from '../model/tags.ts';
import { canonical } from './run-instances.ts';

/** The filters on rules, which exist for either direction. */
function ruleFilters(
  prefix: string,
  rulesOf: (group: SecurityGroup) => readonly IpPermission[],
): FilterTable<SecurityGroup> {
  const pairs = (group: SecurityGroup) =>
    rulesOf(group).flatMap(({ UserIdGroupPairs }) => UserIdGroupPairs ?? []);
  return {
    [`${prefix}.cidr`]: (group) =>
      rulesOf(group).flatMap(({ IpRanges }) => (IpRanges ?? []).map(({ CidrIp }) => CidrIp)),
    [`${prefix}.ipv6-cidr`]: (group) =>
      rulesOf(group).flatMap(({ Ipv6Ranges }) => (Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6)),
    [`${prefix}.prefix-list-id`]: (group) =>
      rulesOf(group).flatMap(({ PrefixListIds }) =>
        (PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
      ),
    [`${prefix}.from-port`]: (group) => rulesOf(group).map(({ FromPort }) => FromPort),
    [`${prefix}.to-port`]: (group) => rulesOf(group).map(({ ToPort }) => ToPort),
    [`${prefix}.protocol`]: (group) => rulesOf(group).map(({ IpProtocol }) => IpProtocol),
    [`${prefix}.group-id`]: (group) => pairs(group).map(({ GroupId }) => GroupId),
    [`${prefix}.group-name`]: (group) => pairs(group).map(({ GroupName }) => GroupName),
    [`${prefix}.user-id`]: (group) => pairs(group).map(({ UserId }) => UserId),
  };
}

const groupFilters: FilterTable<SecurityGroup> = {
  ...ruleFilters('ip-permission', ({ ingress }) => ingress),
  ...ruleFilters('egress.ip-permission', ({ egress }) => egress),
  description: ({ description }) => description,
  'group-id': ({ id }) => id,
  'group-name': ({ name }) => name,
  'owner-id': ({ owner }) => owner,
  'vpc-id': ({ vpcId }) => vpcId,
};

export function securityGroupRoutes(shared: Ec2Shared) {
  const find = (id: string | undefined, { region, caller }: RequestContext) => {
    if (id === undefined) throw missingParameter('GroupId');
    return findOne(kinds.securityGroup, id, ownLookup(shared.region(region).securityGroups, caller.account));
  };

  const DescribeSecurityGroups: Handler<DescribeSecurityGroupsRequest, DescribeSecurityGroupsResult> = (
    input,
    request,
  ) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    defaultVpc(region, caller.account);
    const named = (input.GroupNames ?? []).map((name) => {
      for (const group of ownedBy(region.securityGroups, caller.account, now))
        if (group.name === name) return group.id;
      throw ec2Error('InvalidGroup.NotFound', `The security group '${name}' does not exist`);
    });
    const page = describeRecords(
      region.securityGroups,
      kinds.securityGroup,
      groupFilters,
      [...(input.GroupIds ?? []), ...named],
      input,
      request,
    );
    return {
      SecurityGroups: page.items.map((group) => ({
        GroupId: group.id,
        GroupName: group.name,
        Description: group.description,
        OwnerId: group.owner,
        VpcId: group.vpcId,
        SecurityGroupArn: arnOf(region.name, group),
        IpPermissions: group.ingress,
        IpPermissionsEgress: group.egress,
        Tags: tagList(group.tags),
      })),
      NextToken: page.nextToken,
    };
  };

  const CreateSecurityGroup: Handler<CreateSecurityGroupRequest, CreateSecurityGroupResult> = (
    input,
    request,
  ) => {
    const account = request.caller.account;
    const region = shared.region(request.region);
    const vpcId =
      input.VpcId === undefined
        ? defaultVpc(region, account).vpcId
        : findOne(kinds.vpc, input.VpcId, ownLookup(region.vpcs, account)).id;
    const name = input.GroupName ?? '';
    if (name === '' || name.length > 255 || name.startsWith('sg-'))
      throw ec2Error('InvalidParameterValue', `Value (${name}) for parameter GroupName is invalid.`);
    for (const group of region.securityGroups.values())
      if (group.vpcId === vpcId && group.name === name)
        throw ec2Error(
          'InvalidGroup.Duplicate',
          `The security group '${name}' already exists for VPC '${vpcId}'`,
        );
    const tags = readTagSpecifications(input.TagSpecifications, ['security-group']);
    endDryRun(input.DryRun);
    const group: SecurityGroup = {
      ...region.newResource(account, 'sg-', tagsFor(tags, 'security-group')),
      vpcId,
      name,
      description: input.Description ?? '',
      ingress: [],
      egress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    };
    region.securityGroups.set(group.id, group);
    return { GroupId: group.id, SecurityGroupArn: arnOf(region.name, group), Tags: tagList(group.tags) };
  };

  const DeleteSecurityGroup: Handler<DeleteSecurityGroupRequest, DeleteSecurityGroupResult> = (
    input,
    request,
  ) => {
    const group = find(input.GroupId, request);
    const region = shared.region(request.region);
    if (group.name === 'default')
      throw ec2Error(
        'CannotDelete',
        `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
      );
    for (const record of region.interfaces.values())
      if (record.groups.includes(group.id))
        throw ec2Error('DependencyViolation', `resource ${group.id} has a dependent object`);
    endDryRun(input.DryRun);
    region.securityGroups.delete(group.id);
    return { Return: true, GroupId: group.id };
  };

  const AuthorizeSecurityGroupIngress: Handler<
    AuthorizeSecurityGroupIngressRequest,
    AuthorizeSecurityGroupIngressResult
  > = (input, request) => {
    const group = find(input.GroupId, request);
    const added = permissionsOf(input);
    const present = new Set(group.ingress.map(canonical));
    for (const permission of added)
      if (present.has(canonical(permission)))
        throw ec2Error('InvalidPermission.Duplicate', 'the specified rule already exists');
    endDryRun(input.DryRun);
    group.ingress = [...group.ingress, ...added];
    return { Return: true, SecurityGroupRules: [] };
  };

  const RevokeSecurityGroupIngress: Handler<
    RevokeSecurityGroupIngressRequest,
    RevokeSecurityGroupIngressResult
  > = (input, request) => {
    const group = find(input.GroupId, request);
    const gone = new Set(permissionsOf(input).map(canonical));
    const kept = group.ingress.filter((permission) => !gone.has(canonical(permission)));
    if (kept.length === group.ingress.length)
      throw ec2Error(
        'InvalidPermission.NotFound',
        'The specified rule does not exist in this security group.',
      );
    endDryRun(input.DryRun);
    group.ingress = kept;
    return { Return: true };
  };

  return {
    DescribeSecurityGroups,
    CreateSecurityGroup,
    DeleteSecurityGroup,
    AuthorizeSecurityGroupIngress,
    RevokeSecurityGroupIngress,
  };
}

const arnOf = (region: string, group: SecurityGroup): string =>
  `arn:aws:ec2:${region}:${group.owner}:security-group/${group.id}`;

/** The list form, or the short form of one IPv4 rule. */
function permissionsOf(input: AuthorizeSecurityGroupIngressRequest): IpPermission[] {
  if (input.IpPermissions?.length) return input.IpPermissions;
  if (input.IpProtocol === undefined) throw missingParameter('IpPermissions');
  return [
    {
      IpProtocol: input.IpProtocol,
      FromPort: input.FromPort,
      ToPort: input.ToPort,
      IpRanges: input.CidrIp === undefined ? [] : [{ CidrIp: input.CidrIp }],
    },
  ];
}

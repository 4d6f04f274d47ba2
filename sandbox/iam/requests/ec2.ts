/** What each EC2 operation of the sandbox asks of policies. */
import type {
  AllocateAddressRequest,
  AssociateAddressRequest,
  AttachNetworkInterfaceRequest,
  CreateLaunchTemplateRequest,
  CreateNetworkInterfaceRequest,
  CreateSecurityGroupRequest,
  DescribeLaunchTemplateVersionsRequest,
  DisassociateAddressRequest,
  LaunchTemplateSpecification,
  ModifyInstanceAttributeRequest,
  ModifyNetworkInterfaceAttributeRequest,
  RunInstancesRequest,
} from '@aws-sdk/client-ec2';
import { findTemplate } from '../../services/ec2/model/launch-templates.ts';
import type { RegionState } from '../../services/ec2/model/region.ts';
import { type Demands, demand, everything, type ServiceDemands, type Target, wholesale } from './demand.ts';
import { copyDemands } from './ec2-copies.ts';
import { launchDemands } from './ec2-launch.ts';
import { Ec2Resources, type Ec2Type } from './ec2-resources.ts';
import type { Ec2For } from './ec2-shared.ts';
import { tagDemands, taggingAtBirth, tagsAtBirth } from './ec2-tags.ts';
import { parameterOf } from './systems-manager.ts';

/** EC2 authorizes these for everything or nothing. */
const lists = [
  ...['DescribeAddresses', 'DescribeAvailabilityZones', 'DescribeImages', 'DescribeInstances'],
  ...['DescribeInstanceStatus', 'DescribeInstanceTypeOfferings', 'DescribeKeyPairs', 'DescribeRegions'],
  ...['DescribeLaunchTemplates', 'DescribeLockedSnapshots'],
  ...['DescribeNetworkInterfaces', 'DescribeSecurityGroups', 'DescribeSnapshots', 'DescribeSubnets'],
  ...['DescribeTags', 'DescribeVolumes', 'DescribeVpcs'],
];

export function ec2Demands(regionOf: (name: string) => RegionState): ServiceDemands {
  const ec2For: Ec2For = (request) => new Ec2Resources(regionOf(request.region), request);

  /** On every resource of a type that one member of the input names. */
  const on =
    (name: string, type: Ec2Type, member: string): Demands<Readonly<Record<string, unknown>>> =>
    (input, request) => {
      const value = input[member];
      const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
      return ids.flatMap((id) =>
        typeof id === 'string' ? [demand(`ec2:${name}`, ec2For(request).of(type, id))] : [],
      );
    };
  const onAll = (names: readonly string[], type: Ec2Type, member: string): ServiceDemands =>
    Object.fromEntries(names.map((name) => [name, on(name, type, member)]));

  const onTemplate =
    (name: string): Demands<LaunchTemplateSpecification> =>
    (input, request) => {
      const ec2 = ec2For(request);
      const { id } = findTemplate(ec2.region, request.caller.account, input);
      return [demand(`ec2:${name}`, ec2.of('launch-template', id))];
    };

  return {
    ...wholesale('ec2', lists),
    ...tagDemands(ec2For),
    ...copyDemands(ec2For),
    ...onAll(
      ['RebootInstances', 'StartInstances', 'StopInstances', 'TerminateInstances'],
      'instance',
      'InstanceIds',
    ),
    ...onAll(['DescribeInstanceAttribute'], 'instance', 'InstanceId'),
    ...onAll(['DeleteNetworkInterface'], 'network-interface', 'NetworkInterfaceId'),
    ...onAll(
      ['AuthorizeSecurityGroupIngress', 'DeleteSecurityGroup', 'RevokeSecurityGroupIngress'],
      'security-group',
      'GroupId',
    ),
    ...Object.fromEntries(
      ['CreateLaunchTemplateVersion', 'DeleteLaunchTemplate', 'ModifyLaunchTemplate'].map((name) => [
        name,
        onTemplate(name),
      ]),
    ),

    /** Parameters that templates name are read in the caller's name ("Use a Systems Manager parameter instead of an AMI ID"). */
    DescribeLaunchTemplateVersions(input: DescribeLaunchTemplateVersionsRequest, request) {
      const { launchTemplates } = ec2For(request).region;
      const named = input.ResolveAlias
        ? [...launchTemplates.values()].filter(
            ({ id, owner }) =>
              owner === request.caller.account &&
              (input.LaunchTemplateId === undefined || input.LaunchTemplateId === id),
          )
        : [];
      const parameters = named
        .flatMap(({ versions }) => versions)
        .flatMap(({ data }) => /^resolve:ssm:([^:]+)/.exec(data.ImageId ?? '')?.[1] ?? []);
      return [
        demand('ec2:DescribeLaunchTemplateVersions', everything),
        ...parameters.map((name) => ({
          ...demand('ssm:GetParameters', parameterOf(name, request)),
          via: 'ec2.amazonaws.com',
        })),
      ];
    },

    RunInstances: (input: RunInstancesRequest, request) => launchDemands(ec2For(request), input, request),

    ModifyInstanceAttribute(input: ModifyInstanceAttributeRequest, request) {
      const ec2 = ec2For(request);
      const attribute = input.Attribute ?? (input.Groups ? 'groupSet' : undefined);
      const name = 'ec2:ModifyInstanceAttribute';
      return [
        ...ec2
          .all('instance', [input.InstanceId])
          .map((target) => demand(name, target, { 'ec2:Attribute': attribute })),
        ...ec2.all('security-group', input.Groups).map((target) => demand(name, target)),
      ];
    },

    ModifyNetworkInterfaceAttribute(input: ModifyNetworkInterfaceAttributeRequest, request) {
      const ec2 = ec2For(request);
      const targets = [
        ...ec2.all('network-interface', [input.NetworkInterfaceId]),
        ...ec2.all('security-group', input.Groups),
      ];
      return targets.map((target) => demand('ec2:ModifyNetworkInterfaceAttribute', target));
    },

    CreateNetworkInterface(input: CreateNetworkInterfaceRequest, request) {
      const ec2 = ec2For(request);
      const tags = input.TagSpecifications;
      const targets: Target[] = [
        ...ec2.all('subnet', [input.SubnetId]),
        ...ec2.all('security-group', input.Groups),
        ec2.fresh('network-interface', tagsAtBirth(tags, 'network-interface')),
      ];
      return [
        ...targets.map((target) => demand('ec2:CreateNetworkInterface', target)),
        ...taggingAtBirth(ec2, 'CreateNetworkInterface', tags, ['network-interface']),
      ];
    },

    AttachNetworkInterface(input: AttachNetworkInterfaceRequest, request) {
      const ec2 = ec2For(request);
      const targets = [
        ...ec2.all('instance', [input.InstanceId]),
        ...ec2.all('network-interface', [input.NetworkInterfaceId]),
      ];
      return targets.map((target) => demand('ec2:AttachNetworkInterface', target));
    },

    DetachNetworkInterface({ AttachmentId }: { readonly AttachmentId?: string }, request) {
      const ec2 = ec2For(request);
      const record = [...ec2.region.interfaces.values()].find(
        ({ attachment }) => attachment !== undefined && attachment.id === AttachmentId,
      );
      if (!record) return [demand('ec2:DetachNetworkInterface', { ...ec2.fresh('instance'), missing: true })];
      const targets = [
        ...ec2.all('instance', [record.attachment?.instanceId]),
        ec2.of('network-interface', record.id),
      ];
      return targets.map((target) => demand('ec2:DetachNetworkInterface', target));
    },

    CreateSecurityGroup(input: CreateSecurityGroupRequest, request) {
      const ec2 = ec2For(request);
      const targets = [
        ec2.fresh('security-group', tagsAtBirth(input.TagSpecifications, 'security-group')),
        ...ec2.all('vpc', [input.VpcId]),
      ];
      return [
        ...targets.map((target) => demand('ec2:CreateSecurityGroup', target)),
        ...taggingAtBirth(ec2, 'CreateSecurityGroup', input.TagSpecifications, ['security-group']),
      ];
    },

    CreateLaunchTemplate(input: CreateLaunchTemplateRequest, request) {
      const ec2 = ec2For(request);
      const tags = input.TagSpecifications;
      return [
        demand(
          'ec2:CreateLaunchTemplate',
          ec2.fresh('launch-template', tagsAtBirth(tags, 'launch-template')),
        ),
        ...taggingAtBirth(ec2, 'CreateLaunchTemplate', tags, ['launch-template']),
      ];
    },

    AllocateAddress(input: AllocateAddressRequest, request) {
      const ec2 = ec2For(request);
      const tags = input.TagSpecifications;
      return [
        demand('ec2:AllocateAddress', ec2.fresh('elastic-ip', tagsAtBirth(tags, 'elastic-ip'))),
        ...taggingAtBirth(ec2, 'AllocateAddress', tags, ['elastic-ip']),
      ];
    },

    /** The address and what it goes to: the interface is judged only when the request names one. */
    AssociateAddress(input: AssociateAddressRequest, request) {
      const ec2 = ec2For(request);
      const targets = [
        ...ec2.all('elastic-ip', [input.AllocationId]),
        ...ec2.all('instance', [input.InstanceId]),
        ...ec2.all('network-interface', [input.NetworkInterfaceId]),
      ];
      return targets.map((target) => demand('ec2:AssociateAddress', target));
    },

    DisassociateAddress(input: DisassociateAddressRequest, request) {
      const ec2 = ec2For(request);
      const address = [...ec2.region.addresses.values()].find(
        ({ association }) => association !== undefined && association.id === input.AssociationId,
      );
      const targets = address
        ? [
            ec2.of('elastic-ip', address.id),
            ...ec2.all('network-interface', [address.association?.interfaceId]),
          ]
        : [{ ...ec2.fresh('elastic-ip'), missing: true }];
      return targets.map((target) => demand('ec2:DisassociateAddress', target));
    },

    ReleaseAddress: (input: { readonly AllocationId?: string }, request) =>
      ec2For(request)
        .all('elastic-ip', [input.AllocationId])
        .map((target) => demand('ec2:ReleaseAddress', target)),
  };
}

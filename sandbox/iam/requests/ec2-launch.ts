/** RunInstances, the call with the most resources: each is judged apart, and one refusal refuses the launch. */
import type { InstanceNetworkInterfaceSpecification, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { RequestContext } from '../../service.ts';
import { findTemplate, resolveTemplate } from '../../services/ec2/model/launch-templates.ts';
import { defaultGroup, defaultVpc } from '../../services/ec2/model/network.ts';
import type { ImageRecord } from '../../services/ec2/model/records.ts';
import type { Context } from '../request-values.ts';
import { type Demand, demand, type Target } from './demand.ts';
import type { Ec2Resources } from './ec2-resources.ts';
import { taggingAtBirth, tagsAtBirth } from './ec2-tags.ts';
import { useOfKey } from './kms.ts';
import { passRole } from './pass-role.ts';

const action = 'ec2:RunInstances';

export function launchDemands(
  ec2: Ec2Resources,
  asked: RunInstancesRequest,
  request: RequestContext,
): readonly Demand[] {
  const template = templateOf(ec2, asked, request.caller.account);
  // Sound: both sides are members of RunInstancesRequest.
  const input = { ...template?.data, ...withoutGaps(asked) } as RunInstancesRequest;
  const image = ec2.image(input.ImageId);
  const tags = input.TagSpecifications;
  const interfaces = interfacesOf(input);
  const common: Context = {
    'ec2:LaunchTemplate': template?.target.resource,
    'ec2:IsLaunchTemplateResource': 'false',
  };
  const named: Target[] = [
    ...ec2.all('image', [input.ImageId]),
    ...ec2.all('snapshot', snapshotsOf(image, input)),
    ...(input.KeyName === undefined ? [] : [ec2.keyPairNamed(input.KeyName)]),
    ...(template ? [template.target] : []),
  ];
  return [
    ...named.map((target) => demand(action, target, common)),
    demand(action, ec2.fresh('instance', newInstance(ec2, input, tagsAtBirth(tags, 'instance'))), common),
    ...volumesOf(ec2, image, input).map((context) =>
      demand(action, ec2.fresh('volume', { ...context, ...tagsAtBirth(tags, 'volume') }), common),
    ),
    ...interfaces.flatMap((each) => networkOf(ec2, input, each, request.caller.account)),
    ...taggingAtBirth(ec2, 'RunInstances', tags, ['instance', 'volume', 'network-interface']),
    ...passRole(profileArn(ec2, input, request), 'ec2.amazonaws.com'),
    ...keys(ec2, image, input, request),
  ];
}

const withoutGaps = (input: object): object =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

function templateOf(ec2: Ec2Resources, { LaunchTemplate: wanted }: RunInstancesRequest, owner: string) {
  if (!wanted) return undefined;
  const { id } = findTemplate(ec2.region, owner, wanted);
  return { target: ec2.of('launch-template', id), data: resolveTemplate(ec2.region, owner, wanted) };
}

/** Those of the image that the request does not replace or leave out, and those that it names itself. */
function snapshotsOf(image: ImageRecord | undefined, input: RunInstancesRequest): readonly string[] {
  const mappings = new Map((input.BlockDeviceMappings ?? []).map((each) => [each.DeviceName, each]));
  const own = (image?.devices ?? []).flatMap(({ device, snapshot }) => {
    const change = mappings.get(device);
    return change?.NoDevice !== undefined || change?.Ebs?.SnapshotId !== undefined
      ? []
      : (snapshot?.id ?? []);
  });
  const chosen = [...mappings.values()].flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
  return [...new Set([...own, ...chosen])];
}

function volumesOf(ec2: Ec2Resources, image: ImageRecord | undefined, input: RunInstancesRequest): Context[] {
  const mappings = new Map((input.BlockDeviceMappings ?? []).map((each) => [each.DeviceName, each]));
  const devices = new Set([...(image?.devices ?? []).map(({ device }) => device), ...mappings.keys()]);
  return [...devices].flatMap((device) => {
    const own = image?.devices.find((each) => each.device === device);
    const change = mappings.get(device);
    if (change?.NoDevice !== undefined || (own?.virtualName ?? change?.VirtualName) !== undefined) return [];
    const { Ebs: ebs } = change ?? {};
    const snapshot = ebs?.SnapshotId ?? own?.snapshot?.id;
    return {
      'ec2:VolumeSize': (ebs?.VolumeSize ?? own?.sizeGiB)?.toString(),
      'ec2:VolumeType': ebs?.VolumeType ?? own?.volumeType,
      'ec2:Encrypted': String(ebs?.Encrypted ?? own?.encrypted ?? false),
      'ec2:ParentSnapshot': snapshot === undefined ? undefined : ec2.arn('snapshot', snapshot),
    };
  });
}

function newInstance(ec2: Ec2Resources, input: RunInstancesRequest, tags: Context): Context {
  const { MetadataOptions: metadata, IamInstanceProfile: profile } = input;
  const known = [...ec2.region.profiles.values()].find(({ name }) => name === profile?.Name);
  return {
    ...tags,
    'ec2:InstanceType': input.InstanceType ?? 'm1.small',
    'ec2:InstanceProfile': profile?.Arn ?? known?.arn,
    'ec2:AvailabilityZone': input.Placement?.AvailabilityZone,
    'ec2:EbsOptimized': String(input.EbsOptimized ?? false),
    'ec2:RootDeviceType': 'ebs',
    'ec2:Tenancy': input.Placement?.Tenancy ?? 'default',
    'ec2:MetadataHttpTokens': metadata?.HttpTokens,
    'ec2:MetadataHttpEndpoint': metadata?.HttpEndpoint,
    'ec2:MetadataHttpPutResponseHopLimit': metadata?.HttpPutResponseHopLimit?.toString(),
  };
}

/** As specified one by one, or the primary one from the request itself. */
function interfacesOf(input: RunInstancesRequest): readonly InstanceNetworkInterfaceSpecification[] {
  if (input.NetworkInterfaces?.length) return input.NetworkInterfaces;
  return [{ SubnetId: input.SubnetId, Groups: input.SecurityGroupIds }];
}

function networkOf(
  ec2: Ec2Resources,
  input: RunInstancesRequest,
  specification: InstanceNetworkInterfaceSpecification,
  owner: string,
): Demand[] {
  if (specification.NetworkInterfaceId !== undefined)
    return ec2
      .all('network-interface', [specification.NetworkInterfaceId])
      .map((each) => demand(action, each));
  const subnetId = specification.SubnetId ?? defaultVpc(ec2.region, owner).subnet.id;
  const subnet = ec2.region.subnets.get(subnetId);
  const groups = groupsOf(ec2, input, specification, subnet?.vpcId, owner);
  const fresh = ec2.fresh('network-interface', {
    ...tagsAtBirth(input.TagSpecifications, 'network-interface'),
    'ec2:Subnet': ec2.arn('subnet', subnetId),
    'ec2:Vpc': subnet && ec2.arn('vpc', subnet.vpcId),
    'ec2:AvailabilityZone': subnet?.zone,
    // Not there unless the request says it, so that a policy cannot take the subnet's default for an answer.
    'ec2:AssociatePublicIpAddress': specification.AssociatePublicIpAddress?.toString(),
  });
  return [ec2.of('subnet', subnetId), ...ec2.all('security-group', groups), fresh].map((target) =>
    demand(action, target),
  );
}

function groupsOf(
  ec2: Ec2Resources,
  input: RunInstancesRequest,
  { Groups: ids = [] }: InstanceNetworkInterfaceSpecification,
  vpcId: string | undefined,
  owner: string,
): readonly string[] {
  if (ids.length > 0 || vpcId === undefined) return ids;
  const names = new Set(input.SecurityGroups);
  const byName = [...ec2.region.securityGroups.values()].filter(
    (group) => group.owner === owner && group.vpcId === vpcId && names.has(group.name),
  );
  return names.size > 0 ? byName.map(({ id }) => id) : [defaultGroup(ec2.region, owner, vpcId)];
}

function profileArn(
  ec2: Ec2Resources,
  { IamInstanceProfile: profile }: RunInstancesRequest,
  { caller }: RequestContext,
): string | undefined {
  if (profile?.Arn !== undefined) return profile.Arn;
  return ec2.region.profiles.get(`${caller.account}/${profile?.Name ?? ''}`)?.arn;
}

function keys(
  ec2: Ec2Resources,
  image: ImageRecord | undefined,
  input: RunInstancesRequest,
  request: RequestContext,
): Demand[] {
  const snapshots = snapshotsOf(image, input).flatMap((id) => ec2.region.snapshots.get(id)?.kmsKeyId ?? []);
  const chosen = (input.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.KmsKeyId ?? []);
  const { account } = request.caller;
  const arns = new Set([...snapshots, ...chosen].map((key) => ec2.region.keyArn(account, key)));
  arns.delete(ec2.region.defaultKey(account));
  return [...arns].flatMap((key) => useOfKey('ec2', key, request));
}

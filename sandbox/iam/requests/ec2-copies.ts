/** Images and snapshots: making, copying, changing and removing them. */
import type {
  CopyImageRequest,
  CopySnapshotRequest,
  CreateImageRequest,
  CreateSnapshotRequest,
  CreateSnapshotsRequest,
  DeregisterImageRequest,
  LockSnapshotRequest,
  ModifyImageAttributeRequest,
  ModifySnapshotAttributeRequest,
  RegisterImageRequest,
} from '@aws-sdk/client-ec2';
import type { RequestContext } from '../../service.ts';
import { volumesOf } from '../../services/ec2/model/instances.ts';
import type { VolumeRecord } from '../../services/ec2/model/records.ts';
import { type Demand, type Demands, demand, type ServiceDemands } from './demand.ts';
import type { Ec2Resources } from './ec2-resources.ts';
import type { Ec2For } from './ec2-shared.ts';
import { taggingAtBirth, tagsAtBirth } from './ec2-tags.ts';
import { useOfKey } from './kms.ts';

export function copyDemands(ec2For: Ec2For): ServiceDemands {
  const onImage =
    (name: string): Demands<{ readonly ImageId?: string | undefined }> =>
    ({ ImageId }, request) =>
      ec2For(request)
        .all('image', [ImageId])
        .map((target) => demand(`ec2:${name}`, target));
  const onSnapshot =
    (name: string): Demands<{ readonly SnapshotId?: string | undefined }> =>
    ({ SnapshotId }, request) =>
      ec2For(request)
        .all('snapshot', [SnapshotId])
        .map((target) => demand(`ec2:${name}`, target));
  return {
    /** Judged apart on the instance, the new image and the new snapshots; all of them must be allowed. */
    CreateImage(input: CreateImageRequest, request) {
      const ec2 = ec2For(request);
      const tags = input.TagSpecifications;
      const instance = ec2.instance(input.InstanceId);
      const volumes = instance ? volumesOf(ec2.region, instance) : [];
      return [
        ...ec2.all('instance', [input.InstanceId]).map((target) => demand('ec2:CreateImage', target)),
        demand('ec2:CreateImage', ec2.fresh('image', tagsAtBirth(tags, 'image'))),
        ...volumes.map((volume) => newSnapshot(ec2, 'ec2:CreateImage', volume, input)),
        ...taggingAtBirth(ec2, 'CreateImage', tags, ['image', 'snapshot']),
        ...keysOf(ec2, volumes, request),
      ];
    },

    CreateSnapshot(input: CreateSnapshotRequest, request) {
      const ec2 = ec2For(request);
      const volume = ec2.region.volumes.get(input.VolumeId ?? '');
      return [
        ...ec2.all('volume', [input.VolumeId]).map((target) => demand('ec2:CreateSnapshot', target)),
        ...(volume ? [newSnapshot(ec2, 'ec2:CreateSnapshot', volume, input)] : []),
        ...taggingAtBirth(ec2, 'CreateSnapshot', input.TagSpecifications, ['snapshot']),
        ...keysOf(ec2, volume ? [volume] : [], request),
      ];
    },

    CreateSnapshots(input: CreateSnapshotsRequest, request) {
      const ec2 = ec2For(request);
      const id = input.InstanceSpecification?.InstanceId;
      const instance = ec2.instance(id);
      const volumes = instance ? volumesOf(ec2.region, instance) : [];
      return [
        ...ec2.all('instance', [id]).map((target) => demand('ec2:CreateSnapshots', target)),
        ...volumes.flatMap((volume) => [
          demand('ec2:CreateSnapshots', ec2.of('volume', volume.id)),
          newSnapshot(ec2, 'ec2:CreateSnapshots', volume, input),
        ]),
        ...taggingAtBirth(ec2, 'CreateSnapshots', input.TagSpecifications, ['snapshot']),
        ...keysOf(ec2, volumes, request),
      ];
    },

    /** The source since 28 October 2024, when it lies in this Region ("Grant permissions to copy Amazon EC2 AMIs"). */
    CopyImage(input: CopyImageRequest, request) {
      const ec2 = ec2For(request);
      const here = input.SourceRegion === undefined || input.SourceRegion === ec2.region.name;
      return [
        ...(here ? ec2.all('image', [input.SourceImageId]) : []).map((target) =>
          demand('ec2:CopyImage', target),
        ),
        demand('ec2:CopyImage', ec2.fresh('image', tagsAtBirth(input.TagSpecifications, 'image'))),
        demand('ec2:CopyImage', ec2.fresh('snapshot', tagsAtBirth(input.TagSpecifications, 'snapshot'))),
        ...taggingAtBirth(ec2, 'CopyImage', input.TagSpecifications, ['image', 'snapshot']),
      ];
    },

    CopySnapshot(input: CopySnapshotRequest, request) {
      const ec2 = ec2For(request);
      return [
        demand('ec2:CopySnapshot', ec2.fresh('snapshot', tagsAtBirth(input.TagSpecifications, 'snapshot'))),
        ...taggingAtBirth(ec2, 'CopySnapshot', input.TagSpecifications, ['snapshot']),
      ];
    },

    RegisterImage(input: RegisterImageRequest, request) {
      const ec2 = ec2For(request);
      const snapshots = (input.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.SnapshotId);
      return [
        demand('ec2:RegisterImage', ec2.fresh('image', tagsAtBirth(input.TagSpecifications, 'image'))),
        ...ec2.all('snapshot', snapshots).map((target) => demand('ec2:RegisterImage', target)),
        ...taggingAtBirth(ec2, 'RegisterImage', input.TagSpecifications, ['image']),
      ];
    },

    /** Snapshots that go with the image are deleted in the caller's name ("Deregister an Amazon EC2 AMI"). */
    DeregisterImage(input: DeregisterImageRequest, request) {
      const ec2 = ec2For(request);
      const devices = input.DeleteAssociatedSnapshots ? ec2.image(input.ImageId)?.devices : undefined;
      const snapshots = (devices ?? []).map(({ snapshot }) => snapshot?.id);
      return [
        ...ec2.all('image', [input.ImageId]).map((target) => demand('ec2:DeregisterImage', target)),
        ...ec2.all('snapshot', snapshots).map((target) => demand('ec2:DeleteSnapshot', target)),
      ];
    },

    LockSnapshot: (input: LockSnapshotRequest, request) =>
      ec2For(request)
        .all('snapshot', [input.SnapshotId])
        .map((target) =>
          demand('ec2:LockSnapshot', target, {
            // A lock that is given by its end has no duration.
            'ec2:SnapshotLockDuration': input.LockDuration?.toString(),
            'ec2:SnapshotCoolOffPeriod': input.CoolOffPeriod?.toString(),
          }),
        ),

    ModifyImageAttribute: (input: ModifyImageAttributeRequest, request) =>
      ec2For(request)
        .all('image', [input.ImageId])
        .map((target) =>
          demand('ec2:ModifyImageAttribute', target, {
            'ec2:Attribute': input.Attribute ?? (input.Description ? 'Description' : 'LaunchPermission'),
          }),
        ),

    ModifySnapshotAttribute: (input: ModifySnapshotAttributeRequest, request) =>
      ec2For(request)
        .all('snapshot', [input.SnapshotId])
        .map((target) => demand('ec2:ModifySnapshotAttribute', target, sharing(input))),

    ...Object.fromEntries(
      [
        ...['DescribeImageAttribute', 'DisableImage', 'DisableImageDeprecation', 'EnableImage'],
        ...['DisableImageDeregistrationProtection', 'EnableImageDeregistrationProtection'],
        ...['EnableImageDeprecation', 'ResetImageAttribute'],
      ].map((name) => [name, onImage(name)]),
    ),
    ...Object.fromEntries(
      ['DeleteSnapshot', 'DescribeSnapshotAttribute', 'UnlockSnapshot'].map((name) => [
        name,
        onSnapshot(name),
      ]),
    ),
  };
}

/** A snapshot that is about to be made; policies may ask for the volume that it is of. */
function newSnapshot(
  ec2: Ec2Resources,
  action: string,
  volume: VolumeRecord,
  { TagSpecifications }: Pick<CreateImageRequest, 'TagSpecifications'>,
): Demand {
  return demand(action, ec2.fresh('snapshot', tagsAtBirth(TagSpecifications, 'snapshot')), {
    'ec2:ParentVolume': ec2.arn('volume', volume.id),
  });
}

/** The customer's keys of these volumes. */
function keysOf(ec2: Ec2Resources, volumes: readonly VolumeRecord[], request: RequestContext): Demand[] {
  const keys = new Set(
    volumes.flatMap(({ owner, kmsKeyId }) =>
      kmsKeyId === undefined || kmsKeyId === ec2.region.defaultKey(owner) ? [] : [kmsKeyId],
    ),
  );
  return [...keys].flatMap((key) => useOfKey('ec2', key, request));
}

function sharing(input: ModifySnapshotAttributeRequest) {
  const { CreateVolumePermission: change, OperationType: type, UserIds = [], GroupNames = [] } = input;
  const users = (list: readonly { readonly UserId?: string | undefined }[] | undefined): string[] =>
    (list ?? []).flatMap(({ UserId }) => UserId ?? []);
  const groups = (list: readonly { readonly Group?: string | undefined }[] | undefined): string[] =>
    (list ?? []).flatMap(({ Group }) => Group ?? []);
  const [addUser] = [...users(change?.Add), ...(type === 'add' ? UserIds : [])];
  const [addGroup] = [...groups(change?.Add), ...(type === 'add' ? GroupNames : [])];
  const [removeUser] = [...users(change?.Remove), ...(type === 'remove' ? UserIds : [])];
  const [removeGroup] = [...groups(change?.Remove), ...(type === 'remove' ? GroupNames : [])];
  return {
    'ec2:Attribute': 'CreateVolumePermission',
    'ec2:Add/userId': addUser,
    'ec2:Add/group': addGroup,
    'ec2:Remove/userId': removeUser,
    'ec2:Remove/group': removeGroup,
  };
}

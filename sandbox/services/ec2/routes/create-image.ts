import type {
  BlockDeviceMapping,
  CreateImageRequest,
  CreateImageResult,
  RegisterImageRequest,
  RegisterImageResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue, missingParameter } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { addImage, checkDescription, checkImageName } from '../model/images.ts';
import { instanceLookup, instanceState, rebootInstance, volumesOf } from '../model/instances.ts';
import type { ImageDevice, InstanceRecord, VolumeRecord } from '../model/records.ts';
import { type Ec2Shared, ownLookup, type RegionState } from '../model/region.ts';
import { checkPendingLimits, createSnapshot, fixContent, snapshotState } from '../model/snapshots.ts';
import { readTagSpecifications, tagsFor } from '../model/tags.ts';

/** CreateImage and RegisterImage. */
export function createImageRoutes(shared: Ec2Shared) {
  const CreateImage: Handler<CreateImageRequest, CreateImageResult> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const owner = caller.account;
    const instance = findOne(
      kinds.instance,
      input.InstanceId ?? '',
      instanceLookup(region, owner, now, { describing: false }),
    );
    const state = instanceState(instance, now);
    if (state !== 'running' && state !== 'stopped' && state !== 'stopping')
      throw ec2Error(
        'IncorrectInstanceState',
        `The instance '${instance.id}' is ${state}; an image can be created of a running or stopped one.`,
      );
    checkImageName(region, owner, input.Name ?? '');
    checkDescription(input.Description);
    const tags = readTagSpecifications(input.TagSpecifications, ['image', 'snapshot']);
    const chosen = chooseDevices(region, instance, input.BlockDeviceMappings);
    const volumes = chosen.flatMap(({ volume }) => volume ?? []);
    checkPendingLimits(region, owner, volumes, now);
    endDryRun(input.DryRun);

    const startsAt = now + shared.settings.snapshotStartSeconds * 1000;
    if (input.NoReboot !== true && state === 'running') rebootInstance(region, instance, now, startsAt);
    // The description of the snapshots names the image, so its id is drawn first.
    const id = region.newId('ami-');
    const devices = chosen.map(({ volume, device }): ImageDevice => {
      if (!volume) return device;
      const snapshot = createSnapshot(region, volume, {
        owner,
        description: `Created by CreateImage(${instance.id}) for ${id}`,
        tags: tagsFor(tags, 'snapshot'),
        startsAt,
      });
      return { ...device, snapshot };
    });
    addImage(region, {
      id,
      owner,
      name: input.Name ?? '',
      description: input.Description ?? '',
      tags: tagsFor(tags, 'image'),
      architecture: instance.architecture,
      rootDeviceName: instance.rootDeviceName,
      devices,
      sourceInstanceId: instance.id,
      bootMode: instance.bootMode,
      readyAt: startsAt,
    });
    fixContent(
      region,
      devices.flatMap(({ snapshot }) => snapshot ?? []),
      startsAt,
    );
    instance.machine.record({ at: startsAt, kind: 'snapshot', detail: id });
    return { ImageId: id };
  };

  const RegisterImage: Handler<RegisterImageRequest, RegisterImageResult> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const owner = caller.account;
    checkImageName(region, owner, input.Name ?? '');
    checkDescription(input.Description);
    const tags = readTagSpecifications(input.TagSpecifications, ['image']);
    if (input.RootDeviceName === undefined) throw missingParameter('RootDeviceName');
    const devices = (input.BlockDeviceMappings ?? []).map((mapping): ImageDevice => {
      const snapshotId = mapping.Ebs?.SnapshotId;
      const snapshot =
        snapshotId === undefined
          ? undefined
          : findOne(kinds.snapshot, snapshotId, ownLookup(region.snapshots, owner));
      if (snapshot && snapshotState(snapshot, now) !== 'completed')
        throw ec2Error('IncorrectState', `The snapshot '${snapshot.id}' is not completed.`);
      return {
        ...plainDevice(mapping),
        snapshot,
        encrypted: snapshot?.encrypted ?? false,
        sizeGiB: mapping.Ebs?.VolumeSize ?? snapshot?.sizeGiB,
      };
    });
    if (!devices.some(({ device, snapshot }) => device === input.RootDeviceName && snapshot))
      throw ec2Error('InvalidBlockDeviceMapping', `The root device ${input.RootDeviceName} has no snapshot.`);
    endDryRun(input.DryRun);
    const image = addImage(region, {
      owner,
      name: input.Name ?? '',
      description: input.Description ?? '',
      tags: tagsFor(tags, 'image'),
      architecture: input.Architecture === 'arm64' ? 'arm64' : 'x86_64',
      rootDeviceName: input.RootDeviceName,
      devices,
      bootMode: input.BootMode,
      imdsSupport: input.ImdsSupport,
      readyAt: now,
    });
    return { ImageId: image.id };
  };

  return { CreateImage, RegisterImage };
}

interface ChosenDevice {
  readonly volume: VolumeRecord | undefined;
  readonly device: ImageDevice;
}

/** The instance's devices, each with its volume, after the request's changes: left out, altered, or added empty. */
function chooseDevices(
  region: RegionState,
  instance: InstanceRecord,
  mappings: readonly BlockDeviceMapping[] | undefined,
): ChosenDevice[] {
  const changes = new Map<string, BlockDeviceMapping>();
  for (const mapping of mappings ?? []) {
    if (mapping.DeviceName === undefined) throw missingParameter('BlockDeviceMapping.DeviceName');
    if (changes.has(mapping.DeviceName))
      throw ec2Error(
        'InvalidBlockDeviceMapping',
        `The device ${mapping.DeviceName} is specified more than once.`,
      );
    changes.set(mapping.DeviceName, mapping);
  }
  const chosen: ChosenDevice[] = [];
  for (const volume of volumesOf(region, instance)) {
    const device = volume.attachment?.device ?? instance.rootDeviceName;
    const change = changes.get(device);
    changes.delete(device);
    if (change?.NoDevice !== undefined) {
      if (device === instance.rootDeviceName)
        throw ec2Error('InvalidBlockDeviceMapping', 'The root device of an image cannot be left out.');
      continue;
    }
    if (change?.Ebs?.SnapshotId !== undefined)
      throw invalidValue(`The snapshot of ${device} cannot be chosen: it is made of the instance's volume.`);
    const wanted = change?.Ebs?.VolumeSize;
    if (wanted !== undefined && wanted < volume.sizeGiB)
      throw ec2Error(
        'InvalidBlockDeviceMapping',
        `Volume of size ${wanted}GB is smaller than the volume '${volume.id}', expect size >= ${volume.sizeGiB}GB`,
      );
    chosen.push({
      volume,
      device: {
        device,
        snapshot: undefined,
        virtualName: undefined,
        sizeGiB: wanted ?? volume.sizeGiB,
        volumeType: change?.Ebs?.VolumeType ?? volume.volumeType,
        iops: change?.Ebs?.Iops ?? volume.iops,
        throughput: change?.Ebs?.Throughput ?? volume.throughput,
        encrypted: volume.encrypted,
        deleteOnTermination:
          change?.Ebs?.DeleteOnTermination ?? volume.attachment?.deleteOnTermination ?? true,
      },
    });
  }
  for (const [device, mapping] of changes) {
    if (mapping.NoDevice !== undefined) continue;
    if (mapping.VirtualName === undefined && mapping.Ebs?.VolumeSize === undefined)
      throw ec2Error(
        'InvalidBlockDeviceMapping',
        `The device ${device} needs a volume size: the instance has no such volume.`,
      );
    chosen.push({ volume: undefined, device: plainDevice(mapping) });
  }
  return chosen;
}

function plainDevice(mapping: BlockDeviceMapping): ImageDevice {
  if (mapping.DeviceName === undefined) throw missingParameter('BlockDeviceMapping.DeviceName');
  const ebs = mapping.Ebs;
  return {
    device: mapping.DeviceName,
    snapshot: undefined,
    virtualName: mapping.VirtualName,
    sizeGiB: ebs?.VolumeSize,
    volumeType: ebs?.VolumeType ?? (mapping.VirtualName === undefined ? 'gp2' : undefined),
    iops: ebs?.Iops,
    throughput: ebs?.Throughput,
    encrypted: ebs?.Encrypted ?? false,
    deleteOnTermination: ebs?.DeleteOnTermination ?? true,
  };
}

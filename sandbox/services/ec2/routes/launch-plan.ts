import type { BlockDeviceMapping, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { ec2Error, invalidCombination, invalidValue, missingParameter } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { imageState, isShownTo } from '../model/images.ts';
import { type LaunchPlan, metadataOptions, type VolumeLaunch } from '../model/launch.ts';
import { isOffered, typePattern } from '../model/offerings.ts';
import type { ImageRecord, InstanceProfile } from '../model/records.ts';
import type { RegionState } from '../model/region.ts';
import { planVolume } from '../model/volumes.ts';
import { readableSnapshotLookup } from './describe-snapshots.ts';
import { planInterfaces } from './launch-interfaces.ts';

/** What all instances of one request have in common. */
export type CommonPlan = Omit<LaunchPlan, 'seeded' | 'reservationId' | 'launchIndex' | 'runningAt' | 'tags'>;

/** Checks everything that a request names, in the order in which AWS complains, and settles every default. */
export function planLaunch(
  region: RegionState,
  owner: string,
  input: RunInstancesRequest,
  count: number,
  now: number,
): CommonPlan {
  const image = launchable(region, owner, input.ImageId, now);
  const type = input.InstanceType ?? 'm1.small';
  const { settings } = region.shared;
  if (!typePattern.test(type) || !isOffered(settings, type))
    throw invalidValue(`Invalid value '${type}' for InstanceType.`);
  const interfaces = planInterfaces(region, owner, input, count);
  const [first] = interfaces;
  const subnet = first && 'subnet' in first.target ? first.target.subnet : undefined;
  if (subnet && !isOffered(settings, type, subnet.zone))
    throw ec2Error(
      'Unsupported',
      `Your requested instance type (${type}) is not supported in your requested Availability Zone (${subnet.zone}).`,
    );
  return {
    owner,
    clientToken: input.ClientToken,
    imageId: image.id,
    type,
    architecture: image.architecture,
    bootMode: image.bootMode,
    keyName: input.KeyName === undefined ? undefined : keyPairNamed(region, owner, input.KeyName),
    profile: profileOf(region, owner, input.IamInstanceProfile),
    userData: checkUserData(input.UserData),
    metadata: metadataOptions(input.MetadataOptions, image.imdsSupport),
    rootDeviceName: image.rootDeviceName,
    volumes: planVolumes(region, owner, image, input.BlockDeviceMappings, now),
    interfaces,
    wantsPublicIp: input.NetworkInterfaces?.[0]?.AssociatePublicIpAddress ?? subnet?.mapPublicIp ?? false,
    ebsOptimized: input.EbsOptimized ?? false,
    monitoring: input.Monitoring?.Enabled ?? false,
    disableApiTermination: input.DisableApiTermination ?? false,
    disableApiStop: input.DisableApiStop ?? false,
    shutdownBehavior: input.InstanceInitiatedShutdownBehavior === 'terminate' ? 'terminate' : 'stop',
  };
}

function launchable(region: RegionState, owner: string, id: string | undefined, now: number): ImageRecord {
  if (id === undefined) throw missingParameter('ImageId');
  const image = findOne(kinds.image, id, (wanted) => {
    const found = region.images.get(wanted);
    if (!found && region.formerImages.has(wanted))
      throw ec2Error('InvalidAMIID.Unavailable', `The image ID '${wanted}' is no longer available`);
    return found;
  });
  if (!isShownTo(image, owner)) throw ec2Error('AuthFailure', `Not authorized for images: [${id}]`);
  const state = imageState(image, now);
  if (state !== 'available')
    throw ec2Error('InvalidAMIID.Unavailable', `The image ID '${id}' is ${state} and cannot be launched`);
  return image;
}

function keyPairNamed(region: RegionState, owner: string, name: string): string {
  for (const pair of region.keyPairs.values()) if (pair.owner === owner && pair.name === name) return name;
  throw ec2Error('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`);
}

function profileOf(
  region: RegionState,
  owner: string,
  wanted: RunInstancesRequest['IamInstanceProfile'],
): InstanceProfile | undefined {
  if (wanted?.Arn !== undefined && wanted.Name !== undefined)
    throw invalidCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  if (wanted?.Name !== undefined) {
    const profile = region.profiles.get(`${owner}/${wanted.Name}`);
    if (profile) return profile;
    throw invalidValue(
      `Value (${wanted.Name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  if (wanted?.Arn === undefined) return undefined;
  for (const profile of region.profiles.values()) if (profile.arn === wanted.Arn) return profile;
  throw invalidValue(
    `Value (${wanted.Arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
  );
}

/** User data comes as base64 and has at most 16 KiB before encoding. */
export function checkUserData(userData: string | undefined): string | undefined {
  if (userData === undefined || userData === '') return undefined;
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(userData))
    throw ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  if (Buffer.from(userData, 'base64').length > 16_384)
    throw invalidValue('User data is limited to 16384 bytes');
  return userData;
}

function planVolumes(
  region: RegionState,
  owner: string,
  image: ImageRecord,
  mappings: readonly BlockDeviceMapping[] | undefined,
  now: number,
): VolumeLaunch[] {
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
  const volumes: VolumeLaunch[] = [];
  for (const item of image.devices) {
    const change = changes.get(item.device);
    changes.delete(item.device);
    if (change?.NoDevice !== undefined || item.virtualName !== undefined) continue;
    const { device, snapshot } = item;
    const ebs = {
      VolumeSize: item.sizeGiB,
      VolumeType: item.volumeType,
      DeleteOnTermination: item.deleteOnTermination,
      Iops: change?.Ebs?.VolumeType === undefined ? item.iops : undefined,
      Throughput: change?.Ebs?.VolumeType === undefined ? item.throughput : undefined,
      ...Object.fromEntries(Object.entries(change?.Ebs ?? {}).filter(([, value]) => value !== undefined)),
    };
    if (
      change?.Ebs?.SnapshotId !== undefined &&
      change.Ebs.SnapshotId !== snapshot?.id &&
      device === image.rootDeviceName
    )
      throw ec2Error('InvalidBlockDeviceMapping', 'The snapshot of the root device cannot be replaced.');
    const chosen = snapshotNamed(region, owner, change?.Ebs?.SnapshotId, now) ?? snapshot;
    const mount = device === image.rootDeviceName ? '/' : chosen?.mount;
    volumes.push({ plan: planVolume(region, owner, device, ebs, chosen, mount) });
  }
  for (const [device, { Ebs, NoDevice, VirtualName }] of changes) {
    if (NoDevice !== undefined || VirtualName !== undefined) continue;
    const snapshot = snapshotNamed(region, owner, Ebs?.SnapshotId, now);
    volumes.push({
      plan: planVolume(
        region,
        owner,
        device,
        Ebs ?? {},
        snapshot,
        snapshot?.mount === '/' ? undefined : snapshot?.mount,
      ),
    });
  }
  return volumes;
}

function snapshotNamed(region: RegionState, owner: string, id: string | undefined, now: number) {
  return id === undefined
    ? undefined
    : findOne(kinds.snapshot, id, readableSnapshotLookup(region, owner, now));
}

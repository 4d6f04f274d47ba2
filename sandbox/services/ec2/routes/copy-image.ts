import { createHash } from 'node:crypto';
import type { CopyImageRequest, CopyImageResult } from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { addImage, checkDescription, checkImageName, imageState, isShownTo } from '../model/images.ts';
import type { ImageDevice, ImageRecord, Tags } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';
import { addSnapshot, checkPendingLimits } from '../model/snapshots.ts';
import { readTagSpecifications, tagsFor } from '../model/tags.ts';
import { canonical } from './run-instances.ts';

/** The volume that copies of snapshots name: "an arbitrary volume ID that you should not use for any purpose". */
export const arbitraryVolume = 'vol-ffffffff';

/** CopyImage, within a Region or into this one. The copy has snapshots of its own. */
export function copyImageRoutes(shared: Ec2Shared) {
  const CopyImage: Handler<CopyImageRequest, CopyImageResult> = (input, { region: name, caller, now }) => {
    const region = shared.region(name);
    const owner = caller.account;
    const { ClientToken, DryRun: _, ...rest } = input;
    const key = `${owner}/CopyImage/${ClientToken ?? ''}`;
    const fingerprint = createHash('sha256').update(canonical(rest)).digest('hex');
    const known = ClientToken === undefined ? undefined : region.clientTokens.get(key);
    if (known && known.fingerprint !== fingerprint)
      throw ec2Error(
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    const [before] = known?.ids ?? [];
    if (before !== undefined) return { ImageId: before };

    const source = copyable(shared, input, owner, now);
    checkImageName(region, owner, input.Name ?? '');
    checkDescription(input.Description);
    if (input.KmsKeyId !== undefined && input.Encrypted !== true)
      throw ec2Error(
        'InvalidParameterDependency',
        'The parameter KmsKeyId requires the parameter Encrypted to be set.',
      );
    const specified = readTagSpecifications(input.TagSpecifications, ['image', 'snapshot']);
    const tags: Tags = input.CopyImageTags ? new Map(source.tags) : new Map();
    for (const [tag, value] of tagsFor(specified, 'image')) tags.set(tag, value);
    checkPendingLimits(region, owner, [], now, source.devices.length);
    endDryRun(input.DryRun);

    const devices = source.devices.map((device) =>
      copyDevice(region, device, input, owner, source, now, tagsFor(specified, 'snapshot')),
    );
    const image = addImage(region, {
      owner,
      name: input.Name ?? '',
      description: input.Description ?? `[Copied ${source.id} from ${input.SourceRegion}] ${source.name}`,
      tags,
      architecture: source.architecture,
      rootDeviceName: source.rootDeviceName,
      devices,
      sourceImage: { id: source.id, region: input.SourceRegion ?? name },
      bootMode: source.bootMode,
      imdsSupport: source.imdsSupport,
      readyAt: now,
    });
    if (ClientToken !== undefined) region.clientTokens.set(key, { fingerprint, ids: [image.id] });
    return { ImageId: image.id };
  };
  return { CopyImage };
}

function copyable(shared: Ec2Shared, input: CopyImageRequest, owner: string, now: number): ImageRecord {
  const sourceRegion = input.SourceRegion ?? '';
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(sourceRegion))
    throw invalidValue(`Invalid source region: ${sourceRegion}`);
  const from = shared.region(sourceRegion);
  const source = findOne(kinds.image, input.SourceImageId ?? '', (id) => from.images.get(id));
  if (!isShownTo(source, owner)) throw ec2Error('AuthFailure', `Not authorized for images: [${source.id}]`);
  if (imageState(source, now) !== 'available')
    throw ec2Error('InvalidAMIID.Unavailable', `The image ID '${source.id}' is not available`);
  return source;
}

function copyDevice(
  region: RegionState,
  device: ImageDevice,
  input: CopyImageRequest,
  owner: string,
  source: ImageRecord,
  now: number,
  tags: Tags,
): ImageDevice {
  const original = device.snapshot;
  if (!original) return device;
  const encrypted = original.encrypted || input.Encrypted === true;
  // A key belongs to its Region: a copy into another one is encrypted anew, with that Region's default key or the one named.
  const key = input.KmsKeyId ?? (input.SourceRegion === region.name ? original.kmsKeyId : undefined);
  const snapshot = addSnapshot(region, {
    owner,
    description: `Copied for DestinationAmi from SourceAmi ${source.id} for SourceSnapshot ${original.id}. Task created on ${now}.`,
    tags,
    startsAt: now,
    volumeId: arbitraryVolume,
    sizeGiB: original.sizeGiB,
    encrypted,
    kmsKeyId: encrypted ? region.keyArn(owner, key) : undefined,
    mount: original.mount,
  });
  snapshot.tree = original.tree?.retain();
  return { ...device, snapshot, encrypted };
}

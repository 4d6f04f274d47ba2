import type { ImageState } from '@aws-sdk/client-ec2';
import { ec2Error, invalidValue } from '../errors.ts';
import type { ImageDevice, ImageRecord, Tags } from './records.ts';
import { isVisible, type RegionState } from './region.ts';
import { snapshotState } from './snapshots.ts';

const nameForm = /^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/;

/** The rule of CreateImage's `Name`; CopyImage and RegisterImage share it. */
export function checkImageName(region: RegionState, owner: string, name: string): void {
  if (!nameForm.test(name))
    throw ec2Error(
      'InvalidAMIName.Malformed',
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, and ( ) [ ] space . / - ' @ _",
    );
  const taken = region.imageNames.get(`${owner}/${name}`);
  if (taken !== undefined)
    throw ec2Error('InvalidAMIName.Duplicate', `AMI name ${name} is already in use by AMI ${taken}`);
}

export function checkDescription(description: string | undefined): void {
  if (description !== undefined && description.length > 255)
    throw invalidValue(
      `Value ( ${description} ) for parameter description is invalid. It may have at most 255 characters.`,
    );
}

export interface NewImage {
  readonly owner: string;
  readonly name: string;
  readonly description: string;
  readonly tags: Tags;
  readonly architecture: ImageRecord['architecture'];
  readonly rootDeviceName: string;
  readonly devices: readonly ImageDevice[];
  readonly sourceInstanceId?: string;
  readonly sourceImage?: ImageRecord['sourceImage'];
  readonly bootMode?: ImageRecord['bootMode'];
  readonly imdsSupport?: ImageRecord['imdsSupport'];
  readonly readyAt: number;
  readonly seeded?: boolean;
  readonly id?: string;
}

export function addImage(region: RegionState, request: NewImage): ImageRecord {
  const { id, seeded, ...facts } = request;
  const image: ImageRecord = {
    ...region.newResource(request.owner, 'ami-', request.tags, {
      seeded: seeded ?? false,
      ...(id === undefined ? {} : { id }),
    }),
    name: facts.name,
    description: facts.description,
    architecture: facts.architecture,
    rootDeviceName: facts.rootDeviceName,
    devices: facts.devices,
    sourceInstanceId: facts.sourceInstanceId,
    sourceImage: facts.sourceImage,
    bootMode: facts.bootMode,
    imdsSupport: facts.imdsSupport,
    readyAt: facts.readyAt,
    sharedWith: new Set(),
    disabled: false,
    deprecatedAt: undefined,
    protection: { kind: 'off', until: undefined },
    lastLaunchedAt: undefined,
  };
  region.images.set(image.id, image);
  region.imageNames.set(`${image.owner}/${image.name}`, image.id);
  for (const { snapshot } of image.devices) snapshot?.usedBy.add(image.id);
  return image;
}

/** The first of its snapshots that ended in error; such an image never becomes available. */
export function imageFailure(image: ImageRecord, now: number): string | undefined {
  for (const { snapshot } of image.devices)
    if (snapshot && snapshotState(snapshot, now) === 'error') return snapshot.failure;
  return undefined;
}

export function imageState(image: ImageRecord, now: number): ImageState {
  if (imageFailure(image, now) !== undefined) return 'failed';
  const ready = image.devices.every(
    ({ snapshot }) => snapshot === undefined || snapshotState(snapshot, now) === 'completed',
  );
  if (!ready || now < image.readyAt) return 'pending';
  return image.disabled ? 'disabled' : 'available';
}

/** Its owner sees an image, and so do the accounts that it is shared with; a disabled one only its owner. */
export const isShownTo = (image: ImageRecord, account: string): boolean =>
  image.owner === account ||
  (!image.disabled && (image.sharedWith.has(account) || image.sharedWith.has('all')));

/** Until when protection still forbids deregistering: undefined when it does not. */
export function protectionText(image: ImageRecord, now: number): string {
  const { protection } = image;
  if (protection.kind === 'on')
    return protection.cooldown ? 'enabled-with-cooldown' : 'enabled-without-cooldown';
  if (protection.until !== undefined && now < protection.until)
    return `disabled until ${new Date(protection.until).toISOString()}`;
  return 'disabled';
}

export function isProtected(image: ImageRecord, now: number): boolean {
  const { protection } = image;
  return protection.kind === 'on' || (protection.until !== undefined && now < protection.until);
}

/** Looks up for a Describe call. An image of somebody else that is not shared exists, but is none of the caller's business. */
export const imageLookup =
  (region: RegionState, account: string, now: number) =>
  (id: string): ImageRecord | undefined => {
    const image = region.images.get(id);
    if (!image || !isVisible(image, now)) return undefined;
    if (!isShownTo(image, account)) throw ec2Error('AuthFailure', `Not authorized for images: [${id}]`);
    return image;
  };

/** For actions that change an image: it must be the caller's own. */
export const ownImageLookup =
  (region: RegionState, account: string) =>
  (id: string): ImageRecord | undefined => {
    const image = region.images.get(id);
    if (image && image.owner !== account) throw ec2Error('AuthFailure', `Not authorized for image:${id}`);
    if (!image && region.formerImages.get(id) === account)
      throw ec2Error('InvalidAMIID.Unavailable', `The image ID '${id}' is no longer available`);
    return image;
  };

/** The name is free again, and its snapshots no longer count it. */
export function removeImage(region: RegionState, image: ImageRecord): void {
  region.images.delete(image.id);
  region.imageNames.delete(`${image.owner}/${image.name}`);
  region.formerImages.set(image.id, image.owner);
  for (const { snapshot } of image.devices) snapshot?.usedBy.delete(image.id);
}

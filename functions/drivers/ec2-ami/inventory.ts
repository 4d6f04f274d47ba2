import type { EC2Client, Image, Snapshot } from '@aws-sdk/client-ec2';
import { tagKeys } from '../../shared/names.ts';
import type { Inventory, LiveCopy, StraySnapshot } from '../removal.ts';
import {
  imagesById,
  imagesUsing,
  isManagedBy,
  ownImages,
  ownSnapshots,
  snapshotIdsOf,
  tagsOf,
  toSeconds,
} from './removal-lookups.ts';

/**
 * Snapshots are swept before images: an image that is made meanwhile then shows without its snapshots, which is
 * harmless, where the other order would show its snapshots as strays.
 */
export async function inventoryOfImages(ec2: EC2Client, deployment: string): Promise<Inventory> {
  const managed = [{ Name: `tag:${tagKeys.managed}`, Values: [deployment] }];
  const isOurs = ({ Tags }: Image | Snapshot) => isManagedBy(deployment, Tags);
  const snapshots = (await ownSnapshots(ec2, managed)).filter(isOurs);
  const images = (await ownImages(ec2, managed)).filter(isOurs);

  const snapshotsOf = new Map(images.map((image) => [image.ImageId ?? '', new Set(snapshotIdsOf(image))]));
  const incomplete = new Set(images.filter(isIncomplete).map(({ ImageId }) => ImageId));
  const referred = new Set([...snapshotsOf.values()].flatMap((ids) => [...ids]));
  const strays: Snapshot[] = [];
  for (const snapshot of snapshots) {
    const id = snapshot.SnapshotId ?? '';
    if (referred.has(id)) continue;
    const imageId = imageThatBrought(snapshot);
    const own = imageId !== undefined && incomplete.has(imageId) ? snapshotsOf.get(imageId) : undefined;
    if (own) own.add(id);
    else strays.push(snapshot);
  }

  const copies = images.map((image) => copyOf(image, [...(snapshotsOf.get(image.ImageId ?? '') ?? [])]));
  return { copies: copies.sort(byId), strays: (await withoutImage(ec2, strays)).sort(byId) };
}

export async function findImages(ec2: EC2Client, ids: readonly string[]): Promise<LiveCopy[]> {
  const images = await imagesById(ec2, ids);
  return images.map((image) => copyOf(image, snapshotIdsOf(image))).sort(byId);
}

/** One that is done names all that it is made of, so a snapshot that merely says the same is somebody's copy. */
const isIncomplete = (image: Image): boolean => stateOf(image) === 'pending' || stateOf(image) === 'failed';

/**
 * An image names its snapshots late, and one that failed perhaps never; EC2 writes into the description of a
 * snapshot which image it was made for: `Created by CreateImage(i-0..) for ami-0..`.
 */
function imageThatBrought({ Description = '' }: Snapshot): string | undefined {
  return /^Created by CreateImage\(.*\) for (ami-\w+)/.exec(Description)?.[1];
}

/** What an image that is not ours, or no longer carries our tag, is made of is no stray. */
async function withoutImage(ec2: EC2Client, snapshots: readonly Snapshot[]): Promise<StraySnapshot[]> {
  if (snapshots.length === 0) return [];
  const users = await imagesUsing(
    ec2,
    snapshots.map(({ SnapshotId = '' }) => SnapshotId),
  );
  return snapshots
    .filter(({ SnapshotId = '' }) => !users.has(SnapshotId))
    .map(({ SnapshotId = '', OwnerId = '', VolumeId, StartTime, Tags }) => ({
      id: SnapshotId,
      owner: OwnerId,
      ...(StartTime === undefined ? {} : { createdAt: toSeconds(StartTime) }),
      ...(VolumeId === undefined ? {} : { volume: VolumeId }),
      tags: tagsOf(Tags),
    }));
}

function copyOf(image: Image, snapshots: string[]): LiveCopy {
  const { ImageId = '', Name = '', OwnerId = '', CreationDate } = image;
  return {
    kind: 'ec2',
    id: ImageId,
    name: Name,
    owner: OwnerId,
    ...(CreationDate === undefined ? {} : { createdAt: `${CreationDate.slice(0, 19)}Z` }),
    state: stateOf(image),
    tags: tagsOf(image.Tags),
    snapshots: snapshots.sort(),
  };
}

function stateOf({ State }: Image): LiveCopy['state'] {
  switch (State) {
    case 'available':
    case 'disabled':
    case 'pending':
      return State;
    case 'transient':
      return 'pending';
    default:
      return 'failed';
  }
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);

import {
  DescribeLockedSnapshotsCommand,
  type EC2Client,
  type Filter,
  type Image,
  type LockedSnapshotsInfo,
  paginateDescribeImages,
  paginateDescribeSnapshots,
  type Snapshot,
  type Tag,
} from '@aws-sdk/client-ec2';
import { errorCode } from '../../shared/errors.ts';
import { tagKeys } from '../../shared/names.ts';

/** "You can specify up to 200 filter values in a single call" (List and filter using the API). */
const filterValueLimit = 200;

export const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

export const isManagedBy = (deployment: string, tags: readonly Tag[] | undefined): boolean =>
  (tags ?? []).some(({ Key, Value }) => Key === tagKeys.managed && Value === deployment);

/** The snapshots that an image says it is made of. One that is still pending may not name them yet. */
export const snapshotIdsOf = ({ BlockDeviceMappings = [] }: Image): string[] =>
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);

/** A deregistered image may be shown for a while. */
const isLive = ({ State }: Image): boolean => State !== 'deregistered';

/** The account's own images, the disabled ones as well, which are hidden unless asked for. */
export async function ownImages(ec2: EC2Client, filters: Filter[]): Promise<Image[]> {
  const images: Image[] = [];
  const pages = paginateDescribeImages(
    { client: ec2, pageSize: 1000 },
    { Owners: ['self'], Filters: filters, IncludeDisabled: true },
  );
  for await (const page of pages) images.push(...(page.Images ?? []).filter(isLive));
  return images;
}

export async function ownSnapshots(ec2: EC2Client, filters: Filter[]): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  const pages = paginateDescribeSnapshots(
    { client: ec2, pageSize: 1000 },
    { OwnerIds: ['self'], Filters: filters },
  );
  for await (const page of pages) snapshots.push(...(page.Snapshots ?? []));
  return snapshots;
}

/** By filter, not by ID: one ID that is gone would fail the whole call. What is not there is left out. */
export const imagesById = (ec2: EC2Client, ids: readonly string[]): Promise<Image[]> =>
  inChunks(ids, (chunk) => ownImages(ec2, [{ Name: 'image-id', Values: chunk }]));

/** Sorted by ID. */
export async function snapshotsById(ec2: EC2Client, ids: readonly string[]): Promise<Snapshot[]> {
  const found = await inChunks(ids, (chunk) => ownSnapshots(ec2, [{ Name: 'snapshot-id', Values: chunk }]));
  return found.sort((a, b) => ((a.SnapshotId ?? '') < (b.SnapshotId ?? '') ? -1 : 1));
}

/** For each of the snapshots that images of this account are made of: the IDs of these images. */
export async function imagesUsing(
  ec2: EC2Client,
  snapshotIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const users = new Map<string, Set<string>>();
  const name = 'block-device-mapping.snapshot-id';
  const images = await inChunks(snapshotIds, (chunk) => ownImages(ec2, [{ Name: name, Values: chunk }]));
  for (const image of images) {
    for (const snapshotId of snapshotIdsOf(image)) {
      const known = users.get(snapshotId) ?? new Set();
      users.set(snapshotId, known.add(image.ImageId ?? ''));
    }
  }
  return users;
}

/** In each of these states a snapshot cannot be deleted; in `expired`, the fourth one, it can (LockState of the API). */
const lockedStates = ['compliance', 'compliance-cooloff', 'governance'];

/**
 * Every lock of the account. One sweep: the call takes IDs, but then one that is gone would fail it, and locks are
 * rare.
 */
async function allLocks(ec2: EC2Client): Promise<ReadonlyMap<string, LockedSnapshotsInfo>> {
  const found = new Map<string, LockedSnapshotsInfo>();
  let token: string | undefined;
  do {
    const command: DescribeLockedSnapshotsCommand = new DescribeLockedSnapshotsCommand({
      Filters: [{ Name: 'lock-state', Values: lockedStates }],
      MaxResults: 1000,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const page = await ec2.send(command);
    for (const lock of page.Snapshots ?? []) found.set(lock.SnapshotId ?? '', lock);
    // The last page has no token, or an empty one.
    token = page.NextToken || undefined;
  } while (token !== undefined);
  return found;
}

/** The locks of these snapshots, in few calls; those of others may be among them. */
export async function lockedSnapshots(
  ec2: EC2Client,
  snapshotIds: readonly string[],
): Promise<ReadonlyMap<string, LockedSnapshotsInfo>> {
  try {
    const locked = await inChunks(snapshotIds, async (SnapshotIds) => {
      const { Snapshots = [] } = await ec2.send(new DescribeLockedSnapshotsCommand({ SnapshotIds }));
      return Snapshots.filter(isLocked);
    });
    return new Map(locked.map((lock) => [lock.SnapshotId ?? '', lock]));
  } catch (error) {
    // One of them has gone since it was described, and the call answers for all or none.
    if (errorCode(error) === 'InvalidSnapshot.NotFound') return await allLocks(ec2);
    throw error;
  }
}

/** `locked until <time>` for every locked snapshot of the account. */
export const locks = async (ec2: EC2Client): Promise<ReadonlyMap<string, string>> =>
  lockTexts(await allLocks(ec2));

/** The same for these snapshots. */
export const locksOf = async (
  ec2: EC2Client,
  snapshotIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => lockTexts(await lockedSnapshots(ec2, snapshotIds));

const lockTexts = (found: ReadonlyMap<string, LockedSnapshotsInfo>): ReadonlyMap<string, string> =>
  new Map(Array.from(found, ([id, lock]) => [id, lockText(lock)] as const));

function lockText({ LockState, LockExpiresOn, CoolOffPeriodExpiresOn }: LockedSnapshotsInfo): string {
  const mode = LockState === 'governance' ? 'governance mode' : 'compliance mode';
  const until = LockExpiresOn ? `locked until ${toSeconds(LockExpiresOn)}` : 'locked';
  // Until then a person with the permission can still unlock it.
  const coolOff =
    LockState === 'compliance-cooloff' && CoolOffPeriodExpiresOn
      ? `, cooling-off ends ${toSeconds(CoolOffPeriodExpiresOn)}`
      : '';
  return `${until} (${mode}${coolOff})`;
}

const isLocked = ({ LockState }: LockedSnapshotsInfo): boolean =>
  LockState !== undefined && lockedStates.includes(LockState);

export const toSeconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

async function inChunks<T>(values: readonly string[], ask: (chunk: string[]) => Promise<T[]>): Promise<T[]> {
  const distinct = [...new Set(values)];
  const answers: T[] = [];
  for (let from = 0; from < distinct.length; from += filterValueLimit)
    answers.push(...(await ask(distinct.slice(from, from + filterValueLimit))));
  return answers;
}

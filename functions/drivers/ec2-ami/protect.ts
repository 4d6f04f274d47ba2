import {
  type EC2Client,
  EnableImageDeregistrationProtectionCommand,
  type Image,
  type LockedSnapshotsInfo,
  LockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import pLimit from 'p-limit';
import type { IntendedProtection, SnapshotLock } from '../../catalog/documents.ts';
import { describeError } from '../../shared/errors.ts';
import { tagKeys } from '../../shared/names.ts';
import type { ProtectOutcome, ProtectRequest } from '../driver.ts';
import { isPassing } from '../removal-refusals.ts';
import { imagesById, lockedSnapshots, snapshotIdsOf } from './removal-lookups.ts';
import { protectionOf } from './remove-protection.ts';

/** Calls under way at once; the pacing of the clients decides how fast they really go. */
const concurrency = 10;

interface Refusal {
  readonly passing: boolean;
  readonly reason: string;
}

/**
 * Locks the snapshots of images and protects the images from being deregistered, as far as that is not so already.
 * By duration, never by an end: permissions can bound a duration only. The images are available, so none of their
 * snapshots can fail any more and take its lock along.
 */
export async function protectImages(
  ec2: EC2Client,
  { protection, copies }: ProtectRequest,
): Promise<ProtectOutcome[]> {
  const ids = copies.map(({ id }) => id);
  const images = new Map((await imagesById(ec2, ids)).map((image) => [image.ImageId ?? '', image]));
  const locks =
    protection.lock === undefined
      ? new Map<string, LockedSnapshotsInfo>()
      : await lockedSnapshots(ec2, [...images.values()].flatMap(snapshotIdsOf));
  const limit = pLimit(concurrency);
  return Promise.all(
    ids.map(async (id): Promise<ProtectOutcome> => {
      const image = images.get(id);
      if (image === undefined) return { state: 'wait', id, reason: `${id} is not shown` };
      const refusals = await Promise.all([
        ...locksToSet(image, protection, locks).map((set) => limit(() => refusalOf(set(ec2)))),
        limit(() => refusalOf(protectImage(ec2, image, protection))),
      ]);
      return outcomeOf(
        id,
        refusals.flatMap((refusal) => refusal ?? []),
      );
    }),
  );
}

function locksToSet(
  image: Image,
  { lock }: IntendedProtection,
  locks: ReadonlyMap<string, LockedSnapshotsInfo>,
): ((ec2: EC2Client) => Promise<void>)[] {
  if (lock === undefined) return [];
  return snapshotIdsOf(image)
    .filter((id) => !isAsStrong(locks.get(id), lock))
    .map((id) => (ec2) => lockSnapshot(ec2, id, lock));
}

/** A lock in compliance mode is one that can also not be lifted. */
const isAsStrong = (standing: LockedSnapshotsInfo | undefined, { days, mode }: SnapshotLock): boolean =>
  standing?.LockState !== undefined &&
  (standing.LockState.startsWith('compliance') || standing.LockState === mode) &&
  (standing.LockDuration ?? 0) >= days;

async function lockSnapshot(
  ec2: EC2Client,
  SnapshotId: string,
  { days, mode, cool_off_hours }: SnapshotLock,
): Promise<void> {
  await ec2.send(
    new LockSnapshotCommand({
      SnapshotId,
      LockMode: mode,
      LockDuration: days,
      ...(cool_off_hours === undefined ? {} : { CoolOffPeriod: cool_off_hours }),
    }),
  );
}

async function protectImage(
  ec2: EC2Client,
  image: Image,
  { deregistration }: IntendedProtection,
): Promise<void> {
  if (deregistration === undefined) return;
  const { ImageId = '', Tags = [] } = image;
  const WithCooldown = deregistration === 'with-cooldown';
  const standing = protectionOf(image);
  if (standing?.state === 'on' && (standing.withCooldown || !WithCooldown)) return;
  // Without the tag it would count as somebody else's protection, and no rotation would ever remove the image.
  if (!Tags.some(({ Key }) => Key === tagKeys.protected))
    throw new UnmarkedError(`${ImageId} does not carry the tag ${tagKeys.protected}`);
  await ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown }));
}

class UnmarkedError extends Error {}

/** Throws what is no answer about this one copy. */
async function refusalOf(work: Promise<void>): Promise<Refusal | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof UnmarkedError) return { passing: false, reason: error.message };
    return { passing: isPassing(error), reason: describeError(error) };
  }
}

/** What will never work outweighs what may work later: another try would only repeat it. */
function outcomeOf(id: string, refusals: readonly Refusal[]): ProtectOutcome {
  if (refusals.length === 0) return { state: 'protected', id };
  const final = refusals.filter(({ passing }) => !passing);
  const told = (final.length > 0 ? final : refusals).map(({ reason }) => reason);
  const reason = [...new Set(told)].join('; ');
  return { state: final.length > 0 ? 'refused' : 'wait', id, reason };
}

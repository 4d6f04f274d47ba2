import { DeleteSnapshotCommand, type EC2Client, type Snapshot } from '@aws-sdk/client-ec2';
import type { Clock } from '../../shared/clock.ts';
import { errorCode } from '../../shared/errors.ts';
import { tagKeys } from '../../shared/names.ts';
import type { RemovalOutcome, StraySnapshot } from '../removal.ts';
import { outcomeOfRefusal, postponeWhenBusy } from '../removal-refusals.ts';
import { sharingOfSnapshot } from './obstacles.ts';
import { isManagedBy, locksOf, snapshotsById } from './removal-lookups.ts';

export interface RemovalTools {
  readonly ec2: EC2Client;
  readonly clock: Clock;
  /** The account that everything removed must belong to. */
  readonly account: () => Promise<string>;
}

/** Why a snapshot is not Snapkeep's to delete, whatever is known of it; undefined when it is. */
export function strangeness(
  { SnapshotId: id, OwnerId, Tags }: Snapshot,
  account: string,
  deployment: string,
): string | undefined {
  if (OwnerId !== account) return `${id} belongs to account ${OwnerId}`;
  if (!isManagedBy(deployment, Tags)) {
    return `${id} does not carry the tag ${tagKeys.managed} = ${deployment}`;
  }
  return undefined;
}

export const removeStraySnapshot = (
  tools: RemovalTools,
  { id }: StraySnapshot,
  deployment: string,
): Promise<RemovalOutcome> => postponeWhenBusy(() => removeLeftSnapshots(tools, [id], deployment));

/**
 * Deletes snapshots whose image is gone, each after another look at owner, tag, lock and sharing; an image that uses
 * one after all makes EC2 refuse.
 */
export async function removeLeftSnapshots(
  tools: RemovalTools,
  snapshotIds: readonly string[],
  deployment: string,
): Promise<RemovalOutcome> {
  const snapshots = await snapshotsById(tools.ec2, snapshotIds);
  if (snapshots.length === 0) return { state: 'removed' };
  const account = await tools.account();
  const locked = await locksOf(
    tools.ec2,
    snapshots.map(({ SnapshotId = '' }) => SnapshotId),
  );
  const outcomes: RemovalOutcome[] = [];
  for (const snapshot of snapshots) {
    const { SnapshotId: id = '' } = snapshot;
    const lock = locked.get(id);
    const reason = strangeness(snapshot, account, deployment) ?? (await sharingReason(tools.ec2, id));
    if (reason !== undefined) outcomes.push({ state: 'kept', reason, left: [id] });
    else if (lock !== undefined) outcomes.push({ state: 'postponed', reason: `${id} is ${lock}` });
    else outcomes.push(await deleteSnapshot(tools, id));
  }
  return together(outcomes);
}

async function sharingReason(ec2: EC2Client, id: string): Promise<string | undefined> {
  const obstacle = await sharingOfSnapshot(ec2, id);
  return obstacle && `${id} is ${obstacle.reason}`;
}

/** Seconds to wait before each further try while EC2 still counts an image that is gone. */
const waitsForImage = [1, 2, 4];

/** @param goneImage deregistered a moment ago: that it is still said to use the snapshot will pass */
export async function deleteSnapshot(
  { ec2, clock }: RemovalTools,
  id: string,
  goneImage?: string,
): Promise<RemovalOutcome> {
  for (let tries = 0; ; tries += 1) {
    try {
      await ec2.send(new DeleteSnapshotCommand({ SnapshotId: id }));
      return { state: 'removed' };
    } catch (error) {
      const code = errorCode(error);
      if (code === 'InvalidSnapshot.NotFound') return { state: 'removed' };
      const settling =
        code === 'InvalidSnapshot.InUse' &&
        goneImage !== undefined &&
        error instanceof Error &&
        error.message.includes(goneImage);
      if (!settling) return outcomeOfRefusal(error, [id]);
      const seconds = waitsForImage[tries];
      if (seconds === undefined) {
        return { state: 'postponed', reason: `${id} still counts as used by ${goneImage}, which is gone` };
      }
      await clock.sleep(seconds * 1000);
    }
  }
}

/** What several removals amount to: one snapshot that must stay outweighs one that is only put off. */
export function together(outcomes: readonly RemovalOutcome[]): RemovalOutcome {
  const kept = outcomes.flatMap((outcome) => (outcome.state === 'kept' ? outcome : []));
  if (kept.length > 0) {
    const reason = kept.map((outcome) => outcome.reason).join('; ');
    return { state: 'kept', reason, left: kept.flatMap(({ left }) => left) };
  }
  const postponed = outcomes.flatMap((outcome) => (outcome.state === 'postponed' ? outcome.reason : []));
  return postponed.length > 0 ? { state: 'postponed', reason: postponed.join('; ') } : { state: 'removed' };
}

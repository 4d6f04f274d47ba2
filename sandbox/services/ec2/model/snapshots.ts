import { createHash } from 'node:crypto';
import type { SnapshotState } from '@aws-sdk/client-ec2';
import { ec2Error } from '../errors.ts';
import type { SnapshotRecord, Tags, VolumeRecord } from './records.ts';
import type { RegionState } from './region.ts';

export const unreachableKey = 'Given key ID is not accessible';

/** Undefined while it does not exist yet: its content is not fixed. */
export function snapshotState(snapshot: SnapshotRecord, now: number): SnapshotState | undefined {
  if (now < snapshot.startsAt) return undefined;
  if (now < snapshot.endsAt) return 'pending';
  return snapshot.failure === undefined ? 'completed' : 'error';
}

export function snapshotPercent(snapshot: SnapshotRecord, now: number): number {
  if (now >= snapshot.endsAt) return 100;
  if (now <= snapshot.startsAt) return 0;
  return Math.min(99, Math.floor((100 * (now - snapshot.startsAt)) / (snapshot.endsAt - snapshot.startsAt)));
}

/** Refuses when snapshots of `volumes` and so many `copies` of snapshots more would be too many at once. */
export function checkPendingLimits(
  region: RegionState,
  owner: string,
  volumes: readonly VolumeRecord[],
  now: number,
  copies = 0,
): void {
  const { pendingSnapshotsPerAccount, pendingSnapshotsPerVolume } = region.shared.settings;
  for (const volume of volumes) {
    const pending = stillPending(region.pendingOfVolume.get(volume.id), now);
    // "one pending snapshot for a single st1 or sc1 volume"
    const limit = /^(st|sc)1$/.test(volume.volumeType) ? 1 : pendingSnapshotsPerVolume;
    if (pendingSnapshotsPerVolume !== 'unlimited' && pending >= Number(limit))
      throw ec2Error(
        'ConcurrentSnapshotLimitExceeded',
        'Maximum allowed in-progress snapshots for a single volume exceeded.',
      );
  }
  if (pendingSnapshotsPerAccount === 'unlimited') return;
  const pending = stillPending(region.pendingOfAccount.get(owner), now);
  if (pending + volumes.length + copies > pendingSnapshotsPerAccount)
    throw ec2Error(
      'PendingSnapshotLimitExceeded',
      `The quota of ${pendingSnapshotsPerAccount} pending snapshots is used up: ${pending} are pending.`,
    );
}

/** Counts, and drops those that have ended since somebody last counted. */
function stillPending(snapshots: Set<SnapshotRecord> | undefined, now: number): number {
  for (const snapshot of snapshots ?? [])
    if (snapshot.deleted || now >= snapshot.endsAt) snapshots?.delete(snapshot);
  return snapshots?.size ?? 0;
}

function remember(index: Map<string, Set<SnapshotRecord>>, key: string, snapshot: SnapshotRecord): void {
  const known = index.get(key);
  if (known) known.add(snapshot);
  else index.set(key, new Set([snapshot]));
}

export interface NewSnapshot {
  readonly owner: string;
  readonly description: string;
  readonly tags: Tags;
  readonly startsAt: number;
  readonly seeded?: boolean;
  readonly id?: string;
}

/** A snapshot of a volume. Its content is fixed by `fixContent` when `startsAt` has come. */
export function createSnapshot(
  region: RegionState,
  volume: VolumeRecord,
  request: NewSnapshot,
): SnapshotRecord {
  return addSnapshot(region, {
    ...request,
    volumeId: volume.id,
    sizeGiB: volume.sizeGiB,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    mount: volume.mount,
  });
}

interface SnapshotFacts extends NewSnapshot {
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly mount: string | undefined;
}

export function addSnapshot(region: RegionState, facts: SnapshotFacts): SnapshotRecord {
  const { failingVolumes, failingKeys } = region.shared;
  const base = region.newResource(facts.owner, 'snap-', facts.tags, {
    seeded: facts.seeded ?? false,
    ...(facts.id === undefined ? {} : { id: facts.id }),
  });
  const snapshot: SnapshotRecord = {
    ...base,
    volumeId: facts.volumeId,
    sizeGiB: facts.sizeGiB,
    encrypted: facts.encrypted,
    kmsKeyId: facts.kmsKeyId,
    description: facts.description,
    mount: facts.mount,
    startsAt: facts.startsAt,
    endsAt: facts.seeded ? facts.startsAt : facts.startsAt + durationOf(region, base.id),
    failure: undefined,
    tree: undefined,
    usedBy: new Set(),
    sharedWith: new Set(),
    lock: undefined,
    deleted: false,
  };
  region.snapshots.set(snapshot.id, snapshot);
  if (!facts.seeded) {
    remember(region.pendingOfAccount, snapshot.owner, snapshot);
    remember(region.pendingOfVolume, snapshot.volumeId, snapshot);
  }
  const reason =
    failingVolumes.get(facts.volumeId) ??
    (facts.kmsKeyId === undefined ? undefined : failingKeys.get(facts.kmsKeyId));
  if (reason !== undefined) failSnapshot(snapshot, reason, base.createdAt);
  return snapshot;
}

/** The same snapshot takes the same time in every run of a world, whatever happened before it. */
function durationOf(region: RegionState, id: string): number {
  const { settings, world } = region.shared;
  const share = createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
  return Math.round(world.snapshotSeconds * 1000 * (1 - settings.snapshotSpread * share));
}

/** Errors come early: an unusable key is noticed in the first quarter of the time that a snapshot takes. */
export function failSnapshot(snapshot: SnapshotRecord, reason: string, now: number): void {
  snapshot.failure = reason;
  snapshot.endsAt = Math.max(now, snapshot.startsAt) + Math.round((snapshot.endsAt - snapshot.startsAt) / 4);
}

/** Fixes the content of snapshots at the moment when they start: now if that has come, else by an event of the world. */
export function fixContent(
  region: RegionState,
  snapshots: readonly SnapshotRecord[],
  startsAt: number,
): void {
  const fix = () => {
    for (const snapshot of snapshots) {
      if (snapshot.deleted) continue;
      if (region.volumes.has(snapshot.volumeId)) snapshot.tree = contentOf(region, snapshot.volumeId);
      // The instance was terminated between the call and the start, and took its volume along.
      else failSnapshot(snapshot, `The volume '${snapshot.volumeId}' does not exist.`, startsAt);
    }
  };
  if (startsAt <= region.shared.world.now()) fix();
  else region.shared.world.schedule(startsAt, fix);
}

function contentOf(region: RegionState, volumeId: string): SnapshotRecord['tree'] {
  const volume = region.volumes.get(volumeId);
  if (volume?.attachment === undefined) return volume?.content?.retain();
  const machine = region.instances.get(volume.attachment.instanceId)?.machine;
  return machine && !machine.isGone ? machine.freeze(volumeId) : undefined;
}

/** Gone for good; its share of the content with it. */
export function removeSnapshot(region: RegionState, snapshot: SnapshotRecord): void {
  snapshot.deleted = true;
  snapshot.tree?.release();
  snapshot.tree = undefined;
  region.snapshots.delete(snapshot.id);
}

export type LockState = 'compliance' | 'governance' | 'compliance-cooloff' | 'expired';

export function lockState(snapshot: SnapshotRecord, now: number): LockState | undefined {
  const { lock } = snapshot;
  // A lock that was set while the snapshot was pending is cancelled when that fails ("Lock an Amazon EBS snapshot").
  if (!lock || snapshotState(snapshot, now) === 'error') return undefined;
  if (now >= lock.expiresAt) return 'expired';
  if (lock.mode === 'governance') return 'governance';
  return lock.coolOffUntil !== undefined && now < lock.coolOffUntil ? 'compliance-cooloff' : 'compliance';
}

/** Why the snapshot cannot be deleted now, or undefined when it can. */
export function deletionRefusal(
  snapshot: SnapshotRecord,
  now: number,
): { readonly code: string; readonly message: string } | undefined {
  const [image] = snapshot.usedBy;
  if (image !== undefined)
    return {
      code: 'InvalidSnapshot.InUse',
      message: `The snapshot ${snapshot.id} is currently in use by ${image}`,
    };
  const state = lockState(snapshot, now);
  if (state !== undefined && state !== 'expired')
    return {
      code: 'OperationNotPermitted',
      message: `The snapshot ${snapshot.id} is locked (${state}) and cannot be deleted.`,
    };
  return undefined;
}

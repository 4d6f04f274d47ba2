import { ServiceError } from '../../service.ts';
import { kmsKeyNotAccessible, snapshotQuotaExceeded } from './errors.ts';
import { type ArnType, arnOf, identifierLimits, newIdentifier, parseArn } from './identifiers.ts';
import type {
  ClusterSnapshotFacts,
  Holdings,
  InstanceSnapshotFacts,
  RdsModel,
  SnapshotStatus,
  StoredSnapshot,
} from './model.ts';
import type { Tags } from './tags.ts';

/** DB snapshots and DB cluster snapshots live alike; they differ in these names and limits. */
export interface SnapshotFamily<Facts> {
  readonly noun: 'DBSnapshot' | 'DBClusterSnapshot';
  readonly arnType: ArnType;
  readonly identifierLimit: number;
  readonly codes: { readonly notFound: string; readonly exists: string; readonly state: string };
  readonly quota: 'manualSnapshots' | 'manualClusterSnapshots';
  store(holdings: Holdings): Map<string, StoredSnapshot<Facts>>;
}

export const instanceFamily: SnapshotFamily<InstanceSnapshotFacts> = {
  noun: 'DBSnapshot',
  arnType: 'snapshot',
  identifierLimit: identifierLimits.snapshot,
  codes: {
    notFound: 'DBSnapshotNotFound',
    exists: 'DBSnapshotAlreadyExists',
    state: 'InvalidDBSnapshotState',
  },
  quota: 'manualSnapshots',
  store: (holdings) => holdings.snapshots,
};

export const clusterFamily: SnapshotFamily<ClusterSnapshotFacts> = {
  noun: 'DBClusterSnapshot',
  arnType: 'cluster-snapshot',
  identifierLimit: identifierLimits.clusterSnapshot,
  codes: {
    notFound: 'DBClusterSnapshotNotFoundFault',
    exists: 'DBClusterSnapshotAlreadyExistsFault',
    state: 'InvalidDBClusterSnapshotStateFault',
  },
  quota: 'manualClusterSnapshots',
  store: (holdings) => holdings.clusterSnapshots,
};

export const snapshotNotFound = <F>(family: SnapshotFamily<F>, id: string): ServiceError =>
  new ServiceError(family.codes.notFound, `${family.noun} ${id} not found.`, 404);

export const invalidSnapshotState = <F>(family: SnapshotFamily<F>, message: string): ServiceError =>
  new ServiceError(family.codes.state, message, 400);

export const snapshotArn = <F>(family: SnapshotFamily<F>, stored: StoredSnapshot<F>): string =>
  arnOf(family.arnType, stored.region, stored.account, stored.id);

/** Checks the name of a snapshot to be made against rules, names in use and quota, and returns it as stored. */
export function claimName<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  holdings: Holdings,
  parameter: string,
  requested: string,
): string {
  const id = newIdentifier(parameter, requested, family.identifierLimit);
  const store = family.store(holdings);
  if (store.has(id)) {
    throw new ServiceError(
      family.codes.exists,
      `Cannot create the snapshot because a snapshot with the identifier ${id} already exists.`,
      400,
    );
  }
  const limit = model.limits[family.quota];
  let manual = 0;
  for (const snapshot of store.values()) if (snapshot.type === 'manual') manual += 1;
  if (manual >= limit) throw snapshotQuotaExceeded(limit);
  return id;
}

export interface NewSnapshot<F> {
  readonly id: string;
  readonly sourceId: string;
  readonly sourceResourceId: string;
  readonly tags: Tags;
  readonly during: Extract<SnapshotStatus, 'creating' | 'copying'>;
  readonly facts: F;
  readonly type?: 'manual' | 'automated';
  /** Called when it has ended, well or not. */
  ended?(): void;
}

/** Puts a snapshot under way; the sandbox clock ends it after `world.snapshotSeconds`. */
export function beginSnapshot<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  holdings: Holdings,
  wanted: NewSnapshot<F>,
): StoredSnapshot<F> {
  const { world } = model;
  const startedAt = world.now();
  const snapshot: StoredSnapshot<F> = {
    id: wanted.id,
    account: holdings.account,
    region: holdings.region,
    visibleAt: startedAt + world.consistencySeconds * 1000,
    tags: wanted.tags,
    type: wanted.type ?? 'manual',
    status: wanted.during,
    sourceId: wanted.sourceId,
    sourceResourceId: wanted.sourceResourceId,
    startedAt,
    endsAt: startedAt + world.snapshotSeconds * 1000,
    sharedWith: new Set(),
    facts: wanted.facts,
  };
  family.store(holdings).set(snapshot.id, snapshot);
  const fails = spendFault(model, wanted.sourceId);
  world.schedule(snapshot.endsAt, () => {
    snapshot.status = fails ? 'failed' : 'available';
    wanted.ended?.();
  });
  return snapshot;
}

function spendFault(model: RdsModel, sourceId: string): boolean {
  const left = model.faults.failSnapshotsOf.get(sourceId) ?? 0;
  if (left > 0) model.faults.failSnapshotsOf.set(sourceId, left - 1);
  return left > 0;
}

/** 0 while it begins, 100 when it is there; a failed one stays where it was, which the API does not define. */
export function percentOf(snapshot: StoredSnapshot<unknown>, now: number): number {
  if (snapshot.status === 'available') return 100;
  if (snapshot.status === 'failed') return 0;
  const share = (now - snapshot.startedAt) / Math.max(1, snapshot.endsAt - snapshot.startedAt);
  return Math.max(0, Math.min(99, Math.floor(share * 100)));
}

/** A snapshot by identifier or ARN: the caller's own, or by ARN one that was shared with the caller. */
export function findSnapshot<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  holdings: Holdings,
  name: string,
): StoredSnapshot<F> {
  const arn = parseArn(name);
  if (!arn) {
    const own = family.store(holdings).get(name.toLowerCase());
    if (own) return own;
  } else if (arn.type === family.arnType) {
    const found = family.store(model.holdings(arn.account, arn.region)).get(arn.id);
    if (found && mayUse(found, holdings.account)) return found;
  }
  throw snapshotNotFound(family, name);
}

/** As `findSnapshot`, of one that is there to be copied. Throws the family's state error for any other. */
export function findSourceOfCopy<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  holdings: Holdings,
  name = '',
): StoredSnapshot<F> {
  const source = findSnapshot(model, family, holdings, name);
  if (source.status === 'available') return source;
  throw invalidSnapshotState(family, `The snapshot ${source.id} is not available.`);
}

/** Takes a manual snapshot that is not under way out of the account, and answers it as it was. */
export function deleteSnapshot<F>(
  family: SnapshotFamily<F>,
  holdings: Holdings,
  name = '',
): StoredSnapshot<F> {
  const store = family.store(holdings);
  const stored = store.get(name.toLowerCase());
  if (!stored) throw snapshotNotFound(family, name);
  if (stored.status !== 'available' && stored.status !== 'failed') {
    throw invalidSnapshotState(
      family,
      `Cannot delete the snapshot ${stored.id}: its state is ${stored.status}.`,
    );
  }
  if (stored.type === 'automated') {
    throw invalidSnapshotState(family, `The snapshot ${stored.id} is not a manual one.`);
  }
  store.delete(stored.id);
  return stored;
}

/**
 * Which key a copy is encrypted with. An encrypted snapshot of another account or Region needs one to be named: its
 * own key cannot be used here. Throws KMSKeyNotAccessibleFault, SnapshotQuotaExceeded.
 */
export function keyOfCopy<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  holdings: Holdings,
  source: StoredSnapshot<F>,
  sourceKey: string | undefined,
  named: string | undefined,
): string | undefined {
  const foreign = source.account !== holdings.account || source.region !== holdings.region;
  if (foreign && sourceKey !== undefined && named === undefined) throw kmsKeyNotAccessible(sourceKey);
  const key = named ?? sourceKey;
  requireKey(model, key);
  if (source.region !== holdings.region) {
    const limit = model.limits.copiesInProgress;
    const underWay = [...family.store(holdings).values()].filter(({ status }) => status === 'copying');
    if (underWay.length >= limit) {
      throw new ServiceError(
        'SnapshotQuotaExceeded',
        `Cannot copy more than ${limit} snapshots across regions`,
        400,
      );
    }
  }
  return key;
}

export const mayUse = (snapshot: StoredSnapshot<unknown>, account: string): boolean =>
  snapshot.account === account || snapshot.sharedWith.has(account) || snapshot.sharedWith.has('all');

/** Throws KMSKeyNotAccessibleFault for a key that the sandbox was told to withhold. */
export function requireKey(model: RdsModel, key: string | undefined): void {
  if (key !== undefined && model.faults.inaccessibleKeys.has(key)) throw kmsKeyNotAccessible(key);
}

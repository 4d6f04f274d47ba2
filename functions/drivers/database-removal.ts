import pLimit from 'p-limit';
import { describeError, errorCode } from '../shared/errors.ts';
import { tagKeys } from '../shared/names.ts';
import type { SourceKind } from '../shared/source.ts';
import type { DatabaseCopies, DatabaseCopy } from './database-copies.ts';
import type { Inventory, LiveCopy, Obstacle, RemovalOutcome, Remover } from './removal.ts';
import { outcomeOfRefusal, postponeWhenBusy } from './removal-refusals.ts';

/** The calls of one of the two snapshot families that removing needs; methods throw what the client throws. */
export interface DatabaseRemovals extends Pick<DatabaseCopies, 'list' | 'account'> {
  readonly kind: Exclude<SourceKind, 'ec2'>;
  /** Accounts that may restore it, or `all`. */
  sharedWith(name: string): Promise<readonly string[]>;
  delete(name: string): Promise<void>;
}

/** Calls on the way at once; what they cost a second is the pacing's business. */
const concurrency = 10;

/** Few copies are asked for by name; many by one sweep. See `database-copies.ts`. */
const filterValueLimit = 20;

/** The removing half of both database drivers: a copy is one snapshot, so there are no strays. */
export function createDatabaseRemover(removals: DatabaseRemovals): Remover {
  return {
    inventory: ({ deployment }) => inventory(removals, deployment),
    find: (ids) => find(removals, ids),
    obstacles: (copies) => obstacles(removals, copies),
    remove: (copy, { deployment }) => postponeWhenBusy(() => remove(removals, copy, deployment)),
    removeStray: async ({ id }) => ({
      state: 'kept',
      reason: `${id} is an EBS snapshot, and databases have none`,
      left: [id],
    }),
  };
}

/** All manual snapshots of the account, since the API has no filter for tags; but they are in the answer. */
async function inventory(removals: DatabaseRemovals, deployment: string): Promise<Inventory> {
  const account = await removals.account();
  const ours = (await removals.list()).filter(
    (copy) => copy.account === account && managerOf(copy) === deployment,
  );
  return { copies: ours.map((copy) => liveCopy(removals.kind, copy)).sort(byId), strays: [] };
}

async function find(removals: DatabaseRemovals, ids: readonly string[]): Promise<LiveCopy[]> {
  if (ids.length === 0) return [];
  const wanted = new Set(ids);
  const shown = await removals.list(ids.length <= filterValueLimit ? ids : undefined);
  return shown
    .filter(({ name }) => wanted.has(name))
    .map((copy) => liveCopy(removals.kind, copy))
    .sort(byId);
}

async function obstacles(
  removals: DatabaseRemovals,
  copies: readonly LiveCopy[],
): Promise<ReadonlyMap<string, readonly Obstacle[]>> {
  const limit = pLimit(concurrency);
  const found = await Promise.all(
    copies.map(({ id }) =>
      limit(async (): Promise<[string, Obstacle[]]> => {
        const reason = await sharingReason(removals, id);
        return [id, reason === undefined ? [] : [{ kind: 'shared', id, reason }]];
      }),
    ),
  );
  return new Map(found.filter(([, list]) => list.length > 0));
}

async function sharingReason(removals: DatabaseRemovals, id: string): Promise<string | undefined> {
  try {
    const accounts = await removals.sharedWith(id);
    if (accounts.length === 0) return undefined;
    const names = accounts.map((account) => (account === 'all' ? 'everybody' : `account ${account}`));
    return `shared with ${names.sort().join(', ')}`;
  } catch (error) {
    // What is gone stands in nobody's way.
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function remove(
  removals: DatabaseRemovals,
  { id }: LiveCopy,
  deployment: string,
): Promise<RemovalOutcome> {
  const copy = (await removals.list([id])).find(({ name }) => name === id);
  if (copy === undefined) return { state: 'removed' };
  const stranger = strangeness(copy, await removals.account(), deployment);
  if (stranger !== undefined) return { state: 'kept', reason: stranger, left: [id] };
  const state = stateOf(copy);
  if (state === 'pending') return { state: 'postponed', reason: `${id} is in the state ${copy.status}` };
  try {
    await removals.delete(id);
    return { state: 'removed' };
  } catch (error) {
    if (isGone(error)) return { state: 'removed' };
    // Being copied, shared, exported or already deleted: each passes by itself.
    if (/^InvalidDB(Cluster)?SnapshotState/.test(errorCode(error) ?? '')) {
      return { state: 'postponed', reason: describeError(error) };
    }
    return outcomeOfRefusal(error, [id]);
  }
}

function strangeness(copy: DatabaseCopy, account: string, deployment: string): string | undefined {
  if (copy.account !== account) return `${copy.name} belongs to account ${copy.account ?? 'unknown'}`;
  if (managerOf(copy) !== deployment) {
    return `${copy.name} does not carry the tag ${tagKeys.managed} = ${deployment}`;
  }
  return undefined;
}

const managerOf = ({ tags }: DatabaseCopy): string | undefined =>
  tags.find(({ Key }) => Key === tagKeys.managed)?.Value;

/** The client names modelled errors after their shapes, which end in Fault where the wire code may not. */
const isGone = (error: unknown): boolean => /^DB(Cluster)?SnapshotNotFound/.test(errorCode(error) ?? '');

const liveCopy = (kind: DatabaseRemovals['kind'], copy: DatabaseCopy): LiveCopy => ({
  kind,
  id: copy.name,
  name: copy.name,
  owner: copy.account ?? '',
  ...(copy.createdAt === undefined ? {} : { createdAt: `${copy.createdAt.toISOString().slice(0, 19)}Z` }),
  state: stateOf(copy),
  tags: Object.fromEntries(copy.tags.map(({ Key = '', Value = '' }) => [Key, Value])),
  snapshots: [],
});

/** RDS documents no closed list of states: what is neither done nor broken is on its way to one or the other. */
function stateOf({ status }: DatabaseCopy): LiveCopy['state'] {
  if (status === 'available') return 'available';
  return status === 'failed' || status.startsWith('incompatible') ? 'failed' : 'pending';
}

const byId = (a: LiveCopy, b: LiveCopy): number => (a.id < b.id ? -1 : 1);

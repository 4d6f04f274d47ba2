import pLimit from 'p-limit';
import type { LiveCopy } from '../../catalog/live.ts';
import { ownershipProblem } from '../../catalog/ownership.ts';
import type { RecordedDecision, RotationIntent } from '../../catalog/rotation-documents.ts';
import type { RemovalOutcome } from '../../drivers/removal.ts';
import { tagKeys } from '../../shared/names.ts';
import { type InTheWay, obstaclesOf } from './obstacles.ts';
import type { RotateDependencies } from './ports.ts';

/** Calls under way at once; the pacing of the clients decides how fast they really go. */
const concurrency = 20;
/** AMIs and snapshots of one chunk: at 5 calls a second, or an eighth of that, far below the timeout of a function. */
const chunkWeight = 200;
/** Reasons come from services and may be long; those of a chunk must fit into one checkpoint. */
const reasonLimit = 300;

/** What became of the removals of a chunk, by their index among the intent's decisions; the others were removed. */
export type ChunkOutcome = {
  readonly kept: readonly {
    readonly index: number;
    readonly reason: string;
    readonly left: readonly string[];
  }[];
  readonly postponed: readonly { readonly index: number; readonly reason: string }[];
  /** Those of both of which the copy itself has gone: what is there are snapshots of it, for a later run. */
  readonly gone: readonly number[];
};

/** Indexes of the intent's removals in chunks, oldest backup first. Pure: every step divides them alike. */
export function removalChunks({ decisions }: RotationIntent): number[][] {
  const indexes = decisions
    .flatMap(({ decision }, index) => (decision === 'remove' ? [index] : []))
    .reverse();
  const chunks: number[][] = [];
  let weight = chunkWeight;
  for (const index of indexes) {
    const own = 1 + (decisions[index]?.snapshots.length ?? 0);
    if (weight + own > chunkWeight) {
      chunks.push([]);
      weight = 0;
    }
    chunks.at(-1)?.push(index);
    weight += own;
  }
  return chunks;
}

/**
 * Removes what one chunk of an intent names, after looking once more at holds, owners, tags and creation times. May
 * be repeated: what is gone is done, and what an AMI that is gone has left is removed as well.
 */
export async function removeChunk(
  deps: RotateDependencies,
  intent: RotationIntent,
  indexes: readonly number[],
): Promise<ChunkOutcome> {
  const { account } = await deps.identity();
  const decisions = indexes.flatMap((index) => {
    const decision = intent.decisions[index];
    return decision ? [{ index, decision }] : [];
  });
  const holds = await standingHolds(deps, intent, decisions);
  const live = await findCopies(deps, decisions);
  const obstacles = intent.obstacles_asked
    ? new Map<string, InTheWay>()
    : await obstaclesOf(deps.removers, [...live.values()]);
  const limit = pLimit(concurrency);
  const work = decisions.map(({ index, decision }) =>
    limit(async () => {
      const hold = holds.get(decision.backup_id);
      const key = `${decision.kind}/${decision.id}`;
      const outcome =
        heldBack(decision, hold, obstacles.get(key)) ??
        (await removeOne(deps, intent, decision, live.get(key), account));
      return { index, outcome };
    }),
  );
  // All of them, also after one threw: nothing may go on in the background once the step is over.
  const settled = await Promise.allSettled(work);
  const kept: ChunkOutcome['kept'][number][] = [];
  const postponed: ChunkOutcome['postponed'][number][] = [];
  for (const each of settled) {
    if (each.status === 'rejected') throw each.reason;
    const { index, outcome } = each.value;
    if (outcome.state === 'kept')
      kept.push({ index, reason: short(outcome.reason), left: outcome.left.slice(0, 50) });
    if (outcome.state === 'postponed') postponed.push({ index, reason: short(outcome.reason) });
  }
  const stays = new Set([...kept, ...postponed].map(({ index }) => index));
  const standing = decisions.filter(
    ({ index, decision: { subject } }) => stays.has(index) && subject !== 'snapshot',
  );
  const there = standing.length === 0 ? new Map<string, LiveCopy>() : await findCopies(deps, standing);
  const gone = standing.flatMap(({ index, decision: { kind, id } }) =>
    there.has(`${kind}/${id}`) ? [] : [index],
  );
  return { kept, postponed, gone };
}

function heldBack(
  { id }: RecordedDecision,
  hold: string | undefined,
  inTheWay: InTheWay | undefined,
): RemovalOutcome | undefined {
  if (hold !== undefined) return { state: 'kept', reason: `hold: ${hold}`, left: [id] };
  if (inTheWay === undefined) return undefined;
  const reason = inTheWay.clauses.join(', ');
  return inTheWay.passing ? { state: 'postponed', reason } : { state: 'kept', reason, left: [id] };
}

type Indexed = { readonly index: number; readonly decision: RecordedDecision };

async function standingHolds(
  deps: RotateDependencies,
  { plan }: RotationIntent,
  decisions: readonly Indexed[],
) {
  const limit = pLimit(concurrency);
  const backups = [...new Set(decisions.map(({ decision }) => decision.backup_id))];
  const holds = new Map<string, string>();
  await Promise.all(
    backups.map((backupId) =>
      limit(async () => {
        const hold = await deps.ledger.standingHold(plan, backupId);
        if (hold) holds.set(backupId, hold.reason);
      }),
    ),
  );
  return holds;
}

/** The copies as they are now, by `<kind>/<id>`. */
async function findCopies({ removers }: RotateDependencies, decisions: readonly Indexed[]) {
  const found = new Map<string, LiveCopy>();
  const copies = decisions.map(({ decision }) => decision).filter(({ subject }) => subject !== 'snapshot');
  for (const [kind, ofKind] of Map.groupBy(copies, ({ kind }) => kind)) {
    const ids = ofKind.map(({ id }) => id);
    for (const copy of await removers[kind].find(ids)) found.set(`${kind}/${copy.id}`, copy);
  }
  return found;
}

async function removeOne(
  { removers, backup }: RotateDependencies,
  intent: RotationIntent,
  decision: RecordedDecision,
  live: LiveCopy | undefined,
  account: string,
): Promise<RemovalOutcome> {
  const { deployment } = backup;
  const remover = removers[decision.kind];
  const expected = {
    account,
    deployment,
    plan: intent.plan,
    backupId: decision.backup_id,
    sourceKey: decision.source,
    ...(decision.created_at === undefined || live?.state === 'failed' || live?.state === 'pending'
      ? {}
      : { createdAt: decision.created_at }),
  };
  if (live) {
    const problem = ownershipProblem(live, expected);
    if (problem !== undefined) return { state: 'kept', reason: `altered: ${problem}`, left: [decision.id] };
    const snapshots = [...new Set([...decision.snapshots, ...live.snapshots])];
    return remover.remove({ ...live, snapshots }, { deployment });
  }
  // Gone already: by a run that died here, or by another one at this moment. What it left has to go as well.
  const tags = {
    [tagKeys.managed]: deployment,
    [tagKeys.plan]: intent.plan,
    [tagKeys.backupId]: decision.backup_id,
    [tagKeys.source]: decision.source,
  };
  const snapshots = decision.subject === 'snapshot' ? [decision.id] : decision.snapshots;
  const outcomes: RemovalOutcome[] = [];
  for (const id of snapshots)
    outcomes.push(await remover.removeStray({ id, owner: account, tags }, { deployment }));
  return (
    outcomes.find(({ state }) => state === 'kept') ??
    outcomes.find(({ state }) => state === 'postponed') ?? { state: 'removed' }
  );
}

const short = (reason: string): string =>
  reason.length > reasonLimit ? `${reason.slice(0, reasonLimit - 3)}...` : reason;

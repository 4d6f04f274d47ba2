import pLimit from 'p-limit';
import type { Catalog, CatalogBackup } from '../../catalog/catalog.ts';
import type {
  RecordedDecision,
  Removals,
  RemovedAndLeft,
  RotationIntent,
} from '../../catalog/rotation-documents.ts';
import { zoneOf } from '../../retention/zone.ts';
import { toTimestamp } from '../../shared/clock.ts';
import type { AssessedStock } from './assess.ts';
import type { Assessment } from './assessment.ts';
import { abandonedMilliseconds } from './drafts.ts';
import { isAvailable, isPresent } from './judge.ts';
import type { RotateDependencies, RotateResult } from './ports.ts';
import type { ChunkOutcome } from './remove.ts';

/** Documents written at once: a rotation may take something of thousands of backups, and each has its own entry. */
const concurrency = 16;
/** The whole list is in the ledger. */
const noteLimit = 20;

/**
 * Puts the ledger in order after what earlier rotations did and did not live to write down: which points are gone, and
 * of which backups nothing is left. Deletes nothing; may be repeated.
 */
export async function tidyLedger(
  deps: RotateDependencies,
  { catalog, history, assessment }: AssessedStock,
): Promise<void> {
  const live = new Set(assessment.decisions.map(({ id }) => id));
  for (const intent of history.unfinished) {
    const finished = removalsOf(intent).every(
      ({ id, snapshots }) => ![id, ...snapshots].some((each) => live.has(each)),
    );
    const abandoned = assessment.now - Date.parse(intent.created_at) >= abandonedMilliseconds;
    // One that is younger may be under way, and still has to write what it does.
    if (finished || abandoned) await closeRun(deps, intent, live);
  }
  const outlived = outlivedBefore(deps, assessment, catalog);
  await forEach(catalog.backups.filter(isEmpty), async (backup) => {
    const { backupId, points } = backup;
    const removed = points.flatMap(({ state, id }) =>
      state.at === 'removed' && id !== undefined ? [id] : [],
    );
    const byUs = removed.length > 0 && points.every(({ state }) => state.at !== 'damaged');
    // A backup that failed, or that somebody else deleted, is told of until it no longer matters.
    if (!byUs && !outlived(backup)) return;
    const run = `${fileName(assessment.now)}-found`;
    await recordRemovals(deps, { plan: assessment.plan, backup_id: backupId, run, removed }, true);
  });
}

/** Nothing of it is there, and no hold asks to remember it. */
const isEmpty = ({ points, attempts, attemptStrays, hold }: CatalogBackup): boolean =>
  hold === undefined &&
  attempts.length + attemptStrays.length === 0 &&
  points.every(
    ({ state: { at }, strays }) =>
      at !== 'present' && at !== 'altered' && at !== 'unseen' && strays.length === 0,
  );

/** Whether a newer backup with a copy that is there has reached the age of `partialKeep`. */
function outlivedBefore(
  { backup: { plans } }: RotateDependencies,
  { plan, now }: Assessment,
  catalog: Catalog,
) {
  const configured = plans[plan];
  if (!configured) return () => false;
  const before = zoneOf(configured.schedule.timezone).before(now, configured.retention.partialKeep);
  const good = catalog.backups.filter(({ points }) =>
    points.some((point) => isPresent(point) && isAvailable(point)),
  );
  return ({ slot }: CatalogBackup) => good.some((other) => other.slot > slot && other.slot <= before);
}

async function closeRun(
  deps: RotateDependencies,
  intent: RotationIntent,
  live: ReadonlySet<string>,
): Promise<void> {
  const gone = removalsOf(intent).filter(({ id }) => !live.has(id));
  const { plan } = intent;
  const run = `${intent.run}-closed`;
  await forEach(
    Map.groupBy(gone, ({ backup_id }) => backup_id),
    async ([backup_id, decisions]) => {
      const left = decisions.flatMap(leftOf).filter(({ snapshot }) => live.has(snapshot));
      const removed = decisions.map(({ id }) => id);
      await recordRemovals(deps, { plan, backup_id, run, removed, left }, false);
    },
  );
  await deps.ledger.recordResult({
    metadata_version: 2,
    run: intent.run,
    plan,
    completed_at: toTimestamp(deps.backup.clock.now()),
    finished_by: 'a later rotation',
    removed: gone.map(({ id }) => id),
    kept: [],
    postponed: [],
    snapkeep_version: deps.backup.snapkeepVersion,
  });
}

/** Writes down what one run removed, by backup and as a whole. The result comes last: until then the intent speaks. */
export async function recordOutcome(
  deps: RotateDependencies,
  intent: RotationIntent,
  outcomes: readonly ChunkOutcome[],
): Promise<Pick<RotateResult, 'removed' | 'kept' | 'postponed' | 'notes'>> {
  const kept = outcomes.flatMap((outcome) => outcome.kept);
  const postponed = outcomes.flatMap((outcome) => outcome.postponed);
  const stays = new Set([...kept, ...postponed].map(({ index }) => index));
  const gone = new Set(outcomes.flatMap((outcome) => outcome.gone));
  const isRemoved = (index: number) => intent.decisions[index]?.decision === 'remove' && !stays.has(index);
  const indexes = intent.decisions.map((_, index) => index);
  const byBackup = Map.groupBy(indexes, (index) => intent.decisions[index]?.backup_id ?? '');
  const idOf = (index: number) => intent.decisions[index]?.id ?? '';
  const { plan, run } = intent;
  await forEach(byBackup, async ([backup_id, own]) => {
    const nothingLeft = own.every(isRemoved);
    // Else the next run would take our own removal for damage, and never touch what is left of it.
    const removed = own.filter((index) => isRemoved(index) || gone.has(index)).map(idOf);
    if (removed.length === 0) return;
    const left = own.flatMap((index) => {
      const decision = gone.has(index) ? intent.decisions[index] : undefined;
      return decision === undefined ? [] : leftOf(decision);
    });
    await recordRemovals(deps, { plan, backup_id, run, removed, left }, nothingLeft);
  });
  const removed = indexes.filter(isRemoved).map(idOf);
  await deps.ledger.recordResult({
    metadata_version: 2,
    run,
    plan,
    completed_at: toTimestamp(deps.backup.clock.now()),
    removed,
    kept: kept.map(({ index, reason, left }) => ({ id: idOf(index), reason, left })),
    postponed: postponed.map(({ index, reason }) => ({ id: idOf(index), reason })),
    snapkeep_version: deps.backup.snapkeepVersion,
  });
  const notes = [...kept, ...postponed]
    .map(({ index, reason }) => `${idOf(index)}: ${reason}`)
    .slice(0, noteLimit);
  return { removed: removed.length, kept: kept.length, postponed: postponed.length, notes };
}

/** Resolves when all are done; nothing goes on in the background when one threw. */
async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const limit = pLimit(concurrency);
  const settled = await Promise.allSettled(Array.from(items, (item) => limit(work, item)));
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}

function recordRemovals(
  { ledger, backup }: RotateDependencies,
  { left = [], ...removals }: Omit<Removals, 'metadata_version' | 'created_at'>,
  nothingLeft: boolean,
): Promise<void> {
  return ledger.recordRemovals(
    {
      metadata_version: 2,
      ...removals,
      ...(left.length === 0 ? {} : { left }),
      created_at: toTimestamp(backup.clock.now()),
    },
    nothingLeft,
  );
}

/** The snapshots of a removed attempt; those of a recovery point stand in its manifest. */
const leftOf = ({ subject, snapshots, source }: RecordedDecision): RemovedAndLeft[] =>
  subject === 'attempt' ? snapshots.map((snapshot) => ({ snapshot, source })) : [];

const removalsOf = ({ decisions }: RotationIntent) =>
  decisions.filter(({ decision }) => decision === 'remove');

/** `20261120t020007z`: a time as part of a key. */
export const fileName = (epochMilliseconds: number): string =>
  toTimestamp(epochMilliseconds).replace(/[-:]/g, '').toLowerCase();

import type { RotationIntent } from '../../catalog/rotation-documents.ts';
import { toTimestamp } from '../../shared/clock.ts';
import type { AssessedStock } from './assess.ts';
import { abandonedMilliseconds } from './drafts.ts';
import type { RotateDependencies, RotateResult } from './ports.ts';
import type { ChunkOutcome } from './remove.ts';

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
  const standing = new Set(assessment.decisions.map(({ backupId }) => backupId));
  for (const { backupId, points } of catalog.backups) {
    const removed = points.flatMap(({ state, id }) =>
      state.at === 'removed' && id !== undefined ? [id] : [],
    );
    if (standing.has(backupId) || removed.length === 0) continue;
    await recordRemovals(deps, assessment.plan, backupId, `${fileName(assessment.now)}-found`, removed, true);
  }
}

async function closeRun(
  deps: RotateDependencies,
  intent: RotationIntent,
  live: ReadonlySet<string>,
): Promise<void> {
  const gone = removalsOf(intent).filter(({ id }) => !live.has(id));
  for (const [backupId, decisions] of Map.groupBy(gone, ({ backup_id }) => backup_id)) {
    const ids = decisions.map(({ id }) => id);
    await recordRemovals(deps, intent.plan, backupId, `${intent.run}-closed`, ids, false);
  }
  await deps.ledger.recordResult({
    metadata_version: 2,
    run: intent.run,
    plan: intent.plan,
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
  const isRemoved = (index: number) => intent.decisions[index]?.decision === 'remove' && !stays.has(index);
  const indexes = intent.decisions.map((_, index) => index);
  const byBackup = Map.groupBy(indexes, (index) => intent.decisions[index]?.backup_id ?? '');
  const idOf = (index: number) => intent.decisions[index]?.id ?? '';
  for (const [backupId, own] of byBackup) {
    const removed = own.filter(isRemoved);
    if (removed.length === 0) continue;
    await recordRemovals(
      deps,
      intent.plan,
      backupId,
      intent.run,
      removed.map(idOf),
      removed.length === own.length,
    );
  }
  const removed = indexes.filter(isRemoved).map(idOf);
  await deps.ledger.recordResult({
    metadata_version: 2,
    run: intent.run,
    plan: intent.plan,
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

function recordRemovals(
  { ledger, backup }: RotateDependencies,
  plan: string,
  backupId: string,
  run: string,
  removed: readonly string[],
  nothingLeft: boolean,
): Promise<void> {
  const created_at = toTimestamp(backup.clock.now());
  return ledger.recordRemovals(
    { metadata_version: 2, backup_id: backupId, plan, run, removed, created_at },
    nothingLeft,
  );
}

const removalsOf = ({ decisions }: RotationIntent) =>
  decisions.filter(({ decision }) => decision === 'remove');

/** `20261120t020007z`: a time as part of a key. */
export const fileName = (epochMilliseconds: number): string =>
  toTimestamp(epochMilliseconds).replace(/[-:]/g, '').toLowerCase();

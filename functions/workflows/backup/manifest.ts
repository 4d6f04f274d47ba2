import type { Intent, Manifest, RecoveryPoint } from '../../catalog/documents.ts';
import type { PollOutcome } from '../../drivers/driver.ts';
import { toTimestamp } from '../../shared/clock.ts';
import { type Consistency, type SourceKind, sourceKey, sourceKinds, weakest } from '../../shared/source.ts';
import { copyOf } from './copies.ts';
import { compareCoverage } from './coverage.ts';
import type { BackupDependencies } from './ports.ts';
import type { SourceState, States } from './state.ts';

/** Levels by kind of source that a quiesce achieved, for copies whose content was fixed while it lasted. */
export interface Achieved {
  readonly level: Consistency;
  readonly kinds: readonly SourceKind[];
  /** Indexes of the sources whose content was fixed before the application went on. */
  readonly fixed: readonly string[];
}

/** Describes every copy once more and writes down what exists: the manifest is true at the moment it is sealed. */
export async function buildManifest(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
  achieved: Achieved | undefined,
  warnings: readonly string[],
): Promise<Manifest> {
  const details = await describeCopies(deps, intent, states);
  const coverage = await compareCoverage(deps.ledger, intent);
  const points = intent.sources.map((planned, index): RecoveryPoint => {
    const state = states[index];
    const base = { source: planned.source, relaunch: planned.relaunch };
    const outcome = details.get(detailKey(planned.source.kind, state));
    if (state?.at !== 'available') return { ...base, ...failedPart(state, outcome) };
    if (outcome?.state !== 'available') {
      const reason =
        outcome?.state === 'failed' ? outcome.reason : `${state.id} vanished before the backup was sealed`;
      return { ...base, status: 'failed', reason, id: state.id, name: state.name };
    }
    return {
      ...base,
      status: 'available',
      consistency: consistencyOf(planned.source.kind, String(index), planned.reboot ?? false, achieved),
      id: state.id,
      name: state.name,
      snapshots: outcome.snapshots,
      bytes: outcome.bytes,
      created_at: outcome.createdAt,
      ...(state.unprotected === undefined ? {} : { unprotected: state.unprotected }),
    };
  });
  for (const { source, reason } of intent.missing)
    points.push({ source, relaunch: {}, status: 'failed', reason });

  const failures = points.flatMap((point) =>
    point.status === 'failed' ? [`${sourceKey(point.source)}: ${point.reason}`] : [],
  );
  const available = points.flatMap((point) => (point.status === 'available' ? [point.consistency] : []));
  return {
    metadata_version: 2,
    backup_id: intent.backup_id,
    created_at: intent.created_at,
    plan: intent.plan,
    slot: intent.slot,
    deployment: intent.deployment,
    snapkeep_version: deps.snapkeepVersion,
    application: intent.application,
    status: failures.length === 0 ? 'completed' : available.length === 0 ? 'failed' : 'partial',
    consistency: available.length === 0 ? 'crash' : weakest(available),
    errors: failures,
    warnings: [...warnings, ...unprotectedWarnings(points), ...coverage.warnings],
    ...(coverage.lost.length === 0 ? {} : { lost_sources: coverage.lost }),
    ...(intent.protection === undefined ? {} : { protection: intent.protection }),
    started_at: intent.created_at,
    completed_at: toTimestamp(deps.clock.now()),
    recovery_points: points,
  };
}

/** Warnings that name a copy each; the points themselves say it of every one. */
const listedUnprotected = 20;

function unprotectedWarnings(points: readonly RecoveryPoint[]): string[] {
  const sentences = points.flatMap((point) =>
    point.status === 'available' && point.unprotected !== undefined
      ? [`${sourceKey(point.source)} is not protected as the plan asks: ${point.unprotected}`]
      : [],
  );
  const hidden = sentences.length - listedUnprotected;
  return hidden > 0
    ? [...sentences.slice(0, listedUnprotected), `${hidden} more are not protected as the plan asks`]
    : sentences;
}

async function describeCopies(deps: BackupDependencies, intent: Intent, states: States) {
  const details = new Map<string, PollOutcome>();
  for (const kind of sourceKinds) {
    const copies = intent.sources.flatMap(({ source }, index) =>
      source.kind === kind ? (copyOf(intent, index, states[index]) ?? []) : [],
    );
    if (copies.length === 0) continue;
    const outcomes = await deps.drivers[kind].poll({
      deployment: intent.deployment,
      plan: intent.plan,
      backupId: intent.backup_id,
      copies,
      withContent: false,
      withAbsent: false,
    });
    for (const outcome of outcomes) details.set(`${kind}/${outcome.id}`, outcome);
  }
  return details;
}

const detailKey = (kind: SourceKind, state: SourceState | undefined): string =>
  state !== undefined && 'id' in state ? `${kind}/${state.id}` : '';

function failedPart(state: SourceState | undefined, outcome: PollOutcome | undefined) {
  if (state?.at !== 'failed')
    return { status: 'failed', reason: 'the run ended before it was started' } as const;
  return {
    status: 'failed',
    reason: state.reason,
    ...(state.id === undefined ? {} : { id: state.id }),
    ...(state.name === undefined ? {} : { name: state.name }),
    ...(outcome !== undefined && 'snapshots' in outcome ? { snapshots: outcome.snapshots } : {}),
  } as const;
}

function consistencyOf(
  kind: SourceKind,
  index: string,
  reboot: boolean,
  achieved: Achieved | undefined,
): Consistency {
  if (achieved?.kinds.includes(kind) && achieved.fixed.includes(index)) return achieved.level;
  // A reboot unmounts the file systems before EC2 takes the snapshots.
  return kind === 'ec2' && reboot ? 'filesystem' : 'crash';
}

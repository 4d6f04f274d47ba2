import type { RotationSubject } from '../catalog/rotation-documents.ts';
import { toTimestamp } from '../shared/clock.ts';
import { type FailureKind, SnapkeepError } from '../shared/errors.ts';
import type { SourceKind } from '../shared/source.ts';
import { assess } from '../workflows/rotate/assess.ts';
import type { Finding, RotationDecision } from '../workflows/rotate/assessment.ts';
import type { RotateDependencies } from '../workflows/rotate/ports.ts';

/**
 * A step's result has 200 KB: of a large rotation so much is told, and the command line prints the rest. `bytes` is for
 * the decisions together.
 */
const limits = { bytes: 120_000, findings: 50, characters: 300 };

/** What a rotation would do, as the worker answers it to a dry run; with the names of `snapkeep rotate --json`. */
export type RotationOutlook = {
  readonly plan: string;
  readonly digest: string;
  /** RFC 3339; what ages are counted to. */
  readonly now: string;
  readonly remove: number;
  readonly keep: number;
  /** Why it would be refused. */
  readonly refusals: readonly string[];
  /** Newest backup first; when there are too many, what goes comes first and the others as far as there is room. */
  readonly decisions: readonly {
    readonly recovery_point: string;
    readonly subject: RotationSubject;
    readonly kind: SourceKind;
    readonly source: string;
    readonly backup_id: string;
    readonly slot: string;
    readonly created_at: string | null;
    readonly decision: 'remove' | 'keep';
    readonly reasons: readonly string[];
    readonly snapshots: readonly string[];
  }[];
  readonly findings: readonly {
    readonly kind: Finding['kind'];
    readonly id: string;
    readonly backup_id: string | null;
    readonly source: string | null;
    readonly message: string;
    readonly command: string | null;
  }[];
};

/** Why nothing could be decided. */
export type RotationProblem = {
  readonly plan: string;
  readonly problem: string;
  readonly remedy: string | null;
  readonly kind: FailureKind;
};

/** Decides and changes nothing. An expected bad day is an answer, so that the execution of a dry run never fails of it. */
export async function outlookOf(
  deps: RotateDependencies,
  plan: string,
): Promise<RotationOutlook | RotationProblem> {
  try {
    const { digest, decisions, findings, refusals, now } = (await assess(deps, plan)).assessment;
    const going = decisions.filter(({ remove }) => remove);
    const staying = decisions.filter(({ remove }) => !remove);
    return {
      plan,
      digest,
      now: toTimestamp(now),
      remove: going.length,
      keep: staying.length,
      refusals: refusals.map(cut),
      decisions: told(decisions, [...going, ...staying]),
      findings: findings.slice(0, limits.findings).map(findingOf),
    };
  } catch (error) {
    if (!(error instanceof SnapkeepError)) throw error;
    return { plan, problem: error.message, remedy: error.remedy ?? null, kind: error.kind };
  }
}

function told(
  decisions: readonly RotationDecision[],
  byWeight: readonly RotationDecision[],
): RotationOutlook['decisions'] {
  const all = fitting(decisions.map(decisionOf));
  return all.length === decisions.length ? all : fitting(byWeight.map(decisionOf));
}

const decisionOf = (decision: RotationDecision): RotationOutlook['decisions'][number] => ({
  recovery_point: decision.id,
  subject: decision.subject,
  kind: decision.kind,
  source: decision.sourceKey,
  backup_id: decision.backupId,
  slot: toTimestamp(decision.slot),
  created_at: decision.createdAt ?? null,
  decision: decision.remove ? 'remove' : 'keep',
  reasons: decision.reasons.map(cut),
  snapshots: decision.snapshots,
});

const findingOf = ({
  kind,
  id,
  backupId,
  sourceKey,
  text,
  command,
}: Finding): RotationOutlook['findings'][number] => ({
  kind,
  id,
  backup_id: backupId ?? null,
  source: sourceKey ?? null,
  message: cut(text),
  // Half a command would be worse than none.
  command: command === undefined || command.length > 2 * limits.characters ? null : command,
});

/** The first of them, as many as there is room for. */
function fitting<T>(items: readonly T[]): readonly T[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return bytes > limits.bytes;
  });
  return end < 0 ? items : items.slice(0, end);
}

const cut = (text: string): string =>
  text.length > limits.characters ? `${text.slice(0, limits.characters)}...` : text;

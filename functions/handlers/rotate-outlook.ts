import { SnapkeepError } from '../shared/errors.ts';
import { assess } from '../workflows/rotate/assess.ts';
import type { RotateDependencies } from '../workflows/rotate/ports.ts';

/** A step's result has 200 KB: so much of a large rotation is told, the command line prints the rest. */
const limits = { decisions: 250, findings: 50, characters: 300 };

/** What a rotation would do, as the worker answers it to a dry run. */
export type RotationOutlook = {
  readonly plan: string;
  readonly digest: string;
  readonly remove: number;
  readonly keep: number;
  /** Why it would be refused. */
  readonly refusals: readonly string[];
  /** What goes comes first; not all of it when there is much. */
  readonly decisions: readonly {
    readonly recovery_point: string;
    readonly source: string;
    readonly backup_id: string;
    readonly decision: 'remove' | 'keep';
    readonly reasons: readonly string[];
  }[];
  readonly findings: readonly string[];
};

/** Why nothing could be decided. */
export type RotationProblem = {
  readonly plan: string;
  readonly problem: string;
  readonly remedy: string | null;
};

/** Decides and changes nothing. An expected bad day is an answer, so that the execution of a dry run never fails of it. */
export async function outlookOf(
  deps: RotateDependencies,
  plan: string,
): Promise<RotationOutlook | RotationProblem> {
  try {
    const { digest, decisions, findings, refusals } = (await assess(deps, plan)).assessment;
    const going = decisions.filter(({ remove }) => remove);
    const staying = decisions.filter(({ remove }) => !remove);
    return {
      plan,
      digest,
      remove: going.length,
      keep: staying.length,
      refusals: refusals.map(cut),
      decisions: [...going, ...staying].slice(0, limits.decisions).map((decision) => ({
        recovery_point: decision.id,
        source: decision.sourceKey,
        backup_id: decision.backupId,
        decision: decision.remove ? 'remove' : 'keep',
        reasons: [cut(decision.reasons.join(', '))],
      })),
      findings: findings
        .slice(0, limits.findings)
        .map(({ kind, id, text }) => cut(`${kind}: ${id}: ${text}`)),
    };
  } catch (error) {
    if (!(error instanceof SnapkeepError)) throw error;
    return { plan, problem: error.message, remedy: error.remedy ?? null };
  }
}

const cut = (text: string): string =>
  text.length > limits.characters ? `${text.slice(0, limits.characters)}...` : text;

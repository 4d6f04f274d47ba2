import type { CalendarDuration, RetentionPolicy } from '../../functions/retention/policy.ts';
import { naiveBefore, naiveRetention } from './naive-retention.ts';

/** One copy in the past of a plan. */
export interface PastCopy {
  readonly id: string;
  readonly source: string;
  /** `available` and `failed` as sealed; `vanished`: sealed as available, and somebody removed its AMI. */
  readonly state: 'available' | 'failed' | 'vanished';
}

export interface PastRun {
  /** Epoch milliseconds. */
  readonly slot: number;
  readonly held: boolean;
  readonly copies: readonly PastCopy[];
}

export interface RotationCase {
  /** No two of the same slot. */
  readonly runs: readonly PastRun[];
  readonly application: boolean;
  readonly policy: RetentionPolicy;
  readonly timezone: string;
  readonly now: number;
}

/**
 * A second opinion on rotation: for every copy that is there the whole past is asked again, rule by rule. Slow and
 * plain, sharing nothing with the product but the types of its input.
 */
export function naiveRotation(question: RotationCase): Set<string> {
  const kept = new Set<string>();
  for (const run of question.runs) {
    for (const copy of run.copies) {
      if (copy.state === 'vanished') continue;
      const stays =
        run.held ||
        isNewestOfSource(question, run, copy) ||
        (question.application ? backupStays(question, run) : copyStays(question, run, copy));
      if (stays) kept.add(copy.id);
    }
  }
  return kept;
}

function isNewestOfSource({ runs }: RotationCase, run: PastRun, copy: PastCopy): boolean {
  if (copy.state !== 'available') return false;
  return !runs.some(
    (other) =>
      other.slot > run.slot &&
      other.copies.some(({ source, state }) => source === copy.source && state === 'available'),
  );
}

function backupStays(question: RotationCase, run: PastRun): boolean {
  if (run.copies.some(({ state }) => state === 'vanished')) return true;
  const complete = question.runs.filter(({ copies }) => copies.every(({ state }) => state === 'available'));
  return complete.includes(run) ? policyKeeps(question, complete, run) : !isOutlived(question, complete, run);
}

function copyStays(question: RotationCase, run: PastRun, copy: PastCopy): boolean {
  const available = question.runs.filter(({ copies }) =>
    copies.some(({ source, state }) => source === copy.source && state === 'available'),
  );
  return copy.state === 'available'
    ? policyKeeps(question, available, run)
    : !isOutlived(question, available, run);
}

function policyKeeps(
  { policy, timezone, now }: RotationCase,
  group: readonly PastRun[],
  run: PastRun,
): boolean {
  const newestFirst = group.map(({ slot }) => slot).sort((a, b) => b - a);
  const verdicts = naiveRetention(newestFirst, policy, timezone, now);
  return (verdicts[newestFirst.indexOf(run.slot)]?.reasons.size ?? 0) > 0;
}

/** Something complete that is newer has reached the age of `partialKeep`. */
function isOutlived(
  { policy, timezone, now }: RotationCase,
  complete: readonly PastRun[],
  run: PastRun,
): boolean {
  const keep: CalendarDuration = policy.partialKeep;
  return complete.some(({ slot }) => slot > run.slot && slot <= naiveBefore(now, keep, timezone));
}

import type { CatalogBackup, CatalogPoint } from '../../catalog/catalog.ts';
import type { Forget } from '../../catalog/rotation-documents.ts';
import { type Decision, describeDecision } from '../../retention/decisions.ts';
import {
  forgottenPoints,
  incompleteRule,
  isAvailable,
  isPresent,
  type Judgement,
  type JudgeQuestion,
  keep,
  newestOfItsSource,
  newestOfSources,
  remove,
  retain,
  type Verdict,
} from './judge.ts';

/**
 * Judges a plan without an application: every source is a group of its own, in which available points count, whatever
 * became of the other sources of their backup. Pure.
 */
export function judgeFleet(question: JudgeQuestion): Judgement {
  const verdicts = new Map<CatalogPoint, Verdict>();
  const groups = new Map<string, number>();
  const backups = new Map(
    question.catalog.backups.flatMap((backup) => backup.points.map((point) => [point, backup] as const)),
  );
  const forgotten = forgottenPoints(question.forgets);
  const newestPoints = newestOfSources(question);
  const judgeIncomplete = incompleteRule(question, 'recovery point');
  const counts = (point: CatalogPoint) => point.begun === undefined && !forgotten.has(point.id ?? '');

  for (const [group, points] of Map.groupBy(
    [...backups.keys()].filter(isPresent),
    ({ sourceKey }) => sourceKey,
  )) {
    const judged = points.filter((point) => isAvailable(point) && !forgotten.has(point.id ?? ''));
    const decisions = retain(question, judged);
    groups.set(group, points.filter(counts).length);
    for (const point of points) {
      const forget = forgotten.get(point.id ?? '');
      const verdict =
        verdictOnAvailable(backups.get(point), decisions.get(point), forget) ??
        judgeIncomplete('failed', point.slot, judged);
      const spared = verdict.remove && newestPoints.has(point);
      const unit = counts(point) ? { unit: { group, id: point.id ?? '' } } : {};
      verdicts.set(point, spared ? newestOfItsSource : { ...verdict, ...unit });
    }
  }
  return { verdicts, groups };
}

function verdictOnAvailable(
  backup: CatalogBackup | undefined,
  decision: Decision<unknown> | undefined,
  forget: Forget | undefined,
): Verdict | undefined {
  const rules = decision?.keep === true ? decision.reasons : [];
  if (backup?.hold) return keep(`hold: ${backup.hold.reason}`, ...rules);
  if (forget) return remove(`forgotten at ${forget.created_at} by ${forget.who}`);
  if (decision === undefined) return undefined;
  return decision.keep ? keep(...rules) : remove(describeDecision(decision));
}

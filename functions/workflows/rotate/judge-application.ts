import type { CatalogBackup, CatalogPoint } from '../../catalog/catalog.ts';
import { type Decision, describeDecision } from '../../retention/decisions.ts';
import {
  incompleteRule,
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
 * Judges a plan with an application: its backups are one group and are judged as a whole, of which only complete ones
 * count. A recovery point may outlive its backup when it is the newest of its source. Pure.
 */
export function judgeApplication(question: JudgeQuestion): Judgement {
  const verdicts = new Map<CatalogPoint, Verdict>();
  const standing = question.catalog.backups.filter(({ points }) => points.some(isPresent));
  const complete = standing.filter(isComplete);
  const decisions = retain(question, complete);
  const [newest] = complete.toSorted((a, b) => b.slot - a.slot);
  const newestPoints = newestOfSources(question);
  const judgeIncomplete = incompleteRule(question, 'complete backup');
  const group = `plan ${question.plan.name}`;

  for (const backup of standing) {
    const verdict =
      verdictOnComplete(backup, decisions.get(backup), backup === newest) ??
      verdictOnRest(backup) ??
      judgeIncomplete(`${backup.manifest.status} backup`, backup.slot, complete);
    const unit = isBegun(backup) ? {} : { unit: { group, id: backup.backupId } };
    for (const point of backup.points.filter(isPresent)) {
      const spared = verdict.remove && newestPoints.has(point);
      verdicts.set(point, spared ? newestOfItsSource : { ...verdict, ...unit });
    }
  }
  return { verdicts, groups: new Map([[group, standing.filter((backup) => !isBegun(backup)).length]]) };
}

function verdictOnComplete(
  { hold }: CatalogBackup,
  decision: Decision<unknown> | undefined,
  isNewest: boolean,
): Verdict | undefined {
  const rules = decision?.keep === true ? decision.reasons : [];
  if (hold) return keep(`hold: ${hold.reason}`, ...rules);
  if (decision === undefined) return undefined;
  if (decision.keep) return keep(...rules);
  return isNewest ? keep('newest complete backup') : remove(describeDecision(decision));
}

function verdictOnRest({ points }: CatalogBackup): Verdict | undefined {
  if (points.some(({ state }) => state.at === 'removed'))
    return remove('a rotation has removed the rest of its backup');
  // What vanished, or was changed by somebody, is not made worse by taking the rest of the backup away.
  const disturbed = points.find(({ state }) => state.at === 'altered' || state.at === 'damaged');
  if (disturbed) return keep(`${disturbed.id} of its backup is ${disturbed.state.at}`);
  return points.some(({ state }) => state.at === 'unseen') ? keep('sealed a moment ago') : undefined;
}

/** A backup counts when each of its recovery points is available, and is still there as the ledger says. */
const isComplete = ({ manifest, points }: CatalogBackup): boolean =>
  manifest.status === 'completed' && points.every(isPresent);

/** The rotation that began with it was guarded then, or confirmed. */
const isBegun = ({ points }: CatalogBackup): boolean =>
  points.some(({ begun, state }) => begun !== undefined || state.at === 'removed');

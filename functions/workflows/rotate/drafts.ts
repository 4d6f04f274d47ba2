import type { CatalogBackup, CatalogPoint } from '../../catalog/catalog.ts';
import type { LiveCopy, StraySnapshot } from '../../catalog/live.ts';
import { type Expected, tagProblem } from '../../catalog/ownership.ts';
import { tagKeys } from '../../shared/names.ts';
import type { SourceKind } from '../../shared/source.ts';
import type { RotationDecision } from './assessment.ts';
import { keep, newestOfItsSource, remove, type Verdict } from './judge.ts';

/** What no sealed backup names is left alone for so long, since a run may still be under way. */
export const abandonedMilliseconds = 24 * 3600 * 1000;

type Owner = Pick<Expected, 'account' | 'deployment' | 'plan'>;

/**
 * A decision for everything that is there of one backup: its recovery points as they were judged, and what earlier
 * attempts and rotations that died have left of it. Obstacles are looked at afterwards.
 *
 * @param newest see `newestSlots`
 */
export function draftDecisions(
  backup: CatalogBackup,
  verdicts: ReadonlyMap<CatalogPoint, Verdict>,
  owner: Owner,
  now: number,
  newest: ReadonlyMap<string, number>,
): RotationDecision[] {
  return [
    ...backup.points.flatMap((point) => draftPoint(backup, point, verdicts, owner)),
    ...backup.attempts.map((copy) => draftAttempt(backup, copy, now, newest)),
    ...backup.attemptStrays.map(({ stray, run, sourceKey }) =>
      draftSnapshot(backup, stray, sourceKey, `rotation ${run} left it`, owner),
    ),
  ];
}

function draftPoint(
  backup: CatalogBackup,
  point: CatalogPoint,
  verdicts: ReadonlyMap<CatalogPoint, Verdict>,
  owner: Owner,
): RotationDecision[] {
  const { state, id, source, sourceKey, snapshots, recorded } = point;
  if (id === undefined || state.at === 'nothing') return [];
  const { backupId, slot } = backup;
  const about = { subject: 'point', kind: source.kind, id, backupId, slot, sourceKey, snapshots } as const;
  switch (state.at) {
    case 'present':
      return [{ ...about, ...ofLive(state.live), ...(verdicts.get(point) ?? keep('not judged')) }];
    case 'removed':
      return point.strays.map((stray) =>
        draftSnapshot(backup, stray, sourceKey, `a rotation has removed its AMI ${id}`, owner),
      );
    default: {
      const createdAt = recorded.status === 'available' ? { createdAt: recorded.created_at } : {};
      const reason = state.at === 'altered' ? `altered: ${state.problem}` : untouched[state.at];
      return [{ ...about, ...createdAt, ...keep(reason) }];
    }
  }
}

const untouched = {
  damaged: 'damaged: it is gone, and what is left of it is kept',
  unseen: 'sealed a moment ago',
} as const;

function draftAttempt(
  { backupId, slot, hold }: CatalogBackup,
  copy: LiveCopy,
  now: number,
  newest: ReadonlyMap<string, number>,
): RotationDecision {
  const abandoned = now - slot >= abandonedMilliseconds;
  const source = copy.tags[tagKeys.source] ?? '';
  const usable = copy.state === 'available' || copy.state === 'disabled';
  // The backup was sealed without it, and perhaps without any other copy of the source.
  const needed = usable && (newest.get(source) ?? Number.NEGATIVE_INFINITY) < slot;
  const left = abandoned
    ? remove('an earlier attempt of its backup left it')
    : keep('an earlier attempt of its backup left it less than a day ago');
  const verdict = needed ? newestOfItsSource : left;
  return {
    ...{ subject: 'attempt', kind: copy.kind, id: copy.id, backupId, slot, snapshots: copy.snapshots },
    sourceKey: source,
    ...ofLive(copy),
    ...(hold ? keep(`hold: ${hold.reason}`) : verdict),
  };
}

function draftSnapshot(
  { backupId, slot, hold }: CatalogBackup,
  stray: StraySnapshot,
  sourceKey: string,
  reason: string,
  owner: Owner,
): RotationDecision {
  const kind: SourceKind = 'ec2';
  const problem = tagProblem(stray, { ...owner, backupId, sourceKey });
  const verdict = hold ? keep(`hold: ${hold.reason}`) : remove(reason);
  return {
    ...{ subject: 'snapshot', kind, id: stray.id, backupId, slot, sourceKey, snapshots: [] },
    ...ofLive(stray),
    ...(problem === undefined ? verdict : keep(`altered: ${problem}`)),
  };
}

const ofLive = (live: LiveCopy | StraySnapshot) => ({
  live,
  ...('name' in live ? { name: live.name } : {}),
  ...(live.createdAt === undefined ? {} : { createdAt: live.createdAt }),
});

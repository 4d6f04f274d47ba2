import type { LiveCopy } from '../../catalog/live.ts';
import type { Obstacle, Remover } from '../../drivers/removal.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { SourceKind } from '../../shared/source.ts';
import type { RotationDecision } from './assessment.ts';
import { keep } from './judge.ts';

type Removers = Readonly<Record<SourceKind, Remover>>;

/**
 * So many removals have their obstacles looked at before anything is decided. The services tell of one copy a call
 * with whom it is shared, 20 a second, so for more of them that is done while the removing goes on, which is slower.
 */
export const obstacleLimit = 500;

export interface RespectedObstacles {
  readonly decisions: readonly RotationDecision[];
  readonly asked: boolean;
}

/** Asks what stands in the way of what is to go, and keeps that, with the reason. Read-only. */
export async function respectObstacles(
  removers: Removers,
  plan: WorkPlan,
  drafts: readonly RotationDecision[],
): Promise<RespectedObstacles> {
  const candidates = drafts.filter(({ remove, subject }) => remove && subject !== 'snapshot');
  if (candidates.length > obstacleLimit) return { decisions: drafts, asked: false };
  const copies = candidates.flatMap(({ live }) => (isCopy(live) ? [live] : []));
  const obstacles = await obstaclesOf(removers, copies);
  const stopped = new Map(
    candidates.flatMap(({ kind, id, backupId }) =>
      obstacles.has(`${kind}/${id}`) ? [[backupId, id] as const] : [],
    ),
  );
  const decisions = drafts.map((decision): RotationDecision => {
    const { kind, id, remove, subject, backupId, unit } = decision;
    if (!remove || subject === 'snapshot') return decision;
    const own = obstacles.get(`${kind}/${id}`);
    if (own) return { ...decision, ...keep(...own.clauses) };
    // A backup of an application is restored as a whole, so it stays as a whole, unless it was begun to be taken apart.
    const other =
      plan.application === undefined || subject !== 'point' || !unit ? undefined : stopped.get(backupId);
    return other === undefined
      ? decision
      : { ...decision, ...keep(`its backup stays whole: ${other} has to stay`) };
  });
  return { decisions, asked: true };
}

export interface InTheWay {
  readonly clauses: readonly string[];
  /** Nothing but locks, which end by themselves. */
  readonly passing: boolean;
}

/** By `<kind>/<id>`, for those copies that have something in the way. */
export async function obstaclesOf(
  removers: Removers,
  copies: readonly LiveCopy[],
): Promise<Map<string, InTheWay>> {
  const found = new Map<string, InTheWay>();
  for (const [kind, ofKind] of Map.groupBy(copies, ({ kind }) => kind)) {
    for (const [id, obstacles] of await removers[kind].obstacles(ofKind))
      if (obstacles.length > 0) {
        const passing = obstacles.every((obstacle) => obstacle.kind === 'locked');
        found.set(`${kind}/${id}`, { clauses: obstacles.map(describe), passing });
      }
  }
  return found;
}

const describe = ({ id, reason }: Obstacle): string => `${id} is ${reason}`;

const isCopy = (live: RotationDecision['live']): live is LiveCopy => live !== undefined && 'state' in live;

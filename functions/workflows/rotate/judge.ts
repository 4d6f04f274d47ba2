import type { Catalog, CatalogPoint } from '../../catalog/catalog.ts';
import type { Forget } from '../../catalog/rotation-documents.ts';
import type { WorkPlan } from '../../plan/config.ts';
import { decideRetention } from '../../retention/decide.ts';
import type { Decision } from '../../retention/decisions.ts';
import { formatCalendarDuration } from '../../retention/duration.ts';
import { zoneOf } from '../../retention/zone.ts';
import type { Unit } from './assessment.ts';

/** What happens to one recovery point that is there, before obstacles are looked at. */
export interface Verdict {
  readonly remove: boolean;
  readonly reasons: readonly string[];
  /** What goes with it; absent when the removal does not count against `maxDeletePercent`. */
  readonly unit?: Unit;
}

export interface Judgement {
  readonly verdicts: ReadonlyMap<CatalogPoint, Verdict>;
  /** Number of units by group. */
  readonly groups: ReadonlyMap<string, number>;
}

export interface JudgeQuestion {
  readonly catalog: Catalog;
  readonly plan: WorkPlan;
  readonly forgets: readonly Forget[];
  /** Epoch milliseconds. */
  readonly now: number;
}

export const keep = (...reasons: string[]): Verdict => ({ remove: false, reasons });
export const remove = (reason: string): Verdict => ({ remove: true, reasons: [reason] });
export const newestOfItsSource = keep('newest of its source');

export const isPresent = ({ state }: CatalogPoint): boolean => state.at === 'present';
export const isAvailable = ({ recorded }: CatalogPoint): boolean => recorded.status === 'available';

/** What the retention policy says of each thing, as if it were alone in its group with the others. */
export function retain<T extends { readonly backupId: string; readonly slot: number }>(
  { plan, now }: JudgeQuestion,
  things: readonly T[],
): Map<T, Decision<unknown>> {
  const points = things.map((thing) => ({ thing, id: thing.backupId, time: thing.slot }));
  const decisions = decideRetention({
    points,
    policy: plan.retention,
    timezone: plan.schedule.timezone,
    now,
  });
  return new Map(Array.from(decisions, (decision) => [decision.point.thing, decision]));
}

/** Recovery points that a person let go, by ID, with the entry that says so. */
export const forgottenPoints = (forgets: readonly Forget[]): Map<string, Forget> =>
  new Map(forgets.flatMap((forget) => forget.recovery_points.map(({ id }) => [id, forget] as const)));

/**
 * Of each source that was ever sealed the newest copy that is there, in whatever backup it is, unless a person let
 * exactly that one go.
 */
export function newestOfSources({ catalog, forgets }: JudgeQuestion): ReadonlySet<CatalogPoint> {
  const forgotten = forgottenPoints(forgets);
  return new Set([...newestBySource(catalog).values()].filter(({ id = '' }) => !forgotten.has(id)));
}

/**
 * By source the slot of the newest recovery point that is there, or when a person last let go what there was of it:
 * anything older is not the last of its source.
 */
export function newestSlots({ catalog, forgets }: Pick<JudgeQuestion, 'catalog' | 'forgets'>) {
  const newest = new Map([...newestBySource(catalog)].map(([source, { slot }]) => [source, slot]));
  for (const { source, created_at } of forgets)
    newest.set(source, Math.max(newest.get(source) ?? 0, Date.parse(created_at)));
  return newest;
}

function newestBySource({ backups }: Catalog): Map<string, CatalogPoint> {
  const newest = new Map<string, CatalogPoint>();
  for (const point of backups.flatMap(({ points }) => points)) {
    if (!isPresent(point) || !isAvailable(point)) continue;
    const best = newest.get(point.sourceKey);
    if (!best || point.slot > best.slot) newest.set(point.sourceKey, point);
  }
  return newest;
}

/** The rule for what is not complete: it goes when something complete that is newer has reached the age of `partialKeep`. */
export function incompleteRule({ plan, now }: JudgeQuestion, completeNoun: string) {
  const before = zoneOf(plan.schedule.timezone).before(now, plan.retention.partialKeep);
  const age = formatCalendarDuration(plan.retention.partialKeep);
  return (what: string, slot: number, complete: readonly { readonly slot: number }[]): Verdict =>
    complete.some((other) => other.slot > slot && other.slot <= before)
      ? remove(`${what}, and a newer ${completeNoun} is ${age} old`)
      : keep(`${what}: kept until a newer ${completeNoun} is ${age} old`);
}

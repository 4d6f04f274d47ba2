import { Decisions } from './decisions.ts';
import { judge } from './judge.ts';
import { newestFirst } from './order.ts';
import type { RetentionPolicy } from './policy.ts';
import { zoneOf } from './zone.ts';

/** What retention needs to know of a recovery point or backup. */
export interface RetentionPoint {
  /** Among points of the same time the one with the greater id counts as the newer, whatever the order given. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

export interface RetentionQuestion<P extends RetentionPoint> {
  /** The points of one retention group, in any order. */
  readonly points: readonly P[];
  readonly policy: RetentionPolicy;
  /** IANA name of the zone that cuts the periods. */
  readonly timezone: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Decides for every point whether the policy keeps it and why. One sort and one pass.
 *
 * Applied once more to the points that it keeps, with the same `now`, it keeps them all. Guards, holds and
 * ownership are not its business. Throws a usage error for an unknown zone and a RangeError for a time that is
 * no number.
 */
export function decideRetention<P extends RetentionPoint>(question: RetentionQuestion<P>): Decisions<P> {
  const { points, policy } = question;
  const zone = zoneOf(question.timezone);
  const count = points.length;
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) times[index] = points[index]?.time ?? Number.NaN;
  const order = newestFirst(times, (a, b) => greaterFirst(points[a]?.id ?? '', points[b]?.id ?? ''));
  const sorted = new Float64Array(count);
  for (let place = 0; place < count; place += 1) sorted[place] = times[order[place] ?? 0] ?? 0;
  const { verdicts, onlyOldest } = judge(sorted, policy, zone, question.now);
  return new Decisions(points, order, verdicts, onlyOldest);
}

const greaterFirst = (a: string, b: string): number => (a === b ? 0 : a > b ? -1 : 1);

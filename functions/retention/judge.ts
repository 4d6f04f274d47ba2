import { civilDate, hourMilliseconds, weekNumber } from './civil.ts';
import { isZeroDuration } from './duration.ts';
import type { RetentionPolicy } from './policy.ts';
import type { Zone } from './zone.ts';

/** Why a recovery point is kept: the rules of a policy by their names in it, and two reasons of our own. */
export const keepReasons = [
  'last',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  'within',
  'withinHourly',
  'withinDaily',
  'withinWeekly',
  'withinMonthly',
  'withinYearly',
  'future',
  'minimum',
] as const;
export type KeepReason = (typeof keepReasons)[number];

/** The bit of a reason in a verdict. */
export const bitOf = (reason: KeepReason): number => 1 << keepReasons.indexOf(reason);

/** Set in the verdict of a point that no rule keeps while a rule was still counting its periods. */
export const supersededBit = 1 << keepReasons.length;

/** Whether a verdict holds a reason to keep. */
export const keepsPoint = (verdict: number): boolean => verdict !== 0 && verdict !== supersededBit;

export interface Judgement {
  /** Per point the bits of its reasons; `supersededBit` or 0 when there is none. */
  readonly verdicts: Uint16Array;
  /** The bits of the rules that keep the last point of the list only because it is the oldest. */
  readonly onlyOldest: number;
}

/** A rule that keeps the newest of each period, for a number of periods or within a span of time. */
interface PeriodRule {
  readonly bit: number;
  /** Index into the periods of the point at hand: hour, day, week, month, year. */
  readonly period: number;
  /** Reaches points strictly later than this. */
  readonly after: number;
  left: number;
  /** The period of the last point that it kept. */
  current: number;
}

const countRules = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const spanRules = ['withinHourly', 'withinDaily', 'withinWeekly', 'withinMonthly', 'withinYearly'] as const;
const futureBit = bitOf('future');
const minimumBit = bitOf('minimum');
const lastBit = bitOf('last');
const withinBit = bitOf('within');

/**
 * One pass over `times` (epoch milliseconds, newest first) by the semantics of restic `forget`: the periods of a
 * count rule are those that hold a point; a period is compared with that of the point kept before it, so an hour
 * that a clock change repeats is one hour; the oldest point is kept while a rule has count or span left.
 * Points after `now` are kept, use up counts, and are no base for the `within` rules.
 */
export function judge(times: Float64Array, policy: RetentionPolicy, zone: Zone, now: number): Judgement {
  const count = times.length;
  const verdicts = new Uint16Array(count);
  const latest = times.find((time) => time <= now);
  const rules = periodRules(policy, zone, latest);
  const withinAfter = spanStart(policy.within, zone, latest);
  const periods = Array<number>(5).fill(Number.NaN);
  let lastLeft = policy.last ?? 0;
  let reach = reachOf(rules);
  let kept = 0;
  let onlyOldest = 0;
  let hourStart = Number.POSITIVE_INFINITY;
  let span = { start: Number.POSITIVE_INFINITY, end: 0, offset: 0 };

  for (let index = 0; index < count; index += 1) {
    const time = times[index] ?? 0;
    let verdict = time > now ? futureBit : 0;
    if (lastLeft > 0) {
      verdict |= lastBit;
      lastLeft -= 1;
    }
    if (time > withinAfter) verdict |= withinBit;
    const isOldest = index === count - 1;
    // A new period of any length begins with a new hour, so within an hour only the oldest point can matter.
    if (rules.length > 0 && (time < hourStart || isOldest)) {
      if (time < span.start) span = zone.spanAt(time);
      const hour = Math.floor((time + span.offset) / hourMilliseconds);
      hourStart = Math.max(hour * hourMilliseconds - span.offset, span.start);
      enterHour(periods, hour);
      for (let at = 0; at < rules.length; ) {
        const rule = rules[at];
        if (rule === undefined) break;
        const period = periods[rule.period] ?? 0;
        if (time <= rule.after || (rule.left === 0 && period !== rule.current)) {
          rules.splice(at, 1);
          reach = reachOf(rules);
          continue;
        }
        const isNew = period !== rule.current;
        if (isNew || (isOldest && rule.left > 0)) {
          verdict |= rule.bit;
          if (!isNew) onlyOldest |= rule.bit;
          rule.left -= 1;
          rule.current = period;
        }
        at += 1;
      }
    }
    if (verdict !== 0) kept += 1;
    else if (time > reach) verdict = supersededBit;
    // Nothing can be kept from here on: what is left of the verdicts is 0 already.
    else if (rules.length === 0) break;
    verdicts[index] = verdict;
  }

  for (let index = 0; kept < policy.minimum && index < count; index += 1) {
    if (keepsPoint(verdicts[index] ?? 0)) continue;
    verdicts[index] = minimumBit;
    kept += 1;
  }
  return { verdicts, onlyOldest };
}

/** Points later than this are reached by some rule. */
const reachOf = (rules: readonly PeriodRule[]): number => Math.min(...rules.map((rule) => rule.after));

function periodRules(policy: RetentionPolicy, zone: Zone, latest: number | undefined): PeriodRule[] {
  const counting = countRules.map((name, period) => ({
    bit: bitOf(name),
    period,
    after: Number.NEGATIVE_INFINITY,
    left: policy[name] ?? 0,
    current: Number.NaN,
  }));
  const spanning = spanRules.map((name, period) => ({
    bit: bitOf(name),
    period,
    after: spanStart(policy[name], zone, latest),
    left: Number.POSITIVE_INFINITY,
    current: Number.NaN,
  }));
  return [...counting, ...spanning].filter((rule) => rule.left > 0 && rule.after < Number.POSITIVE_INFINITY);
}

/** Where the spans of the policy's `within` rules begin when `latest` is the latest point, in one order. */
export const spanStarts = (policy: RetentionPolicy, zone: Zone, latest: number): number[] =>
  [policy.within, ...spanRules.map((name) => policy[name])].map((duration) =>
    spanStart(duration, zone, latest),
  );

/** The time after which a `within` rule keeps. Where every point is in the future there is no base and all are within. */
function spanStart(duration: RetentionPolicy['within'], zone: Zone, latest: number | undefined): number {
  if (duration === undefined || isZeroDuration(duration)) return Number.POSITIVE_INFINITY;
  return latest === undefined ? Number.NEGATIVE_INFINITY : zone.before(latest, duration);
}

/** Fills in hour, day, week, month and year for a local hour counted from 1970; the date only when the day changes. */
function enterHour(periods: number[], hour: number): void {
  const day = Math.floor(hour / 24);
  periods[0] = hour;
  if (day === periods[1]) return;
  const { year, month } = civilDate(day);
  periods[1] = day;
  periods[2] = weekNumber(day);
  periods[3] = year * 12 + month;
  periods[4] = year;
}

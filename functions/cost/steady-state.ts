import type { Plan, Schedule } from '../plan/config.ts';
import { nextRuns } from '../plan/schedule.ts';
import { decideRetention } from '../retention/decide.ts';
import type { CalendarDuration } from '../retention/duration.ts';
import { countRules, type RetentionPolicy, withinRules } from '../retention/policy.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** The mean length of a month, in days. */
export const monthDays = 365.25 / 12;

/** A fixed moment, so that the same configuration costs the same whenever it is asked. */
const reference = Date.parse('2027-12-31T00:00:00Z');
/** Runs are looked at up to this many: eleven days of a run every minute. */
const mostRuns = 16_384;
/** Four years, which hold a leap day; those of minutes are known from fewer. */
const averagedDays = 4 * 365.25;

/** How often a schedule runs in a month, on the average of some years. 0 when it has one run or none: `at(...)`. */
export function runsPerMonth(schedule: Pick<Schedule, 'expression' | 'timezone'>): number {
  let runs: readonly number[] = [];
  for (let count = 64; count <= mostRuns; count *= 4) {
    runs = nextRuns(schedule, { after: reference, count });
    if (runs.length < count || (runs.at(-1) ?? 0) - reference > averagedDays * day) break;
  }
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined || last === first) return 0;
  return ((runs.length - 1) / (last - first)) * monthDays * day;
}

const periods: Readonly<Record<(typeof countRules)[number], number>> = {
  last: 0,
  hourly: hour,
  daily: day,
  weekly: 7 * day,
  monthly: 31 * day,
  yearly: 366 * day,
};

const spanOf = ({ years, months, days, hours }: CalendarDuration): number =>
  years * 366 * day + months * 31 * day + days * day + hours * hour;

/** How far back a policy can reach, in milliseconds, when runs are `interval` apart. */
function reachOf(policy: RetentionPolicy, interval: number): number {
  const counts = countRules.map((rule) => (policy[rule] ?? 0) * Math.max(periods[rule], interval));
  const spans = withinRules.map((rule) => {
    const span = policy[rule];
    return span === undefined ? 0 : spanOf(span);
  });
  return Math.max(policy.minimum * interval, ...counts, ...spans) + interval;
}

/**
 * The times of the backups that a plan keeps once it has run for long enough that each new one makes another go:
 * epoch milliseconds, oldest first. Judged by the code that rotation decides with. Empty for a plan without a
 * repeating schedule.
 */
export function keptTimes({ schedule, retention: policy }: Pick<Plan, 'schedule' | 'retention'>): number[] {
  const monthly = runsPerMonth(schedule);
  if (monthly === 0) return [];
  const interval = Math.round((monthDays * day) / monthly);
  const reach = reachOf(policy, interval);
  // A whole number of intervals, so that a rate has a run at the reference.
  const fine = Math.min(Math.ceil(reach / interval), mostRuns) * interval;
  const recent = nextRuns(schedule, { after: reference - fine, count: mostRuns });
  // Further back one backup a day stands for all: rules that reach so far look at the newest of a day at most.
  const older: number[] = [];
  for (let past = fine + day; past <= reach; past += day) older.unshift(reference - past);
  const times = [...older, ...recent.filter((time) => time <= reference)];
  const points = times.map((time) => ({ id: '', time }));
  const decisions = decideRetention({ points, policy, timezone: schedule.timezone, now: reference });
  return Array.from(decisions.kept(), ({ point }) => point.time).toSorted((a, b) => a - b);
}

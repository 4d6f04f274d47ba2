import { fail } from 'node:assert';
import type { CalendarDuration, RetentionPolicy } from '../../functions/retention/policy.ts';

/**
 * A second opinion on retention, rule by rule over the whole list and with Intl asked about every point: slow and
 * plain, sharing nothing with the product but the types of its input.
 */

export interface NaiveVerdict {
  readonly reasons: ReadonlySet<string>;
  readonly onlyOldest: ReadonlySet<string>;
  /** True when some rule keeps a newer point of the same period. */
  readonly superseded: boolean;
}

interface Local {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localOf(time: number, timezone: string): Local {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: timezone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    formats.set(timezone, format);
  }
  // Swedish writes dates as ISO 8601 does.
  const match = /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)$/.exec(format.format(time)) ?? fail('unexpected date');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return { year, month, day, hour, minute, second };
}

/** Local time written down as if it were UTC. */
const asUtc = (local: Local): number =>
  Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);

export const naiveOffset = (time: number, timezone: string): number =>
  asUtc(localOf(time, timezone)) - Math.floor(time / 1000) * 1000;

/**
 * Go's reading of a local time: of two moments that show it, the one at the offset that holds at the local time
 * taken as UTC; where none does, the moment reckoned with the other offset.
 */
function momentOf(local: number, timezone: string): number {
  const day = 86_400_000;
  const around = new Set([-2, -1, 0, 1, 2].map((days) => naiveOffset(local + days * day, timezone)));
  const first = naiveOffset(local, timezone);
  const showing = [...around].filter((offset) => naiveOffset(local - offset, timezone) === offset);
  const [only] = showing;
  if (only !== undefined) return local - (showing.includes(first) ? first : only);
  const [other = first] = [...around].filter((offset) => offset !== first);
  return local - other;
}

export function naiveBefore(time: number, duration: CalendarDuration, timezone: string): number {
  const { year, month, day, hour, minute, second } = localOf(time, timezone);
  const milliseconds = ((time % 1000) + 1000) % 1000;
  const local = Date.UTC(
    year - duration.years,
    month - 1 - duration.months,
    day - duration.days,
    hour,
    minute,
    second,
    milliseconds,
  );
  return momentOf(local, timezone) - duration.hours * 3_600_000;
}

const periodNames: Record<string, (local: Local) => string> = {
  hourly: ({ year, month, day, hour }) => `${year}/${month}/${day} ${hour}`,
  daily: ({ year, month, day }) => `${year}/${month}/${day}`,
  weekly: ({ year, month, day }) => {
    // The Monday of the week, by walking back to it.
    const date = new Date(Date.UTC(year, month - 1, day));
    while (date.getUTCDay() !== 1) date.setUTCDate(date.getUTCDate() - 1);
    return date.toISOString().slice(0, 10);
  },
  monthly: ({ year, month }) => `${year}/${month}`,
  yearly: ({ year }) => `${year}`,
};

const counted = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const spanned = {
  withinHourly: 'hourly',
  withinDaily: 'daily',
  withinWeekly: 'weekly',
  withinMonthly: 'monthly',
  withinYearly: 'yearly',
} as const;

/** The verdict on each of `times`, which are given newest first. */
export function naiveRetention(
  times: readonly number[],
  policy: RetentionPolicy,
  timezone: string,
  now: number,
): NaiveVerdict[] {
  const verdicts = times.map(() => ({
    reasons: new Set<string>(),
    onlyOldest: new Set<string>(),
    superseded: false,
  }));
  const locals = times.map((time) => localOf(time, timezone));
  const latest = times.filter((time) => time <= now).at(0);
  const inSpan = (time: number, duration: CalendarDuration | undefined): boolean => {
    if (duration === undefined) return false;
    if (Object.values(duration).every((part) => part === 0)) return false;
    return latest === undefined || time > naiveBefore(latest, duration, timezone);
  };
  /** Lists of places whose points follow each other in one period. */
  const stretches = (period: string): number[][] => {
    const nameOf = periodNames[period] ?? fail(`no period ${period}`);
    const lists: number[][] = [];
    let name: string | undefined;
    locals.forEach((local, place) => {
      if (nameOf(local) !== name) lists.push([]);
      name = nameOf(local);
      lists.at(-1)?.push(place);
    });
    return lists;
  };
  const apply = (rule: string, period: string, limit: number, covers: (place: number) => boolean) => {
    const all = stretches(period);
    const reached = all.slice(0, limit);
    for (const [head = 0, ...followers] of reached) {
      if (!covers(head)) continue;
      verdicts[head]?.reasons.add(rule);
      for (const place of followers) {
        const verdict = verdicts[place];
        if (verdict !== undefined && covers(place)) verdict.superseded = true;
      }
    }
    const oldest = times.length - 1;
    const verdict = verdicts.at(-1);
    if (verdict === undefined || verdict.reasons.has(rule) || all.length >= limit || !covers(oldest)) return;
    verdict.reasons.add(rule);
    verdict.onlyOldest.add(rule);
  };

  verdicts.slice(0, policy.last ?? 0).forEach((verdict) => {
    verdict.reasons.add('last');
  });
  for (const rule of counted) apply(rule, rule, policy[rule] ?? 0, () => true);
  for (const [rule, period] of Object.entries(spanned)) {
    const duration = policy[rule as keyof typeof spanned]; // the keys of `spanned` itself
    apply(rule, period, Number.POSITIVE_INFINITY, (place) => inSpan(times[place] ?? 0, duration));
  }
  times.forEach((time, place) => {
    if (inSpan(time, policy.within)) verdicts[place]?.reasons.add('within');
    if (time > now) verdicts[place]?.reasons.add('future');
  });
  for (const verdict of verdicts) {
    if (verdicts.filter(({ reasons }) => reasons.size > 0).length >= policy.minimum) break;
    if (verdict.reasons.size === 0) verdict.reasons.add('minimum');
  }
  return verdicts;
}

import * as z from 'zod';
import { expecting } from '../shared/expectation.ts';
import {
  type CalendarDuration,
  calendarDurationPattern,
  isZeroDuration,
  parseCalendarDuration,
} from './duration.ts';

export type { CalendarDuration } from './duration.ts';

/** How long recovery points are kept; the semantics are those of restic `forget`. An absent rule keeps nothing by itself. */
export interface RetentionPolicy {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  readonly within?: CalendarDuration;
  readonly withinHourly?: CalendarDuration;
  readonly withinDaily?: CalendarDuration;
  readonly withinWeekly?: CalendarDuration;
  readonly withinMonthly?: CalendarDuration;
  readonly withinYearly?: CalendarDuration;
  /** Never fewer than this many recovery points of a group. */
  readonly minimum: number;
  /** Share of a group, in percent, that one rotation may delete without a person's confirmation. */
  readonly maxDeletePercent: number;
  /** Partial and failed backups go when a newer complete one has reached this age. */
  readonly partialKeep: CalendarDuration;
}

/** Rules that count recovery points or periods, in the order in which people think of them. */
export const countRules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
/** Rules that keep what lies in a span before the latest recovery point. */
export const withinRules = [
  'within',
  'withinHourly',
  'withinDaily',
  'withinWeekly',
  'withinMonthly',
  'withinYearly',
] as const;

/** What applies when a policy does not say otherwise. */
export const retentionDefaults = { minimum: 1, maxDeletePercent: 50, partialKeep: '7d' } as const;

// More than eleven years of hourly recovery points; a larger number is a slip of the keyboard.
const countLimit = 100_000;

const wholeNumber = (minimum: number, maximum: number) => {
  const error = expecting(`a whole number from ${minimum} to ${maximum}`);
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
};
const count = (what: string) => wholeNumber(0, countLimit).optional().describe(what);
const duration = () => {
  const error = expecting(
    'a duration such as 2d or 1y6m',
    'Write whole years (y), months (m), days (d) and hours (h), each unit once.',
  );
  return z.string({ error }).regex(calendarDurationPattern, { error });
};
const span = (what: string) => duration().optional().describe(what);

/** The `retention` section of a plan as it is written. */
export const retentionPolicySchema = z
  .strictObject(
    {
      last: count('Keep this many of the newest recovery points.'),
      hourly: count('Keep the newest recovery point of each of this many hours that have one.'),
      daily: count('Keep the newest recovery point of each of this many days that have one.'),
      weekly: count(
        'Keep the newest recovery point of each of this many weeks (Monday to Sunday) that have one.',
      ),
      monthly: count('Keep the newest recovery point of each of this many months that have one.'),
      yearly: count('Keep the newest recovery point of each of this many years that have one.'),
      within: span('Keep everything made in this span before the latest recovery point.'),
      withinHourly: span('Like hourly, for every hour in this span before the latest recovery point.'),
      withinDaily: span('Like daily, for every day in this span before the latest recovery point.'),
      withinWeekly: span('Like weekly, for every week in this span before the latest recovery point.'),
      withinMonthly: span('Like monthly, for every month in this span before the latest recovery point.'),
      withinYearly: span('Like yearly, for every year in this span before the latest recovery point.'),
      minimum: wholeNumber(1, countLimit)
        .default(retentionDefaults.minimum)
        .describe('Never keep fewer recovery points of a group than this.'),
      maxDeletePercent: wholeNumber(1, 100)
        .default(retentionDefaults.maxDeletePercent)
        .describe('A rotation that would delete more than this share of a group asks a person first.'),
      partialKeep: duration()
        .default(retentionDefaults.partialKeep)
        .describe('Partial and failed backups go once a newer complete one is this old.'),
    },
    { error: expecting('rules such as { daily: 7, weekly: 4 }') },
  )
  .refine((policy) => keepsSomething(policy), {
    error: expecting(
      'at least one rule that keeps something',
      'Give one of last, hourly, daily, weekly, monthly, yearly or a within rule a value above zero.',
    ),
    // Judged beside other problems of the section, so that one reading of the report is enough.
    when: (payload) => typeof payload.value === 'object' && payload.value !== null,
  })
  .describe('How long recovery points are kept; a point stays when any rule keeps it.');

export type WrittenRetentionPolicy = z.output<typeof retentionPolicySchema>;

/** A rule of the wrong type has its own problem and counts as a rule here. */
function keepsSomething(policy: Readonly<Record<string, unknown>>): boolean {
  const counts = countRules.some((rule) => policy[rule] !== undefined && policy[rule] !== 0);
  return counts || withinRules.some((rule) => policy[rule] !== undefined && !isZeroSpan(policy[rule]));
}

function isZeroSpan(written: unknown): boolean {
  const parsed = typeof written === 'string' ? parseCalendarDuration(written) : undefined;
  return parsed !== undefined && isZeroDuration(parsed);
}

/** The policy that a checked `retention` section means. */
export function toRetentionPolicy(written: WrittenRetentionPolicy): RetentionPolicy {
  const policy: { -readonly [K in keyof RetentionPolicy]: RetentionPolicy[K] } = {
    minimum: written.minimum,
    maxDeletePercent: written.maxDeletePercent,
    partialKeep: toDuration(written.partialKeep),
  };
  for (const rule of countRules) {
    const value = written[rule];
    if (value !== undefined) policy[rule] = value;
  }
  for (const rule of withinRules) {
    const value = written[rule];
    if (value !== undefined) policy[rule] = toDuration(value);
  }
  return policy;
}

function toDuration(text: string): CalendarDuration {
  const parsed = parseCalendarDuration(text);
  if (parsed === undefined) throw new TypeError(`${text} passed the schema and is not a duration`);
  return parsed;
}

import fc from 'fast-check';
import type { RetentionPoint } from '../../functions/retention/decide.ts';
import type { CalendarDuration, RetentionPolicy } from '../../functions/retention/policy.ts';

/** A policy with only the rules given. */
export const policyOf = (rules: Partial<RetentionPolicy>): RetentionPolicy => ({
  minimum: 1,
  maxDeletePercent: 50,
  partialKeep: { years: 0, months: 0, days: 7, hours: 0 },
  ...rules,
});

export const durationOf = (parts: Partial<CalendarDuration>): CalendarDuration => ({
  years: 0,
  months: 0,
  days: 0,
  hours: 0,
  ...parts,
});

/** Points named after their places: the first is the newest among equals. */
export const pointsAt = (times: readonly (number | string)[]): RetentionPoint[] =>
  times.map((time, index) => ({
    id: `p${String(times.length - index).padStart(6, '0')}`,
    time: typeof time === 'number' ? time : Date.parse(time),
  }));

/** Zones with moments at which their clocks do something worth testing. */
export const restlessZones: readonly (readonly [zone: string, moment: string])[] = [
  ['UTC', '2026-01-01T00:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['Europe/London', '2025-03-30T01:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['America/Santiago', '2026-04-05T03:00:00Z'],
  ['America/St_Johns', '2006-10-29T02:31:00Z'],
  ['America/Noronha', '2000-10-15T01:00:00Z'],
  ['Antarctica/Troll', '2026-10-25T01:00:00Z'],
  ['Africa/Casablanca', '2026-02-15T02:00:00Z'],
  ['Asia/Kolkata', '2025-12-31T18:30:00Z'],
  ['Pacific/Kiritimati', '1994-12-31T10:00:00Z'],
];

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Times scattered around a moment at one of several scales, so that every rule finds work; ties included. */
const timesAround = (moment: number): fc.Arbitrary<number[]> =>
  fc.constantFrom(minute, 20 * minute, hour, 6 * hour, day, 9 * day, 40 * day, 200 * day).chain((scale) =>
    fc.array(
      fc
        .integer({ min: -40, max: 40 })
        .chain((steps) =>
          fc
            .constantFrom(0, 1, 999, -1, 1000, minute, -minute)
            .map((nudge) => moment + steps * scale + nudge),
        ),
      { minLength: 1, maxLength: 50, size: 'max' },
    ),
  );

/** Few rules at a time, so that one does not hide what another decides. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const durations: fc.Arbitrary<CalendarDuration> = fc.oneof(
  fc.record({
    years: fc.constant(0),
    months: fc.constant(0),
    days: fc.nat(3),
    hours: fc.nat(30),
  }),
  fc.record({ years: fc.nat(2), months: fc.nat(14), days: fc.nat(40), hours: fc.nat(50) }),
);

const policies: fc.Arbitrary<RetentionPolicy> = fc
  .record({
    last: maybe(fc.nat(4)),
    hourly: maybe(fc.nat(6)),
    daily: maybe(fc.nat(6)),
    weekly: maybe(fc.nat(4)),
    monthly: maybe(fc.nat(4)),
    yearly: maybe(fc.nat(3)),
    within: maybe(durations),
    withinHourly: maybe(durations),
    withinDaily: maybe(durations),
    withinWeekly: maybe(durations),
    withinMonthly: maybe(durations),
    withinYearly: maybe(durations),
    minimum: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 8 })),
  })
  .map((rules) =>
    policyOf(Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined))),
  );

export interface RetentionCase {
  readonly points: readonly RetentionPoint[];
  readonly policy: RetentionPolicy;
  readonly timezone: string;
  readonly now: number;
}

/** Groups of points around a restless moment, with a policy, and a now that may leave some of them in the future. */
export const retentionCases: fc.Arbitrary<RetentionCase> = fc
  .constantFrom(...restlessZones)
  .chain(([timezone, moment]) =>
    fc.record({
      points: timesAround(Date.parse(moment)).map(pointsAt),
      policy: policies,
      timezone: fc.constant(timezone),
      now: fc.oneof(
        { weight: 3, arbitrary: fc.constant(Date.parse(moment) + 10_000 * day) },
        { weight: 1, arbitrary: fc.integer({ min: -50, max: 50 }).map((n) => Date.parse(moment) + n * hour) },
      ),
    }),
  );

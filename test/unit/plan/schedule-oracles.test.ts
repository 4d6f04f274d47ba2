import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextRuns } from '../../../functions/plan/schedule.ts';

const numbers = (minimum: number, maximum: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min: minimum, max: maximum });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc
    .tuple(fc.oneof(fc.constant('*'), range), fc.integer({ min: 1, max: 7 }))
    .map((it) => it.join('/'));
  const items = fc.array(fc.oneof(value.map(String), range), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    fc.constant('*'),
    items.map((list) => list.join(',')),
    step,
  );
};
const dayPair = fc.oneof(
  fc
    // Only days that every month has: for others croner 11 skips runs early in the following month.
    .oneof(
      numbers(1, 28).filter((day) => !day.startsWith('*/')),
      fc.constantFrom('L', 'LW', '1W', '15W', '28W'),
    )
    .map((day) => [day, '?'] as const),
  fc
    .constantFrom('*', '1', '2-6', 'MON-FRI', 'SUN,SAT', '7', 'L', '6L', '1L', '3#2', 'FRI#1', '7#5')
    .map((weekday) => ['?', weekday] as const),
);
const cronFields = fc.tuple(numbers(0, 59), numbers(0, 23), dayPair, numbers(1, 12));
// At most about six years ahead, so that the enumerations stay short.
const moment = fc.date({
  min: new Date('2020-01-01T00:00:00Z'),
  max: new Date('2032-01-01T00:00:00Z'),
  noInvalidDate: true,
});

describe('against independent readings', () => {
  test('in UTC the runs are those of croner in its Quartz mode', () => {
    fc.assert(
      fc.property(cronFields, moment, ([minute, hour, [day, weekday], month], date) => {
        const after = Math.floor(date.getTime() / 60_000) * 60_000;
        // croner reads a bare L in the day of the week differently: Saturday is what it means here.
        const theirWeekday = weekday === 'L' ? '7' : weekday === '?' ? '*' : weekday;
        const pattern = `0 ${minute} ${hour} ${day === '?' ? '*' : day} ${month} ${theirWeekday}`;
        const theirs = new Cron(pattern, {
          timezone: 'UTC',
          paused: true,
          alternativeWeekdays: true,
        }).nextRuns(3, new Date(after));
        const expression = `cron(${minute} ${hour} ${day} ${month} ${weekday} *)`;
        const ours = nextRuns({ expression, timezone: 'UTC' }, { after, count: 3 });
        expect(ours.map((run) => new Date(run).toISOString())).toEqual(
          theirs.map((run) => run.toISOString()),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('days that not every month has come in every month that has them', () => {
    const list = (maximum: number) =>
      fc.uniqueArray(fc.integer({ min: 1, max: maximum }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(list(31), list(12), moment, (days, months, date) => {
        const possible = days.some((day) => months.some((month) => day <= (longest[month - 1] ?? 0)));
        fc.pre(possible);
        const after = date.getTime();
        const expression = `cron(0 0 ${days.join(',')} ${months.join(',')} ? *)`;
        const expected: string[] = [];
        for (let day = Math.floor(after / 86_400_000) + 1; expected.length < 3; day += 1) {
          const candidate = new Date(day * 86_400_000);
          if (days.includes(candidate.getUTCDate()) && months.includes(candidate.getUTCMonth() + 1)) {
            expected.push(candidate.toISOString());
          }
        }
        const ours = nextRuns({ expression, timezone: 'UTC' }, { after, count: 3 });
        expect(ours.map((run) => new Date(run).toISOString())).toEqual(expected);
      }),
    );
  });

  test('in any zone the runs are those that walking minute by minute over the wall clock finds', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'Africa/Cairo',
    ];
    // Weeks in which the clocks of those zones change, and others.
    const start = fc.oneof(
      fc.constantFrom('2026-10-24', '2026-10-31', '2027-03-13', '2027-03-27', '2027-04-03', '2027-10-02'),
      fc.constantFrom('2026-06-01', '2027-04-29', '2026-10-28'),
    );
    const list = (minimum: number, maximum: number) =>
      fc.uniqueArray(fc.integer({ min: minimum, max: maximum }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        start,
        list(0, 59),
        list(0, 4),
        (timezone, day, minutes, hours) => {
          const after = Date.parse(`${day}T00:00:00Z`);
          const expression = `cron(${minutes.join(',')} ${hours.join(',')} * * ? *)`;
          const until = after + 3 * 86_400_000;
          const ours = nextRuns({ expression, timezone }, { after, count: 50 }).filter((run) => run < until);
          expect(ours).toEqual(walk(timezone, after, until, minutes, hours));
        },
      ),
      { numRuns: 60 },
    );
  });
});

const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What a clock on the wall would do: look every minute, run when it shows a time of the list for the first time. */
function walk(
  timezone: string,
  after: number,
  until: number,
  minutes: readonly number[],
  hours: readonly number[],
): readonly number[] {
  const face = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const seen = new Set<string>();
  const found: number[] = [];
  // From a day earlier, so that a first showing before `after` is known.
  for (let at = after - 86_400_000; at < until; at += 60_000) {
    const shown = face.format(at);
    const [hour, minute] = shown.slice(-5).split(':').map(Number);
    if (hour === undefined || minute === undefined || seen.has(shown)) continue;
    seen.add(shown);
    if (at > after && hours.includes(hour) && minutes.includes(minute)) found.push(at);
  }
  return found;
}

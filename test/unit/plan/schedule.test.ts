import { describe, expect, test } from 'vitest';
import { ExpressionError } from '../../../functions/plan/cron.ts';
import { nextRuns, parseScheduleExpression } from '../../../functions/plan/schedule.ts';
import { describeSchedule, formatLocalTime } from '../../../functions/plan/schedule-words.ts';

const runs = (expression: string, after: string, count: number, timezone = 'UTC'): readonly string[] =>
  nextRuns({ expression, timezone }, { after: Date.parse(after), count }).map((run) =>
    new Date(run).toISOString().slice(0, 16),
  );

describe('expressions', () => {
  test.each([
    'cron(0 3 * * ? *)',
    'cron(0 10 ? * MON-FRI *)',
    'cron(15 10 ? * 6L 2026-2030)',
    'cron(0/15 * * * ? *)',
    'cron(0/60 * * * ? *)',
    'cron(0 18 ? * mon,WED *)',
    'cron(0 8 L * ? *)',
    'cron(0 8 LW * ? *)',
    'cron(0 8 3W * ? *)',
    'cron(0 8 ? * 3#2 *)',
    'cron(0 8 ? * FRI#5 *)',
    'cron(0 8 ? * L *)',
    'cron(0 0 1/10,2,3/8 * ? *)',
    'cron(0 0 29 2 ? *)',
    'cron(5,35 14 * JAN,JUL ? 2027/2)',
    'rate(1 minute)',
    'rate(1 days)',
    'rate(6 hours)',
    'at(2027-01-31T03:00:00)',
  ])('%s is accepted', (expression) => {
    expect(() => parseScheduleExpression(expression)).not.toThrow();
  });

  test.each([
    ['0 3 * * *', /another form/],
    ['cron(0 3 * * *)', /5 fields instead of 6/],
    ['cron()', /0 fields instead of 6/],
    ['cron(0 3 * * * *)', /exactly one of them must be \?/],
    ['cron(0 3 ? * ? *)', /exactly one of them must be \?/],
    ['cron(0 3 1 * MON *)', /exactly one of them must be \?/],
    ['cron(60 3 * * ? *)', /minute 60 is outside 0 to 59/],
    ['cron(0 24 * * ? *)', /hour 24 is outside/],
    ['cron(0 3 32 * ? *)', /day-of-month 32 is outside/],
    ['cron(0 3 0 * ? *)', /day-of-month 0 is outside/],
    ['cron(0 3 * 13 ? *)', /month 13 is outside/],
    ['cron(0 3 ? * 0 *)', /day-of-week 0 is outside/],
    ['cron(0 3 ? * 8 *)', /day-of-week 8 is outside/],
    ['cron(0 3 ? * 3#6 *)', /week 6/],
    ['cron(0 3 ? * 3#1,6#3 *)', /not understood/],
    ['cron(0 3 ? * MON/2 *)', /has a step/],
    ['cron(0 3 * * ? 1969)', /year 1969 is outside/],
    ['cron(0 3 * * ? 2200)', /year 2200 is outside/],
    ['cron(*/0 3 * * ? *)', /step of 0/],
    ['cron(*/61 3 * * ? *)', /step of 61/],
    ['cron(5-1 3 * * ? *)', /runs backwards/],
    ['cron(1,,2 3 * * ? *)', /minute is empty/],
    ['cron(-1 3 * * ? *)', /minute is empty/],
    ['cron(? 3 * * ? *)', /minute \? is not understood/],
    ['cron(0 3 FOO * ? *)', /FOO/],
    ['cron(0 3 31 FEB ? *)', /never comes/],
    ['cron(0 3 29 2 ? 2027)', /never comes/],
    ['cron(0 3 L-3 * ? *)', /not understood/],
    ['cron(0 3 ? * MON', /closing parenthesis/],
    ['rate(0 hours)', /between a minute and ten years/],
    ['rate(5 minute)', /needs the plural/],
    ['rate(1 week)', /not a number and a unit/],
    ['rate(1.5 hours)', /not a number and a unit/],
    ['rate(-1 hours)', /not a number and a unit/],
    ['rate(hours)', /not a number and a unit/],
    ['at(2027-02-30T03:00:00)', /not a date/],
    ['at(2027-01-31 03:00)', /not a date/],
    ['at(2027-01-31T03:00:00Z)', /not a date/],
    ['', /another form/],
    ['@daily', /another form/],
  ])('%j is refused with its reason', (expression, reason) => {
    expect(() => parseScheduleExpression(expression)).toThrow(ExpressionError);
    expect(() => parseScheduleExpression(expression)).toThrow(reason);
  });
});

describe('next runs', () => {
  test('a run at the given moment itself is not a next run', () => {
    expect(runs('cron(0 3 * * ? *)', '2026-11-20T03:00:00Z', 2)).toEqual([
      '2026-11-21T03:00',
      '2026-11-22T03:00',
    ]);
    expect(runs('cron(0 3 * * ? *)', '2026-11-20T02:59:59Z', 1)).toEqual(['2026-11-20T03:00']);
  });

  test('a time that does not exist in spring is skipped', () => {
    expect(runs('cron(30 2 * * ? *)', '2027-03-27T00:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2027-03-27T01:30',
      '2027-03-29T00:30',
      '2027-03-30T00:30',
    ]);
  });

  test('a time that is shown twice in autumn runs once, at its first showing', () => {
    expect(runs('cron(30 2 * * ? *)', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
    // Between the two showings the first has passed already.
    expect(runs('cron(30 2 * * ? *)', '2026-10-25T01:10:00Z', 1, 'Europe/Berlin')).toEqual([
      '2026-10-26T01:30',
    ]);
  });

  test('a zone that skips a whole day skips its runs', () => {
    expect(runs('cron(0 12 * * ? *)', '2011-12-29T20:00:00Z', 2, 'Pacific/Apia')).toEqual([
      '2011-12-29T22:00',
      '2011-12-30T22:00',
    ]);
  });

  test('a rate counts elapsed time from its anchor, across a change of the clocks', () => {
    const anchor = Date.parse('2026-10-24T00:00:00Z');
    const schedule = { expression: 'rate(1 days)', timezone: 'Europe/Berlin' };
    const hour = 3_600_000;
    expect(nextRuns(schedule, { after: anchor, count: 2, anchor })).toEqual([
      anchor + 24 * hour,
      anchor + 48 * hour,
    ]);
    expect(nextRuns(schedule, { after: anchor + hour, count: 1, anchor })).toEqual([anchor + 24 * hour]);
    expect(nextRuns(schedule, { after: anchor - hour, count: 1, anchor })).toEqual([anchor]);
  });

  test('a one-time schedule runs once, in its zone, and a schedule that has ended not at all', () => {
    expect(runs('at(2027-01-31T03:00:00)', '2026-11-20T00:00:00Z', 2, 'Asia/Kolkata')).toEqual([
      '2027-01-30T21:30',
    ]);
    expect(runs('at(2020-01-31T03:00:00)', '2026-11-20T00:00:00Z', 2)).toEqual([]);
    expect(runs('cron(0 3 * * ? 2020)', '2026-11-20T00:00:00Z', 2)).toEqual([]);
    expect(runs('cron(0 3 31 12 ? 2026)', '2026-11-20T00:00:00Z', 2)).toEqual(['2026-12-31T03:00']);
  });

  test('L, W and # choose the days that the documentation names', () => {
    expect(runs('cron(0 0 L 2 ? *)', '2026-11-20T00:00:00Z', 2)).toEqual([
      '2027-02-28T00:00',
      '2028-02-29T00:00',
    ]);
    // 15 May 2027 is a Saturday, 15 August 2027 a Sunday.
    expect(runs('cron(0 0 15W MAY,AUG ? 2027)', '2027-01-01T00:00:00Z', 2)).toEqual([
      '2027-05-14T00:00',
      '2027-08-16T00:00',
    ]);
    // 1 May 2027 is a Saturday: the nearest weekday stays in the month. 31 October 2027 is a Sunday.
    expect(runs('cron(0 0 1W MAY ? 2027)', '2027-01-01T00:00:00Z', 1)).toEqual(['2027-05-03T00:00']);
    expect(runs('cron(0 0 31W OCT ? 2027)', '2027-01-01T00:00:00Z', 1)).toEqual(['2027-10-29T00:00']);
    expect(runs('cron(0 0 ? * 3#2 *)', '2027-01-01T00:00:00Z', 1)).toEqual(['2027-01-12T00:00']);
    expect(runs('cron(0 0 ? * 6L *)', '2027-01-01T00:00:00Z', 1)).toEqual(['2027-01-29T00:00']);
  });
});

test.each([
  ['cron(0 3 * * ? *)', 'at 03:00 every day'],
  ['cron(0 3,15 ? * MON-FRI *)', 'at 03:00 and 15:00 on Monday to Friday'],
  ['cron(30 1 ? * MON,WED,FRI *)', 'at 01:30 on Monday, Wednesday and Friday'],
  ['cron(0 0 L * ? *)', 'at 00:00 on the last day of the month'],
  ['cron(0 0 ? JAN,JUL 6#2 2027)', 'at 00:00 on the second Friday of the month in January and July of 2027'],
  ['cron(0/15 * * * ? *)', 'at minute 0, 15, 30 and 45 of every hour every day'],
  ['rate(6 hours)', 'every 6 hours'],
  ['rate(1 day)', 'every day'],
  ['at(2027-01-31T03:00:00)', 'once at 2027-01-31 03:00'],
])('%s reads: %s', (expression, words) => {
  expect(describeSchedule(expression)).toBe(words);
});

test('a local time carries its offset', () => {
  expect(formatLocalTime(Date.parse('2026-07-01T01:00:00Z'), 'Europe/Berlin')).toBe(
    '2026-07-01 03:00 +02:00',
  );
  expect(formatLocalTime(Date.parse('2026-07-01T01:00:00Z'), 'America/St_Johns')).toBe(
    '2026-06-30 22:30 -02:30',
  );
});

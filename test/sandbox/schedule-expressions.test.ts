import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseExpression, ScheduleError } from '../../sandbox/scheduler/expression.ts';

function runs(expression: string, zone: string, from: string, count: number): string[] {
  const occasions = parseExpression(expression, zone);
  const found: string[] = [];
  let next = occasions.first(Date.parse(from));
  while (next !== undefined && found.length < count) {
    found.push(new Date(next).toISOString().replace('.000Z', 'Z'));
    next = occasions.after(next);
  }
  return found;
}

describe('a cron schedule', () => {
  it('runs at its local time, winter and summer', () => {
    expect(runs('cron(0 3 * * ? *)', 'Europe/Berlin', '2026-10-24T00:00:00Z', 3)).toEqual([
      '2026-10-24T01:00:00Z',
      '2026-10-25T02:00:00Z',
      '2026-10-26T02:00:00Z',
    ]);
  });

  it('leaves out a time that the clocks skip', () => {
    expect(runs('cron(30 2 * * ? *)', 'Europe/Berlin', '2027-03-27T00:00:00Z', 3)).toEqual([
      '2027-03-27T01:30:00Z',
      '2027-03-29T00:30:00Z',
      '2027-03-30T00:30:00Z',
    ]);
  });

  it('runs once at a time that comes twice', () => {
    expect(runs('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-10-25T00:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ]);
    expect(runs('cron(0/30 1 * * ? *)', 'America/New_York', '2026-11-01T04:00:00Z', 3)).toEqual([
      '2026-11-01T05:00:00Z',
      '2026-11-01T05:30:00Z',
      '2026-11-02T06:00:00Z',
    ]);
  });

  it.each([
    ['cron(15 10 L * ? *)', ['2026-11-30T10:15:00Z', '2026-12-31T10:15:00Z']],
    ['cron(15 10 LW * ? *)', ['2026-11-30T10:15:00Z', '2026-12-31T10:15:00Z']],
    ['cron(0 8 1W * ? *)', ['2026-12-01T08:00:00Z', '2027-01-01T08:00:00Z']],
    ['cron(0 0 ? * 6L *)', ['2026-11-27T00:00:00Z', '2026-12-25T00:00:00Z']],
    ['cron(0 0 ? * 2#1 *)', ['2026-12-07T00:00:00Z', '2027-01-04T00:00:00Z']],
    ['cron(0 0 ? * FRI-MON *)', ['2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z']],
    ['cron(5/20 23 ? JAN SUN 2027)', ['2027-01-03T23:05:00Z', '2027-01-03T23:25:00Z']],
    ['cron(0 0 29 2 ? *)', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
  ])('reads %s as AWS does', (expression, expected) => {
    expect(runs(expression, 'UTC', '2026-11-20T12:00:00Z', 2)).toEqual(expected);
  });

  it('has an end when its years have', () => {
    expect(runs('cron(0 0 1 12 ? 2026)', 'UTC', '2026-11-20T00:00:00Z', 5)).toEqual(['2026-12-01T00:00:00Z']);
    expect(runs('cron(0 0 31 2 ? *)', 'UTC', '2026-11-20T00:00:00Z', 5)).toEqual([]);
  });

  test('runs in UTC when croner says', () => {
    const field = (least: number, most: number) =>
      fc.oneof(fc.constant('*'), fc.integer({ min: least, max: most }).map(String));
    const weekday = fc.constantFrom('*', '2-6', 'MON,SAT', '6L', '3#2', '7');
    fc.assert(
      fc.property(
        ...[field(0, 59), field(0, 23), field(1, 12), weekday, fc.integer({ min: 0, max: 3e8 })],
        (minute, hour, month, day, offset) => {
          const from = Date.UTC(2020, 0, 1) + Number(offset) * 1000;
          const theirs = new Cron(`0 ${minute} ${hour} * ${month} ${day}`, {
            ...{ timezone: 'UTC', paused: true, alternativeWeekdays: true },
          }).nextRuns(3, new Date(from - 1000));
          const ours = runs(
            `cron(${minute} ${hour} ? ${month} ${day} *)`,
            'UTC',
            new Date(from).toISOString(),
            3,
          );
          expect(ours).toEqual(theirs.map((each) => each.toISOString().replace('.000Z', 'Z')));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('other schedules', () => {
  it('of a rate run at once, and then by elapsed time', () => {
    expect(runs('rate(1 day)', 'Europe/Berlin', '2026-10-24T12:34:56Z', 3)).toEqual([
      '2026-10-24T12:34:56Z',
      '2026-10-25T12:34:56Z',
      '2026-10-26T12:34:56Z',
    ]);
  });

  it('of one time run then and never again, and not at all when it is over', () => {
    const expression = 'at(2026-12-24T18:00:00)';
    expect(runs(expression, 'Europe/Berlin', '2026-11-20T00:00:00Z', 3)).toEqual(['2026-12-24T17:00:00Z']);
    expect(runs(expression, 'Europe/Berlin', '2026-12-25T00:00:00Z', 3)).toEqual([]);
  });

  it.each([
    'cron(0 3 * * * *)',
    'cron(0 3 ? * ? *)',
    'cron(0 3 * * ?)',
    'cron(60 3 * * ? *)',
    'cron(0 3 32W * ? *)',
    'rate(2 hour)',
    'rate(0 days)',
    'rate(1 week)',
    'at(2026-12-24 18:00:00)',
    'every day',
  ])('such as %s are refused', (expression) => {
    expect(() => parseExpression(expression, 'UTC')).toThrow(ScheduleError);
  });

  it('in a zone that there is none of are refused', () => {
    expect(() => parseExpression('rate(1 day)', 'Europe/Atlantis')).toThrow('no time zone Europe/Atlantis');
  });
});

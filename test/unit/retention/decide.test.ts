import { describe, expect, it } from 'vitest';
import { decideRetention } from '../../../functions/retention/decide.ts';
import { describeDecision } from '../../../functions/retention/decisions.ts';
import type { RetentionPolicy } from '../../../functions/retention/policy.ts';
import { durationOf, pointsAt, policyOf } from '../../support/retention-cases.ts';

const goes = {
  superseded: 'a newer one stands for its period',
  beyond: 'older than every rule reaches',
};

/** Rows of a golden table: a time and what is said of it, newest first. */
type Table = readonly (readonly [time: string, verdict: string])[];

function expectTable(
  rules: Partial<RetentionPolicy>,
  table: Table,
  { timezone = 'UTC', now = '2027-01-01T00:00:00Z' } = {},
): void {
  const points = pointsAt(table.map(([time]) => time));
  const decisions = decideRetention({ points, policy: policyOf(rules), timezone, now: Date.parse(now) });
  const written = new Map(points.map((point, index) => [point, table[index]?.[0] ?? '']));
  expect([...decisions].map((decision) => [written.get(decision.point), describeDecision(decision)])).toEqual(
    table,
  );
}

describe('counting rules', () => {
  it('last keeps the newest, however close together', () => {
    expectTable({ last: 2 }, [
      ['2026-11-20T02:00:02Z', 'last'],
      ['2026-11-20T02:00:01Z', 'last'],
      ['2026-11-20T02:00:00Z', goes.beyond],
    ]);
  });

  it('hourly keeps the newest of each hour that has one', () => {
    expectTable({ hourly: 3 }, [
      ['2026-11-20T10:59:59Z', 'hourly'],
      ['2026-11-20T10:00:00Z', goes.superseded],
      ['2026-11-20T09:59:59Z', 'hourly'],
      ['2026-11-20T04:30:00Z', 'hourly'],
      ['2026-11-20T04:00:00Z', goes.superseded],
      ['2026-11-20T03:59:00Z', goes.beyond],
      ['2026-11-20T03:00:00Z', goes.beyond],
    ]);
  });

  it('daily keeps the newest of each day and counts only days that hold a point', () => {
    expectTable({ daily: 3 }, [
      ['2026-11-20T23:59:59Z', 'daily'],
      ['2026-11-20T00:00:00Z', goes.superseded],
      ['2026-11-19T23:59:59Z', 'daily'],
      ['2026-11-01T12:00:00Z', 'daily'],
      ['2026-10-31T12:00:00Z', goes.beyond],
    ]);
  });

  it('weekly cuts between Sunday and Monday, also across the end of a year', () => {
    expectTable({ weekly: 3 }, [
      ['2026-01-05T00:00:00Z', 'weekly'], // a Monday
      ['2026-01-04T23:59:59Z', 'weekly'], // the Sunday before
      ['2026-01-01T00:00:00Z', goes.superseded],
      ['2025-12-29T00:00:00Z', goes.superseded], // the Monday of the same week
      ['2025-12-28T23:59:59Z', 'weekly'],
      ['2025-12-21T23:59:59Z', goes.beyond],
    ]);
  });

  it('monthly keeps the newest of each month', () => {
    expectTable({ monthly: 2 }, [
      ['2026-03-01T00:00:00Z', 'monthly'],
      ['2026-02-28T23:59:59Z', 'monthly'],
      ['2026-02-01T00:00:00Z', goes.superseded],
      ['2026-01-31T23:59:59Z', goes.beyond],
    ]);
  });

  it('yearly keeps the newest of each year', () => {
    expectTable({ yearly: 2 }, [
      ['2026-01-01T00:00:00Z', 'yearly'],
      ['2025-12-31T23:59:59Z', 'yearly'],
      ['2025-01-01T00:00:00Z', goes.superseded],
      ['2024-12-31T23:59:59Z', goes.beyond],
    ]);
  });

  it('keep the oldest as well while a count is left', () => {
    expectTable({ daily: 4, monthly: 2 }, [
      ['2026-11-20T12:00:00Z', 'daily, monthly'],
      ['2026-11-20T11:00:00Z', goes.superseded],
      ['2026-11-19T12:00:00Z', 'daily'],
      ['2026-11-19T11:00:00Z', 'daily (oldest), monthly (oldest)'],
    ]);
  });

  it('do not keep the oldest once the counts are used up', () => {
    expectTable({ daily: 2 }, [
      ['2026-11-20T12:00:00Z', 'daily'],
      ['2026-11-19T12:00:00Z', 'daily'],
      ['2026-11-19T11:00:00Z', goes.superseded],
    ]);
  });

  it('take a count of zero as no rule', () => {
    expectTable({ daily: 0, last: 1 }, [
      ['2026-11-20T12:00:00Z', 'last'],
      ['2026-11-19T12:00:00Z', goes.beyond],
    ]);
  });

  it('add up: a point stays when any rule keeps it, and says which ones do', () => {
    expectTable({ last: 1, daily: 2, monthly: 2, yearly: 2 }, [
      ['2026-11-20T12:00:00Z', 'last, daily, monthly, yearly'],
      ['2026-11-19T12:00:00Z', 'daily'],
      ['2026-11-18T12:00:00Z', goes.superseded],
      ['2026-10-31T12:00:00Z', 'monthly'],
      ['2025-12-31T12:00:00Z', 'yearly'],
      ['2024-12-31T12:00:00Z', goes.beyond],
    ]);
  });
});

describe('within rules', () => {
  it('within keeps what lies strictly after the span before the latest point, not before now', () => {
    expectTable({ within: durationOf({ days: 2 }) }, [
      ['2026-06-10T12:00:00Z', 'within'],
      ['2026-06-10T11:00:00Z', 'within'],
      ['2026-06-08T12:00:01Z', 'within'],
      ['2026-06-08T12:00:00Z', goes.beyond],
    ]);
  });

  it('withinHourly keeps one per hour inside of the span', () => {
    expectTable({ withinHourly: durationOf({ hours: 3 }) }, [
      ['2026-06-10T12:30:00Z', 'withinHourly'],
      ['2026-06-10T12:00:00Z', goes.superseded],
      ['2026-06-10T11:00:00Z', 'withinHourly'],
      ['2026-06-10T09:30:01Z', 'withinHourly'],
      ['2026-06-10T09:30:00Z', goes.beyond],
    ]);
  });

  it('withinDaily keeps one per day inside of the span', () => {
    expectTable({ withinDaily: durationOf({ days: 2 }) }, [
      ['2026-06-10T12:00:00Z', 'withinDaily'],
      ['2026-06-09T13:00:00Z', 'withinDaily'],
      ['2026-06-09T12:00:00Z', goes.superseded],
      ['2026-06-08T13:00:00Z', 'withinDaily'],
      ['2026-06-08T11:00:00Z', goes.beyond],
    ]);
  });

  it('withinWeekly, withinMonthly and withinYearly keep one per period inside of the span', () => {
    expectTable(
      {
        withinWeekly: durationOf({ days: 14 }),
        withinMonthly: durationOf({ months: 3 }),
        withinYearly: durationOf({ years: 2 }),
      },
      [
        ['2026-06-10T12:00:00Z', 'withinWeekly, withinMonthly, withinYearly'],
        ['2026-06-08T12:00:00Z', goes.superseded],
        ['2026-06-07T12:00:00Z', 'withinWeekly'],
        ['2026-05-31T12:00:00Z', 'withinWeekly, withinMonthly'],
        ['2026-05-24T12:00:00Z', goes.superseded],
        ['2026-03-31T12:00:00Z', 'withinMonthly'],
        ['2026-02-28T12:00:00Z', goes.superseded],
        ['2025-12-31T12:00:00Z', 'withinYearly'],
        ['2024-12-31T12:00:00Z', 'withinYearly'],
        ['2023-12-31T12:00:00Z', goes.beyond],
      ],
    );
  });

  it('keep the oldest when it lies inside of the span', () => {
    expectTable({ withinDaily: durationOf({ days: 7 }) }, [
      ['2026-06-10T12:00:00Z', 'withinDaily'],
      ['2026-06-10T11:00:00Z', goes.superseded],
      ['2026-06-10T10:00:00Z', 'withinDaily (oldest)'],
    ]);
  });

  it('take a span of nothing as no rule', () => {
    expectTable({ within: durationOf({}), withinDaily: durationOf({}), last: 1 }, [
      ['2026-06-10T12:00:00Z', 'last'],
      ['2026-06-10T11:00:00Z', goes.beyond],
    ]);
  });
});

describe('the plan’s time zone', () => {
  it('cuts days where the zone has its midnight, half hours included', () => {
    expectTable(
      { daily: 2 },
      [
        ['2026-06-10T18:15:00Z', 'daily'], // 00:00 on the 11th in Kathmandu
        ['2026-06-10T18:14:59Z', 'daily'],
        ['2026-06-09T18:15:00Z', goes.superseded],
        ['2026-06-09T18:14:59Z', goes.beyond],
      ],
      { timezone: 'Asia/Kathmandu' },
    );
  });

  it('takes an hour that a clock change repeats as one hour, as restic does', () => {
    expectTable(
      { hourly: 3 },
      [
        ['2026-10-25T02:00:00Z', 'hourly'], // 03:00
        ['2026-10-25T01:30:00Z', 'hourly'], // 02:30 for the second time
        ['2026-10-25T00:30:00Z', goes.superseded], // 02:30 for the first time
        ['2026-10-24T23:30:00Z', 'hourly'], // 01:30
        ['2026-10-24T22:30:00Z', goes.beyond],
      ],
      { timezone: 'Europe/Berlin' },
    );
  });

  it('follows a clock change of half an hour', () => {
    expectTable(
      { hourly: 2 },
      [
        ['2026-04-04T15:30:00Z', 'hourly'], // 02:00 on Lord Howe Island
        ['2026-04-04T15:10:00Z', 'hourly'], // 01:40 for the second time
        ['2026-04-04T14:10:00Z', goes.superseded], // 01:10
        ['2026-04-04T13:50:00Z', goes.beyond], // 00:50
      ],
      { timezone: 'Australia/Lord_Howe' },
    );
  });

  it('knows days that never were', () => {
    expectTable(
      { daily: 2 },
      [
        ['2011-12-30T10:00:00Z', 'daily'], // 00:00 on the 31st in Apia
        ['2011-12-30T09:59:59Z', 'daily'], // 23:59:59 on the 29th
        ['2011-12-29T09:59:59Z', goes.beyond],
      ],
      { timezone: 'Pacific/Apia' },
    );
  });
});

describe('points in the future', () => {
  it('are kept, use up counts and are no base of a within rule', () => {
    expectTable(
      { last: 2, within: durationOf({ days: 1 }) },
      [
        ['2026-06-12T00:00:00Z', 'last, within, future'],
        ['2026-06-10T00:00:01Z', 'last, within, future'],
        ['2026-06-10T00:00:00Z', 'within'], // at now: not in the future, and the base
        ['2026-06-09T00:00:01Z', 'within'],
        ['2026-06-09T00:00:00Z', goes.beyond],
      ],
      { now: '2026-06-10T00:00:00Z' },
    );
  });

  it('are all kept where there is nothing else', () => {
    expectTable(
      { withinDaily: durationOf({ days: 1 }) },
      [
        ['2026-06-12T01:00:00Z', 'withinDaily, future'],
        ['2026-06-12T00:00:00Z', 'future'],
        ['2026-06-11T00:00:00Z', 'withinDaily, future'],
      ],
      { now: '2026-06-10T00:00:00Z' },
    );
  });
});

describe('the minimum', () => {
  it('fills up with the newest of those that no rule keeps', () => {
    expectTable({ monthly: 2, minimum: 4 }, [
      ['2026-06-10T00:00:00Z', 'monthly'],
      ['2026-06-09T00:00:00Z', 'minimum'],
      ['2026-05-10T00:00:00Z', 'monthly'],
      ['2026-05-09T00:00:00Z', 'minimum'],
      ['2026-05-08T00:00:00Z', goes.superseded],
      ['2026-04-08T00:00:00Z', goes.beyond],
    ]);
  });

  it('is no reason when the rules keep enough', () => {
    expectTable({ last: 2, minimum: 2 }, [
      ['2026-06-10T00:00:00Z', 'last'],
      ['2026-06-09T00:00:00Z', 'last'],
      ['2026-06-08T00:00:00Z', goes.beyond],
    ]);
  });

  it('keeps the newest on the one day on which a span of a day ends where it began', () => {
    expectTable(
      { within: durationOf({ days: 1 }) },
      [
        ['2011-12-30T22:00:00Z', 'minimum'],
        ['2011-12-30T21:00:00Z', goes.beyond],
      ],
      { timezone: 'Pacific/Apia' },
    );
  });
});

describe('the answer', () => {
  const question = {
    policy: policyOf({ last: 1 }),
    timezone: 'UTC',
    now: Date.parse('2027-01-01T00:00:00Z'),
  };

  it('is empty for no points', () => {
    const decisions = decideRetention({ ...question, points: [] });
    expect([...decisions]).toEqual([]);
    expect(decisions.at(0)).toBeUndefined();
  });

  it('takes the greater id for the newer of two points of one time, in whatever order they come', () => {
    const time = Date.parse('2026-06-10T00:00:00Z');
    const first = { id: '1781049600_2026_06_10_ci', time };
    const retry = { id: '1781049600_2026_06_10_ci-r2', time };
    for (const points of [
      [first, retry],
      [retry, first],
    ]) {
      const decisions = decideRetention({ ...question, points });
      expect([...decisions.kept()].map(({ point }) => point)).toEqual([retry]);
      expect([...decisions.removed()].map(({ point }) => point)).toEqual([first]);
    }
  });

  it('carries the caller’s own points and reads the same twice', () => {
    const point = { id: 'a', time: 0, bytes: 42 };
    const decisions = decideRetention({ ...question, points: [point] });
    expect(decisions.length).toBe(1);
    expect(decisions.at(0)?.point.bytes).toBe(42);
    expect([...decisions]).toEqual([...decisions]);
    expect(decisions.at(1)).toBeUndefined();
  });

  it('refuses a time that is none and a zone that nobody knows', () => {
    const points = [{ id: 'a', time: Number.NaN }];
    expect(() => decideRetention({ ...question, points })).toThrow(RangeError);
    expect(() => decideRetention({ ...question, points: [], timezone: 'Nowhere' })).toThrow(
      'not a time zone',
    );
  });
});

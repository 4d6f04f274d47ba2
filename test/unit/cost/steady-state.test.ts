import { describe, expect, it } from 'vitest';
import { keptTimes, runsPerMonth } from '../../../functions/cost/steady-state.ts';
import type { Schedule } from '../../../functions/plan/config.ts';
import { decideRetention } from '../../../functions/retention/decide.ts';
import { type RetentionPolicy, toRetentionPolicy } from '../../../functions/retention/policy.ts';

const schedule = (expression: string, timezone = 'UTC'): Schedule => ({ expression, timezone });
const policy = (rules: Partial<Parameters<typeof toRetentionPolicy>[0]>): RetentionPolicy =>
  toRetentionPolicy({ minimum: 1, maxDeletePercent: 50, partialKeep: '7d', ...rules });
const kept = (expression: string, rules: Parameters<typeof policy>[0]): number[] =>
  keptTimes({ schedule: schedule(expression), retention: policy(rules) });

const hour = 3_600_000;

/** The slow way: a backup at every interval, and a rotation after each. */
function rotateAlong(interval: number, count: number, rules: Parameters<typeof policy>[0]): number[] {
  let points: { id: string; time: number }[] = [];
  const end = Date.parse('2027-12-31T00:00:00Z');
  for (let left = count - 1; left >= 0; left -= 1) {
    const now = end - left * interval;
    points.push({ id: '', time: now });
    const decisions = decideRetention({ points, policy: policy(rules), timezone: 'UTC', now });
    points = Array.from(decisions.kept(), ({ point }) => point);
  }
  return points.map(({ time }) => time).toSorted((a, b) => a - b);
}

describe('runs of a schedule in a month', () => {
  it.each([
    ['cron(0 3 * * ? *)', 30.4375],
    ['rate(6 hours)', 121.75],
    ['cron(0 3 ? * MON-FRI *)', 21.74],
    ['cron(0 3 1 * ? *)', 1],
    ['cron(0 3 1 1 ? *)', 1 / 12],
    ['rate(1 minute)', 43_830],
    ['cron(* * * * ? *)', 43_830],
  ])('of %s are %d', (expression, runs) => {
    expect(runsPerMonth(schedule(expression))).toBeCloseTo(runs, 1);
  });

  it('are none where a schedule does not repeat', () => {
    expect(runsPerMonth(schedule('at(2028-03-01T03:00:00)'))).toBe(0);
    expect(runsPerMonth(schedule('at(2020-03-01T03:00:00)'))).toBe(0);
  });
});

describe('what a plan keeps in the end', () => {
  it.each([
    ['rate(1 day)', { last: 3 }, 3],
    ['rate(1 day)', { daily: 7 }, 7],
    ['rate(1 hour)', { daily: 7 }, 7],
    ['rate(6 hours)', { within: '2d' }, 8],
    ['rate(1 day)', { yearly: 3 }, 3],
    ['rate(1 day)', { minimum: 5, last: 2 }, 5],
    ['cron(0 3 1 * ? *)', { daily: 7 }, 7],
    ['rate(5 minutes)', { hourly: 24, yearly: 10 }, 33],
  ] as const)('%s with %o are %d', (expression, rules, count) => {
    expect(kept(expression, rules)).toHaveLength(count);
  });

  it.each([
    [24 * hour, 'rate(1 day)', 1200, { last: 3, daily: 7, weekly: 4, monthly: 12, yearly: 2 }],
    [24 * hour, 'rate(1 day)', 500, { within: '10d', withinWeekly: '3m', monthly: 6 }],
    [6 * hour, 'rate(6 hours)', 1500, { hourly: 12, daily: 14, within: '2d', weekly: 8 }],
    [7 * 24 * hour, 'rate(7 days)', 300, { daily: 3, monthly: 12, yearly: 3 }],
  ] as const)('every %d ms, %s, is what rotations after each of %d backups leave, with %o', (...given) => {
    const [interval, expression, count, rules] = given;
    expect(kept(expression, rules)).toEqual(rotateAlong(interval, count, rules));
  });

  it('is nothing for a plan that runs once', () => {
    expect(kept('at(2028-03-01T03:00:00)', { daily: 7 })).toEqual([]);
  });
});

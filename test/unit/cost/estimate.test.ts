import { assert, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Assumptions, estimateCost, totalUsd } from '../../../functions/cost/estimate.ts';
import { storedGib } from '../../../functions/cost/snapshots.ts';
import { toRetentionPolicy } from '../../../functions/retention/policy.ts';
import { aConfig } from '../../support/configs.ts';
import { aPlan, auroraByIds, ec2ByIds, rdsByIds } from '../../support/plans.ts';

const day = 86_400_000;
const assuming = (overrides: Partial<Assumptions> = {}): Assumptions => ({
  gib: 100,
  dailyChange: 0.02,
  sources: () => 1,
  ...overrides,
});
/** One machine every day, of which a week is kept. */
const small = aConfig({ region: 'us-east-1', plans: { fleet: aPlan({ sources: [ec2ByIds('i-1')] }) } });
const usd = (config = small, assumptions = assuming()) => {
  const { items, snapshots } = estimateCost(config, assumptions);
  return Object.fromEntries([...items, ...snapshots].map((item) => [item.what, item.usd]));
};
const total = (config = small, assumptions = assuming()): number => {
  const { items, snapshots } = estimateCost(config, assumptions);
  return totalUsd([...items, ...snapshots]);
};

describe('the cost of a month', () => {
  it('is that of hand-computed alarms, dashboard and snapshots', () => {
    // Two alarms for each of seven functions, one more for each of three workers, seven of the plan: 24 of $0.10.
    // Seven copies of 100 GiB that change by 2 % a day: 112 GiB of $0.05.
    expect(usd()).toMatchObject({
      alarms: expect.closeTo(2.4, 10),
      dashboard: 3,
      'fleet: ec2': expect.closeTo(5.6, 10),
    });
  });

  it('charges a metric by the hours in which it is sent', () => {
    // Seven metrics in 30.4 hours of backups, seven in 60.9 of rotations, of the 730.5 hours of a month: 0.875 of $0.30.
    expect(usd().metrics).toBeCloseTo(0.2625, 6);
  });

  it('of a plan that runs once has no alarm of its age and no snapshots that add up', () => {
    const once = aPlan({
      sources: [ec2ByIds('i-1')],
      schedule: { expression: 'at(2028-01-01T00:00:00)', timezone: 'UTC' },
    });
    expect(usd({ ...small, plans: { fleet: once } })).toMatchObject({
      alarms: expect.closeTo(2.3, 10),
      'fleet: ec2': 0,
    });
  });

  it('uses the prices of the Region where they are known, says whose they are, and takes a price that is given', () => {
    const of = (region: string, snapshotPrice?: number) => {
      const { prices, snapshots } = estimateCost(
        { ...small, region },
        assuming(snapshotPrice === undefined ? {} : { snapshotPrice }),
      );
      return [prices.region, Math.round(totalUsd(snapshots) * 1000) / 1000];
    };
    expect(of('eu-west-1')).toEqual(['eu-west-1', 5.6]);
    expect(of('eu-west-2')).toEqual(['eu-west-2', 5.936]);
    expect(of('af-south-1')).toEqual(['us-east-1', 5.6]);
    expect(of('af-south-1', 0.06)).toEqual(['us-east-1', 6.72]);
  });

  it('names every kind of a plan once, with all of its sources', () => {
    const sources = [ec2ByIds('i-1'), ec2ByIds('i-2', 'i-3'), rdsByIds('a'), auroraByIds('b')];
    const config = { ...small, plans: { all: aPlan({ name: 'all', sources }) } };
    const { snapshots } = estimateCost(
      config,
      assuming({ sources: (_, { select }) => Object.values(select).flat().length }),
    );
    expect(
      snapshots.map(({ kind, sources: count, recoveryPoints }) => [kind, count, recoveryPoints]),
    ).toEqual([
      ['ec2', 3, 7],
      ['rds', 1, 7],
      ['aurora', 1, 7],
    ]);
  });

  it('never gets less with more sources, more on them, more change, more backups kept or another plan', () => {
    const given = record({
      sources: integer({ min: 0, max: 3_000 }),
      gib: double({ min: 0.1, max: 10_000, noNaN: true }),
      dailyChange: double({ min: 0, max: 0.9, noNaN: true }),
      daily: integer({ min: 1, max: 60 }),
      more: integer({ min: 1, max: 100 }),
    });
    assert(
      property(given, ({ sources, gib, dailyChange, daily, more }) => {
        const retention = (count: number) =>
          toRetentionPolicy({ daily: count, minimum: 1, maxDeletePercent: 50, partialKeep: '7d' });
        const config = (count: number) => ({
          ...small,
          plans: {
            fleet: aPlan({
              sources: [ec2ByIds('i-1'), rdsByIds('a'), auroraByIds('b')],
              retention: retention(count),
            }),
          },
        });
        const assumptions = { gib, dailyChange, sources: () => sources };
        const before = total(config(daily), assumptions);
        const after = [
          total(config(daily), { ...assumptions, sources: () => sources + more }),
          total(config(daily), { ...assumptions, gib: gib + more }),
          total(config(daily), { ...assumptions, dailyChange: dailyChange + more / 1000 }),
          total(config(daily + more), assumptions),
          total(
            { ...small, plans: { ...config(daily).plans, other: aPlan({ name: 'other' }) } },
            assumptions,
          ),
        ];
        for (const each of after) expect(each).toBeGreaterThanOrEqual(before - 1e-9);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the storage of copies', () => {
  const times = [0, day, 2 * day];

  it('is a whole one and what has changed since, day by day', () => {
    expect(storedGib('ec2', times, { gib: 100, dailyChange: 0.02 })).toBeCloseTo(104, 10);
    expect(storedGib('rds', [0, 7 * day], { gib: 50, dailyChange: 0.1 })).toBeCloseTo(
      50 * (2 - 0.9 ** 7),
      10,
    );
  });

  it('is never more than a whole one each, however long the time between them', () => {
    expect(storedGib('ec2', [0, 1000 * day], { gib: 100, dailyChange: 0.5 })).toBeCloseTo(200, 6);
    expect(storedGib('ec2', times, { gib: 100, dailyChange: 1 })).toBe(300);
  });

  it('is a whole one each for Aurora', () => {
    expect(storedGib('aurora', times, { gib: 100, dailyChange: 0 })).toBe(300);
  });

  it('is nothing where there are none', () => {
    expect(storedGib('ec2', [], { gib: 100, dailyChange: 0.02 })).toBe(0);
  });
});

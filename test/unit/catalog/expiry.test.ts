import { describe, expect, it } from 'vitest';
import { backupExpiries } from '../../../functions/catalog/expiry.ts';
import type { Plan } from '../../../functions/plan/config.ts';
import { toTimestamp } from '../../../functions/shared/clock.ts';
import { day, policy, RotationBench } from '../../support/rotation-bench.ts';

const now = '2026-11-20T12:00:00Z';
const daily = { expression: 'cron(0 2 * * ? *)', timezone: 'UTC' };

/** `<slot day>: <expiry>`, newest first. */
async function expiriesOf(
  plan: Partial<Plan>,
  fill: (bench: RotationBench) => Promise<unknown>,
): Promise<string[]> {
  const bench = new RotationBench({ now, plan: { schedule: daily, ...plan } });
  await fill(bench);
  const expiries = backupExpiries(await bench.ledger.history('fleet'), bench.plan, Date.parse(now));
  const lines = [...expiries].map(([id, expiry]) => {
    const when = expiry.kind === 'at' ? toTimestamp(expiry.time) : expiry.kind;
    return `${id.slice(11, 21)}: ${when}`;
  });
  return lines.sort().reverse();
}

describe('when the policy lets a backup go', () => {
  it('is the run of the schedule after which no rule keeps it', async () => {
    expect(await expiriesOf(policy({ daily: 3 }), (bench) => bench.addEvery(24, 4, day(0)))).toEqual([
      '2026_11_20: 2026-11-23T02:00:00Z',
      '2026_11_19: 2026-11-22T02:00:00Z',
      '2026_11_18: 2026-11-21T02:00:00Z',
      '2026_11_17: now',
    ]);
  });

  it('is not before the locks have ended that the backup was sealed with', async () => {
    const protection = { lock: { days: 3, mode: 'governance' } } as const;
    const expiries = await expiriesOf(policy({ last: 1 }), async (bench) => {
      for (const age of [4, 3, 1, 0]) await bench.add({ slot: day(age), protection });
    });
    expect(expiries).toEqual([
      '2026_11_20: 2026-11-23T02:00:00Z',
      '2026_11_19: 2026-11-22T02:00:00Z',
      '2026_11_17: now',
      '2026_11_16: now',
    ]);
  });

  it('is not known while a hold stands', async () => {
    const expiries = await expiriesOf(policy({ daily: 1 }), async (bench) => {
      const { backup_id } = await bench.add({ slot: day(1) });
      await bench.add({ slot: day(0) });
      await bench.ledger.recordHold({
        ...{ metadata_version: 2, backup_id, plan: 'fleet', action: 'hold', reason: 'audit' },
        ...{ created_at: now, who: 'ops', snapkeep_version: '1' },
      });
    });
    expect(expiries).toEqual(['2026_11_20: 2026-11-21T02:00:00Z', '2026_11_19: held']);
  });

  it('is never for the last copies of a source that the newest backup does not have', async () => {
    const expiries = await expiriesOf(policy({ last: 1 }), async (bench) => {
      await bench.add({ slot: day(1), sources: ['i-1', 'i-gone'] });
      await bench.add({ slot: day(0) });
    });
    expect(expiries).toEqual(['2026_11_20: 2026-11-21T02:00:00Z', '2026_11_19: never']);
  });

  it('is when a newer complete one is old enough, for a partial backup of an application', async () => {
    const expiries = await expiriesOf({ application: 'gitlab', ...policy({ last: 30 }) }, async (bench) => {
      await bench.add({ slot: day(9), sources: ['i-1'], failed: ['i-2'] });
      await bench.add({ slot: day(8), sources: ['i-1', 'i-2'] });
      await bench.add({ slot: day(4), sources: ['i-1'], failed: ['i-2'] });
      await bench.add({ slot: day(3), sources: ['i-1', 'i-2'] });
      await bench.add({ slot: day(0), sources: ['i-1'], failed: ['i-2'] });
    });
    expect(expiries.filter((line) => /_(20|16|11):/.test(line))).toEqual([
      '2026_11_20: 2026-11-28T02:00:00Z',
      '2026_11_16: 2026-11-24T02:00:00Z',
      '2026_11_11: now',
    ]);
  });

  it('is never when the schedule has no further run', async () => {
    const schedule = { expression: 'at(2026-11-20T02:00:00)', timezone: 'UTC' };
    expect(
      await expiriesOf({ schedule, ...policy({ last: 1 }) }, (bench) => bench.add({ slot: day(0) })),
    ).toEqual(['2026_11_20: never']);
  });

  it('is reckoned once for the sources of a fleet that have the same timeline', async () => {
    const sources = Array.from({ length: 400 }, (_, n) => `i-${n}`);
    const started = performance.now();
    const expiries = await expiriesOf(
      {
        schedule: { expression: 'cron(0 * * * ? *)', timezone: 'UTC' },
        ...policy({ hourly: 24, yearly: 5 }),
      },
      async (bench) => {
        await bench.add({ slot: day(1), sources: [...sources, 'i-gone'] });
        await bench.add({ slot: day(0), sources: sources.slice(1), failed: sources.slice(0, 1) });
      },
    );
    expect(expiries).toEqual(['2026_11_20: 2026-11-27T13:00:00Z', '2026_11_19: never']);
    // Each simulation alone takes some 50 ms.
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

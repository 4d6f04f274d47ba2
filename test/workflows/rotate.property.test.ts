import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toTimestamp } from '../../functions/shared/clock.ts';
import { backupIdOf } from '../../functions/shared/names.ts';
import { naiveRotation, type PastRun, type RotationCase } from '../support/naive-rotation.ts';
import { durationOf, policyOf } from '../support/retention-cases.ts';
import { amiOf, caller, RotationBench } from '../support/rotation-bench.ts';

const hour = 3_600_000;
const now = Date.parse('2026-11-20T12:34:00Z');
const sources = ['i-1', 'i-2', 'i-3'];

const states = fc.constantFrom(
  'available',
  'available',
  'available',
  'available',
  'failed',
  'vanished',
  undefined,
);

/** Runs of the last weeks at odd hours, of machines that come and go. */
const runsArbitrary: fc.Arbitrary<PastRun[]> = fc
  .uniqueArray(
    fc.record({
      hoursAgo: fc.integer({ min: 0, max: 30 * 24 }),
      held: fc.nat(9).map((n) => n === 0),
      states: fc.tuple(states, states, states),
    }),
    { minLength: 1, maxLength: 14, selector: ({ hoursAgo }) => hoursAgo, size: 'max' },
  )
  .map((runs) =>
    runs.flatMap(({ hoursAgo, held, states }): PastRun[] => {
      const slot = Date.parse('2026-11-20T12:00:00Z') - hoursAgo * hour;
      const copies = sources.flatMap((source, index) => {
        const state = states[index];
        return state ? [{ id: amiOf(toTimestamp(slot), source), source, state }] : [];
      });
      return copies.length > 0 ? [{ slot, held, copies }] : [];
    }),
  );

const count = (most: number) => fc.oneof(fc.constant(0), fc.integer({ min: 1, max: most }));

const cases: fc.Arbitrary<RotationCase> = fc
  .record({
    runs: runsArbitrary,
    application: fc.boolean(),
    last: count(4),
    daily: count(5),
    weekly: count(3),
    within: fc.nat(6),
    partialKeep: fc.integer({ min: 1, max: 12 }),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
  })
  .map(({ runs, application, last, daily, weekly, within, partialKeep, timezone }) => ({
    runs,
    application,
    timezone,
    now,
    policy: policyOf({
      ...{ last: Math.max(last, daily + weekly + within === 0 ? 1 : 0), daily, weekly },
      within: durationOf({ days: within }),
      partialKeep: durationOf({ days: partialKeep }),
      maxDeletePercent: 100,
    }),
  }));

async function benchOf({ runs, application, policy, timezone }: RotationCase): Promise<RotationBench> {
  const bench = new RotationBench({
    now: toTimestamp(now),
    plan: {
      ...(application ? { application: 'gitlab' } : {}),
      schedule: { expression: 'rate(1 hour)', timezone },
      retention: policy,
    },
  });
  for (const { slot, held, copies } of runs) {
    const time = toTimestamp(slot);
    const of = (...wanted: string[]) =>
      copies.filter(({ state }) => wanted.includes(state)).map(({ source }) => source);
    await bench.add({ slot: time, sources: of('available', 'vanished'), failed: of('failed') });
    for (const { id, state } of copies) if (state === 'vanished') bench.ec2.copies.delete(id);
    const backup_id = backupIdOf(time, 'fleet');
    const about = {
      metadata_version: 2,
      backup_id,
      plan: 'fleet',
      created_at: time,
      who: caller,
      snapkeep_version: '1',
    } as const;
    if (held) await bench.ledger.recordHold({ ...about, action: 'hold', reason: 'audit' });
  }
  return bench;
}

describe('a rotation of random pasts', () => {
  it('leaves what the naive model keeps, and the snapshots of nothing else but damage', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (question) => {
        const bench = await benchOf(question);
        const expected = naiveRotation(question);
        await bench.rotate();
        expect(bench.left()).toEqual([...expected].sort());
        const damaged = question.runs.flatMap(({ copies }) =>
          copies.filter(({ state }) => state === 'vanished').map(({ id }) => `snap-${id}`),
        );
        const available = [...expected].filter((id) => bench.ec2.copies.get(id)?.state === 'available');
        expect([...bench.ec2.snapshots.keys()].sort()).toEqual(
          [...available.map((id) => `snap-${id}`), ...damaged].sort(),
        );
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('changes nothing when it is run again', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (question) => {
        const bench = await benchOf(question);
        await bench.rotate();
        const left = { copies: bench.left(), keys: [...bench.vault.documents.keys()] };
        expect(await bench.rotate()).toMatchObject({ state: 'idle' });
        expect({ copies: bench.left(), keys: [...bench.vault.documents.keys()] }).toEqual(left);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it('never takes the newest complete backup, nor the newest copy of any source, however small its guard is set', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 100 }), async (question, maxDeletePercent) => {
        const bench = await benchOf({ ...question, policy: { ...question.policy, maxDeletePercent } });
        const { digest, refusals } = await bench.assess();
        const unconfirmed = await bench.rotate();
        expect(unconfirmed.state === 'refused').toBe(refusals.length > 0);
        if (unconfirmed.state === 'refused') await bench.rotate(digest);
        const left = new Set(bench.left());
        const newestFirst = question.runs.toSorted((a, b) => b.slot - a.slot);
        const complete = newestFirst.find(({ copies }) => copies.every(({ state }) => state === 'available'));
        // In a fleet every source is a group of its own, and the newest of each is looked at below.
        if (question.application) for (const { id } of complete?.copies ?? []) expect(left).toContain(id);
        for (const source of sources) {
          const copies = newestFirst.flatMap((run) => run.copies);
          const newest = copies.find((copy) => copy.source === source && copy.state === 'available');
          if (newest) expect(left).toContain(newest.id);
        }
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

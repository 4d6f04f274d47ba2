import { describe, expect, it } from 'vitest';
import { amiOf, caller, day, policy, RotationBench, table } from '../support/rotation-bench.ts';

const now = '2026-11-20T12:00:00Z';

describe('holds', () => {
  const hold = (backup_id: string, action: 'hold' | 'unhold') => ({
    metadata_version: 2 as const,
    backup_id,
    plan: 'fleet',
    action,
    reason: 'audit 2026',
    created_at: now,
    who: caller,
    snapkeep_version: '1',
  });

  it('keep a backup whatever the policy says, until the last entry lets it go', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    const old = await bench.add({ slot: day(3) });
    await bench.add({ slot: day(0) });
    await bench.ledger.recordHold(hold(old.backup_id, 'hold'));
    expect(table(await bench.assess())[1]).toBe(`${amiOf(day(3))}: keep, hold: audit 2026`);
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
    await bench.ledger.recordHold(hold(old.backup_id, 'unhold'));
    expect(await bench.rotate()).toMatchObject({ removed: 1 });
  });

  it('count also when they are placed after the decision and before the removal', async () => {
    const bench = new RotationBench({
      now,
      plan: policy({ last: 1 }),
      reporter: {
        decided: () => void bench.ledger.recordHold(hold(old.backup_id, 'hold')),
        progress() {},
        finished: async () => undefined,
      },
    });
    const old = await bench.add({ slot: day(3) });
    await bench.add({ slot: day(0) });
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 0, kept: 1 });
    expect(bench.left()).toHaveLength(2);
  });
});

describe('the guards of a rotation', () => {
  it('refuse to take more than half of a group, until a person confirms exactly these decisions', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.addEvery(24, 5, day(0));
    const refused = await bench.rotate();
    expect(refused).toMatchObject({
      state: 'refused',
      removed: 0,
      refusals: [
        '4 of the 5 recovery points of ec2/i-1 would go; one run may take 2 (maxDeletePercent is 50)',
      ],
    });
    expect(bench.left()).toHaveLength(5);
    expect([...bench.vault.documents.keys()].some((key) => key.includes('rotations'))).toBe(false);
    expect(await bench.rotate('000000000000')).toMatchObject({ state: 'refused', removed: 0 });
    bench.clock.advance(3_600_000);
    expect(await bench.rotate(refused.digest)).toMatchObject({ state: 'done', removed: 4 });
  });

  it('refuse a digest that was printed for other decisions, also when none is needed', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 3 }) });
    await bench.addEvery(24, 4, day(0));
    const { digest } = await bench.assess();
    await bench.add({ slot: '2026-11-20T11:00:00Z' });
    const result = await bench.rotate(digest);
    expect(result.state).toBe('refused');
    expect(result.refusals[0]).toMatch(/not the confirmed/);
    expect(bench.left()).toHaveLength(5);
  });

  it('let one point of a group go however small the group is', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1, maxDeletePercent: 1 }) });
    await bench.addEvery(24, 2, day(0));
    expect(await bench.rotate()).toMatchObject({ removed: 1 });
  });

  it('delete nothing when a listing could not be finished', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.addEvery(24, 2, day(0));
    bench.ec2.failure = Object.assign(new Error('page 2 failed'), { name: 'InternalError' });
    await expect(bench.rotate()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(
        /could not be listed completely, so nothing is deleted: InternalError: page 2 failed/,
      ),
    });
    expect(bench.left()).toHaveLength(2);
  });

  it('delete nothing of a plan that is no longer in the configuration', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.addEvery(24, 2, day(0));
    const { fleet: _, ...plans } = bench.deps.backup.plans;
    Object.assign(bench.deps.backup, { plans });
    await expect(bench.rotate()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/no longer in the configuration/),
    });
    expect(bench.left()).toHaveLength(2);
  });
});

describe('what the service cannot remove at once', () => {
  it('is postponed, written down with its reason, and removed by a later run', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.addEvery(24, 2, day(0));
    const reason = 'its deregistration protection ends at 2026-11-21T12:00:00Z';
    bench.ec2.outcomes.set(amiOf(day(1)), { state: 'postponed', reason });
    const first = await bench.rotate();
    expect(first).toMatchObject({
      state: 'done',
      removed: 0,
      kept: 0,
      postponed: 1,
      notes: [`${amiOf(day(1))}: ${reason}`],
    });
    expect(bench.vault.documents.get(`ledger/fleet/rotations/${first.run}/result.json`)).toMatchObject({
      postponed: [{ id: amiOf(day(1)), reason }],
    });
    bench.ec2.outcomes.clear();
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 1, postponed: 0 });
  });

  it('is kept with what is left of it when something of it has to stay', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.addEvery(24, 2, day(0));
    const left = [`snap-${amiOf(day(1))}`];
    bench.ec2.outcomes.set(amiOf(day(1)), { state: 'kept', reason: 'used by ami-other', left });
    const { run, kept } = await bench.rotate();
    expect(kept).toBe(1);
    expect(bench.vault.documents.get(`ledger/fleet/rotations/${run}/result.json`)).toMatchObject({
      removed: [],
      kept: [{ id: amiOf(day(1)), reason: 'used by ami-other', left }],
    });
  });

  it('does not end a rotation of very many: their obstacles are looked at while the removing goes on', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1, maxDeletePercent: 100 }) });
    const sources = Array.from({ length: 260 }, (_, n) => `i-${n}`);
    await bench.addEvery(24, 3, day(0), sources);
    const locked = amiOf(day(1), 'i-7');
    bench.ec2.obstaclesById.set(locked, [
      { kind: 'locked', id: locked, reason: 'locked until 2026-12-01T00:00:00Z' },
    ]);
    const assessment = await bench.assess();
    expect(assessment).toMatchObject({ obstaclesAsked: false, refusals: [] });
    expect(bench.ec2.calls.obstacles).toBe(0);
    expect(await bench.rotate()).toMatchObject({
      removed: 519,
      kept: 0,
      postponed: 1,
      notes: [expect.stringContaining('locked until')],
    });
    expect(bench.left()).toHaveLength(261);
  });
});

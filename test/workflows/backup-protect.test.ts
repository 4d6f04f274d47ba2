import { describe, expect, it } from 'vitest';
import type { ProtectOutcome } from '../../functions/drivers/driver.ts';
import { aClock, backupBench, slot } from '../support/backup-bench.ts';
import { FakeDriver, type FakeDriverOptions } from '../support/fake-driver.ts';
import { aPlan, ec2ByTags, rdsByIds } from '../support/plans.ts';

const protect = {
  lockSnapshots: { days: 14, mode: 'compliance', coolOffHours: 24 },
  deregistrationProtection: 'with-cooldown',
} as const;
const plan = aPlan({ protect, sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db')] });
const intended = {
  lock: { days: 14, mode: 'compliance', cool_off_hours: 24 },
  deregistration: 'with-cooldown',
};
const ids = (count: number) => Array.from({ length: count }, (_, n) => `i-${String(n).padStart(3, '0')}`);

function aBench(options: Partial<FakeDriverOptions> = {}, of = plan) {
  const clock = aClock();
  const driver = new FakeDriver({ clock, ids: ids(3), copySeconds: 20, ...options });
  const databases = new FakeDriver({ kind: 'rds', clock, ids: ['circle-db'], copySeconds: 20 });
  return { clock, driver, ...backupBench({ clock, drivers: [driver, databases], plan: of }) };
}

describe('a backup of a plan that asks for protection', () => {
  it('protects every available copy that can be protected, and marks it at its start', async () => {
    const bench = aBench();
    const manifest = await bench.run();
    expect(manifest).toMatchObject({ status: 'completed', warnings: [] });
    expect([...bench.driver.protections.values()]).toEqual([intended, intended, intended]);
    expect(bench.driver.marked.size).toBe(3);
    expect((await bench.ledger.readIntent('fleet', manifest.backup_id))?.protection).toEqual(intended);
    for (const point of manifest.recovery_points) expect(point).not.toHaveProperty('unprotected');
  });

  it('protects what is available while it waits for the rest', async () => {
    const protectedAt: Record<string, number> = {};
    const note = (id: string): undefined => {
      protectedAt[id] = (bench.clock.now() - begun) / 1000;
    };
    const bench = aBench({ copySecondsOf: { 'i-001': 3600 }, refuseProtection: note });
    const begun = bench.clock.now();
    await bench.run();
    expect(protectedAt['i-000']).toBeLessThan(60);
    expect(protectedAt['i-001']).toBeGreaterThanOrEqual(3600);
    // Once each, however often was polled.
    expect(bench.driver.calls.protect).toBe(2);
  });

  it('protects nothing while the application rests', async () => {
    const calls: string[] = [];
    const resting = { ...plan, application: 'gitlab' };
    const clock = aClock();
    const driver = new FakeDriver({
      ...{ clock, ids: ids(3), copySeconds: 20 },
      // The content is fixed long after a copy is available: what an application would have to wait for.
      fixedSeconds: 5,
      copySecondsOf: { 'i-000': 1 },
      refuseProtection: () => {
        calls.push('protect');
        return undefined;
      },
    });
    const databases = new FakeDriver({ kind: 'rds', clock, ids: ['circle-db'], copySeconds: 20 });
    const bench = backupBench({
      ...{ clock, plan: resting, drivers: [driver, databases] },
      hooks: {
        quiesce: async () => ({ consistency: 'application', covers: ['ec2'], limitSeconds: 60 }),
        resume: async () => {
          calls.push('resume');
        },
      },
    });
    const manifest = await bench.run();
    expect(manifest.consistency).toBe('crash');
    expect(calls).toEqual(['resume', 'protect', 'protect', 'protect']);
  });

  it('leaves the copies of a plan without it alone', async () => {
    const bench = aBench({}, aPlan());
    const manifest = await bench.run();
    expect(bench.driver.calls.protect).toBe(0);
    expect(bench.driver.marked.size).toBe(0);
    expect(await bench.ledger.readIntent('fleet', manifest.backup_id)).not.toHaveProperty('protection');
  });

  it('marks nothing for locks alone, which no rotation may lift', async () => {
    const bench = aBench({}, { ...plan, protect: { lockSnapshots: { days: 1, mode: 'governance' } } });
    await bench.run();
    expect(bench.driver.protections.size).toBe(3);
    expect(bench.driver.marked.size).toBe(0);
  });

  it('is as complete as any other when a copy cannot be protected, and says so', async () => {
    const refused = (id: string): ProtectOutcome | undefined =>
      id === 'i-001' ? { state: 'refused', id: 'copy-1', reason: 'UnauthorizedOperation: no' } : undefined;
    const bench = aBench({ refuseProtection: refused });
    const manifest = await bench.run();
    expect(manifest).toMatchObject({
      status: 'completed',
      warnings: ['ec2/i-001 is not protected as the plan asks: UnauthorizedOperation: no'],
      errors: [],
    });
    expect(manifest.recovery_points[1]).toMatchObject({ unprotected: 'UnauthorizedOperation: no' });
    expect(bench.driver.protections.size).toBe(2);
    expect(bench.driver.calls.protect).toBe(1);
  });

  it('asks again for what has to wait, and gives up after some tries', async () => {
    const wait = (id: string, tries: number): ProtectOutcome | undefined =>
      (id === 'i-001' && tries < 3) || id === 'i-002'
        ? { state: 'wait', id: `copy-${id.at(-1)}`, reason: 'RequestLimitExceeded' }
        : undefined;
    const bench = aBench({ refuseProtection: wait });
    const before = bench.clock.now();
    const manifest = await bench.run();
    expect([...bench.driver.protections.keys()].sort()).toEqual(['copy-0', 'copy-1']);
    expect(manifest.warnings).toEqual(['ec2/i-002 is not protected as the plan asks: RequestLimitExceeded']);
    // Once while polling, and then until nothing is tried any more.
    expect(bench.driver.calls.protect).toBe(7);
    expect(bench.clock.now() - before).toBeLessThan(180_000);
  });

  it('goes on when nobody can be asked at all', async () => {
    const bench = aBench({
      refuseProtection: () => {
        throw new Error('socket hang up');
      },
    });
    const manifest = await bench.run();
    expect(manifest.status).toBe('completed');
    expect(manifest.warnings).toHaveLength(3);
    expect(manifest.warnings[0]).toBe('ec2/i-000 is not protected as the plan asks: socket hang up');
  });

  it('goes over a large fleet in batches, some of which wait, and names twenty of many failures', async () => {
    const waitOnce = (id: string, tries: number): ProtectOutcome | undefined =>
      tries === 1 && id.endsWith('7') ? { state: 'wait', id: '', reason: 'RequestLimitExceeded' } : undefined;
    const fleet = { ...plan, sources: [ec2ByTags({ Backup: 'yes' })] };
    const byIndex = (id: string, tries: number): ProtectOutcome | undefined => {
      const outcome = waitOnce(id, tries);
      return outcome && { ...outcome, id: `copy-${Number(id.slice(2))}` };
    };
    const bench = aBench({ ids: ids(180), refuseProtection: byIndex }, fleet);
    expect((await bench.run()).warnings).toEqual([]);
    expect(bench.driver.protections.size).toBe(180);
    // Four batches, and one of those that had to wait.
    expect(bench.driver.calls.protect).toBe(5);

    const refuse = (id: string): ProtectOutcome => ({
      state: 'refused',
      id: `copy-${Number(id.slice(2))}`,
      reason: `no permission ${'x'.repeat(500)}`,
    });
    const manifest = await aBench({ ids: ids(180), refuseProtection: refuse }, fleet).run();
    expect(manifest.warnings).toHaveLength(21);
    expect(manifest.warnings.at(-1)).toBe('160 more are not protected as the plan asks');
  });

  it('protects the copies of a divided backup as well', async () => {
    const fleet = { ...plan, sources: [ec2ByTags({ Backup: 'yes' })] };
    const bench = aBench({ ids: ids(1010) }, fleet);
    const manifest = await bench.run();
    expect(manifest).toMatchObject({ status: 'completed', warnings: [] });
    expect(bench.driver.protections.size).toBe(1010);
  });

  it('fits its checkpoints when not one of a full share can be protected', async () => {
    const fleet = { ...plan, sources: [ec2ByTags({ Backup: 'yes' })] };
    const refuse = (id: string): ProtectOutcome => ({
      state: 'refused',
      id: `copy-${Number(id.slice(2))}`,
      reason: 'ö'.repeat(500),
    });
    const manifest = await aBench({ ids: ids(501), refuseProtection: refuse }, fleet).run();
    expect(manifest.status).toBe('completed');
    expect(manifest.warnings).toHaveLength(21);
  });

  it('goes on as the intent says, whatever the configuration says by now', async () => {
    const first = aBench();
    await first.ledger.recordIntent({
      ...(await intentOf(first)),
      protection: { lock: { days: 3, mode: 'governance' } },
    });
    await first.run();
    expect([...first.driver.protections.values()][0]).toEqual({ lock: { days: 3, mode: 'governance' } });
  });
});

/** What the first step of a run would have written. */
async function intentOf(bench: ReturnType<typeof aBench>) {
  const { deps } = bench;
  const { sources } = await bench.driver.discover();
  return {
    metadata_version: 2 as const,
    backup_id: `${Date.parse(slot) / 1000}_2026_11_20_fleet`,
    deployment: deps.deployment,
    plan: 'fleet',
    slot,
    created_at: slot,
    deadline: '2026-11-20T14:00:00Z',
    application: null,
    sources: sources.map(({ source, relaunch }) => ({ source, relaunch, copy_name: 'first' })),
    missing: [],
    snapkeep_version: '0.0.0-test',
  };
}

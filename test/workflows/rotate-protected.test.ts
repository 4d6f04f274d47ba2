/** Backups that are locked and protected, and the rotations that follow them: nothing goes early, and nothing by halves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Protection } from '../../functions/plan/config.ts';
import { slotOf } from '../../functions/shared/names.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import type { RotateResult } from '../../functions/workflows/rotate/ports.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { Mortality, ProcessDied } from '../support/mortal-process.ts';
import { aPlan } from '../support/plans.ts';
import { rotationOf } from '../support/rotating-cloud.ts';
import { policy } from '../support/rotation-bench.ts';

const interval = 8 * 3_600_000;
const volumes = [
  { device: '/dev/xvda', sizeGiB: 8 },
  { device: '/dev/sdf', sizeGiB: 50 },
];

const protections: fc.Arbitrary<Protection> = fc
  .record({
    days: fc.integer({ min: 1, max: 3 }),
    coolOffHours: fc.option(fc.integer({ min: 1, max: 72 }), { nil: undefined }),
    deregistrationProtection: fc.option(fc.constantFrom('with-cooldown', 'without-cooldown'), {
      nil: undefined,
    }),
  })
  .map(({ days, coolOffHours, deregistrationProtection }) => ({
    lockSnapshots:
      coolOffHours === undefined ? { days, mode: 'governance' } : { days, mode: 'compliance', coolOffHours },
    ...(deregistrationProtection === undefined ? {} : { deregistrationProtection }),
  }));

describe('rotation of protected backups', () => {
  it('removes each whole once its lock and its cooldown have ended, and none before', async () => {
    await fc.assert(
      fc.asyncProperty(protections, fc.integer({ min: 1, max: 3 }), async (protect, last) => {
        await live(protect, last);
      }),
      { numRuns: 6 },
    );
  }, 120_000);

  it('says of what is locked when it can go', async () => {
    const protect: Protection = { lockSnapshots: { days: 2, mode: 'governance' } };
    const plan = aPlan({ name: 'ci', protect, ...policy({ last: 1, maxDeletePercent: 100 }) });
    const cloud = await startCloud({ snapshotSeconds: 20 });
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    const process = startProcess(cloud, { plans: [plan] });
    for (const slot of ['2026-11-20T02:00:00Z', '2026-11-20T10:00:00Z'])
      await process.engine().run(backupWorkflow(process.deps), { plan: 'ci', slot });
    cloud.clock.advance(interval);
    const { assessment } = await assess(rotationOf(process), 'ci');
    expect(assessment.decisions).toMatchObject([
      { remove: false, reasons: ['last'] },
      {
        remove: false,
        reasons: [expect.stringMatching(/^snap-\w+ is locked until 2026-11-22T02:0\d:\d\dZ/)],
      },
    ]);
    process.clients.destroy();
    await cloud.close();
  });
});

describe('a rotation of protected backups whose process dies', () => {
  it('at any point is finished by the next one, also when it has lifted a protection and not come further', async () => {
    const undisturbed = await rotateAndDie(undefined);
    expect(undisturbed).toMatchObject({ images: 1, snapshots: 2, findings: 0, kept: 0 });
    expect(undisturbed.points).toBeGreaterThan(20);
    for (let point = 0; point < undisturbed.points; point += 1) {
      const { died, points: _, ...outcome } = await rotateAndDie(point);
      expect({ point, died, ...outcome }).toEqual({
        ...{ point, died: true, images: 1, snapshots: 2, findings: 0, kept: 0, internalErrors: [] },
      });
    }
  }, 120_000);
});

/** Two backups whose locks have ended, of which one is kept; the rotation dies at a point and is run again. */
async function rotateAndDie(at: number | undefined) {
  const protect: Protection = {
    lockSnapshots: { days: 1, mode: 'compliance' },
    deregistrationProtection: 'without-cooldown',
  };
  const plan = aPlan({ name: 'ci', protect, ...policy({ last: 1, maxDeletePercent: 100 }) });
  const cloud = await startCloud({ snapshotSeconds: 1 });
  cloud.sandbox.ec2.seed(region).addInstance({ volumes, tags: { Backup: 'yes' } });
  const mortality = new Mortality(at);
  const first = startProcess(cloud, { plans: [plan] });
  const second = startProcess(cloud, { plans: [plan] });
  try {
    for (const slot of ['2026-11-20T02:00:00Z', '2026-11-20T10:00:00Z'])
      await second.engine().run(backupWorkflow(second.deps), { plan: 'ci', slot });
    cloud.clock.advance(6 * interval);
    mortality.watch(first.clients);
    const engine = first.engine({ onCheckpoint: mortality.onCheckpoint });
    await engine.run(rotateWorkflow(rotationOf(first)), { plan: 'ci' }).catch((error: unknown) => {
      if (!mortality.died && !(error instanceof ProcessDied)) throw error;
    });
    const { findings, kept } = await second.engine().run(rotateWorkflow(rotationOf(second)), { plan: 'ci' });
    expectWhole(cloud);
    const { images, snapshots } = cloud.sandbox.ec2.region(region);
    const { internalErrors } = cloud.sandbox;
    const { points, died } = mortality;
    return { points, died, images: images.size, snapshots: snapshots.size, findings, kept, internalErrors };
  } finally {
    for (const { clients } of [first, second]) clients.destroy();
    await cloud.close();
  }
}

/** Five days of backups, each followed by a rotation, and the days until everything but the last ones is gone. */
async function live(protect: Protection, last: number): Promise<void> {
  const cloud = await startCloud({ snapshotSeconds: 20 });
  const plan = aPlan({ name: 'ci', protect, ...policy({ last, maxDeletePercent: 100 }) });
  const seed = cloud.sandbox.ec2.seed(region);
  seed.addInstance({ volumes, tags: { Backup: 'yes' } });
  const process = startProcess(cloud, { plans: [plan] });
  const results: RotateResult[] = [];
  const rotate = async () => {
    results.push(await process.engine().run(rotateWorkflow(rotationOf(process)), { plan: 'ci' }));
    expectWhole(cloud);
  };
  try {
    const bounds = new Map<string, number>();
    for (let run = 0; run < 15; run += 1) {
      const slot = slotOf(cloud.clock.now());
      const { status } = await process.engine().run(backupWorkflow(process.deps), { plan: 'ci', slot });
      expect(status).toBe('completed');
      for (const { id, lock } of cloud.sandbox.ec2.region(region).snapshots.values()) {
        expect(lock, `${id} has no lock`).toBeDefined();
        bounds.set(id, lock?.expiresAt ?? Number.POSITIVE_INFINITY);
      }
      await rotate();
      expectNothingEarly(cloud, bounds);
      cloud.clock.advance(interval);
    }
    for (let run = 0; run < 15; run += 1) {
      await rotate();
      expectNothingEarly(cloud, bounds);
      cloud.clock.advance(interval);
    }
    const { images, snapshots } = cloud.sandbox.ec2.region(region);
    expect([images.size, snapshots.size]).toEqual([last, 2 * last]);
    for (const { kept, findings, refusals } of results)
      expect({ kept, findings, refusals }).toEqual({ kept: 0, findings: 0, refusals: [] });
    expect(results.at(-1)?.state).toBe('idle');
    expect(cloud.sandbox.internalErrors).toEqual([]);
  } finally {
    process.clients.destroy();
    await cloud.close();
  }
}

/** Every image has both of its snapshots, and no snapshot is without its image. */
function expectWhole({ sandbox }: Cloud): void {
  const { images, snapshots } = sandbox.ec2.region(region);
  const needed = [...images.values()].flatMap(({ devices }) =>
    devices.flatMap(({ snapshot }) => snapshot?.id ?? []),
  );
  expect(needed).toHaveLength(2 * images.size);
  expect([...snapshots.keys()].sort()).toEqual(needed.sort());
}

function expectNothingEarly({ sandbox, clock }: Cloud, bounds: ReadonlyMap<string, number>): void {
  const { snapshots } = sandbox.ec2.region(region);
  const early = [...bounds].filter(([id, end]) => !snapshots.has(id) && end > clock.now());
  expect(early).toEqual([]);
}

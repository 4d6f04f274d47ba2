import { describe, expect, it } from 'vitest';
import { CheckpointStore } from '../../functions/engine/store.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { account, bucket, type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { Mortality, ProcessDied } from '../support/mortal-process.ts';
import { aPlan, auroraByIds, ec2ByTags, rdsByIds } from '../support/plans.ts';

const input = { plan: 'five', slot: '2026-11-20T02:00:00Z' };
const plan = aPlan({
  name: 'five',
  sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db'), auroraByIds('shop')],
  protect: {
    lockSnapshots: { days: 14, mode: 'compliance', coolOffHours: 24 },
    deregistrationProtection: 'with-cooldown',
  },
});

describe('a protected backup of five sources whose process dies', () => {
  it('before or after any cloud call or checkpoint, ends complete when it is run again, with nothing left over', async () => {
    const undisturbed = await runAndDie(undefined, 'lost');
    expect(undisturbed.points).toBeGreaterThan(30);
    expect(undisturbed.outcome.warnings).toEqual([]);
    expect(undisturbed.outcome.protections).toEqual(Array(3).fill({ kind: 'on', cooldown: true }));
    expect(undisturbed.outcome.locks).toEqual(Array(3).fill(['compliance', 14]));
    let deaths = 0;
    for (const checkpoints of ['lost', 'kept'] as const) {
      for (let point = 0; point < undisturbed.points; point += 1) {
        const run = await runAndDie(point, checkpoints);
        const where = `death at point ${point}, checkpoints ${checkpoints}`;
        expect(run.internalErrors, where).toEqual([]);
        expect(run.outcome, where).toEqual(undisturbed.outcome);
        if (run.died) deaths += 1;
      }
    }
    expect(deaths).toBe(2 * undisturbed.points);
    process.stdout.write(`died and recovered at ${deaths} points of a backup of five sources\n`);
  }, 300_000);
});

async function runAndDie(at: number | undefined, checkpoints: 'lost' | 'kept') {
  const cloud = await startCloud({ snapshotSeconds: 20 });
  try {
    const seed = cloud.sandbox.ec2.seed(region);
    for (const suffix of ['1', '2', '3'])
      seed.addInstance({ id: `i-000000000000000${suffix}f`, tags: { Backup: 'yes' } });
    cloud.sandbox.rds.seed(account, region).addInstance({ id: 'circle-db' });
    cloud.sandbox.rds.seed(account, region).addCluster({ id: 'shop', members: [{ id: 'shop-1' }] });

    const mortality = new Mortality(at);
    const store = new CheckpointStore();
    const first = startProcess(cloud, { plans: [plan] });
    mortality.watch(first.clients);
    try {
      await first
        .engine({ store, onCheckpoint: mortality.onCheckpoint })
        .run(backupWorkflow(first.deps), input);
    } catch (error) {
      if (!mortality.died && !(error instanceof ProcessDied)) throw error;
      const second = startProcess(cloud, { plans: [plan] });
      const engine = second.engine(checkpoints === 'kept' ? { store } : {});
      await engine.run(backupWorkflow(second.deps), input);
      second.clients.destroy();
    } finally {
      first.clients.destroy();
    }
    return {
      points: mortality.points,
      died: mortality.died,
      outcome: await outcomeOf(cloud),
      internalErrors: cloud.sandbox.internalErrors,
    };
  } finally {
    await cloud.close();
  }
}

/** What is in the cloud afterwards, and whether the sealed manifest names all of it. */
async function outcomeOf(cloud: Cloud) {
  const { ledger, clients } = startProcess(cloud, { plans: [plan] });
  const backups = await ledger.listBackups();
  const manifest = await ledger.readManifest('five', backups[0]?.backupId ?? '');
  clients.destroy();
  const images = cloud.sandbox.ec2.region(region);
  const databases = cloud.sandbox.rds.inspect(account, region);
  const made = [...images.images.keys(), ...databases.snapshots.keys(), ...databases.clusterSnapshots.keys()];
  const points = manifest?.recovery_points ?? [];
  const snapshots = points.flatMap((point) => (point.status === 'available' ? point.snapshots : []));
  return {
    backups,
    status: manifest?.status,
    sources: points.map(({ source }) => source.id),
    warnings: manifest?.warnings,
    protections: [...images.images.values()].map(({ protection }) => protection),
    locks: [...images.snapshots.values()].map(({ lock }) => [lock?.mode, lock?.durationDays]),
    unnamed: made.filter((id) => !points.some((point) => point.id === id)),
    unnamedSnapshots: [...images.snapshots.keys()].filter((id) => !snapshots.includes(id)),
    made: made.length,
    keys: cloud.sandbox.s3.keys(bucket),
  };
}

import { describe, expect, it } from 'vitest';
import { CheckpointStore } from '../../functions/engine/store.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { account, bucket, type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { Mortality, ProcessDied } from '../support/mortal-process.ts';
import { aPlan, ec2ByTags, rdsByIds } from '../support/plans.ts';
import { rotationOf } from '../support/rotating-cloud.ts';
import { policy } from '../support/rotation-bench.ts';

const plan = aPlan({
  name: 'pair',
  sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db')],
  ...policy({ last: 1, maxDeletePercent: 100 }),
});
const input = { plan: 'pair' };
const slot = '2026-11-20T02:00:00Z';

describe('a rotation whose process dies', () => {
  it('before or after any cloud call or checkpoint, is finished by the next one, with nothing left over', async () => {
    const undisturbed = await rotateAndDie(undefined, 'lost');
    expect(undisturbed.points).toBeGreaterThan(30);
    expect(undisturbed.outcome).toMatchObject({
      images: 1,
      snapshots: 1,
      databases: 1,
      unsealed: [],
      findings: [],
    });
    let deaths = 0;
    // With its checkpoints a process has less to do again, so every third point says enough.
    for (const [checkpoints, stride] of [['lost', 1] as const, ['kept', 3] as const]) {
      for (let point = 0; point < undisturbed.points; point += stride) {
        const run = await rotateAndDie(point, checkpoints);
        const where = `death at point ${point}, checkpoints ${checkpoints}`;
        expect(run.internalErrors, where).toEqual([]);
        expect(run.outcome, where).toEqual(undisturbed.outcome);
        if (run.died) deaths += 1;
      }
    }
    expect(deaths).toBe(undisturbed.points + Math.ceil(undisturbed.points / 3));
    process.stdout.write(`died and recovered at ${deaths} points of a rotation\n`);
  }, 300_000);
});

/** Rotates over a new backup and an older one that crashed before it was sealed: it is completed, then removed. */
async function rotateAndDie(at: number | undefined, checkpoints: 'lost' | 'kept') {
  const cloud = await startCloud({ snapshotSeconds: 1 });
  try {
    await makeHistory(cloud);
    const mortality = new Mortality(at);
    const store = new CheckpointStore();
    const first = startProcess(cloud, { plans: [plan] });
    mortality.watch(first.clients);
    try {
      await first
        .engine({ store, onCheckpoint: mortality.onCheckpoint })
        .run(rotateWorkflow(rotationOf(first)), input);
    } catch (error) {
      if (!mortality.died && !(error instanceof ProcessDied)) throw error;
      const second = startProcess(cloud, { plans: [plan] });
      const engine = second.engine(checkpoints === 'kept' ? { store } : {});
      await engine.run(rotateWorkflow(rotationOf(second)), input);
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

async function makeHistory(cloud: Cloud): Promise<void> {
  cloud.sandbox.ec2.seed(region).addInstance({ id: 'i-00000000000000001', tags: { Backup: 'yes' } });
  cloud.sandbox.rds.seed(account, region).addInstance({ id: 'circle-db' });
  const { engine, deps, clients } = startProcess(cloud, { plans: [plan] });
  await engine().run(backupWorkflow(deps), { plan: 'pair', slot });
  const onCheckpoint = ({ name }: { name: string }) => {
    if (name.endsWith('available')) throw new ProcessDied();
  };
  const crashed = engine({ onCheckpoint }).run(backupWorkflow(deps), {
    plan: 'pair',
    slot: '2026-11-17T02:00:00Z',
  });
  await expect(crashed).rejects.toThrow(ProcessDied);
  clients.destroy();
  cloud.clock.advance(2 * 86_400_000);
}

/** What is in the cloud afterwards, and what a further look would find to do. */
async function outcomeOf(cloud: Cloud) {
  const observer = startProcess(cloud, { plans: [plan] });
  const { assessment } = await assess(rotationOf(observer), 'pair');
  const backups = await observer.ledger.listBackups();
  observer.clients.destroy();
  const { images, snapshots } = cloud.sandbox.ec2.region(region);
  return {
    images: images.size,
    snapshots: snapshots.size,
    databases: cloud.sandbox.rds.inspect(account, region).snapshots.size,
    unsealed: backups.filter(({ sealed }) => !sealed),
    decisions: assessment.decisions.map(({ remove, backupId, sourceKey }) => [backupId, sourceKey, remove]),
    findings: assessment.findings,
    manifests: cloud.sandbox.s3.keys(bucket).filter((key) => key.endsWith('backup_information.json')),
  };
}

import { describe, expect, it } from 'vitest';
import { CheckpointStore } from '../../functions/engine/store.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { account, region, startCloud, startProcess } from '../support/cloud.ts';
import { Mortality, ProcessDied } from '../support/mortal-process.ts';
import { aPlan, ec2ByTags, rdsByIds } from '../support/plans.ts';
import {
  oldMachine,
  type RestoringCloud,
  startRestore,
  startRestoringCloud,
} from '../support/restoring-cloud.ts';

type Checkpoints = 'lost' | 'kept';

describe('a restore whose process dies', () => {
  it('before or after any cloud call or checkpoint, ends with one machine and one database when it is run again', async () => {
    const undisturbed = await runAndDie(plainCloud, undefined, 'lost');
    expect(undisturbed.points).toBeGreaterThan(80);
    expect(undisturbed.outcome.machines).toHaveLength(1);
    let deaths = 0;
    for (const checkpoints of ['lost', 'kept'] as const) {
      for (let point = 0; point < undisturbed.points; point += 1) {
        const run = await runAndDie(plainCloud, point, checkpoints);
        const where = `death at point ${point}, checkpoints ${checkpoints}`;
        expect(run.internalErrors, where).toEqual([]);
        expect(run.outcome, where).toEqual(undisturbed.outcome);
        if (run.died) deaths += 1;
      }
    }
    expect(deaths).toBe(2 * undisturbed.points);
    process.stdout.write(`died and recovered at ${deaths} points of a restore\n`);
  }, 300_000);

  it('while it works inside the machine, ends with the same files and an application that answers', async () => {
    const undisturbed = await runAndDie(startRestoringCloud, undefined, 'lost');
    expect(undisturbed.outcome.status).toBe('completed');
    // The others stand in the test above; each of these runs scripts on a machine, which takes seconds.
    const stride = Math.ceil(undisturbed.points / 7);
    for (let point = stride; point < undisturbed.points; point += stride) {
      const run = await runAndDie(startRestoringCloud, point, point % 2 === 0 ? 'lost' : 'kept');
      expect(run.died, `point ${point}`).toBe(true);
      expect(run.outcome, `point ${point}`).toEqual(undisturbed.outcome);
    }
  }, 300_000);
});

/** A machine and a database of a plan without an application, and a backup of both. */
async function plainCloud(): Promise<RestoringCloud> {
  const cloud = await startCloud({ snapshotSeconds: 20 });
  cloud.sandbox.ec2.seed(region).addInstance({ id: oldMachine, tags: { Backup: 'yes' } });
  cloud.sandbox.rds.seed(account, region).addInstance({ id: 'circle-db' });
  const plan = aPlan({ name: 'plain', sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db')] });
  const { deps, engine, clients } = startProcess(cloud, { plans: [plan] });
  await engine().run(backupWorkflow(deps), { plan: plan.name, slot: '2026-11-20T02:00:00Z' });
  clients.destroy();
  return { ...cloud, plan };
}

async function runAndDie(
  start: () => Promise<RestoringCloud>,
  at: number | undefined,
  checkpoints: Checkpoints,
) {
  const cloud = await start();
  const { plan } = cloud;
  try {
    const mortality = new Mortality(at);
    const store = new CheckpointStore();
    const first = startRestore(cloud, { plan });
    mortality.watch(first.clients);
    try {
      await first.run({}, 'one', { store, onCheckpoint: mortality.onCheckpoint });
    } catch (error) {
      if (!mortality.died && !(error instanceof ProcessDied)) throw error;
      const second = startRestore(cloud, { plan });
      await second.run({}, 'one', checkpoints === 'kept' ? { store } : {});
      second.clients.destroy();
    } finally {
      first.clients.destroy();
    }
    const last = startRestore(cloud, { plan });
    const report = await last.report();
    last.clients.destroy();
    const made = [...cloud.sandbox.ec2.region(region).instances.values()].filter(({ tags }) =>
      tags.has('snapkeep:restore'),
    );
    const databases = [...cloud.sandbox.rds.inspect(account, region).instances.keys()];
    return {
      points: mortality.points,
      died: mortality.died,
      internalErrors: cloud.sandbox.internalErrors,
      outcome: {
        status: report.status,
        attempt: report.attempt,
        machines: made.map(({ tags }) => tags.get('snapkeep:source')),
        old: cloud.sandbox.ec2.region(region).instances.get(oldMachine)?.tags.size,
        databases: databases.length,
        steps: report.steps.map(({ name, result }) => `${name} ${result}`),
        files: report.files,
        addresses: report.addresses.map(({ what, old }) => `${what} ${old}`),
        checks: report.checks,
      },
    };
  } finally {
    await cloud.close();
  }
}

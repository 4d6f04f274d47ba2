import { documentedRates } from '../../functions/clients/request-rates.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { region, startCloud, startProcess } from '../support/cloud.ts';
import { aPlan } from '../support/plans.ts';
import { rotationOf } from '../support/rotating-cloud.ts';
import { policy } from '../support/rotation-bench.ts';
import type { Figure } from './figure.ts';

const instances = 500;
const backups = 11;
const deletions = instances * (backups - 1);
const functionTimeoutSeconds = 900;

/** 5,000 deletions under the documented token buckets, product and sandbox in this process, on a virtual clock. */
export async function rotationOf5000(): Promise<Figure[]> {
  const plan = aPlan(policy({ last: 1, maxDeletePercent: 100 }));
  const cloud = await startCloud({ snapshotSeconds: 1, ec2: { pendingSnapshotsPerAccount: 'unlimited' } });
  try {
    const seed = cloud.sandbox.ec2.seed(region);
    for (let n = 0; n < instances; n += 1) seed.addInstance({ tags: { Backup: 'yes' } });
    const past = startProcess(cloud, { plans: [plan] });
    for (let n = backups - 1; n >= 0; n -= 1) {
      const slot = `2026-11-${20 - n}T02:00:00Z`;
      await past.engine().run(backupWorkflow(past.deps), { plan: 'fleet', slot });
    }
    past.clients.destroy();

    cloud.sandbox.throttle.configure({ enabled: true });
    const product = startProcess(cloud, { plans: [plan], rates: documentedRates });
    cloud.clock.advance(3_600_000);
    const before = countCalls(cloud.sandbox.requests.counts());
    const begun = performance.now();
    const begunAt = cloud.clock.now();
    let invokedAt = begunAt;
    let longest = 0;
    const engine = product.engine({
      onCheckpoint({ name, phase }) {
        if (phase === 'before' || !name.includes('/pause-')) return;
        longest = Math.max(longest, cloud.clock.now() - invokedAt);
        invokedAt = cloud.clock.now();
      },
    });
    const result = await engine.run(rotateWorkflow(rotationOf(product)), { plan: 'fleet' });
    const seconds = (cloud.clock.now() - begunAt) / 1000;
    const calls = countCalls(cloud.sandbox.requests.counts());
    const { operations, invocations } = engine.statistics();
    product.clients.destroy();
    const { images, snapshots } = cloud.sandbox.ec2.region(region);
    return [
      { name: 'time over the minimum', value: seconds / ((deletions - 100) / 5), limit: 1.1, unit: 'x' },
      { name: 'not removed', value: deletions - result.removed, limit: 0, unit: '' },
      {
        name: 'AMIs and snapshots left over',
        value: images.size + snapshots.size - 2 * instances,
        limit: 0,
        unit: '',
      },
      {
        name: 'throttled answers',
        value: (100 * (calls.throttled - before.throttled)) / (calls.all - before.all),
        limit: 2,
        unit: '%',
      },
      { name: 'longest invocation', value: longest / 1000, limit: functionTimeoutSeconds, unit: 's' },
      { name: 'durable operations', value: operations, limit: 3000, unit: '' },
      { name: 'invocations', value: invocations, unit: '' },
      { name: 'API calls per deletion', value: (calls.all - before.all) / deletions, unit: '' },
      { name: 'wall time', value: (performance.now() - begun) / 1000, unit: 's' },
    ];
  } finally {
    await cloud.close();
  }
}

function countCalls(
  services: Readonly<Record<string, Readonly<Record<string, { count: number; throttled: number }>>>>,
) {
  const actions = Object.values(services).flatMap((service) => Object.values(service));
  return {
    all: actions.reduce((sum, { count }) => sum + count, 0),
    throttled: actions.reduce((sum, { throttled }) => sum + throttled, 0),
  };
}

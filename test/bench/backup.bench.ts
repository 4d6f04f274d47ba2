import { documentedRates, unpaced } from '../../functions/clients/request-rates.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { bucket, region, startCloud, startProcess } from '../support/cloud.ts';
import { aPlan } from '../support/plans.ts';
import type { Figure } from './figure.ts';

interface Scenario {
  readonly instances: number;
  readonly latencyMilliseconds?: number;
  readonly throttle?: boolean;
  readonly pendingSnapshots?: number;
  readonly snapshotSeconds?: number;
}

interface Run {
  readonly failed: number;
  readonly calls: number;
  readonly throttled: number;
  readonly wallSeconds: number;
  /** On the virtual clock, from the intent to the seal. */
  readonly clockSeconds: number;
  readonly peakBytes: number;
}

const slot = '2026-11-20T02:00:00Z';

/** One backup of a fleet, product and sandbox in this process, on a virtual clock. */
async function backUp(scenario: Scenario): Promise<Run> {
  const cloud = await startCloud({
    snapshotSeconds: scenario.snapshotSeconds ?? 120,
    latencyMilliseconds: scenario.latencyMilliseconds ?? 0,
    throttle: scenario.throttle ?? false,
    ec2: { pendingSnapshotsPerAccount: scenario.pendingSnapshots ?? 'unlimited' },
  });
  try {
    const seed = cloud.sandbox.ec2.seed(region);
    for (let n = 0; n < scenario.instances; n += 1) seed.addInstance({ tags: { Backup: 'yes' } });
    const product = startProcess(cloud, {
      plans: [aPlan()],
      rates: scenario.throttle ? documentedRates : unpaced,
    });
    const begun = performance.now();
    const { backupId } = await product.engine().run(backupWorkflow(product.deps), { plan: 'fleet', slot });
    const wallSeconds = (performance.now() - begun) / 1000;
    const actions = Object.values(cloud.sandbox.requests.counts()).flatMap((service) =>
      Object.values(service),
    );
    const manifest = await product.ledger.readManifest('fleet', backupId);
    if (!manifest || manifest.recovery_points.length !== scenario.instances) {
      throw new Error(`s3://${bucket} does not name ${scenario.instances} recovery points`);
    }
    product.clients.destroy();
    return {
      failed: manifest.errors.length,
      calls: actions.reduce((sum, { count }) => sum + count, 0),
      throttled: actions.reduce((sum, { throttled }) => sum + throttled, 0),
      wallSeconds,
      clockSeconds: (Date.parse(manifest.completed_at) - Date.parse(manifest.started_at)) / 1000,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    await cloud.close();
  }
}

/** 300 instances, 30 ms per call, neither throttled nor paced: how chatty and how quick. */
export async function fleetOf300(): Promise<Figure[]> {
  const run = await backUp({ instances: 300, latencyMilliseconds: 30 });
  return [
    { name: 'API calls', value: run.calls, limit: 1.2 * 300 + 25, unit: '' },
    { name: 'wall time', value: run.wallSeconds, limit: 4, unit: 's' },
    { name: 'failed sources', value: run.failed, limit: 0, unit: '' },
  ];
}

/** 1,000 instances under the documented token buckets: how close to what the service allows. */
export async function fleetOf1000Paced(): Promise<Figure[]> {
  const snapshotSeconds = 120;
  const run = await backUp({ instances: 1000, throttle: true, snapshotSeconds });
  const minimum = (1000 - 50) / 5 + snapshotSeconds;
  return [
    { name: 'time over the minimum', value: run.clockSeconds / minimum, limit: 1.1, unit: 'x' },
    { name: 'throttled answers', value: (100 * run.throttled) / run.calls, limit: 2, unit: '%' },
    { name: 'failed sources', value: run.failed, limit: 0, unit: '' },
  ];
}

/** The same with at most 100 snapshots pending: it may take longer, nothing may fail. */
export async function fleetOf1000WithPendingQuota(): Promise<Figure[]> {
  const run = await backUp({ instances: 1000, throttle: true, pendingSnapshots: 100 });
  return [
    { name: 'failed sources', value: run.failed, limit: 0, unit: '' },
    { name: 'time on the clock', value: run.clockSeconds / 60, unit: 'min' },
    { name: 'API calls per source', value: run.calls / 1000, unit: '' },
  ];
}

/** 3,000 instances, product and sandbox in one process. */
export async function fleetOf3000(): Promise<Figure[]> {
  const run = await backUp({ instances: 3000 });
  return [
    { name: 'peak memory', value: run.peakBytes / 2 ** 20, limit: 350, unit: 'MiB' },
    { name: 'failed sources', value: run.failed, limit: 0, unit: '' },
    { name: 'wall time', value: run.wallSeconds, unit: 's' },
  ];
}

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  backupOperations,
  metricsSent,
  pollsPerBackup,
  rotationOperations,
} from '../../functions/cost/usage.ts';
import { type Cloud, region, startCloud } from '../support/cloud.ts';
import { deploy } from '../support/deployed.ts';
import { aPlan } from '../support/plans.ts';
import { capturePrinted, type Printed } from '../support/printed.ts';

let cloud: Cloud;
let printed: Printed;

beforeEach(async () => {
  // Then the images take about a quarter of an hour, as the estimate assumes.
  cloud = await startCloud({ snapshotSeconds: 8 * 60 });
  printed = capturePrinted();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await cloud.close();
});

/** The names of all metrics of a plan that stand in the log. */
const metricNames = (): string[] =>
  printed
    .metrics()
    .flatMap(({ _aws }) => _aws.CloudWatchMetrics[0].Metrics)
    .map(({ Name }) => Name);

it('reckons with the operations and metrics that a backup of 120 machines and its rotation really have', async () => {
  const seed = cloud.sandbox.ec2.seed(region);
  for (let index = 0; index < 120; index += 1) seed.addInstance({ tags: { Backup: 'yes' } });
  const plan = aPlan();
  const deployed = await deploy(cloud, [plan]);
  await deployed.run('backupWorker', { plan: plan.name, slot: '2026-11-20T02:00:00Z' });
  await deployed.settled();
  deployed.clients.destroy();

  const [rotation, backup] = deployed.executions.toSorted((a, b) => (a.worker < b.worker ? 1 : -1));
  expect([backup?.ended.status, rotation?.ended.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  const expected = backupOperations(plan, 120);
  expect(expected).toBeGreaterThan(pollsPerBackup);
  expect(backup?.operations).toBeGreaterThan(expected * 0.8);
  expect(backup?.operations).toBeLessThanOrEqual(expected);
  expect(rotation?.operations).toBeLessThanOrEqual(rotationOperations);

  const names = [...new Set(metricNames())];
  const ofRotations = names.filter((name) => /^Rotation|^LastComplete/.test(name));
  expect([names.length - ofRotations.length, ofRotations.length], names.join(' ')).toEqual([
    metricsSent.backup,
    metricsSent.rotation,
  ]);
});

import { DisableImageCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { account, type Cloud, type Process, region, startCloud, startProcess } from '../support/cloud.ts';
import { aPlan, auroraByIds, ec2ByTags, rdsByIds } from '../support/plans.ts';
import { rotationOf } from '../support/rotating-cloud.ts';
import { policy } from '../support/rotation-bench.ts';

const plan = aPlan({
  name: 'ci',
  application: 'gitlab',
  sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db'), auroraByIds('shop')],
  ...policy({ last: 2, maxDeletePercent: 100 }),
});

let cloud: Cloud;
let product: Process;
beforeEach(async () => {
  cloud = await startCloud({ snapshotSeconds: 1 });
  cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
  cloud.sandbox.rds.seed(account, region).addInstance({ id: 'circle-db' });
  cloud.sandbox.rds.seed(account, region).addCluster({ id: 'shop', members: [{ id: 'shop-1' }] });
  product = startProcess(cloud, { plans: [plan] });
  for (const day of [16, 17, 18, 19, 20]) {
    await product
      .engine()
      .run(backupWorkflow(product.deps), { plan: 'ci', slot: `2026-11-${day}T02:00:00Z` });
  }
  cloud.clock.advance(60_000);
});
afterEach(async () => {
  product.clients.destroy();
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
});

function copiesLeft() {
  const { images, snapshots } = cloud.sandbox.ec2.region(region);
  const databases = cloud.sandbox.rds.inspect(account, region);
  return {
    images: images.size,
    snapshots: snapshots.size,
    databases: databases.snapshots.size,
    clusters: databases.clusterSnapshots.size,
  };
}
const rotate = (process = product) =>
  process.engine().run(rotateWorkflow(rotationOf(process)), { plan: 'ci' });

describe('a rotation over EC2, RDS and Aurora', () => {
  it('removes whole backups with all that belongs to them, disabled AMIs as well', async () => {
    const [oldest] = cloud.sandbox.ec2.region(region).images.keys();
    await product.clients.ec2.send(new DisableImageCommand({ ImageId: oldest }));
    const { assessment } = await assess(rotationOf(product), 'ci');
    expect(assessment.decisions.filter(({ remove }) => remove).map(({ kind }) => kind)).toEqual(
      Array.from({ length: 3 }, () => ['ec2', 'rds', 'aurora']).flat(),
    );
    expect(await rotate()).toMatchObject({ state: 'done', removed: 9, kept: 0, postponed: 0, findings: 0 });
    expect(copiesLeft()).toEqual({ images: 2, snapshots: 2, databases: 2, clusters: 2 });
    expect(await rotate()).toMatchObject({ state: 'idle' });
  });

  it('does no harm when it is run twice at once', async () => {
    const others = [startProcess(cloud, { plans: [plan] }), startProcess(cloud, { plans: [plan] })];
    const results = await Promise.all([product, ...others].map(rotate));
    expect(results.map(({ kept, findings }) => [kept, findings])).toEqual(results.map(() => [0, 0]));
    expect(copiesLeft()).toEqual({ images: 2, snapshots: 2, databases: 2, clusters: 2 });
    expect(await rotate()).toMatchObject({ state: 'idle', findings: 0 });
    for (const { clients } of others) clients.destroy();
  });

  it('takes no harm from answers that are lost', async () => {
    for (const [service, action] of [
      ['ec2', 'DeregisterImage'],
      ['rds', 'DeleteDBSnapshot'],
      ['s3', 'PutObject'],
    ] as const) {
      cloud.sandbox.faults.add({
        service,
        action,
        code: 'InternalError',
        cut: true,
        when: 'after',
        times: 1,
      });
    }
    expect(await rotate()).toMatchObject({ state: 'done', kept: 0, findings: 0 });
    expect(copiesLeft()).toEqual({ images: 2, snapshots: 2, databases: 2, clusters: 2 });
    expect(await rotate()).toMatchObject({ state: 'idle', findings: 0 });
  });
});

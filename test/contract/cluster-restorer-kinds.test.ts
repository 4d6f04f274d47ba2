import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AvailablePoint } from '../../functions/catalog/documents.ts';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { createAuroraClusterDriver } from '../../functions/drivers/aurora-cluster/driver.ts';
import { createAuroraClusterRestorer } from '../../functions/drivers/aurora-cluster/restorer.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, type Cloud, region, startCloud } from '../support/cloud.ts';
import { startRestoringClients } from '../support/restorer-world.ts';

let cloud: Cloud;
let clients: AwsClients;
beforeEach(async () => {
  cloud = await startCloud({ snapshotSeconds: 60 });
  clients = startRestoringClients(cloud);
});
afterEach(async () => {
  clients.destroy();
  await cloud.close();
});

const pass = (): void => {
  cloud.clock.advance(120_000);
  cloud.sandbox.world.settle();
};

/** An order for a fresh copy of a cluster, as its driver recorded it. */
async function orderFor(id: string) {
  const driver = createAuroraClusterDriver({
    ...{ rds: clients.rds, region, account: async () => account, logger: silentLogger },
  });
  const { sources } = await driver.discover({
    selections: [{ kind: 'aurora', select: { identifiers: [id] } }],
    withApplication: false,
  });
  const run = { deployment: 'prod-eu', plan: 'shop', backupId: '1795140000_2026_11_20_shop' };
  const source = { kind: 'aurora' as const, id, region };
  const relaunch = JSON.parse(JSON.stringify(sources[0]?.relaunch ?? {}));
  const slot = '2026-11-20T02:00:00Z';
  const started = await driver.start({ ...run, source, relaunch, reboot: false, slot, attempt: 1 });
  if (started.state !== 'started') throw new Error(`no copy was made: ${started.state}`);
  pass();
  const point: AvailablePoint = {
    ...{ source, relaunch, status: 'available', consistency: 'crash', created_at: slot },
    ...{ id: started.id, name: started.name, snapshots: [], bytes: 0 },
  };
  return { identity: { ...run, restoreId: 'restore-1' }, point };
}
const instances = () => cloud.sandbox.rds.inspect(account, region).instances;

it('a Multi-AZ DB cluster makes its three instances itself and is available when they are', async () => {
  cloud.sandbox.rds.seed(account, region).addCluster({ id: 'pg', engine: 'postgres' });
  const order = await orderFor('pg');
  const restorer = createAuroraClusterRestorer(clients);
  expect(restorer.describe(order)).toHaveLength(1);
  expect(await restorer.start(order)).toMatchObject({ state: 'started' });
  expect(await restorer.poll(order)).toMatchObject({ state: 'pending' });
  pass();
  const standing = await restorer.poll(order);
  expect(standing).toMatchObject({ state: 'available' });
  expect(standing.state === 'available' && standing.endpoints.map(({ what }) => what)).toEqual([
    'endpoint',
    'reader endpoint',
    ...Array.from({ length: 3 }, () => 'member endpoint'),
  ]);
  expect(cloud.sandbox.requests.countsOf('rds', 'CreateDBInstance').count).toBe(0);
});

it('a cluster is not available before its members are, and the writer stays the writer', async () => {
  cloud.sandbox.rds.seed(account, region).addCluster({
    id: 'shop',
    members: [{ id: 'shop-z' }, { id: 'shop-a', instanceClass: 'db.r7g.large' }],
  });
  const order = await orderFor('shop');
  const restorer = createAuroraClusterRestorer(clients);
  await restorer.start(order);
  pass();
  expect(await restorer.poll(order)).toEqual({ state: 'pending', detail: '0 of 2 members' });
  pass();
  const standing = await restorer.poll(order);
  expect(standing).toMatchObject({ state: 'available' });
  const target = restorer.targetId(order);
  expect(instances().get(`${target}-1`)?.isWriter).toBe(true);
  const members = standing.state === 'available' ? standing.endpoints.slice(2) : [];
  expect(members.map(({ old, new: fresh }) => [old.split('.')[0], fresh.split('.')[0]])).toEqual([
    ['shop-z', `${target}-1`],
    ['shop-a', `${target}-2`],
  ]);
});

it('a member that has the name of somebody else, or went wrong, fails the restore', async () => {
  const seed = cloud.sandbox.rds.seed(account, region);
  seed.addCluster({ id: 'shop' });
  const order = await orderFor('shop');
  const restorer = createAuroraClusterRestorer(clients);
  const foreign = `${restorer.targetId(order)}-1`;
  seed.addInstance({ id: foreign });
  await restorer.start(order);
  pass();
  expect(await restorer.poll(order)).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining(`${foreign} exists and is no member`),
  });
  instances().delete(foreign);
  await restorer.poll(order);
  pass();
  const member = instances().get(foreign);
  if (member) member.status = 'incompatible-parameters';
  expect(await restorer.poll(order)).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('incompatible-parameters'),
  });
});

import {
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  DeleteDBSnapshotCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { account, type RdsWorld, region, snapshotSeconds, startRdsWorld } from '../support/rds-world.ts';

let world: RdsWorld;
const seed = () => world.rds.seed(account, region);
beforeEach(async () => {
  world = await startRdsWorld();
  seed().addInstance({ id: 'circle-db', storage: { allocatedGib: 40 }, tags: { Role: 'db' } });
});
afterEach(() => world.close());

const create = (id: string, instance = 'circle-db', tags: Record<string, string> = {}) =>
  world.client.send(
    new CreateDBSnapshotCommand({
      DBInstanceIdentifier: instance,
      DBSnapshotIdentifier: id,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
const describeOne = async (id: string) =>
  (await world.client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }))).DBSnapshots?.[0];
const statusOf = async (id: string) =>
  (await world.client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }))).DBInstances?.[0]
    ?.DBInstanceStatus;

describe('a manual DB snapshot', () => {
  it('goes from creating to available on the sandbox clock while its instance shows backing-up', async () => {
    const { DBSnapshot: made } = await create('first', 'circle-db', { 'snapkeep:source': 'rds/circle-db' });
    expect(made).toMatchObject({
      DBSnapshotIdentifier: 'first',
      DBSnapshotArn: `arn:aws:rds:${region}:${account}:snapshot:first`,
      Status: 'creating',
      PercentProgress: 0,
      AllocatedStorage: 40,
      TagList: [{ Key: 'snapkeep:source', Value: 'rds/circle-db' }],
    });
    expect(await statusOf('circle-db')).toBe('backing-up');
    world.passSeconds(snapshotSeconds / 2);
    expect(await describeOne('first')).toMatchObject({ Status: 'creating', PercentProgress: 50 });
    world.passSeconds(snapshotSeconds / 2);
    const done = await describeOne('FIRST');
    expect(done).toMatchObject({ Status: 'available', PercentProgress: 100 });
    expect(done?.SnapshotCreateTime).toEqual(new Date('2026-11-20T02:00:00Z'));
    expect(await statusOf('circle-db')).toBe('available');
  });

  it('is refused for every state but available', async () => {
    for (const status of ['stopped', 'modifying', 'creating', 'inaccessible-encryption-credentials']) {
      seed().addInstance({ id: `db-${status}`, status });
      await expect(create(`of-${status}`, `db-${status}`)).rejects.toMatchObject({
        name: 'InvalidDBInstanceStateFault',
        $metadata: { httpStatusCode: 400 },
      });
    }
    await create('one');
    await expect(create('two')).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    expect(world.rds.inspect(account, region).snapshots.size).toBe(1);
  });

  it('is refused for a member of a cluster, with a pointer to the cluster API', async () => {
    seed().addCluster({ id: 'shop', members: [{ id: 'shop-writer' }] });
    await expect(create('of-member', 'shop-writer')).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('CreateDBClusterSnapshot'),
    });
  });

  it('is refused by the documented codes for names that are malformed, too long or in use, and for no instance', async () => {
    for (const name of ['1st', 'a--b', 'a-', 'a_b', '-a', 'ä', 'a'.repeat(256)]) {
      await expect(create(name)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    }
    await create('b'.repeat(255));
    world.passSeconds(snapshotSeconds);
    await expect(create('B'.repeat(255))).rejects.toMatchObject({ name: 'DBSnapshotAlreadyExistsFault' });
    await expect(create('of-nothing', 'nothing')).rejects.toMatchObject({
      name: 'DBInstanceNotFoundFault',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('is refused beyond the quota of the account, which can be changed at run time', async () => {
    world.rds.limits.manualSnapshots = 1;
    await create('one');
    world.passSeconds(snapshotSeconds);
    await expect(create('two')).rejects.toMatchObject({ name: 'SnapshotQuotaExceededFault' });
    world.rds.limits.manualSnapshots = 2;
    await create('two');
  });

  it('ends as failed when told to, and can then be deleted', async () => {
    world.rds.faults.failSnapshotsOf.set('circle-db', 1);
    await create('broken');
    world.passSeconds(snapshotSeconds);
    expect(await describeOne('broken')).toMatchObject({ Status: 'failed' });
    await world.client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'broken' }));
    await create('sound');
    world.passSeconds(snapshotSeconds);
    expect(await describeOne('sound')).toMatchObject({ Status: 'available' });
  });

  it('cannot be made with a key that RDS lost, noticed or not yet', async () => {
    seed().addInstance({ id: 'sealed', kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/one' });
    world.rds.revokeKey('arn:aws:kms:eu-west-1:123456789012:key/one', { noticed: false });
    await expect(create('a', 'sealed')).rejects.toMatchObject({ name: 'KMSKeyNotAccessibleFault' });
    world.rds.revokeKey('arn:aws:kms:eu-west-1:123456789012:key/one');
    expect(await statusOf('sealed')).toBe('inaccessible-encryption-credentials');
    await expect(create('a', 'sealed')).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    world.rds.grantKey('arn:aws:kms:eu-west-1:123456789012:key/one');
    expect((await create('a', 'sealed')).DBSnapshot).toMatchObject({ Encrypted: true });
  });

  it('is deleted only when it is done', async () => {
    await create('young');
    const remove = () => world.client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'young' }));
    await expect(remove()).rejects.toMatchObject({ name: 'InvalidDBSnapshotStateFault' });
    world.passSeconds(snapshotSeconds);
    expect((await remove()).DBSnapshot).toMatchObject({ Status: 'deleted' });
    await expect(remove()).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
    await expect(describeOne('young')).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
  });

  it('inherits the tags of an instance that copies them, its own tags first', async () => {
    seed().addInstance({ id: 'tagged', tags: { Role: 'db', Team: 'core' }, copyTagsToSnapshot: true });
    const { DBSnapshot } = await create('inherits', 'tagged', { Team: 'backup' });
    expect(DBSnapshot?.TagList).toEqual([
      { Key: 'Role', Value: 'db' },
      { Key: 'Team', Value: 'backup' },
    ]);
  });
});

describe('DescribeDBSnapshots', () => {
  it('pages by 20 to 100 and survives changes between two pages', async () => {
    for (let number = 0; number < 45; number += 1) {
      seed().addInstance({ id: `db-${number}` });
      await create(`snap-${String(number).padStart(2, '0')}`, `db-${number}`);
    }
    world.passSeconds(snapshotSeconds);
    const page = (marker?: string) =>
      world.client.send(new DescribeDBSnapshotsCommand({ MaxRecords: 20, Marker: marker }));
    const one = await page();
    await world.client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'snap-00' }));
    const two = await page(one.Marker);
    const three = await page(two.Marker);
    const ids = [one, two, three].flatMap(({ DBSnapshots = [] }) =>
      DBSnapshots.map((s) => s.DBSnapshotIdentifier),
    );
    expect(ids).toEqual(Array.from({ length: 45 }, (_, n) => `snap-${String(n).padStart(2, '0')}`));
    expect(three.Marker).toBeUndefined();
    for (const MaxRecords of [19, 101]) {
      await expect(world.client.send(new DescribeDBSnapshotsCommand({ MaxRecords }))).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
    }
    await expect(page('rubbish')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('filters by name, instance, resource, type and engine, and refuses other filters', async () => {
    seed().addInstance({ id: 'other', engine: 'mysql' });
    await create('a');
    await create('b', 'other');
    const found = async (Name: string, ...Values: string[]) =>
      (
        await world.client.send(new DescribeDBSnapshotsCommand({ Filters: [{ Name, Values }] }))
      ).DBSnapshots?.map((snapshot) => snapshot.DBSnapshotIdentifier);
    expect(await found('db-snapshot-id', 'A', 'b', 'c')).toEqual(['a', 'b']);
    expect(await found('db-instance-id', `arn:aws:rds:${region}:${account}:db:other`)).toEqual(['b']);
    expect(await found('engine', 'postgres')).toEqual(['a']);
    expect(await found('snapshot-type', 'automated')).toEqual([]);
    const resource = world.rds.inspect(account, region).instances.get('other')?.resourceId ?? '';
    expect(await found('dbi-resource-id', resource)).toEqual(['b']);
    await expect(found('tag:Role', 'db')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('shows a new snapshot only after the delay of eventual consistency', async () => {
    await world.close();
    world = await startRdsWorld({ consistencySeconds: 5 });
    seed().addInstance({ id: 'circle-db' });
    await create('slow');
    await expect(describeOne('slow')).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
    world.passSeconds(5);
    expect(await describeOne('slow')).toMatchObject({ Status: 'creating' });
  });
});

it('takes no snapshot while the instance is being modified, and one afterwards', async () => {
  await world.client.send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: 'circle-db',
      DBInstanceClass: 'db.m6g.large',
      ApplyImmediately: true,
    }),
  );
  await expect(create('busy')).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
  world.passSeconds(snapshotSeconds);
  await create('free');
});

it('refuses a cluster snapshot of a plain instance as an unknown cluster', async () => {
  const command = new CreateDBClusterSnapshotCommand({
    DBClusterIdentifier: 'circle-db',
    DBClusterSnapshotIdentifier: 'x',
  });
  await expect(world.client.send(command)).rejects.toMatchObject({ name: 'DBClusterNotFoundFault' });
});

import {
  CreateDBClusterCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RestoreDBClusterFromSnapshotCommand,
  StopDBClusterCommand,
} from '@aws-sdk/client-rds';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { account, type RdsWorld, region, snapshotSeconds, startRdsWorld } from '../support/rds-world.ts';

let world: RdsWorld;
const seed = () => world.rds.seed(account, region);
beforeEach(async () => {
  world = await startRdsWorld();
});
afterEach(() => world.close());

const instance = async (id: string) =>
  (await world.client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }))).DBInstances?.[0];
const cluster = async (id: string) =>
  (await world.client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }))).DBClusters?.[0];

describe('an Aurora cluster', () => {
  it('has members of which one writes, and answers them with filter and description', async () => {
    seed().addCluster({ id: 'shop', members: [{ id: 'w' }, { id: 'r', promotionTier: 2 }] });
    expect(await cluster('shop')).toMatchObject({
      Status: 'available',
      Engine: 'aurora-postgresql',
      DBClusterMembers: [
        { DBInstanceIdentifier: 'w', IsClusterWriter: true, PromotionTier: 1 },
        { DBInstanceIdentifier: 'r', IsClusterWriter: false, PromotionTier: 2 },
      ],
    });
    const { DBInstances } = await world.client.send(
      new DescribeDBInstancesCommand({ Filters: [{ Name: 'db-cluster-id', Values: ['shop'] }] }),
    );
    expect(DBInstances?.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier)).toEqual(['r', 'w']);
  });

  it('is restored without any instance until one is created in it', async () => {
    seed().addCluster({ id: 'shop' });
    await world.client.send(
      new CreateDBClusterSnapshotCommand({
        DBClusterIdentifier: 'shop',
        DBClusterSnapshotIdentifier: 'copy',
      }),
    );
    expect((await cluster('shop'))?.Status).toBe('backing-up');
    const restore = (Engine: string) =>
      world.client.send(
        new RestoreDBClusterFromSnapshotCommand({
          DBClusterIdentifier: 'new',
          SnapshotIdentifier: 'copy',
          Engine,
        }),
      );
    await expect(restore('aurora-postgresql')).rejects.toMatchObject({
      name: 'InvalidDBClusterSnapshotStateFault',
    });
    world.passSeconds(snapshotSeconds);
    await expect(restore('aurora-mysql')).rejects.toMatchObject({ name: 'InvalidRestoreFault' });
    expect((await restore('aurora-postgresql')).DBCluster).toMatchObject({
      Status: 'creating',
      DBClusterMembers: [],
    });
    await expect(restore('aurora-postgresql')).rejects.toMatchObject({ name: 'DBClusterAlreadyExistsFault' });
    world.passSeconds(snapshotSeconds);
    await world.client.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: 'new-1',
        DBInstanceClass: 'db.r6g.large',
        Engine: 'aurora-postgresql',
        DBClusterIdentifier: 'new',
      }),
    );
    expect((await cluster('new'))?.DBClusterMembers).toMatchObject([
      { DBInstanceIdentifier: 'new-1', IsClusterWriter: true },
    ]);
  });

  it('refuses a snapshot while it is stopped or backed up, and a second one of the same name', async () => {
    seed().addCluster({ id: 'shop' });
    const snapshot = (id: string) =>
      world.client.send(
        new CreateDBClusterSnapshotCommand({
          DBClusterIdentifier: 'shop',
          DBClusterSnapshotIdentifier: id,
        }),
      );
    await snapshot('one');
    await expect(snapshot('two')).rejects.toMatchObject({ name: 'InvalidDBClusterStateFault' });
    world.passSeconds(snapshotSeconds);
    await expect(snapshot('One')).rejects.toMatchObject({ name: 'DBClusterSnapshotAlreadyExistsFault' });
    await expect(snapshot('a'.repeat(64))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    world.rds.limits.manualClusterSnapshots = 1;
    await expect(snapshot('three')).rejects.toMatchObject({ name: 'SnapshotQuotaExceededFault' });
    await world.client.send(new StopDBClusterCommand({ DBClusterIdentifier: 'shop' }));
    world.passSeconds(snapshotSeconds);
    world.rds.limits.manualClusterSnapshots = 100;
    expect((await instance('shop-1'))?.DBInstanceStatus).toBe('stopped');
    await expect(snapshot('four')).rejects.toMatchObject({ name: 'InvalidDBClusterStateFault' });
  });

  it('is deleted only without instances; a reader takes over when the writer goes', async () => {
    seed().addCluster({ id: 'shop', members: [{ id: 'w' }, { id: 'r' }] });
    const removeCluster = () =>
      world.client.send(new DeleteDBClusterCommand({ DBClusterIdentifier: 'shop', SkipFinalSnapshot: true }));
    await expect(removeCluster()).rejects.toMatchObject({ name: 'InvalidDBClusterStateFault' });
    await world.client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'w' }));
    world.passSeconds(snapshotSeconds);
    expect((await cluster('shop'))?.DBClusterMembers).toMatchObject([
      { DBInstanceIdentifier: 'r', IsClusterWriter: true },
    ]);
    await world.client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'r' }));
    await removeCluster();
    world.passSeconds(snapshotSeconds);
    await expect(cluster('shop')).rejects.toMatchObject({ name: 'DBClusterNotFoundFault' });
  });

  it('of the Multi-AZ kind comes with three instances', async () => {
    await world.client.send(
      new CreateDBClusterCommand({
        DBClusterIdentifier: 'multi',
        Engine: 'mysql',
        MasterUsername: 'root1',
        MasterUserPassword: 'not-a-secret',
        DBClusterInstanceClass: 'db.m6gd.large',
        AllocatedStorage: 100,
        Iops: 1000,
      }),
    );
    world.passSeconds(snapshotSeconds);
    const made = await cluster('multi');
    expect(made).toMatchObject({ Status: 'available', MultiAZ: true, AllocatedStorage: 100 });
    expect(made?.DBClusterMembers).toHaveLength(3);
  });
});

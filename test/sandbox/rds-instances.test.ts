import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
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

describe('a DB instance', () => {
  const create = (id: string, change = {}) =>
    world.client.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: id,
        DBInstanceClass: 'db.t3.medium',
        Engine: 'postgres',
        AllocatedStorage: 20,
        MasterUsername: 'root1',
        MasterUserPassword: 'not-a-secret',
        ...change,
      }),
    );

  it('is created, gets its endpoint when it is available, and is stored in lower case', async () => {
    const { DBInstance: made } = await create('Circle-DB');
    expect(made).toMatchObject({ DBInstanceIdentifier: 'circle-db', DBInstanceStatus: 'creating' });
    expect(made?.Endpoint).toBeUndefined();
    world.passSeconds(snapshotSeconds);
    const done = await instance('CIRCLE-db');
    expect(done).toMatchObject({ DBInstanceStatus: 'available', Endpoint: { Port: 5432 } });
    expect(done?.Endpoint?.Address).toMatch(/^circle-db\.[a-z0-9]{12}\.eu-west-1\.rds\.amazonaws\.com$/);
    expect(done?.DbiResourceId).toMatch(/^db-[A-Z0-9]{26}$/);
    await expect(create('circle-db')).rejects.toMatchObject({ name: 'DBInstanceAlreadyExistsFault' });
  });

  it('is refused with documented codes', async () => {
    await expect(create('a--b')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('a'.repeat(64))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('a', { Engine: 'dbase' })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('a', { DBSubnetGroupName: 'none' })).rejects.toMatchObject({
      name: 'DBSubnetGroupNotFoundFault',
    });
    await expect(create('a', { DBParameterGroupName: 'none' })).rejects.toMatchObject({
      name: 'DBParameterGroupNotFoundFault',
    });
    await expect(create('a', { OptionGroupName: 'none' })).rejects.toMatchObject({
      name: 'OptionGroupNotFoundFault',
    });
    await expect(create('a', { DBClusterIdentifier: 'none', Engine: 'aurora-mysql' })).rejects.toMatchObject({
      name: 'DBClusterNotFoundFault',
    });
    await expect(create('a', { Engine: 'aurora-mysql' })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    expect(world.rds.inspect(account, region).instances.size).toBe(0);
  });

  it('stops, starts, reboots and is modified, each only from the state that allows it', async () => {
    seed().addInstance({ id: 'db', instanceClass: 'db.t3.medium' });
    const stop = () => world.client.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'db' }));
    const start = () => world.client.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'db' }));
    await expect(start()).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    expect((await stop()).DBInstance?.DBInstanceStatus).toBe('stopping');
    world.passSeconds(snapshotSeconds);
    expect((await instance('db'))?.DBInstanceStatus).toBe('stopped');
    await expect(stop()).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    const modify = new ModifyDBInstanceCommand({
      DBInstanceIdentifier: 'db',
      DBInstanceClass: 'db.m6g.large',
      ApplyImmediately: true,
    });
    await expect(world.client.send(modify)).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await start();
    world.passSeconds(snapshotSeconds);
    const { DBInstance: modifying } = await world.client.send(modify);
    expect(modifying).toMatchObject({
      DBInstanceStatus: 'modifying',
      DBInstanceClass: 'db.t3.medium',
      PendingModifiedValues: { DBInstanceClass: 'db.m6g.large' },
    });
    world.passSeconds(snapshotSeconds);
    expect(await instance('db')).toMatchObject({
      DBInstanceStatus: 'available',
      DBInstanceClass: 'db.m6g.large',
    });
    const reboot = await world.client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'db' }));
    expect(reboot.DBInstance?.DBInstanceStatus).toBe('rebooting');
  });

  it('keeps a modification pending until the window unless it applies immediately', async () => {
    seed().addInstance({ id: 'db', instanceClass: 'db.t3.medium' });
    await world.client.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'db', DBInstanceClass: 'db.m6g.large' }),
    );
    world.passSeconds(snapshotSeconds);
    expect(await instance('db')).toMatchObject({
      DBInstanceStatus: 'available',
      DBInstanceClass: 'db.t3.medium',
      PendingModifiedValues: { DBInstanceClass: 'db.m6g.large' },
    });
  });

  it('is deleted with or without a final snapshot, never when protected', async () => {
    seed().addInstance({ id: 'safe', deletionProtection: true });
    seed().addInstance({ id: 'db' });
    const remove = (id: string, change = {}) =>
      world.client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, ...change }));
    await expect(remove('db')).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    await expect(
      remove('db', { SkipFinalSnapshot: true, FinalDBSnapshotIdentifier: 'last' }),
    ).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    await expect(remove('safe', { SkipFinalSnapshot: true })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    expect((await remove('db', { FinalDBSnapshotIdentifier: 'last' })).DBInstance?.DBInstanceStatus).toBe(
      'deleting',
    );
    world.passSeconds(snapshotSeconds);
    await expect(instance('db')).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    const { DBSnapshots } = await world.client.send(
      new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: 'last' }),
    );
    expect(DBSnapshots?.[0]).toMatchObject({ Status: 'available', DBInstanceIdentifier: 'db' });
  });

  it('is found by its own ARN and by no other', async () => {
    seed().addInstance({ id: 'db' });
    expect(await instance(`arn:aws:rds:${region}:${account}:db:db`)).toMatchObject({
      DBInstanceIdentifier: 'db',
    });
    for (const arn of [
      `arn:aws:rds:${region}:210987654321:db:db`,
      `arn:aws:rds:eu-central-1:${account}:db:db`,
    ]) {
      await expect(instance(arn)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    }
  });

  it('is invisible to other accounts', async () => {
    seed().addInstance({ id: 'db' });
    const { DBInstances } = await world.clientOf('210987654321').send(new DescribeDBInstancesCommand({}));
    expect(DBInstances).toEqual([]);
  });
});

describe('a restored DB instance', () => {
  beforeEach(async () => {
    seed().addInstance({
      id: 'old',
      instanceClass: 'db.r6g.large',
      parameterGroup: 'tuned',
      optionGroup: 'audited',
      securityGroups: ['sg-0aaaaaaaaaaaaaaaa'],
      subnetGroup: 'private',
      storage: { allocatedGib: 100 },
      tags: { Role: 'db' },
    });
    const command = new CreateDBSnapshotCommand({
      DBInstanceIdentifier: 'old',
      DBSnapshotIdentifier: 'copy',
    });
    await world.client.send(command);
  });
  const restore = (change = {}) =>
    world.client.send(
      new RestoreDBInstanceFromDBSnapshotCommand({
        DBInstanceIdentifier: 'new',
        DBSnapshotIdentifier: 'copy',
        ...change,
      }),
    );

  it('has a new endpoint and loses groups that are not passed', async () => {
    world.passSeconds(snapshotSeconds);
    await restore();
    world.passSeconds(snapshotSeconds);
    const [before, after] = [await instance('old'), await instance('new')];
    expect(after).toMatchObject({
      DBInstanceStatus: 'available',
      DBInstanceClass: 'db.r6g.large',
      AllocatedStorage: 100,
      MasterUsername: 'admin',
      TagList: [{ Key: 'Role', Value: 'db' }],
    });
    expect(after?.Endpoint?.Address).not.toBe(before?.Endpoint?.Address);
    expect(before?.DBParameterGroups?.[0]?.DBParameterGroupName).toBe('tuned');
    expect(after?.DBParameterGroups?.[0]?.DBParameterGroupName).toBe('default.postgres16');
    expect(after?.OptionGroupMemberships?.[0]?.OptionGroupName).toBe('default:postgres-16');
    expect(after?.VpcSecurityGroups?.[0]?.VpcSecurityGroupId).not.toBe('sg-0aaaaaaaaaaaaaaaa');
    expect(after?.DBSubnetGroup?.DBSubnetGroupName).toBe('default');
    expect(after?.DbiResourceId).not.toBe(before?.DbiResourceId);
  });

  it('keeps the groups that are passed', async () => {
    world.passSeconds(snapshotSeconds);
    const { DBInstance } = await restore({
      DBParameterGroupName: 'tuned',
      OptionGroupName: 'audited',
      VpcSecurityGroupIds: ['sg-0aaaaaaaaaaaaaaaa'],
      DBSubnetGroupName: 'private',
      Tags: [{ Key: 'Restored', Value: 'yes' }],
    });
    expect(DBInstance).toMatchObject({
      DBParameterGroups: [{ DBParameterGroupName: 'tuned' }],
      OptionGroupMemberships: [{ OptionGroupName: 'audited' }],
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0aaaaaaaaaaaaaaaa' }],
      DBSubnetGroup: { DBSubnetGroupName: 'private' },
      TagList: [{ Key: 'Restored', Value: 'yes' }],
    });
  });

  it('is refused with documented codes', async () => {
    await expect(restore()).rejects.toMatchObject({ name: 'InvalidDBSnapshotStateFault' });
    world.passSeconds(snapshotSeconds);
    await expect(restore({ DBInstanceIdentifier: 'old' })).rejects.toMatchObject({
      name: 'DBInstanceAlreadyExistsFault',
    });
    await expect(restore({ DBSnapshotIdentifier: 'none' })).rejects.toMatchObject({
      name: 'DBSnapshotNotFoundFault',
    });
    await expect(restore({ DBSubnetGroupName: 'none' })).rejects.toMatchObject({
      name: 'DBSubnetGroupNotFoundFault',
    });
    await expect(restore({ AllocatedStorage: 50 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(restore({ DBSnapshotIdentifier: undefined })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
  });
});

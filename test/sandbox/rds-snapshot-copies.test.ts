import {
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  DescribeDBSnapshotAttributesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBSnapshotAttributeCommand,
  type RDSClient,
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

describe('a copied DB snapshot', () => {
  const copyTo = (client: RDSClient, source: string, target: string, KmsKeyId?: string) =>
    client.send(
      new CopyDBSnapshotCommand({
        SourceDBSnapshotIdentifier: source,
        TargetDBSnapshotIdentifier: target,
        KmsKeyId,
      }),
    );

  it('keeps the time of the original and takes tags only when told', async () => {
    await create('original', 'circle-db', { Role: 'backup' });
    await expect(copyTo(world.client, 'original', 'early')).rejects.toMatchObject({
      name: 'InvalidDBSnapshotStateFault',
    });
    world.passSeconds(snapshotSeconds);
    const { DBSnapshot: copying } = await copyTo(world.client, 'original', 'copy');
    expect(copying).toMatchObject({ Status: 'copying', TagList: [], DBInstanceIdentifier: 'circle-db' });
    world.passSeconds(snapshotSeconds);
    const [original, copy] = [await describeOne('original'), await describeOne('copy')];
    expect(copy?.OriginalSnapshotCreateTime).toEqual(original?.SnapshotCreateTime);
    expect(copy?.SnapshotCreateTime).not.toEqual(original?.SnapshotCreateTime);
    await expect(copyTo(world.client, 'original', 'copy')).rejects.toMatchObject({
      name: 'DBSnapshotAlreadyExistsFault',
    });
  });

  it('in another Region needs a key of its own when it is encrypted, and a free slot', async () => {
    seed().addInstance({ id: 'sealed', kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/own' });
    await create('original', 'sealed');
    world.passSeconds(snapshotSeconds);
    const arn = `arn:aws:rds:${region}:${account}:snapshot:original`;
    const elsewhere = world.clientIn('eu-central-1');
    await expect(copyTo(elsewhere, arn, 'copy')).rejects.toMatchObject({ name: 'KMSKeyNotAccessibleFault' });
    const key = 'arn:aws:kms:eu-central-1:123456789012:key/there';
    expect((await copyTo(elsewhere, arn, 'copy', key)).DBSnapshot).toMatchObject({
      DBSnapshotArn: `arn:aws:rds:eu-central-1:${account}:snapshot:copy`,
      SourceRegion: region,
      SourceDBSnapshotIdentifier: arn,
      KmsKeyId: key,
    });
    world.rds.limits.copiesInProgress = 1;
    await expect(copyTo(elsewhere, arn, 'more', key)).rejects.toMatchObject({
      name: 'SnapshotQuotaExceededFault',
    });
  });
});

describe('a shared DB snapshot', () => {
  const other = '210987654321';
  const share = (id: string, change: { ValuesToAdd?: string[]; ValuesToRemove?: string[] }) =>
    world.client.send(
      new ModifyDBSnapshotAttributeCommand({
        DBSnapshotIdentifier: id,
        AttributeName: 'restore',
        ...change,
      }),
    );

  it('is seen and copied by the accounts it is shared with, by nobody else, and not by default', async () => {
    await create('gift');
    world.passSeconds(snapshotSeconds);
    const client = world.clientOf(other);
    const arn = `arn:aws:rds:${region}:${account}:snapshot:gift`;
    const seen = async (input: { SnapshotType?: string; IncludeShared?: boolean }) =>
      (await client.send(new DescribeDBSnapshotsCommand(input))).DBSnapshots?.length;
    const copy = new CopyDBSnapshotCommand({
      SourceDBSnapshotIdentifier: arn,
      TargetDBSnapshotIdentifier: 'mine',
    });
    await expect(client.send(copy)).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
    await share('gift', { ValuesToAdd: [other] });
    const attributes = await world.client.send(
      new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier: 'gift' }),
    );
    expect(attributes.DBSnapshotAttributesResult?.DBSnapshotAttributes).toEqual([
      { AttributeName: 'restore', AttributeValues: [other] },
    ]);
    expect([
      await seen({}),
      await seen({ SnapshotType: 'shared' }),
      await seen({ IncludeShared: true }),
    ]).toEqual([0, 1, 1]);
    expect((await client.send(copy)).DBSnapshot).toMatchObject({
      Status: 'copying',
      SourceDBSnapshotIdentifier: arn,
      DBSnapshotArn: `arn:aws:rds:${region}:${other}:snapshot:mine`,
    });
    await share('gift', { ValuesToRemove: [other] });
    expect(await seen({ SnapshotType: 'shared' })).toBe(0);
  });

  it('must be available, manual and not encrypted with the default key', async () => {
    await create('young');
    await expect(share('young', { ValuesToAdd: [other] })).rejects.toMatchObject({
      name: 'InvalidDBSnapshotStateFault',
    });
    seed().addInstance({ id: 'sealed', kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/own' });
    await create('sealed-one', 'sealed');
    world.passSeconds(snapshotSeconds);
    await expect(share('sealed-one', { ValuesToAdd: ['all'] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await expect(share('young', { ValuesToAdd: ['somebody'] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });
});

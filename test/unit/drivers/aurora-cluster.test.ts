import {
  CreateDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAuroraClusterDriver } from '../../../functions/drivers/aurora-cluster/driver.ts';
import type { SourceSelection } from '../../../functions/plan/config.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import { account, answer, nameFor, ownTags, region, startRequest } from '../../support/database-fixtures.ts';

const mock = mockClient(RDSClient);
const warnings: string[] = [];
const driver = createAuroraClusterDriver({
  rds: new RDSClient({ region }),
  region,
  account: async () => account,
  logger: { ...silentLogger, warn: (message) => warnings.push(message) },
});
beforeEach(() => {
  mock.reset();
  warnings.length = 0;
  mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [] });
});

const request = startRequest('aurora', 'shop');
const name = nameFor(request);
const byId = (...identifiers: string[]): SourceSelection => ({ kind: 'aurora', select: { identifiers } });
const byTag: SourceSelection = { kind: 'aurora', select: { tags: { Role: 'db' } } };
const discover = (...selections: SourceSelection[]) =>
  driver.discover({ selections, withApplication: false });

describe('discovery of Aurora clusters', () => {
  it('records members, scaling and endpoints, which a restore of the cluster does not bring back', async () => {
    mock.on(DescribeDBClustersCommand).resolves({
      DBClusters: [
        {
          DBClusterIdentifier: 'shop',
          Engine: 'aurora-postgresql',
          EngineVersion: '16.4',
          EngineMode: 'provisioned',
          Status: 'available',
          DBClusterParameterGroup: 'tuned',
          DBSubnetGroup: 'private',
          VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }],
          Endpoint: 'shop.cluster-c1.eu-west-1.rds.amazonaws.com',
          ReaderEndpoint: 'shop.cluster-ro-c1.eu-west-1.rds.amazonaws.com',
          Port: 5432,
          DatabaseName: 'shop',
          StorageType: 'aurora-iopt1',
          KmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/one',
          ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
          BacktrackWindow: 3600,
          GlobalClusterIdentifier: 'world',
          DbClusterResourceId: 'cluster-ONE',
          DBClusterMembers: [
            { DBInstanceIdentifier: 'shop-r', IsClusterWriter: false, PromotionTier: 2 },
            { DBInstanceIdentifier: 'shop-w', IsClusterWriter: true, PromotionTier: 1 },
          ],
        },
      ],
    });
    mock.on(DescribeDBInstancesCommand).resolves({
      DBInstances: [
        {
          DBInstanceIdentifier: 'shop-w',
          DBClusterIdentifier: 'shop',
          DBInstanceClass: 'db.r6g.large',
          AvailabilityZone: 'eu-west-1a',
          PubliclyAccessible: false,
          DBParameterGroups: [{ DBParameterGroupName: 'writers' }],
          Endpoint: { Address: 'shop-w.c1.eu-west-1.rds.amazonaws.com', Port: 5432 },
        },
        {
          DBInstanceIdentifier: 'shop-r',
          DBClusterIdentifier: 'shop',
          DBInstanceClass: 'db.serverless',
          AvailabilityZone: 'eu-west-1b',
        },
      ],
    });
    const { sources } = await discover(byId('SHOP'));
    expect(sources[0]?.source).toEqual({ kind: 'aurora', id: 'shop', region });
    expect(sources[0]?.relaunch).toMatchObject({
      engine: 'aurora-postgresql',
      engine_version: '16.4',
      engine_mode: 'provisioned',
      cluster_parameter_group: 'tuned',
      subnet_group: 'private',
      vpc_security_groups: ['sg-1'],
      endpoint: { address: 'shop.cluster-c1.eu-west-1.rds.amazonaws.com', port: 5432 },
      reader_endpoint: { address: 'shop.cluster-ro-c1.eu-west-1.rds.amazonaws.com', port: 5432 },
      port: 5432,
      database_name: 'shop',
      storage: { type: 'aurora-iopt1' },
      kms_key_id: 'arn:aws:kms:eu-west-1:123456789012:key/one',
      serverless_v2: { min: 0.5, max: 8 },
      backtrack_window_seconds: 3600,
      global_cluster: 'world',
      resource_id: 'cluster-ONE',
      members: [
        {
          id: 'shop-w',
          writer: true,
          class: 'db.r6g.large',
          availability_zone: 'eu-west-1a',
          promotion_tier: 1,
          parameter_group: 'writers',
          publicly_accessible: false,
          endpoint: { address: 'shop-w.c1.eu-west-1.rds.amazonaws.com', port: 5432 },
        },
        { id: 'shop-r', writer: false, class: 'db.serverless', promotion_tier: 2 },
      ],
    });
  });

  it('takes Aurora and Multi-AZ DB clusters, but neither Neptune nor DocumentDB', async () => {
    const TagList = [{ Key: 'Role', Value: 'db' }];
    mock.on(DescribeDBClustersCommand).resolves({
      DBClusters: ['neptune', 'aurora-mysql', 'postgres', 'docdb', 'mysql'].map((Engine) => ({
        DBClusterIdentifier: `c-${Engine}`,
        Engine,
        TagList,
      })),
    });
    const { sources, missing } = await discover(byTag, byId('c-docdb'));
    expect(sources.map(({ source }) => source.id)).toEqual(['c-aurora-mysql', 'c-mysql', 'c-postgres']);
    expect(missing).toEqual([
      { source: { kind: 'aurora', id: 'c-docdb', region }, reason: expect.stringContaining('docdb') },
    ]);
    expect(warnings).toEqual([expect.stringContaining('c-neptune')]);
  });

  it('tells that a named member stands for its cluster', async () => {
    mock.on(DescribeDBClustersCommand).resolves({
      DBClusters: [
        {
          DBClusterIdentifier: 'shop',
          Engine: 'aurora-mysql',
          DBClusterMembers: [{ DBInstanceIdentifier: 'shop-1' }],
        },
      ],
    });
    const { sources, missing } = await discover(byId('shop-1'));
    expect(sources).toEqual([]);
    expect(missing[0]?.reason).toBe('shop-1 is a member of the cluster shop: name the cluster, [shop]');
  });

  it('asks for members by cluster where those are few, and sweeps where they are many', async () => {
    const clusters = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        DBClusterIdentifier: `c-${index}`,
        Engine: 'aurora-mysql',
        TagList: [{ Key: 'Role', Value: 'db' }],
      }));
    mock.on(DescribeDBClustersCommand).resolves({ DBClusters: clusters(2) });
    await discover(byTag);
    mock.on(DescribeDBClustersCommand).resolves({ DBClusters: clusters(30) });
    await discover(byTag);
    const inputs = mock.commandCalls(DescribeDBInstancesCommand).map(({ args }) => args[0].input);
    expect(inputs.map(({ Filters }) => Filters?.[0]?.Values)).toEqual([['c-0', 'c-1'], undefined]);
  });

  it('asks for no members when no cluster is selected', async () => {
    mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [] });
    await discover(byTag);
    expect(mock.commandCalls(DescribeDBInstancesCommand)).toHaveLength(0);
  });
});

describe('start of a cluster snapshot', () => {
  const startWith = (error: Error, copies: object[], status: string) => {
    mock.on(CreateDBClusterSnapshotCommand).rejects(error);
    mock.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: copies });
    mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: status }] });
  };

  it('tells a stopped cluster from a busy one', async () => {
    startWith(answer('InvalidDBClusterStateFault'), [], 'stopped');
    expect(await driver.start(request)).toEqual({
      state: 'failed',
      reason: expect.stringContaining('start it, or leave it out of the plan'),
    });
    startWith(answer('InvalidDBClusterStateFault'), [], 'failing-over');
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
  });

  it('adopts its own copy and refuses one of a cluster that had the same name before', async () => {
    const copy = {
      DBClusterSnapshotIdentifier: name,
      DBClusterSnapshotArn: `arn:aws:rds:${region}:${account}:cluster-snapshot:${name}`,
      DBClusterIdentifier: 'shop',
      DbClusterResourceId: 'cluster-ONE',
      Status: 'available',
      TagList: ownTags(request),
    };
    startWith(answer('DBClusterSnapshotAlreadyExistsFault'), [copy], 'available');
    const of = (resource_id: string) => driver.start({ ...request, relaunch: { resource_id } });
    expect(await of('cluster-ONE')).toEqual({ state: 'started', id: name, name });
    expect(await of('cluster-TWO')).toEqual({
      state: 'failed',
      reason: expect.stringContaining('cluster-ONE'),
    });
  });

  it('fails when the cluster is gone and when the quota of cluster snapshots is used up', async () => {
    startWith(answer('DBClusterNotFoundFault', 404), [], 'available');
    expect(await driver.start(request)).toMatchObject({ state: 'failed' });
    startWith(answer('SnapshotQuotaExceededFault'), [], 'available');
    expect(await driver.start(request)).toEqual({
      state: 'failed',
      reason: expect.stringContaining('manual DB cluster snapshots'),
    });
  });
});

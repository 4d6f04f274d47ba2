import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRdsInstanceDriver } from '../../../functions/drivers/rds-instance/driver.ts';
import type { SourceSelection } from '../../../functions/plan/config.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import { account, answer, region } from '../../support/database-fixtures.ts';

const mock = mockClient(RDSClient);
const warnings: string[] = [];
const driver = createRdsInstanceDriver({
  rds: new RDSClient({ region }),
  region,
  account: async () => account,
  logger: { ...silentLogger, warn: (message) => warnings.push(message) },
});
beforeEach(() => {
  mock.reset();
  warnings.length = 0;
});

const byId = (...identifiers: string[]): SourceSelection => ({ kind: 'rds', select: { identifiers } });
const byTag: SourceSelection = { kind: 'rds', select: { tags: { Role: 'db' } } };
const tagged = [{ Key: 'Role', Value: 'db' }];

describe('discovery of RDS instances', () => {
  const discover = (...selections: SourceSelection[]) =>
    driver.discover({ selections, withApplication: false });
  const answerWith = (...instances: object[]) =>
    mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: instances });

  it('records what a restore does not take from the snapshot, and the old endpoint', async () => {
    answerWith({
      DBInstanceIdentifier: 'circle-db',
      DBInstanceClass: 'db.r6g.large',
      DBInstanceStatus: 'available',
      Engine: 'postgres',
      EngineVersion: '16.4',
      LicenseModel: 'postgresql-license',
      Endpoint: { Address: 'circle-db.c1.eu-west-1.rds.amazonaws.com', Port: 5432 },
      DBParameterGroups: [{ DBParameterGroupName: 'tuned' }],
      OptionGroupMemberships: [{ OptionGroupName: 'default:postgres-16' }],
      DBSubnetGroup: { DBSubnetGroupName: 'private', VpcId: 'vpc-1' },
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1' }, { VpcSecurityGroupId: 'sg-2' }],
      AllocatedStorage: 100,
      StorageType: 'gp3',
      Iops: 3000,
      StorageThroughput: 125,
      KmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/one',
      StorageEncrypted: true,
      MultiAZ: true,
      PubliclyAccessible: false,
      AvailabilityZone: 'eu-west-1a',
      DBName: 'circle',
      MasterUsername: 'root1',
      IAMDatabaseAuthenticationEnabled: true,
      DeletionProtection: true,
      DbiResourceId: 'db-ONE',
      TagList: tagged,
    });
    const { sources } = await discover(byId('circle-db'));
    expect(sources[0]?.relaunch).toMatchObject({
      instance_class: 'db.r6g.large',
      engine: 'postgres',
      engine_version: '16.4',
      license_model: 'postgresql-license',
      parameter_groups: ['tuned'],
      option_groups: ['default:postgres-16'],
      subnet_group: 'private',
      vpc_security_groups: ['sg-1', 'sg-2'],
      endpoint: { address: 'circle-db.c1.eu-west-1.rds.amazonaws.com', port: 5432 },
      storage: { allocated_gib: 100, type: 'gp3', iops: 3000, throughput: 125 },
      kms_key_id: 'arn:aws:kms:eu-west-1:123456789012:key/one',
      encrypted: true,
      multi_az: true,
      publicly_accessible: false,
      availability_zone: 'eu-west-1a',
      db_name: 'circle',
      master_username: 'root1',
      iam_auth: true,
      deletion_protection: true,
      tags: { Role: 'db' },
      resource_id: 'db-ONE',
    });
  });

  it('takes identifiers in any case, and stopped instances too', async () => {
    answerWith({ DBInstanceIdentifier: 'circle-db', DBInstanceStatus: 'stopped' });
    const { sources, missing } = await discover(byId('Circle-DB'));
    expect(sources.map(({ source }) => source.id)).toEqual(['circle-db']);
    expect(missing).toEqual([]);
  });

  it('sends a named member of a cluster to the aurora kind, and leaves out a tagged one with a warning', async () => {
    answerWith(
      {
        DBInstanceIdentifier: 'shop-1',
        DBClusterIdentifier: 'shop',
        Engine: 'aurora-mysql',
        TagList: tagged,
      },
      {
        DBInstanceIdentifier: 'shop-2',
        DBClusterIdentifier: 'shop',
        Engine: 'aurora-mysql',
        TagList: tagged,
      },
    );
    const { sources, missing } = await discover(byTag, byId('shop-1'));
    expect(sources).toEqual([]);
    expect(missing).toEqual([
      {
        source: { kind: 'rds', id: 'shop-1', region },
        reason: 'shop-1 is a member of the cluster shop; back up the cluster: aurora: identifiers: [shop]',
      },
    ]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('shop-2');
  });

  it('tells that a named cluster belongs under aurora', async () => {
    answerWith({ DBInstanceIdentifier: 'shop-1', DBClusterIdentifier: 'shop', Engine: 'aurora-mysql' });
    const { missing } = await discover(byId('shop', 'nowhere'));
    expect(missing.map(({ reason }) => reason)).toEqual([
      'no DB instance nowhere exists in eu-west-1',
      'shop is a cluster: name it under aurora: identifiers: [shop]',
    ]);
  });

  it('does not take Neptune and DocumentDB, which answer through the same API', async () => {
    answerWith({ DBInstanceIdentifier: 'graph', DBClusterIdentifier: 'g', Engine: 'neptune' });
    const { missing } = await discover(byId('graph'));
    expect(missing[0]?.reason).toContain('neptune');
    expect(missing[0]?.reason).not.toContain('aurora');
  });

  it('wants all tags of a selection on one instance', async () => {
    answerWith(
      { DBInstanceIdentifier: 'b', TagList: [...tagged, { Key: 'Stage', Value: 'prod' }] },
      { DBInstanceIdentifier: 'a', TagList: tagged },
    );
    const { sources } = await discover({ kind: 'rds', select: { tags: { Role: 'db', Stage: 'prod' } } });
    expect(sources.map(({ source }) => source.id)).toEqual(['b']);
  });

  it('throws when a later page fails, rather than return a list that looks complete', async () => {
    mock
      .on(DescribeDBInstancesCommand)
      .resolvesOnce({ DBInstances: [{ DBInstanceIdentifier: 'a', TagList: tagged }], Marker: 'next' })
      .rejects(answer('Throttling'));
    await expect(discover(byTag)).rejects.toMatchObject({ name: 'Throttling' });
  });
});

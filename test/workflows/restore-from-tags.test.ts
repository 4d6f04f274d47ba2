import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type Instance,
  RunInstancesCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import {
  CreateDBInstanceCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RestoreDBClusterFromSnapshotCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from '@aws-sdk/client-rds';
import { DeleteBucketCommand, DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { bucket, region } from '../support/cloud.ts';
import { auroraByIds, ec2ByTags, rdsByIds } from '../support/plans.ts';
import { oldMachine, type RestoringCloud, startRestoringCloud } from '../support/restoring-cloud.ts';

const sources = [ec2ByTags({ Role: 'circleci-services' }), rdsByIds('circle-db'), auroraByIds('gitlab-db')];
let cloud: RestoringCloud;
let clients: AwsClients;

beforeEach(async () => {
  cloud = await startRestoringCloud({}, { sources });
  clients = createAwsClients({
    ...{ region, endpoint: cloud.sandbox.url, credentials: cloud.sandbox.identity },
    ...{ clock: cloud.clock, rates: unpaced },
  });
});
afterEach(async () => {
  clients.destroy();
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
});

async function deleteVault(): Promise<void> {
  const { s3 } = clients;
  const { Versions = [], DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket }),
  );
  expect(Versions.length).toBeGreaterThan(1);
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await s3.send(
      new DeleteObjectCommand({ Bucket: bucket, Key, VersionId, BypassGovernanceRetention: true }),
    );
  }
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
}

const tagValue = (tags: readonly Tag[] | undefined, key: string): string | undefined =>
  tags?.find(({ Key }) => Key === key)?.Value;

/** Of whatever carries the tags of this deployment and plan, those of the newest backup. */
function newest<T>(copies: readonly T[], tagsOf: (copy: T) => readonly Tag[] | undefined): T[] {
  const ours = copies.filter(
    (copy) =>
      tagValue(tagsOf(copy), 'snapkeep:managed') === 'prod-eu' &&
      tagValue(tagsOf(copy), 'snapkeep:plan') === 'ci',
  );
  const slots = ours.map((copy) => tagValue(tagsOf(copy), 'snapkeep:slot') ?? '');
  const last = slots.toSorted().at(-1);
  return ours.filter((_, index) => slots[index] === last);
}

async function findInstance(id: string): Promise<Instance | undefined> {
  const { Reservations = [] } = await clients.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations[0]?.Instances?.[0];
}

const facts = (instance: Instance | undefined) => ({
  type: instance?.InstanceType,
  subnet: instance?.SubnetId,
  groups: instance?.SecurityGroups?.map(({ GroupId }) => GroupId),
  profile: instance?.IamInstanceProfile?.Arn,
});

it('brings machine, database and cluster back from their tags alone, after the vault was deleted', async () => {
  await deleteVault();
  const { ec2, rds } = clients;

  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const [image, ...others] = newest(Images, ({ Tags }) => Tags);
  expect(others).toEqual([]);
  expect(tagValue(image?.Tags, 'snapkeep:source')).toBe(`ec2/${oldMachine}`);
  const relaunch = new URLSearchParams(tagValue(image?.Tags, 'snapkeep:relaunch')?.replaceAll(' ', '&'));
  const field = (name: string): string => relaunch.get(name) ?? `no ${name} in the tag`;
  // Sound: EC2 judges the name of the type, which is one of a thousand.
  const type = field('type') as Instance['InstanceType'];
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: image?.ImageId, InstanceType: type, SubnetId: field('subnet'), MinCount: 1, MaxCount: 1 },
      SecurityGroupIds: field('groups').split(','),
      IamInstanceProfile: { Name: field('profile') },
    }),
  );
  const old = await findInstance(oldMachine);
  const made = await findInstance(Instances[0]?.InstanceId ?? '');
  expect(facts(made)).toEqual(facts(old));
  expect(facts(made)).toMatchObject({ type: 'm7i.large', groups: ['sg-0bbb1111bbbb1111b'] });
  // What the person who rewrites the configuration has to look for.
  expect([field('private'), field('public')]).toEqual([old?.PrivateIpAddress, old?.PublicIpAddress]);

  const { DBSnapshots = [] } = await rds.send(new DescribeDBSnapshotsCommand({ SnapshotType: 'manual' }));
  const [snapshot] = newest(DBSnapshots, ({ TagList }) => TagList);
  const named = { DBSubnetGroupName: 'platform-databases' };
  await rds.send(
    new RestoreDBInstanceFromDBSnapshotCommand({
      ...{ ...named, DBInstanceIdentifier: 'again', DBSnapshotIdentifier: snapshot?.DBSnapshotIdentifier },
    }),
  );
  const { DBClusterSnapshots = [] } = await rds.send(
    new DescribeDBClusterSnapshotsCommand({ SnapshotType: 'manual' }),
  );
  const [clusterSnapshot] = newest(DBClusterSnapshots, ({ TagList }) => TagList);
  const engine = { Engine: clusterSnapshot?.Engine };
  await rds.send(
    new RestoreDBClusterFromSnapshotCommand({
      ...{ ...named, ...engine, DBClusterIdentifier: 'cluster-again' },
      SnapshotIdentifier: clusterSnapshot?.DBClusterSnapshotIdentifier,
    }),
  );
  await cloud.clock.sleep(3_600_000);
  await rds.send(
    new CreateDBInstanceCommand({
      ...{ ...engine, DBClusterIdentifier: 'cluster-again', DBInstanceIdentifier: 'cluster-again-1' },
      DBInstanceClass: 'db.r7g.large',
    }),
  );
  await cloud.clock.sleep(3_600_000);

  const { DBInstances: [database] = [] } = await rds.send(
    new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'again' }),
  );
  expect(database).toMatchObject({
    DBInstanceStatus: 'available',
    Engine: 'postgres',
    MasterUsername: 'circle',
  });
  const { DBClusters: [cluster] = [] } = await rds.send(
    new DescribeDBClustersCommand({ DBClusterIdentifier: 'cluster-again' }),
  );
  expect(cluster).toMatchObject({
    Status: 'available',
    DBClusterMembers: [{ DBInstanceIdentifier: 'cluster-again-1', IsClusterWriter: true }],
  });
});

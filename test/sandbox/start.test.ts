import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../functions/plan/load.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';

const estate = resolve(import.meta.dirname, '../../docs/examples/estate.yaml');

const clientOptions = ({ url, region, identity }: RunningSandbox) => ({
  endpoint: url,
  region,
  credentials: { accessKeyId: identity.accessKeyId, secretAccessKey: identity.secretAccessKey },
});

describe('a sandbox with the example estate', () => {
  let sandbox: RunningSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ estate });
  });
  afterAll(async () => {
    await sandbox.close();
    expect(sandbox.internalErrors).toEqual([]);
  });

  it('answers the account and the user of the estate', async () => {
    const answer = await new STSClient(clientOptions(sandbox)).send(new GetCallerIdentityCommand({}));
    expect(answer).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/sandbox' });
  });

  it('has the machines as the estate describes them, and the fleet', async () => {
    const ec2 = new EC2Client(clientOptions(sandbox));
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    const services = instances.find(({ InstanceId }) => InstanceId === 'i-0aaa1111bbb22222c');
    expect(services).toMatchObject({
      InstanceType: 'm7i.large',
      PrivateIpAddress: '10.0.1.67',
      PublicIpAddress: '203.0.113.20',
      PrivateDnsName: 'ip-10-0-1-67.eu-west-1.compute.internal',
      SubnetId: 'subnet-0aaa1111aaaa1111a',
      KeyName: 'platform-operators',
      IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/circleci-services' },
      State: { Name: 'running' },
    });
    expect(services?.SecurityGroups).toEqual([{ GroupId: 'sg-0bbb1111bbbb1111b', GroupName: 'ci' }]);
    expect(services?.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName)).toEqual([
      '/dev/sda1',
      '/dev/sdf',
    ]);
    const nightly = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'tag:Backup', Values: ['nightly'] }] }),
    );
    const names = nightly.Reservations?.flatMap(({ Instances = [] }) => Instances).map(
      ({ Tags }) => Tags?.find(({ Key }) => Key === 'Name')?.Value,
    );
    expect(names?.toSorted()).toEqual(['dokku', 'gocd', 'runner-1', 'runner-2', 'runner-3']);
  });

  it('has the databases, at the addresses that the machines have in their files', async () => {
    const rds = new RDSClient(clientOptions(sandbox));
    const { DBInstances = [] } = await rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'circle-db' }),
    );
    const { DBClusters = [] } = await rds.send(new DescribeDBClustersCommand({}));
    expect(DBClusters.map(({ DBClusterMembers = [] }) => DBClusterMembers.length)).toEqual([2]);
    expect(DBInstances[0]?.DBSubnetGroup?.VpcId).toBe('vpc-0aaa1111aaaa1111a');
    const read = (machine: string, path: string) =>
      readFileSync(join(sandbox.ec2.machine(machine).root(), path), 'utf8');
    const circle = read('i-0aaa1111bbb22222c', 'etc/circleconfig/frontend/customizations');
    expect(circle).toContain(`"${DBInstances[0]?.Endpoint?.Address}"`);
    expect(read('i-0bbb2222ccc33333d', 'etc/gitlab/gitlab.rb')).toContain(`'${DBClusters[0]?.Endpoint}'`);
  });

  it('has machines with the links and folders that the estate adds to their files', () => {
    const root = sandbox.ec2.machine('i-0ddd4444eee55555f').root();
    expect(readlinkSync(join(root, 'etc/nginx/sites-enabled/status'))).toBe('../sites-available/status');
    expect(existsSync(join(root, 'var/lib/dokku/plugins'))).toBe(true);
  });

  it('has a vault that keeps versions under lock', async () => {
    const s3 = new S3Client({ ...clientOptions(sandbox), forcePathStyle: true });
    const Bucket = 'acme-snapkeep-vault';
    expect(await s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: 'Enabled' });
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toMatchObject({ Mode: 'GOVERNANCE', Days: 14 });
  });

  it('holds everything that the example configuration names, and that one is valid without a warning', async () => {
    const { warnings } = await loadConfig(resolve(estate, '../snapkeep.yaml'));
    expect(warnings).toEqual([]);
    const text = readFileSync(resolve(estate, '../snapkeep.yaml'), 'utf8');
    const { subnets, securityGroups } = sandbox.ec2.region('eu-west-1');
    const named = [...new Set(text.match(/\b(subnet|sg)-[0-9a-f]+/g))];
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((id) => !subnets.has(id) && !securityGroups.has(id))).toEqual([]);
    const bucket = /bucket: (\S+)/.exec(text)?.[1] ?? '';
    expect(sandbox.s3.bucket(bucket)).toBeDefined();
  });

  it('manages the machines that have an instance profile, and loses those that are stopped', async () => {
    const ssm = new SSMClient(clientOptions(sandbox));
    const stopped = sandbox.ec2
      .seed('eu-west-1')
      .addInstance({ instanceProfile: 'gitlab', state: 'stopped' });
    const { InstanceInformationList = [] } = await ssm.send(new DescribeInstanceInformationCommand({}));
    const told = InstanceInformationList.map((one) => [one.InstanceId, one.PingStatus, one.IPAddress]);
    expect(told).toEqual([
      ['i-0aaa1111bbb22222c', 'Online', '10.0.1.67'],
      ['i-0aaa1111bbb22222d', 'Online', '10.0.1.6'],
      ['i-0bbb2222ccc33333d', 'Online', '10.0.1.80'],
      [stopped.id, 'ConnectionLost', expect.any(String)],
    ]);
  });

  it('knows the Elastic IPs by their allocation', () => {
    const { addresses } = sandbox.ec2.region('eu-west-1');
    expect(
      [...addresses.values()].map(({ id, publicIp, association }) => [id, publicIp, association?.privateIp]),
    ).toEqual([
      ['eipalloc-0aaa1111aaaa1111a', '203.0.113.20', '10.0.1.67'],
      ['eipalloc-0bbb2222bbbb2222b', '203.0.113.80', '10.0.1.80'],
      ['eipalloc-0ccc3333cccc3333c', '203.0.113.22', '10.0.1.100'],
    ]);
  });
});

describe('starting a sandbox', () => {
  it('without an estate gives an empty account that answers', async () => {
    const sandbox = await startSandbox();
    try {
      const answer = await new EC2Client(clientOptions(sandbox)).send(new DescribeInstancesCommand({}));
      expect(answer.Reservations ?? []).toEqual([]);
      expect(sandbox.requests.countsOf('ec2', 'DescribeInstances').count).toBe(1);
    } finally {
      await sandbox.close();
    }
  });

  it('gives the environment that unconfigured clients need', async () => {
    const sandbox = await startSandbox();
    await sandbox.close();
    expect(sandbox.environment).toMatchObject({
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: sandbox.identity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.identity.secretAccessKey,
    });
  });

  it('on a port that is taken fails with the reason of the system', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const address = other.address();
    if (typeof address !== 'object' || !address) throw new Error('no port');
    await expect(startSandbox({ port: address.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });

  it('removes its machine trees when it is closed', async () => {
    const sandbox = await startSandbox({ estate });
    const { directory } = sandbox.world;
    expect(existsSync(directory)).toBe(true);
    await sandbox.close();
    expect(existsSync(directory)).toBe(false);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  type Reservation,
} from '@aws-sdk/client-ec2';
import {
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
} from '@aws-sdk/client-rds';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { bucket, region } from '../support/cloud.ts';
import { auroraByIds, ec2ByTags, rdsByIds } from '../support/plans.ts';
import { oldMachine, type RestoringCloud, startRestoringCloud } from '../support/restoring-cloud.ts';
import { orSkip } from '../support/skipped.ts';

const page = readFileSync('docs/without-snapkeep.md', 'utf8');

/** The commands below a heading or a bold word at the beginning of a paragraph, in their order. */
function commandsOf(from: string, to?: string): string {
  const start = page.indexOf(`\n${from}`);
  const end = to === undefined ? page.length : page.indexOf(`\n${to}`);
  if (start < 0 || end < start) throw new Error(`the page has no part from ${from} to ${to}`);
  const blocks = [...page.slice(start, end).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text);
  return blocks.join('\n');
}

/** Versions of the CLI before 2.13 know no variable for it. */
const toSandbox = 'aws() { command aws --endpoint-url "$SANDBOX" "$@"; }';

const hasAwsCli = orSkip(spawnSync('aws', ['--version']).status === 0, 'the AWS CLI is not installed here');

describe.runIf(hasAwsCli)('the page about life without Snapkeep', { timeout: 240_000 }, () => {
  let cloud: RestoringCloud;
  let home: string;
  let ticking: NodeJS.Timeout;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'snapkeep-aws-'));
    cloud = await startRestoringCloud(
      {},
      {
        sources: [ec2ByTags({ Role: 'circleci-services' }), rdsByIds('circle-db'), auroraByIds('gitlab-db')],
      },
    );
    // The commands take real time; what they wait for would take far longer.
    ticking = setInterval(() => cloud.clock.advance(60_000), 100);
  });
  afterAll(async () => {
    clearInterval(ticking);
    expect(cloud.sandbox.internalErrors).toEqual([]);
    await cloud.close();
    rmSync(home, { recursive: true });
  });

  /** Runs commands of the page as a person would, in one shell; resolves with what they print. */
  const shell = (commands: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn('bash', ['-euo', 'pipefail', '-c', `${toSandbox}\n${commands}`], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...{ PATH: process.env.PATH, HOME: home, AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
          ...{ SANDBOX: cloud.sandbox.url, AWS_DEFAULT_REGION: region },
          AWS_ACCESS_KEY_ID: cloud.sandbox.identity.accessKeyId,
          AWS_SECRET_ACCESS_KEY: cloud.sandbox.identity.secretAccessKey,
        },
      });
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
        });
      }
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(`${code}: ${printed}`))));
    });

  const clients = () =>
    createAwsClients({
      ...{ region, endpoint: cloud.sandbox.url, credentials: cloud.sandbox.identity },
      ...{ clock: cloud.clock, rates: unpaced },
    });

  it('has no commands beside those that are run here', () => {
    const parts = [
      commandsOf('## Finding a backup', '## Deleting everything'),
      commandsOf('**The copies.**', '**The vault.**'),
      commandsOf('**The vault.**'),
    ];
    expect(commandsOf('## Removing Snapkeep')).toBe(parts.join('\n'));
  });

  it('has commands that delete the vault, locked as it is', async () => {
    expect(cloud.sandbox.s3.keys(bucket)).toContain(
      'ledger/ci/1795140000_2026_11_20_ci/backup_information.json',
    );
    await shell(commandsOf('**The vault.**'));
    expect(() => cloud.sandbox.s3.keys(bucket)).toThrow();
  });

  it('has commands that bring machine and databases of the newest backup back from tags alone', async () => {
    const before = new Set(cloud.sandbox.ec2.region(region).instances.keys());
    const printed = await shell(commandsOf('## Finding a backup', '## Deleting everything'));
    expect(printed).toContain('1795140000_2026_11_20_ci');

    const made = [...cloud.sandbox.ec2.region(region).instances.keys()].filter((id) => !before.has(id));
    expect(made).toHaveLength(1);
    const { ec2, rds, destroy } = clients();
    const { Reservations: [old, restored] = [] } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [oldMachine, ...made] }),
    );
    const facts = (reservation: Reservation | undefined) => {
      const instance = reservation?.Instances?.[0];
      return {
        type: instance?.InstanceType,
        subnet: instance?.SubnetId,
        groups: instance?.SecurityGroups?.map(({ GroupId }) => GroupId),
        profile: instance?.IamInstanceProfile?.Arn,
      };
    };
    expect(facts(restored)).toEqual(facts(old));
    expect(facts(restored).type).toBe('m7i.large');
    const machine = restored?.Instances?.[0];
    expect(machine).toMatchObject({
      PublicIpAddress: '203.0.113.20',
      MetadataOptions: { HttpTokens: 'required' },
    });
    expect(printed).toContain(machine?.PrivateIpAddress);
    // The content of the old machine came with its image.
    const tree = cloud.sandbox.ec2.machine(machine?.InstanceId ?? '').root();
    expect(readFileSync(join(tree, 'etc/default/replicated-operator'), 'utf8')).toContain('10.0.1.67');

    const { DBInstances: [database] = [] } = await rds.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'circle-db-restored' }),
    );
    expect(database).toMatchObject({
      DBInstanceStatus: 'available',
      Engine: 'postgres',
      DBInstanceClass: 'db.m7g.large',
      DBSubnetGroup: { DBSubnetGroupName: 'platform-databases' },
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0bbb4444bbbb4444b' }],
    });
    expect(printed).toContain(database?.Endpoint?.Address);
    const { DBClusters: [cluster] = [] } = await rds.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: 'gitlab-db-restored' }),
    );
    expect(cluster).toMatchObject({
      Status: 'available',
      DBClusterMembers: [{ DBInstanceIdentifier: 'gitlab-db-restored-1', IsClusterWriter: true }],
    });
    expect(printed).toContain(cluster?.ReaderEndpoint);
    destroy();
  });

  it('has commands that delete every copy', async () => {
    await shell(`deployment=prod-eu\n${commandsOf('**The copies.**', '**The vault.**')}`);
    const { ec2, rds, destroy } = clients();
    const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
    const manual = { SnapshotType: 'manual' };
    const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand(manual));
    const { DBClusterSnapshots } = await rds.send(new DescribeDBClusterSnapshotsCommand(manual));
    expect([Images, Snapshots, DBSnapshots, DBClusterSnapshots]).toEqual([[], [], [], []]);
    destroy();
  });
});

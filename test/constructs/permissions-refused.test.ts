/** What the credentials of a function can do to an account when somebody else has them: calls over the wire. */
import {
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeregisterImageCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeregistrationProtectionCommand,
  LockSnapshotCommand,
  ModifySnapshotAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  UnlockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import {
  AddTagsToResourceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
} from '@aws-sdk/client-rds';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { PublishCommand } from '@aws-sdk/client-sns';
import { SendCommandCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { account, bucket, region } from '../support/cloud.ts';
import { refusal } from '../support/ec2-sandbox.ts';
import { type RoleBench, startRoleBench } from '../support/role-bench.ts';
import { estateConfig, names } from '../support/role-estate.ts';

let bench: RoleBench;
const found = { selected: '', other: '', image: '', snapshot: '', zone: 'Z0123456789ABCDEFGHIJ' };
const clients: Partial<Record<string, AwsClients>> = {};

beforeAll(async () => {
  bench = await startRoleBench(estateConfig());
  const { sandbox } = bench.cloud;
  const seed = sandbox.ec2.seed(region);
  found.selected = seed.addInstance({ tags: { Role: 'ci', Stage: 'prod' } }).id;
  found.other = seed.addInstance().id;
  const image = seed.addImage({ name: 'somebody', tags: { Owner: 'somebody' } });
  found.image = image.id;
  found.snapshot = image.devices[0]?.snapshot?.id ?? '';
  sandbox.route53.seedZone({ account, id: found.zone, name: 'example.com' });
  sandbox.rds.seed(account, region).addInstance({ id: 'circle-db' });
  sandbox.rds.seed(account, region).addInstance({ id: 'other-db' });
  sandbox.s3.seedObject(bucket, 'ledger/ci/intent.json', '{}');
  const admin = createAwsClients({ region, endpoint: sandbox.url, credentials: sandbox.identity });
  await admin.rds.send(
    new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'circle-db', DBSnapshotIdentifier: 'x', Tags: tags }),
  );
  admin.destroy();
  for (const name of Object.values(names)) clients[name] = bench.clientsOf(name);
});
afterAll(() => bench.close());

const as = (name: string): AwsClients => {
  const known = clients[name];
  if (!known) throw new Error(`no clients of ${name}`);
  return known;
};
const tags = [{ Key: 'snapkeep:managed', Value: 'prod-eu' }];
const tagged = (...types: ('image' | 'snapshot')[]) =>
  types.map((ResourceType) => ({ ResourceType, Tags: tags }));
const event = (Source: string, DetailType: string) =>
  new PutEventsCommand({ Entries: [{ Source, DetailType, Detail: '{}' }] });
type Call = (aws: AwsClients) => Promise<unknown>;

const everybody: Readonly<Record<string, Call>> = {
  'terminates a machine': ({ ec2 }) =>
    ec2.send(new TerminateInstancesCommand({ InstanceIds: [found.selected] })),
  'launches a machine': ({ ec2 }) =>
    ec2.send(new RunInstancesCommand({ ImageId: found.image, MinCount: 1, MaxCount: 1 })),
  "marks somebody's image as ours": ({ ec2 }) =>
    ec2.send(new CreateTagsCommand({ Resources: [found.image], Tags: tags })),
  'strips an image of its tags': ({ ec2 }) => ec2.send(new DeleteTagsCommand({ Resources: [found.image] })),
  "deregisters somebody's image": ({ ec2 }) => ec2.send(new DeregisterImageCommand({ ImageId: found.image })),
  "deletes somebody's snapshot": ({ ec2 }) =>
    ec2.send(new DeleteSnapshotCommand({ SnapshotId: found.snapshot })),
  'gives a snapshot away': ({ ec2 }) =>
    ec2.send(
      new ModifySnapshotAttributeCommand({
        SnapshotId: found.snapshot,
        OperationType: 'add',
        UserIds: ['999999999999'],
      }),
    ),
  "locks somebody's snapshot for ever": ({ ec2 }) =>
    ec2.send(
      new LockSnapshotCommand({ SnapshotId: found.snapshot, LockMode: 'compliance', LockDuration: 36_500 }),
    ),
  'takes a lock off': ({ ec2 }) => ec2.send(new UnlockSnapshotCommand({ SnapshotId: found.snapshot })),
  "protects somebody's image": ({ ec2 }) =>
    ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId: found.image, WithCooldown: true })),
  "takes the protection off somebody's image": ({ ec2 }) =>
    ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId: found.image })),
  'points a name elsewhere': ({ route53 }) =>
    route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: found.zone,
        ChangeBatch: {
          Changes: [
            {
              Action: 'UPSERT',
              ResourceRecordSet: {
                Name: 'www.example.com',
                Type: 'A',
                TTL: 60,
                ResourceRecords: [{ Value: '192.0.2.1' }],
              },
            },
          ],
        },
      }),
    ),
  'deletes a database': ({ rds }) =>
    rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'circle-db', SkipFinalSnapshot: true })),
  'runs a command': ({ ssm }) =>
    ssm.send(new SendCommandCommand({ DocumentName: 'AWS-RunShellScript', InstanceIds: [found.selected] })),
  'deletes from the ledger': ({ s3 }) =>
    s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'ledger/ci/intent.json' })),
  'overwrites the ledger': ({ s3 }) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'ledger/ci/intent.json', Body: 'x' })),
  'writes beside the ledger': ({ s3 }) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'else', Body: 'x', IfNoneMatch: '*' })),
  'lists the whole vault': ({ s3 }) => s3.send(new ListObjectVersionsCommand({ Bucket: bucket })),
  'lists it the other way': ({ s3 }) =>
    s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'ledger/' })),
  'publishes to any topic': ({ sns }) =>
    sns.send(new PublishCommand({ TopicArn: `arn:aws:sns:${region}:${account}:other`, Message: 'x' })),
  'speaks in the name of another source': ({ eventbridge }) =>
    eventbridge.send(event('orders', 'Snapkeep Backup Completed')),
  'puts an event of another type': ({ eventbridge }) =>
    eventbridge.send(event('snapkeep', 'Snapkeep Paused')),
  'invokes any function': ({ lambda }) => lambda.send(new InvokeCommand({ FunctionName: 'other:live' })),
};

const beyond: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  [names.backupWorker]: {
    'copies a machine that no plan selects': ({ ec2 }) =>
      ec2.send(
        new CreateImageCommand({
          InstanceId: found.other,
          Name: 'x',
          TagSpecifications: tagged('image', 'snapshot'),
        }),
      ),
    'copies a selected machine without our tags': ({ ec2 }) =>
      ec2.send(new CreateImageCommand({ InstanceId: found.selected, Name: 'x' })),
    'leaves the tags of the snapshots out': ({ ec2 }) =>
      ec2.send(
        new CreateImageCommand({ InstanceId: found.selected, Name: 'x', TagSpecifications: tagged('image') }),
      ),
    'reads the user data of a machine that no plan selects': ({ ec2 }) =>
      ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: found.other, Attribute: 'userData' })),
    'copies a database that no plan selects': ({ rds }) =>
      rds.send(
        new CreateDBSnapshotCommand({
          DBInstanceIdentifier: 'other-db',
          DBSnapshotIdentifier: 'snapkeep-prod-eu-x',
          Tags: tags,
        }),
      ),
    'copies a database under another name': ({ rds }) =>
      rds.send(
        new CreateDBSnapshotCommand({
          DBInstanceIdentifier: 'circle-db',
          DBSnapshotIdentifier: 'x',
          Tags: tags,
        }),
      ),
    'marks a database as ours': ({ rds }) =>
      rds.send(
        new AddTagsToResourceCommand({
          ResourceName: `arn:aws:rds:${region}:${account}:db:circle-db`,
          Tags: tags,
        }),
      ),
  },
  [names.rotateWorker]: {
    'copies a selected machine': ({ ec2 }) =>
      ec2.send(
        new CreateImageCommand({
          InstanceId: found.selected,
          Name: 'x',
          TagSpecifications: tagged('image', 'snapshot'),
        }),
      ),
    'deletes a database snapshot of another name': ({ rds }) =>
      rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'x' })),
    'looks at machines': ({ ec2 }) => ec2.send(new DescribeInstancesCommand()),
  },
  [names.restoreWorker]: {
    'tells of a backup': ({ eventbridge }) =>
      eventbridge.send(event('snapkeep', 'Snapkeep Backup Completed')),
  },
  [names.start]: { 'looks at machines': ({ ec2 }) => ec2.send(new DescribeInstancesCommand()) },
};

const denied =
  /^(UnauthorizedOperation|AccessDenied|AccessDeniedException|AuthorizationErrorException): .*is not authorized to perform/;

describe.each(Object.values(names))('the role of %s', (name) => {
  it.each(Object.entries({ ...everybody, ...beyond[name] }))('refuses whoever %s', async (_what, call) => {
    // Somebody whom nothing may stop passes all of these checks: only the permissions refuse.
    expect(await refusal(call(as(name)))).toMatch(denied);
  });
});

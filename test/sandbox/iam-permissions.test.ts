import { DeleteSnapshotCommand, EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateDBSnapshotCommand, RDSClient } from '@aws-sdk/client-rds';
import {
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { refusal } from '../support/ec2-sandbox.ts';
import { account, everything, region, roleArn, useIamSandbox, vault } from '../support/iam-sandbox.ts';

const iam = useIamSandbox();
const { as, allow } = iam;

describe('permissions', () => {
  it('on something that is not there let the service say so', async () => {
    allow({ Action: 'ec2:DeleteSnapshot', Resource: `arn:aws:ec2:${region}::snapshot/*` });
    const remove = new DeleteSnapshotCommand({ SnapshotId: 'snap-0123456789abcdef0' });
    expect(await refusal(as(EC2Client).send(remove))).toContain('InvalidSnapshot.NotFound');
    const terminate = new TerminateInstancesCommand({ InstanceIds: ['i-0123456789abcdef0'] });
    expect(await refusal(as(EC2Client).send(terminate))).toContain('UnauthorizedOperation');
  });

  it('tell an explicit denial apart', async () => {
    allow(everything, { Effect: 'Deny', Action: 'ec2:Terminate*', Resource: '*' });
    const { id } = iam.current.ec2.seed(region).addInstance();
    const call = as(EC2Client).send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(await refusal(call)).toContain('with an explicit deny in an identity-based policy');
  });

  it('of database snapshots go by names and tags, of both ends', async () => {
    iam.current.rds.seed(account, region).addInstance({ id: 'circle-db' });
    allow(
      { Action: 'rds:CreateDBSnapshot', Resource: `arn:aws:rds:${region}:${account}:db:circle-db` },
      {
        Action: ['rds:CreateDBSnapshot', 'rds:AddTagsToResource'],
        Resource: `arn:aws:rds:${region}:${account}:snapshot:snapkeep-*`,
        Condition: { StringEquals: { 'aws:RequestTag/a': 'b' } },
      },
    );
    const take = (name: string, value: string) =>
      as(RDSClient).send(
        new CreateDBSnapshotCommand({
          DBInstanceIdentifier: 'circle-db',
          DBSnapshotIdentifier: name,
          Tags: [{ Key: 'a', Value: value }],
        }),
      );
    expect(await refusal(take('mine-1', 'b'))).toContain('snapshot:mine-1');
    expect(await refusal(take('snapkeep-1', 'c'))).toContain('AccessDenied');
    expect((await take('snapkeep-1', 'b')).DBSnapshot?.Status).toBe('creating');
  });

  it('of lists go by prefix', async () => {
    allow({
      Action: 's3:ListBucketVersions',
      Resource: `arn:aws:s3:::${vault}`,
      Condition: { StringLike: { 's3:prefix': 'ledger/*' } },
    });
    const list = (Prefix?: string) =>
      as(S3Client).send(new ListObjectVersionsCommand({ Bucket: vault, Prefix }));
    await list('ledger/ci/');
    expect(await refusal(list())).toContain('AccessDenied');
    expect(await refusal(list('other/'))).toContain('AccessDenied');
  });

  it('of commands need the document and the machine', async () => {
    const { id } = iam.current.ec2.seed(region).addInstance({ tags: { 'snapkeep:restore': 'r1' } });
    const send = () =>
      as(SSMClient).send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunShellScript',
          InstanceIds: [id],
          Parameters: { commands: ['true'] },
        }),
      );
    const machine = {
      Action: 'ssm:SendCommand',
      Resource: `arn:aws:ec2:${region}:${account}:instance/*`,
      Condition: { StringLike: { 'ssm:resourceTag/snapkeep:restore': '?*' } },
    };
    allow(machine, { Action: 'ssm:SendCommand', Resource: `arn:aws:ssm:${region}:${account}:document/*` });
    // Documents of AWS have no account in their ARN.
    expect(await refusal(send())).toContain(`arn:aws:ssm:${region}::document/AWS-RunShellScript`);
    allow(machine, { Action: 'ssm:SendCommand', Resource: `arn:aws:ssm:${region}::document/*` });
    expect(await refusal(send())).not.toContain('AccessDenied');
  });

  it('of functions tell an alias from the function', async () => {
    iam.current.lambda.registerFunction('worker', () => 'done');
    const arn = `arn:aws:lambda:${region}:${account}:function:worker`;
    allow({ Action: 'lambda:InvokeFunction', Resource: `${arn}:live` });
    const invoke = (FunctionName: string, Qualifier?: string) =>
      as(LambdaClient).send(new InvokeCommand({ FunctionName, Qualifier }));
    await invoke(`${arn}:live`);
    await invoke('worker', 'live');
    expect(await refusal(invoke('worker'))).toContain(`on resource: ${arn} because`);
    expect(await refusal(invoke('worker', '1'))).toContain(`on resource: ${arn}:1 because`);
  });
});

describe('objects', () => {
  it('that are missing are told only to who may list', async () => {
    const read = () => as(S3Client).send(new HeadObjectCommand({ Bucket: vault, Key: 'missing' }));
    allow({ Action: 's3:GetObject', Resource: `arn:aws:s3:::${vault}/*` });
    expect(await refusal(read())).toMatch(/^(403|Forbidden|UnknownError|Unknown)/);
    allow(
      { Action: 's3:GetObject', Resource: `arn:aws:s3:::${vault}/*` },
      { Action: 's3:ListBucket', Resource: `arn:aws:s3:::${vault}` },
    );
    expect(await refusal(read())).toMatch(/^NotFound/);
  });

  it('obey the policy of their bucket, whoever comes', async () => {
    const admin = as(S3Client, iam.current.identity);
    await admin.send(
      new PutBucketPolicyCommand({
        Bucket: vault,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:PutObject',
              Resource: `arn:aws:s3:::${vault}/ledger/*`,
              Condition: { Null: { 's3:if-none-match': 'true' } },
            },
            {
              Effect: 'Allow',
              Principal: { AWS: roleArn },
              Action: 's3:PutObject',
              Resource: `arn:aws:s3:::${vault}/*`,
            },
          ],
        }),
      }),
    );
    const put = (client: S3Client, Key: string, IfNoneMatch?: string) =>
      client.send(new PutObjectCommand({ Bucket: vault, Key, Body: 'x', IfNoneMatch }));
    expect(await refusal(put(admin, 'ledger/a'))).toContain('explicit deny in a resource-based policy');
    await put(admin, 'ledger/a', '*');
    // A policy of the bucket may allow what no policy of the role does.
    await put(as(S3Client), 'ledger/b', '*');
    expect(await refusal(put(as(S3Client), 'ledger/c'))).toContain('explicit deny');
  });
});

import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateImageCommand,
  CreateTagsCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { ListHostedZonesCommand, Route53Client } from '@aws-sdk/client-route-53';
import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';
import { refusal } from '../support/ec2-sandbox.ts';

const account = '123456789012';
const region = 'eu-west-1';
const roleArn = `arn:aws:iam::${account}:role/worker`;
const session = `arn:aws:sts::${account}:assumed-role/worker/test`;
const vault = 'acme-vault';

let sandbox: RunningSandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ policies: { [roleArn]: [] } });
  sandbox.s3.seedBucket({ name: vault, region, account, versioned: true });
});
afterEach(async () => {
  expect(sandbox.internalErrors).toEqual([]);
  await sandbox.close();
});

/** Any client of the role's session, with one attempt so that the first answer shows. */
const as = <C>(Client: new (config: object) => C, credentials = sandbox.iam.session(roleArn, 'test')): C =>
  new Client({
    endpoint: sandbox.url,
    region,
    credentials,
    maxAttempts: 1,
    forcePathStyle: true,
  });
const allow = (...statements: object[]): void =>
  sandbox.iam.setPolicies(roleArn, [
    { Version: '2012-10-17', Statement: statements.map((each) => ({ Effect: 'Allow', ...each })) },
  ]);
const everything = { Action: '*', Resource: '*' };

describe('a session of a role without permissions', () => {
  it('learns so from EC2 in the words of EC2', async () => {
    expect(await refusal(as(EC2Client).send(new DescribeInstancesCommand()))).toMatch(
      new RegExp(
        `^UnauthorizedOperation: You are not authorized to perform this operation\\. User: ${session} is not ` +
          'authorized to perform: ec2:DescribeInstances on resource: \\* because no identity-based policy allows the ' +
          'ec2:DescribeInstances action\\. Encoded authorization failure message: [\\w-]+$',
      ),
    );
  });

  it.each([
    [
      'RDS',
      () => as(RDSClient).send(new DescribeDBInstancesCommand()),
      'AccessDenied',
      'rds:DescribeDBInstances',
    ],
    [
      'SNS',
      () => as(SNSClient).send(new PublishCommand({ TopicArn: topic, Message: 'x' })),
      'AuthorizationErrorException',
      'sns:Publish',
    ],
    [
      'Route 53',
      () => as(Route53Client).send(new ListHostedZonesCommand()),
      'AccessDenied',
      'route53:ListHostedZones',
    ],
    [
      'S3',
      () => as(S3Client).send(new GetObjectCommand({ Bucket: vault, Key: 'a' })),
      'AccessDenied',
      's3:GetObject',
    ],
    [
      'SSM',
      () => as(SSMClient).send(new DescribeInstanceInformationCommand()),
      'AccessDeniedException',
      'ssm:DescribeInstanceInformation',
    ],
    [
      'Lambda',
      () => as(LambdaClient).send(new InvokeCommand({ FunctionName: 'worker:live' })),
      'AccessDeniedException',
      'lambda:InvokeFunction',
    ],
    [
      'STS',
      () => as(STSClient).send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'me' })),
      'AccessDenied',
      'sts:AssumeRole',
    ],
    [
      'CloudWatch',
      () => as(CloudWatchClient).send(new PutMetricDataCommand({ Namespace: 'x', MetricData: [] })),
      'AccessDenied',
      'cloudwatch:PutMetricData',
    ],
  ])('learns so from %s in its own words', async (_service, call, code, action) => {
    const text = await refusal(call());
    expect(text.split(':')[0]).toBe(code);
    expect(text).toContain(`User: ${session} is not authorized to perform: ${action} on resource: `);
  });

  it('may still ask who it is', async () => {
    const { Arn } = await as(STSClient).send(new GetCallerIdentityCommand());
    expect(Arn).toBe(session);
  });

  it('is the fate of a role that nobody gave any policies', async () => {
    const other = sandbox.iam.session(`arn:aws:iam::${account}:role/other`);
    expect(await refusal(as(EC2Client, other).send(new DescribeInstancesCommand()))).toContain(
      'UnauthorizedOperation',
    );
  });
});

const topic = `arn:aws:sns:${region}:${account}:ops`;

describe('CreateImage', () => {
  const images = { Action: 'ec2:CreateImage', Resource: `arn:aws:ec2:${region}::image/*` };
  const snapshots = { Action: 'ec2:CreateImage', Resource: `arn:aws:ec2:${region}::snapshot/*` };
  const tagging = {
    Action: 'ec2:CreateTags',
    Resource: `arn:aws:ec2:${region}::*`,
    Condition: { StringEquals: { 'ec2:CreateAction': 'CreateImage' } },
  };
  const instances = {
    Action: 'ec2:CreateImage',
    Resource: `arn:aws:ec2:${region}:${account}:instance/*`,
    Condition: { StringEquals: { 'aws:ResourceTag/Role': 'ci' } },
  };
  const tags = [{ Key: 'a', Value: 'b' }];
  const order = (tagged = true) => {
    const { id } = sandbox.ec2.seed(region).addInstance({ tags: { Role: 'ci' } });
    return new CreateImageCommand({
      InstanceId: id,
      Name: `n-${id}`,
      ...(tagged ? { TagSpecifications: [{ ResourceType: 'image', Tags: tags }] } : {}),
    });
  };

  it('needs the instance, the image, the snapshots and the tags', async () => {
    const all = [images, snapshots, instances, tagging];
    allow(...all);
    await as(EC2Client).send(order());
    for (const missing of all) {
      allow(...all.filter((each) => each !== missing));
      expect(await refusal(as(EC2Client).send(order()))).toContain('UnauthorizedOperation');
    }
  });

  it('asks for no tagging when it carries no tags', async () => {
    allow(images, snapshots, instances);
    await as(EC2Client).send(order(false));
  });

  it('does not let the tags of an existing image change', async () => {
    allow(images, snapshots, instances, tagging);
    const { ImageId } = await as(EC2Client).send(order());
    const change = new CreateTagsCommand({ Resources: [ImageId ?? ''], Tags: tags });
    expect(await refusal(as(EC2Client).send(change))).toContain('ec2:CreateTags');
  });

  it('goes by the tags of the source as they are at that moment', async () => {
    allow(images, snapshots, instances, tagging);
    const { id } = sandbox.ec2.seed(region).addInstance({ tags: { Role: 'other' } });
    const foreign = new CreateImageCommand({ InstanceId: id, Name: 'x' });
    expect(await refusal(as(EC2Client).send(foreign))).toContain(`instance/${id}`);
  });
});

describe('RunInstances', () => {
  it('asks for every resource of a launch and for the role of its profile', async () => {
    const seed = sandbox.ec2.seed(region);
    const { id: imageId } = seed.addImage({ name: 'base' });
    const { groupId } = seed.addSecurityGroup({ name: 'web' });
    const { subnetId } = seed.addSubnet();
    seed.addKeyPair({ name: 'admin' });
    seed.addInstance({ instanceProfile: 'restored' });
    allow(everything);
    const asked: string[] = [];
    sandbox.iam.onDecision(({ demand }) => asked.push(`${demand.action} ${demand.resource}`));
    await as(EC2Client).send(
      new RunInstancesCommand({
        ImageId: imageId,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnetId,
        SecurityGroupIds: [groupId],
        KeyName: 'admin',
        IamInstanceProfile: { Name: 'restored' },
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    );
    const own = `arn:aws:ec2:${region}:${account}`;
    expect(asked.sort()).toEqual(
      [
        `ec2:CreateTags ${own}:instance/*`,
        `ec2:RunInstances arn:aws:ec2:${region}::image/${imageId}`,
        `ec2:RunInstances arn:aws:ec2:${region}::snapshot/${[...sandbox.ec2.region(region).snapshots.keys()][0]}`,
        `ec2:RunInstances ${own}:instance/*`,
        `ec2:RunInstances ${own}:key-pair/admin`,
        `ec2:RunInstances ${own}:network-interface/*`,
        `ec2:RunInstances ${own}:security-group/${groupId}`,
        `ec2:RunInstances ${own}:subnet/${subnetId}`,
        `ec2:RunInstances ${own}:volume/*`,
        `iam:PassRole arn:aws:iam::${account}:role/restored`,
      ].sort(),
    );
  });
});

describe('the record of a role', () => {
  it('tells what was used, refused and never needed, by statement', async () => {
    sandbox.s3.seedObject(vault, 'a', 'x');
    allow(
      { Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${vault}/*` },
      { Sid: 'Second', Action: 's3:GetObject', Resource: 'arn:aws:s3:::other/*' },
    );
    const s3 = as(S3Client);
    await s3.send(new GetObjectCommand({ Bucket: vault, Key: 'a' }));
    await s3.send(new GetObjectCommand({ Bucket: vault, Key: 'a' }));
    await refusal(s3.send(new ListObjectVersionsCommand({ Bucket: vault })));
    const { used, refused, allowed, unused } = sandbox.iam.usage(roleArn);
    expect([...used]).toEqual([['s3:GetObject', 2]]);
    expect([...refused.keys()]).toEqual(['s3:ListBucketVersions']);
    expect(allowed).toEqual(['s3:GetObject', 's3:PutObject']);
    expect(unused.map(({ action, statement }) => [statement.sid, action])).toEqual([
      [undefined, 's3:PutObject'],
      ['Second', 's3:GetObject'],
    ]);
  });
});

describe('policies', () => {
  it.each([
    ['an operator that does not exist', { Condition: { StringMatches: { 'aws:username': 'x' } } }],
    ['a wildcard for a service', { Action: '*:GetObject' }],
    ['both an action and its negation', { NotAction: 's3:*' }],
    ['an unknown element', { Conditions: {} }],
    ['an effect of its own', { Effect: 'Permit' }],
  ])('are refused with %s', (_what, part) => {
    expect(() => allow({ ...everything, ...part })).toThrow();
  });
});

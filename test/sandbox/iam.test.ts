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
import { describe, expect, it } from 'vitest';
import { refusal } from '../support/ec2-sandbox.ts';
import {
  account,
  everything,
  region,
  roleArn,
  sessionArn as session,
  useIamSandbox,
  vault,
} from '../support/iam-sandbox.ts';

const iam = useIamSandbox();
const { as, allow } = iam;

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
    const other = iam.current.iam.session(`arn:aws:iam::${account}:role/other`);
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
    const { id } = iam.current.ec2.seed(region).addInstance({ tags: { Role: 'ci' } });
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
    const { id } = iam.current.ec2.seed(region).addInstance({ tags: { Role: 'other' } });
    const foreign = new CreateImageCommand({ InstanceId: id, Name: 'x' });
    expect(await refusal(as(EC2Client).send(foreign))).toContain(`instance/${id}`);
  });
});

describe('RunInstances', () => {
  it('asks for every resource of a launch and for the role of its profile', async () => {
    const seed = iam.current.ec2.seed(region);
    const { id: imageId } = seed.addImage({ name: 'base' });
    const { groupId } = seed.addSecurityGroup({ name: 'web' });
    const { subnetId } = seed.addSubnet();
    seed.addKeyPair({ name: 'admin' });
    seed.addInstance({ instanceProfile: 'restored' });
    allow(everything);
    const asked: string[] = [];
    iam.current.iam.onDecision(({ demand }) => asked.push(`${demand.action} ${demand.resource}`));
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
        `ec2:RunInstances arn:aws:ec2:${region}::snapshot/${[...iam.current.ec2.region(region).snapshots.keys()][0]}`,
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
    iam.current.s3.seedObject(vault, 'a', 'x');
    allow(
      { Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${vault}/*` },
      { Sid: 'Second', Action: 's3:GetObject', Resource: 'arn:aws:s3:::other/*' },
    );
    const s3 = as(S3Client);
    await s3.send(new GetObjectCommand({ Bucket: vault, Key: 'a' }));
    await s3.send(new GetObjectCommand({ Bucket: vault, Key: 'a' }));
    await refusal(s3.send(new ListObjectVersionsCommand({ Bucket: vault })));
    const { used, refused, allowed, unused } = iam.current.iam.usage(roleArn);
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

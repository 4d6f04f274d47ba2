import { CreateImageCommand, DeregisterImageCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { ListObjectVersionsCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import type { Config } from '../../functions/plan/config.ts';
import type { Statement } from '../../sandbox/iam/policy.ts';
import { readTemplate, type TemplatePermissions } from '../../sandbox/iam/template.ts';
import { account, bucket, type Cloud, startCloud } from '../support/cloud.ts';
import { refusal } from '../support/ec2-sandbox.ts';
import { grantsOf } from '../support/grants.ts';
import { aPlan, ec2ByTags } from '../support/plans.ts';
import { estateConfig } from '../support/role-estate.ts';
import { stacksOf, synthesize } from '../support/synthesized.ts';

const [here, there] = ['eu-west-1', 'us-east-1'] as const;
const farBucket = `${bucket}-${there}`;
const tags = { Role: 'ci', Stage: 'prod' };
/** Every kind of source and target; the further Region selects by the same tags. */
const home: Config = estateConfig();
const far: Config = {
  ...home,
  region: there,
  vault: { ...home.vault, bucket: farBucket },
  plans: { 'us-fleet': aPlan({ name: 'us-fleet', sources: [ec2ByTags(tags)] }) },
};

const app = new App();
const stacks = stacksOf([home, far], app);
const templates = stacks.map((stack) => Template.fromStack(stack));
const textOf = (index: number): string => JSON.stringify(templates[index]?.toJSON());

describe('the stacks of two Regions', () => {
  it('have one name in CloudFormation, a Region each, and names of their own in the app', () => {
    expect(stacks.map(({ node, stackName, region }) => [node.id, stackName, region])).toEqual([
      ['snapkeep-prod-eu', 'snapkeep-prod-eu', here],
      ['snapkeep-prod-eu-us-east-1', 'snapkeep-prod-eu', there],
    ]);
  });

  it('know nothing of each other', () => {
    for (const [index, { other, vault }] of [
      { other: there, vault: farBucket },
      { other: here, vault: `"${bucket}"` },
    ].entries()) {
      expect(stacks[index]?.dependencies).toEqual([]);
      expect(textOf(index)).not.toContain(other);
      expect(textOf(index)).not.toContain(vault);
      expect(textOf(index)).not.toContain('Fn::ImportValue');
      expect(textOf(index)).not.toContain('"Export"');
    }
  });

  it('share names only where a name is that of a Region', () => {
    const [first, second] = templates.map(namesIn);
    const shared = [...(first ?? [])].filter((each) => second?.has(each)).map((each) => each.split(' ')[0]);
    // Buckets, roles and dashboards are not among them: their names are those of an account, or of all accounts.
    expect([...new Set(shared)].sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::EventSchemas::Registry',
      'AWS::EventSchemas::Schema',
      'AWS::Lambda::Alias',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::Scheduler::Schedule',
      'AWS::Scheduler::ScheduleGroup',
    ]);
    expect(
      [...(first ?? [])].filter((each) => /^AWS::(S3::Bucket|CloudWatch::Dashboard) /.test(each)),
    ).toEqual([`AWS::S3::Bucket ${bucket}`, 'AWS::CloudWatch::Dashboard snapkeep-prod-eu-eu-west-1']);
    for (const template of templates)
      for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role')))
        expect(Properties).not.toHaveProperty('RoleName');
  });

  it('make of the first Region what a file of that Region alone makes', () => {
    const alone = Object.keys(synthesize(home).toJSON().Resources);
    // Versions of functions are named after their code, which is another one here.
    const lasting = (ids: string[]): string[] => ids.filter((id) => !id.includes('CurrentVersion')).sort();
    expect(lasting(Object.keys(templates[0]?.toJSON().Resources))).toEqual(lasting(alone));
  });
});

/** `type name` of everything that has a name of its own. */
function namesIn(template: Template): Set<string> {
  const resources: [string, { Type: string; Properties?: Record<string, unknown> }][] = Object.entries(
    template.toJSON().Resources,
  );
  const named = resources.flatMap(([, { Type, Properties = {} }]) => {
    const own = Type.split('::').at(-1);
    const name = Properties.Name ?? Properties[`${own}Name`];
    return typeof name === 'string' ? [`${Type} ${name}`] : [];
  });
  return new Set(named);
}

const permissionsOf = (index: number, region: string): TemplatePermissions =>
  readTemplate(templates[index]?.toJSON(), { account, region, stackName: 'snapkeep-prod-eu' });
const permissions: Readonly<Record<string, TemplatePermissions>> = {
  [here]: permissionsOf(0, here),
  [there]: permissionsOf(1, there),
};

/** Whether a statement allows nothing in another Region: by its condition, or by every ARN that it names. */
const staysIn = (region: string, { conditions, resources = [] }: Statement): boolean =>
  conditions.some(
    ({ operator, key, values }) =>
      operator === 'StringEquals' && key === 'aws:RequestedRegion' && values.join() === region,
  ) || resources.every((arn) => arn.split(':')[3] === region);

describe('the roles of two Regions', () => {
  it.each([
    [here, bucket],
    [there, farBucket],
  ])('of %s allow nothing elsewhere, but for what has no Region', (region, vault) => {
    const deployed = permissions[region];
    const outside = (deployed?.roles ?? []).flatMap((role) =>
      (deployed === undefined ? [] : grantsOf(deployed, role))
        .filter((statement) => statement.effect === 'Allow' && !staysIn(region, statement))
        .map(({ actions = [], resources = [] }) => `${actions.join()} ${resources.join()}`),
    );
    const known = [
      new RegExp(`^s3:\\S+ arn:aws:s3:::${vault}(/ledger/\\S*)?$`),
      // Of the role inside an instance profile, and only to EC2.
      new RegExp(`^iam:PassRole arn:aws:iam::${account}:role/\\S+$`),
      // Zones that plans of this Region name; Route 53 is one for all.
      /^route53:\S+ arn:aws:route53:::(hostedzone\/Z\w+|change\/\*)$/,
    ];
    expect(outside.filter((each) => !known.some((form) => form.test(each)))).toEqual([]);
    expect(outside.length).toBeGreaterThan(0);
  });
});

describe('with the credentials of one Region in the other', () => {
  let cloud: Cloud;
  const machines: Record<string, string> = {};
  const images: Record<string, string> = {};
  const open: AwsClients[] = [];
  beforeAll(async () => {
    const roles = Object.values(permissions).flatMap((each) => each.roles);
    cloud = await startCloud({
      policies: Object.fromEntries(roles.map(({ arn, documents }) => [arn, documents])),
    });
    const { ec2, s3 } = cloud.sandbox;
    s3.seedBucket({ name: farBucket, region: there, account, objectLock: true });
    const { url: endpoint, identity: credentials } = cloud.sandbox;
    for (const [region, { bucketPolicies }] of Object.entries(permissions)) {
      const admin = createAwsClients({ region, endpoint, credentials, clock: cloud.clock });
      open.push(admin);
      for (const [Bucket, Policy] of bucketPolicies)
        if (s3.bucket(Bucket)) await admin.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    }
    for (const region of [here, there]) {
      machines[region] = ec2.seed(region).addInstance({ tags }).id;
      images[region] = ec2.seed(region).addImage({
        name: `copy-${region}`,
        tags: { 'snapkeep:managed': 'prod-eu' },
      }).id;
    }
  });
  afterAll(async () => {
    expect(cloud.sandbox.internalErrors).toEqual([]);
    for (const clients of open) clients.destroy();
    await cloud.close();
  });

  /** A function of one Region, asking in another. */
  const clientsOf = (name: string, of: string, at: string): AwsClients => {
    const { arn = '' } = permissions[of]?.functions.get(name)?.role ?? {};
    const clients = createAwsClients({
      region: at,
      endpoint: cloud.sandbox.url,
      credentials: cloud.sandbox.iam.session(arn, name),
      clock: cloud.clock,
      rates: unpaced,
    });
    open.push(clients);
    return clients;
  };

  const calls: readonly (readonly [string, string, (clients: AwsClients, at: string) => Promise<unknown>])[] =
    [
      ['looks at machines', 'prod-eu-backup-worker', ({ ec2 }) => ec2.send(new DescribeInstancesCommand({}))],
      [
        'makes an image of a machine with the tags of its plan',
        'prod-eu-backup-worker',
        ({ ec2 }, at) =>
          ec2.send(
            new CreateImageCommand({
              InstanceId: machines[at],
              Name: `taken-${at}`,
              TagSpecifications: (['image', 'snapshot'] as const).map((ResourceType) => ({
                ResourceType,
                Tags: [{ Key: 'snapkeep:managed', Value: 'prod-eu' }],
              })),
            }),
          ),
      ],
      [
        'writes to the ledger',
        'prod-eu-backup-worker',
        ({ s3 }, at) =>
          s3.send(
            new PutObjectCommand({ Bucket: vaultOf(at), Key: 'ledger/x.json', Body: '{}', IfNoneMatch: '*' }),
          ),
      ],
      [
        'reads the ledger',
        'prod-eu-rotate-worker',
        ({ s3 }, at) => s3.send(new ListObjectVersionsCommand({ Bucket: vaultOf(at), Prefix: 'ledger/' })),
      ],
      [
        'removes a copy of the same deployment',
        'prod-eu-rotate-worker',
        ({ ec2 }, at) => ec2.send(new DeregisterImageCommand({ ImageId: images[at] })),
      ],
    ];
  const vaultOf = (at: string): string => (at === here ? bucket : farBucket);

  it.each(calls)('a function that %s is refused', async (_, name, call) => {
    for (const [of, at] of [
      [here, there],
      [there, here],
    ] as const)
      expect(await refusal(call(clientsOf(name, of, at), at))).toMatch(
        /^(UnauthorizedOperation|AccessDenied): /,
      );
  });

  it.each(calls)('a function that %s at home is not', async (_, name, call) => {
    for (const region of [here, there])
      await expect(call(clientsOf(name, region, region), region)).resolves.toBeDefined();
  });
});

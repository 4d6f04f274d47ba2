import { readdirSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../functions/plan/load.ts';
import { addSnapkeepStacks } from '../../lib/snapkeep-app.ts';
import { emptyBundles } from '../support/synthesized.ts';

/** Of each Region, in the order of the file: its plans. */
const examples = {
  'snapkeep.yaml': [{ region: 'eu-west-1', plans: ['ci', 'gitlab', 'fleet'] }],
  'one-plan.yaml': [{ region: 'eu-west-1', plans: ['nightly'] }],
  'fleet.yaml': [{ region: 'eu-west-1', plans: ['ci', 'databases', 'runners', 'records'] }],
  'two-regions.yaml': [
    { region: 'eu-west-1', plans: ['gitlab'] },
    { region: 'us-east-1', plans: ['runners-us', 'reports-us'] },
  ],
};

const notConfigurations = ['estate.yaml'];

it('every example of a configuration is synthesized here', () => {
  const files = readdirSync('docs/examples').filter((name) => name.endsWith('.yaml'));
  expect(files.filter((name) => !notConfigurations.includes(name)).sort()).toEqual(
    Object.keys(examples).sort(),
  );
});

describe.each(Object.entries(examples))('docs/examples/%s', async (file, regions) => {
  const loaded = await loadConfig(`docs/examples/${file}`);
  const app = new App();
  const stacks = addSnapkeepStacks(
    app,
    loaded.regions.map((config) => ({ config, bundles: emptyBundles() })),
  );

  it('is read without a warning and has these plans', () => {
    expect(loaded.warnings).toEqual([]);
    expect(loaded.regions.map(({ region, plans }) => ({ region, plans: Object.keys(plans) }))).toEqual(
      regions,
    );
  });

  it('passes the AwsSolutions rules', () => {
    expect(() => app.synth()).not.toThrow();
  });

  it.each(regions)('makes all that belongs to $region', ({ region, plans }) => {
    const stack = stacks.find((each) => each.region === region);
    if (stack === undefined) throw new Error(`there is no stack in ${region}`);
    const template = Template.fromStack(stack);
    const counts = {
      'AWS::Lambda::Function': 7,
      'AWS::Lambda::Alias': 7,
      'AWS::SQS::Queue': 7,
      // One per function, and that of the schedules.
      'AWS::IAM::Role': 8,
      'AWS::IAM::Policy': 0,
      'AWS::IAM::ManagedPolicy': 0,
      // The vault and its access log.
      'AWS::S3::Bucket': 2,
      'AWS::SNS::Topic': 1,
      'AWS::Scheduler::ScheduleGroup': 1,
      'AWS::Scheduler::Schedule': plans.length + 1,
      'AWS::CloudWatch::Dashboard': 1,
    };
    for (const [type, count] of Object.entries(counts)) template.resourceCountIs(type, count);
  });
});

describe('the example of a fleet', async () => {
  const { regions } = await loadConfig('docs/examples/fleet.yaml');
  const [stack] = addSnapkeepStacks(
    new App(),
    regions.map((config) => ({ config, bundles: emptyBundles() })),
  );
  if (stack === undefined) throw new Error('it has a Region');
  const template = Template.fromStack(stack);

  it('has the documents of CircleCI server, a key for its vault and a schedule with a window', () => {
    const documents = Object.values(template.findResources('AWS::SSM::Document'));
    expect(documents.length).toBeGreaterThan(5);
    for (const { Properties } of documents) expect(Properties.Name).toMatch(/^platform-circleci-server-/);
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: 'acme-snapkeep-platform',
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true },
        ],
      },
    });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'runners',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 },
    });
  });
});

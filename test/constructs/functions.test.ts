import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { aConfig } from '../support/configs.ts';
import { synthesize } from '../support/synthesized.ts';

const template = synthesize();
const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(
  ({ Properties }) => Properties,
);

const names = [
  'prod-eu-backup',
  'prod-eu-backup-worker',
  'prod-eu-restore',
  'prod-eu-restore-worker',
  'prod-eu-rotate',
  'prod-eu-rotate-worker',
  'prod-eu-start',
];
const variablesOf = (name: string): Readonly<Record<string, unknown>> =>
  functions.find(({ FunctionName }) => FunctionName === name)?.Environment.Variables;

describe('the functions', () => {
  it('have the names that operators and policies rely on', () => {
    expect(functions.map(({ FunctionName }) => FunctionName).sort()).toEqual(names);
  });

  it('run on Node 24 and ARM, from an ES module', () => {
    for (const { Runtime, Architectures, Handler } of functions) {
      expect({ Runtime, Architectures, Handler }).toEqual({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
    }
  });

  it.each(['Role', 'DeadLetterConfig', 'LoggingConfig'])('each have a %s of their own', (property) => {
    const own = functions.map((each) => JSON.stringify(each[property]));
    expect(own).not.toContain(undefined);
    expect(new Set(own).size).toBe(functions.length);
  });

  it('each have the alias live on a version that is retained', () => {
    const aliases = Object.values(template.findResources('AWS::Lambda::Alias'));
    expect(aliases.map(({ Properties }) => Properties.Name)).toEqual(names.map(() => 'live'));
    const versions = Object.values(template.findResources('AWS::Lambda::Version'));
    expect(versions).toHaveLength(names.length);
    for (const version of versions) expect(version.DeletionPolicy).toBe('Retain');
  });

  it('make the workers durable, for longer than the longest plan, and nobody else', () => {
    const durable = functions.filter(({ DurableConfig }) => DurableConfig !== undefined);
    expect(durable.map(({ FunctionName }) => FunctionName).sort()).toEqual(
      names.filter((name) => name.endsWith('-worker')),
    );
    const backup = durable.find(({ FunctionName }) => FunctionName === 'prod-eu-backup-worker');
    expect(backup?.DurableConfig).toEqual({
      ExecutionTimeout: 24 * 3600 + 3600,
      RetentionPeriodInDays: 14,
    });
  });

  it.each([
    ['prod-eu-start', 'SNAPKEEP_WORKER_ARN', 'prod-eu-backup-worker'],
    ['prod-eu-backup', 'SNAPKEEP_WORKER_ARN', 'prod-eu-backup-worker'],
    ['prod-eu-backup-worker', 'SNAPKEEP_BACKUP_WORKER_ARN', 'prod-eu-backup-worker'],
    ['prod-eu-backup-worker', 'SNAPKEEP_ROTATE_WORKER_ARN', 'prod-eu-rotate-worker'],
    ['prod-eu-rotate', 'SNAPKEEP_WORKER_ARN', 'prod-eu-rotate-worker'],
    ['prod-eu-restore', 'SNAPKEEP_WORKER_ARN', 'prod-eu-restore-worker'],
  ])('%s is told in %s the alias of %s, never its bare name', (name, variable, worker) => {
    expect(JSON.stringify(variablesOf(name)[variable])).toContain(`:function:${worker}:live`);
  });

  it('keep their logs for three months and their dead letters for two weeks, behind TLS', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
    template.allResourcesProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    });
    template.resourceCountIs('AWS::SQS::QueuePolicy', names.length);
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ],
      },
    });
  });
});

describe('notifications', () => {
  it('go to every address, over TLS', () => {
    template.resourceCountIs('AWS::SNS::Topic', 1);
    for (const Endpoint of ['ops@example.com', 'dev@example.com']) {
      template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint });
    }
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('have a topic also when nobody has subscribed yet', () => {
    const quiet = synthesize(aConfig({ notify: { emails: [] } }));
    quiet.resourceCountIs('AWS::SNS::Topic', 1);
    quiet.resourceCountIs('AWS::SNS::Subscription', 0);
  });
});

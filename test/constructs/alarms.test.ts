import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { metricNamespace } from '../../functions/handlers/notices.ts';
import { intervalSeconds } from '../../lib/alarms.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan } from '../support/plans.ts';
import { synthesize } from '../support/synthesized.ts';

const template = synthesize();
const alarmsOf = (of = template) =>
  Object.entries(of.findResources('AWS::CloudWatch::Alarm')).map(([logicalId, { Properties }]) => ({
    logicalId,
    ...Properties,
  }));
const named = (name: string, of = template) => alarmsOf(of).find(({ AlarmName }) => AlarmName === name);
const scheduled = (expression: string) =>
  synthesize(aConfig({ plans: { fleet: aPlan({ schedule: { expression, timezone: 'UTC' } }) } }));
const hour = 3600;
const day = 24 * hour;

describe('the interval of a schedule', () => {
  it.each([
    ['rate(6 hours)', 6 * hour],
    ['cron(0 3 * * ? *)', day],
    ['cron(0/15 * * * ? *)', hour / 4],
    ['cron(0 3 ? * SUN *)', 7 * day],
    ['cron(0 3 1 * ? *)', 31 * day],
    ['cron(0 3 ? * MON-FRI *)', 3 * day],
    ['cron(0 9-17 ? * MON-FRI *)', 2 * day + 16 * hour],
    ['cron(* * * * ? *)', 60],
  ])('of %s is its longest pause', (expression, seconds) => {
    expect(intervalSeconds({ expression, timezone: 'UTC' })).toBe(seconds);
  });

  it('has an hour more where clocks go back', () => {
    expect(intervalSeconds({ expression: 'cron(0 3 * * ? *)', timezone: 'Europe/Berlin' })).toBe(25 * hour);
  });

  it.each(['at(2030-01-31T03:00:00)', 'cron(0 3 1 1 ? 2024)'])('of %s does not exist', (expression) => {
    expect(intervalSeconds({ expression, timezone: 'UTC' })).toBeUndefined();
  });
});

describe('the alarm on the age of the last complete backup', () => {
  it.each([
    ['rate(1 hour)', 1.5 * hour, 1.5 * hour],
    ['rate(6 hours)', 9 * hour, 9 * hour],
    ['rate(1 day)', 36 * hour, day],
    ['cron(0 3 ? * SUN *)', 10.5 * day, day],
    ['cron(0 3 1 * ? *)', 46.5 * day, day],
  ])('of %s goes off beyond %d seconds, or without a measurement in %d', (expression, threshold, period) => {
    const alarm = named('snapkeep/prod-eu/fleet/backup-age', scheduled(expression));
    expect(alarm).toMatchObject({
      Namespace: metricNamespace,
      MetricName: 'LastCompleteBackupAge',
      Dimensions: [
        { Name: 'deployment', Value: 'prod-eu' },
        { Name: 'plan', Value: 'fleet' },
      ],
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: threshold,
      Period: period,
      EvaluationPeriods: 1,
      TreatMissingData: 'breaching',
      OKActions: [{ Ref: expect.stringMatching(/^NotificationsTopic/) }],
    });
  });

  it('is not there for a plan that runs once', () => {
    const once = scheduled('at(2030-01-31T03:00:00)');
    expect(named('snapkeep/prod-eu/fleet/backup-age', once)).toBeUndefined();
    expect(named('snapkeep/prod-eu/fleet/backup-failed', once)).toBeDefined();
  });
});

describe('the alarms', () => {
  it.each([
    ['backup-failed', 'BackupFailed'],
    ['backup-partial', 'BackupPartial'],
    ['sources-lost', 'LostSources'],
    ['rotation-refused', 'RotationRefused'],
    ['rotation-failed', 'RotationFailed'],
    ['restore-failed', 'RestoreFailed'],
  ])('of every plan have %s on %s, and take silence for good', (what, metricName) => {
    for (const plan of ['ci', 'fleet']) {
      expect(named(`snapkeep/prod-eu/${plan}/${what}`)).toMatchObject({
        Namespace: metricNamespace,
        MetricName: metricName,
        Dimensions: [
          { Name: 'deployment', Value: 'prod-eu' },
          { Name: 'plan', Value: plan },
        ],
        Statistic: 'Sum',
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      });
    }
  });

  it('watch the errors and the dead letters of every function, and executions of workers that ran out of time', () => {
    const of = (metricName: string, dimension: string): string[] =>
      alarmsOf()
        .filter(({ MetricName }) => MetricName === metricName)
        .map(({ Dimensions }) => {
          expect(Dimensions).toHaveLength(1);
          expect(Dimensions[0].Name).toBe(dimension);
          return JSON.stringify(Dimensions[0].Value);
        });
    const functions = Object.entries(template.findResources('AWS::Lambda::Function'));
    const workers = functions.filter(([, { Properties }]) => Properties.DurableConfig !== undefined);
    const queues = Object.keys(template.findResources('AWS::SQS::Queue'));
    const references = (entries: typeof functions): string[] =>
      entries.map(([id]) => JSON.stringify({ Ref: id })).sort();
    expect(of('Errors', 'FunctionName').sort()).toEqual(references(functions));
    expect(of('DurableExecutionTimedOut', 'FunctionName').sort()).toEqual(references(workers));
    expect(of('ApproximateNumberOfMessagesVisible', 'QueueName').sort()).toEqual(
      queues.map((id) => JSON.stringify({ 'Fn::GetAtt': [id, 'QueueName'] })).sort(),
    );
  });

  it('all tell the topic, which lets the alarms of this deployment and account in', () => {
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    for (const { AlarmActions, AlarmName } of alarmsOf()) {
      expect(AlarmActions, AlarmName).toEqual([{ Ref: topic }]);
    }
    template.resourceCountIs('AWS::SNS::TopicPolicy', 1);
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Sid: 'AlarmsOfThisDeployment',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: topic },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Join': [
                    '',
                    ['arn:aws:cloudwatch:eu-west-1:', { Ref: 'AWS::AccountId' }, ':alarm:snapkeep/prod-eu/*'],
                  ],
                },
              },
            },
          },
        ]),
      },
    });
  });

  it('look back no further than the service allows', () => {
    const looks = [template, scheduled('rate(20 minutes)'), scheduled('rate(365 days)')].flatMap((each) =>
      alarmsOf(each),
    );
    for (const { Period, EvaluationPeriods, AlarmName } of looks) {
      expect(Period % 60, AlarmName).toBe(0);
      expect(Period * EvaluationPeriods, AlarmName).toBeLessThanOrEqual(Period < hour ? day : 7 * day);
    }
  });

  it('keep names and logical ids when another plan is added before them', () => {
    const before = synthesize(aConfig({ plans: { fleet: aPlan() } }));
    const after = synthesize(aConfig({ plans: { added: aPlan({ name: 'added' }), fleet: aPlan() } }));
    const ids = (of: typeof template): string[] =>
      alarmsOf(of).map(({ logicalId, AlarmName }) => `${logicalId} ${AlarmName}`);
    expect(ids(before).length).toBeGreaterThan(20);
    expect(ids(after)).toEqual(expect.arrayContaining(ids(before)));
    expect(new Set(alarmsOf(after).map(({ AlarmName }) => AlarmName)).size).toBe(ids(after).length);
    expect(named('snapkeep/prod-eu/backup-worker-errors')?.logicalId).toMatch(/^AlarmsBackupWorkerErrors/);
  });
});

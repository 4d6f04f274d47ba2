import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseScheduled } from '../../functions/handlers/events.ts';
import { parseRotationRequest } from '../../functions/handlers/rotations.ts';
import { synthesize } from '../support/synthesized.ts';

const template = synthesize();
const schedules = Object.values(template.findResources('AWS::Scheduler::Schedule')).map(
  ({ Properties }) => Properties,
);

describe('the schedules', () => {
  it('are one per plan and one for all rotations, in a group of their own', () => {
    template.hasResourceProperties('AWS::Scheduler::ScheduleGroup', { Name: 'snapkeep-prod-eu' });
    expect(schedules.map(({ Name, GroupName }) => `${GroupName}/${Name}`).sort()).toEqual([
      'snapkeep-prod-eu/ci',
      'snapkeep-prod-eu/fleet',
      'snapkeep-prod-eu/rotate_daily',
    ]);
  });

  it('have expression, time zone and window of their plan', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'ci',
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'fleet',
      ScheduleExpression: 'rate(1 day)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
  });

  it('set retries and a dead-letter queue within the limits of the service', () => {
    for (const { Target } of schedules) {
      const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = Target.RetryPolicy;
      expect(MaximumRetryAttempts).toBeGreaterThan(0);
      expect(MaximumRetryAttempts).toBeLessThanOrEqual(185);
      expect(MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(60);
      expect(MaximumEventAgeInSeconds).toBeLessThanOrEqual(86_400);
      expect(Target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/^StartDeadLetters/);
    }
  });

  it('invoke the alias of the start function with an input that it understands', () => {
    for (const { Name, Target } of schedules.filter((each) => each.Name !== 'rotate_daily')) {
      expect(Target.Arn.Ref).toMatch(/^StartLive/);
      const delivered = Target.Input.replace('<aws.scheduler.scheduled-time>', '2026-11-20T02:00:00Z');
      expect(parseScheduled(JSON.parse(delivered))).toEqual({ plan: Name, slot: '2026-11-20T02:00:00Z' });
    }
  });

  it('rotate all plans once a day, also those that no backup runs of', () => {
    const daily = schedules.find(({ Name }) => Name === 'rotate_daily');
    expect(daily?.ScheduleExpression).toMatch(/^cron\(\d+ \d+ \* \* \? \*\)$/);
    expect(daily?.Target.Arn.Ref).toMatch(/^RotateLive/);
    const delivered = daily?.Target.Input.replace('<aws.scheduler.scheduled-time>', '2026-11-20T05:17:00Z');
    expect(parseRotationRequest(JSON.parse(delivered), ['ci', 'fleet'], 0)).toEqual({
      dryRun: false,
      wait: false,
      occasion: 'day',
      at: Date.parse('2026-11-20T05:17:00Z'),
    });
  });

  it('use a role that trusts this group of this account only', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnEquals: {
                'aws:SourceArn': {
                  'Fn::Join': ['', Match.arrayWith([':schedule-group/snapkeep-prod-eu'])],
                },
              },
            },
          },
        ],
      },
    });
  });
});

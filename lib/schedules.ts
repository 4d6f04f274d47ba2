import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Plan } from '../functions/plan/config.ts';
import { schedulerOfGroup, scheduleStatements } from './permissions/schedule.ts';

/** A delivery that cannot be made (throttled, a deployment under way) is tried again this often and this long. */
const retryPolicy = { maximumRetryAttempts: 60, maximumEventAgeInSeconds: 6 * 3600 };

export interface SchedulesProps {
  readonly groupName: string;
  readonly plans: readonly Plan[];
  /** What a schedule invokes: an alias. */
  readonly targetArn: string;
  /** A standard queue: Scheduler takes no other. */
  readonly deadLettersArn: string;
}

/** One schedule per plan, in a group of their own that the role's trust is bound to. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { groupName, plans, targetArn, deadLettersArn }: SchedulesProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group', { name: groupName });
    const role = new Role(this, 'Role', {
      description: 'Lets the schedules of Snapkeep start backups',
      assumedBy: schedulerOfGroup(Stack.of(this), groupName),
      inlinePolicies: {
        Snapkeep: new PolicyDocument({ statements: scheduleStatements(targetArn, deadLettersArn) }),
      },
    });
    for (const plan of plans) {
      const { expression, timezone, flexibleWindowMinutes } = plan.schedule;
      const schedule = new CfnSchedule(this, `Plan-${plan.name}`, {
        name: plan.name,
        groupName,
        description: `Backups of plan ${plan.name}`,
        scheduleExpression: expression,
        scheduleExpressionTimezone: timezone,
        flexibleTimeWindow:
          flexibleWindowMinutes === undefined
            ? { mode: 'OFF' }
            : { mode: 'FLEXIBLE', maximumWindowInMinutes: flexibleWindowMinutes },
        target: {
          arn: targetArn,
          roleArn: role.roleArn,
          // Scheduler replaces the attribute at delivery. The time is that of the occasion, the same for every try.
          input: JSON.stringify({ plan: plan.name, scheduledTime: '<aws.scheduler.scheduled-time>' }),
          retryPolicy,
          deadLetterConfig: { arn: deadLettersArn },
        },
      });
      schedule.addResourceDependency(group);
    }
  }
}

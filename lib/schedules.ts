import { Stack } from 'aws-cdk-lib';
import { PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { Plan } from '../functions/plan/config.ts';
import { schedulerOfGroup, scheduleStatements } from './permissions/schedule.ts';

/** Scheduler replaces it at delivery. The time is that of the occasion, the same for every try. */
const scheduledTime = '<aws.scheduler.scheduled-time>';

/** A delivery that cannot be made (throttled, a deployment under way) is tried again this often and this long. */
const retryPolicy = { maximumRetryAttempts: 60, maximumEventAgeInSeconds: 6 * 3600 };

export interface SchedulesProps {
  readonly groupName: string;
  readonly plans: readonly Plan[];
  /** The alias that the schedule of a plan invokes. */
  readonly startArn: string;
  /** The alias that is invoked once a day, to rotate all plans. */
  readonly rotateArn: string;
  /** A standard queue: Scheduler takes no other. */
  readonly deadLettersArn: string;
}

/** No plan can have this name, since it has an underscore. */
const dailyName = 'rotate_daily';

/** One schedule per plan and a daily one, in a group of their own that the role's trust is bound to. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    const { groupName, plans, startArn, rotateArn, deadLettersArn } = props;
    const group = new CfnScheduleGroup(this, 'Group', { name: groupName });
    const role = new Role(this, 'Role', {
      description: 'Lets the schedules of Snapkeep start backups and rotations',
      assumedBy: schedulerOfGroup(Stack.of(this), groupName),
      inlinePolicies: {
        Snapkeep: new PolicyDocument({
          statements: scheduleStatements([startArn, rotateArn], deadLettersArn),
        }),
      },
    });
    const target = (arn: string, input: object): CfnSchedule.TargetProperty => ({
      arn,
      roleArn: role.roleArn,
      input: JSON.stringify(input),
      retryPolicy,
      deadLetterConfig: { arn: deadLettersArn },
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
        target: target(startArn, { plan: plan.name, scheduledTime }),
      });
      schedule.addResourceDependency(group);
    }
    const daily = new CfnSchedule(this, 'RotateDaily', {
      name: dailyName,
      groupName,
      description: 'Rotation of all plans once a day, and the age of their newest backups',
      scheduleExpression: 'cron(17 5 * * ? *)',
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: target(rotateArn, { scheduledTime }),
    });
    daily.addResourceDependency(group);
  }
}

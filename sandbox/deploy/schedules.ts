/** The schedules of a template. */
import type { TemplateResource } from '../iam/template-values.ts';
import { ScheduleError } from '../scheduler/expression.ts';
import { AssemblyError } from './assembly.ts';
import type { StackUnderWay } from './target.ts';
import { requireTrust } from './trust.ts';

export function deploySchedule(under: StackUnderWay, { logicalId, properties }: TemplateResource): string {
  const { values, permissions, target, place } = under;
  const name = values.text({ Ref: logicalId });
  const found = permissions.schedules.find((each) => each.name === name);
  if (!found)
    throw new AssemblyError(`The schedule ${name} has no role in the template.`, 'Synthesize it again.');
  const group = properties.GroupName === undefined ? 'default' : values.text(properties.GroupName);
  const window = values.object(values.resolve(properties.FlexibleTimeWindow));
  const retry = values.object(values.object(values.resolve(properties.Target)).RetryPolicy);
  const { region, account } = place;
  requireTrust(under, {
    ...{ role: found.role, service: 'scheduler.amazonaws.com', what: `The schedule ${name}` },
    // The group is the source, not the schedule ("Confused deputy prevention in EventBridge Scheduler").
    context: { 'aws:SourceArn': `arn:aws:scheduler:${region}:${account}:schedule-group/${group}` },
  });
  try {
    target.scheduler.add({
      ...{ name, group, arn: `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}` },
      expression: values.text(properties.ScheduleExpression),
      timezone:
        properties.ScheduleExpressionTimezone === undefined
          ? 'UTC'
          : values.text(properties.ScheduleExpressionTimezone),
      flexibleWindowMinutes: window.Mode === 'FLEXIBLE' ? Number(window.MaximumWindowInMinutes) : undefined,
      enabled: properties.State !== 'DISABLED',
      target: {
        ...{ arn: found.targetArn, roleArn: found.role.arn, input: found.input },
        deadLettersArn: found.deadLettersArn,
        // Defaults of the service ("RetryPolicy", EventBridge Scheduler API Reference).
        maximumRetryAttempts: Number(retry.MaximumRetryAttempts ?? 185),
        maximumEventAgeSeconds: Number(retry.MaximumEventAgeInSeconds ?? 86_400),
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new AssemblyError(
      `The schedule ${name} cannot be made. ${error.message}`,
      'Change it in the plan.',
      error,
    );
  }
  return name;
}

import { Arn, type Stack } from 'aws-cdk-lib';
import { type PolicyStatement, type PrincipalBase, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { invokeQualified, sendToDeadLetters } from './common.ts';

/**
 * EventBridge Scheduler on behalf of schedules of one group of this account. The source is the group, not a schedule
 * ("Confused deputy prevention in EventBridge Scheduler").
 */
export function schedulerOfGroup(stack: Stack, groupName: string): PrincipalBase {
  const group = Arn.format(
    { service: 'scheduler', resource: 'schedule-group', resourceName: groupName },
    stack,
  );
  return new ServicePrincipal('scheduler.amazonaws.com').withConditions({
    StringEquals: { 'aws:SourceAccount': stack.account },
    ArnEquals: { 'aws:SourceArn': group },
  });
}

/** The role of the schedules: aliases of entry functions, one queue. */
export const scheduleStatements = (
  targetArns: readonly string[],
  deadLettersArn: string,
): PolicyStatement[] => [invokeQualified(...targetArns), sendToDeadLetters(deadLettersArn)];

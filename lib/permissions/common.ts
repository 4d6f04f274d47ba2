import { Arn, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type EventType, eventSource } from '../../functions/shared/event-types.ts';
import { OpenStatement } from './open-statement.ts';

/** To its own log group only; the group exists, so it may not be made. */
export const writeLogs = (logGroupArn: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn],
  });

export const sendToDeadLetters = (queueArn: string): PolicyStatement =>
  new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] });

/** Invokes aliases or versions, never a function as such. */
export const invokeQualified = (...qualifiedArns: string[]): PolicyStatement =>
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: qualifiedArns });

export const publish = (topicArn: string): PolicyStatement =>
  new PolicyStatement({ actions: ['sns:Publish'], resources: [topicArn] });

/** Events of our own source and of these types only: rules of the account must be able to rely on who sent them. */
export const announce = (stack: Stack, ...types: readonly EventType[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['events:PutEvents'],
    resources: [Arn.format({ service: 'events', resource: 'event-bus', resourceName: 'default' }, stack)],
    conditions: { StringEquals: { 'events:source': eventSource, 'events:detail-type': [...types] } },
  });

const executions = 'executions have names of their own, below a version that only deployment knows';

/**
 * What a durable function does for itself. Evaluated on executions below a version of the function; an alias or the
 * bare name never matches ("Security and permissions for Lambda durable functions").
 */
export const keepCheckpoints = (workerArn: string): PolicyStatement =>
  new OpenStatement(executions, {
    actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
    resources: [`${workerArn}:*`],
  });

/** Finding an execution by its name, and reading how it ended. */
export const followExecutions = (workerArn: string): PolicyStatement[] => [
  new PolicyStatement({ actions: ['lambda:ListDurableExecutionsByFunction'], resources: [workerArn] }),
  new OpenStatement(executions, { actions: ['lambda:GetDurableExecution'], resources: [`${workerArn}:*`] }),
];

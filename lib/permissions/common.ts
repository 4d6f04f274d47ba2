import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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

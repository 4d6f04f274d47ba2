import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** To its own log group only; the group exists, so it may not be made. */
export const writeLogs = (logGroupArn: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn],
  });

export const sendToDeadLetters = (queueArn: string): PolicyStatement =>
  new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] });

/** Invokes one alias or version, never the function as such. */
export const invokeQualified = (qualifiedArn: string): PolicyStatement =>
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [qualifiedArn] });

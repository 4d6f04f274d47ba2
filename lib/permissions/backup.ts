import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { invokeQualified } from './common.ts';

/** The role of `backup`: as `start`, and it may look whether a slot has a run already. */
export const backupStatements = (workerArn: string, workerAliasArn: string): PolicyStatement[] => [
  invokeQualified(workerAliasArn),
  new PolicyStatement({ actions: ['lambda:ListDurableExecutionsByFunction'], resources: [workerArn] }),
];

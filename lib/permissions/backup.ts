import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { followExecutions, invokeQualified } from './common.ts';

/** The role of `backup`: as `start`, and it may look whether a slot has a run already, and how that ended. */
export const backupStatements = (workerArn: string, workerAliasArn: string): PolicyStatement[] => [
  invokeQualified(workerAliasArn),
  ...followExecutions(workerArn),
];

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { followExecutions, invokeQualified } from './common.ts';

/** The role of `restore`: it starts the worker and reads what that answers; it touches nothing itself. */
export const restoreStatements = (workerArn: string, workerAliasArn: string): PolicyStatement[] => [
  invokeQualified(workerAliasArn),
  ...followExecutions(workerArn),
];

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { followExecutions, invokeQualified } from './common.ts';

/** The role of `rotate`: it starts the worker and reads what that answers; it sees and deletes nothing itself. */
export const rotateStatements = (workerArn: string, workerAliasArn: string): PolicyStatement[] => [
  invokeQualified(workerAliasArn),
  ...followExecutions(workerArn),
];

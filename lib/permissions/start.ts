import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { invokeQualified } from './common.ts';

/** The role of `start`: it can start the worker, and nothing else. */
export const startStatements = (workerAliasArn: string): PolicyStatement[] => [
  invokeQualified(workerAliasArn),
];

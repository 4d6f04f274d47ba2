import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';
import type { Config } from '../functions/plan/config.ts';
import type { Bundles } from './bundles.ts';
import { functionNames, liveAlias } from './names.ts';

/** What the functions of one deployment have in common. */
export interface Parts {
  readonly stack: Stack;
  readonly config: Config;
  readonly bundles: Bundles;
  readonly bucketArn: string;
  readonly topicArn: string;
}

type FunctionName = keyof ReturnType<typeof functionNames>;

/**
 * By name, not by reference: a worker's own environment and role name it, and workers name each other, which would go
 * round in circles.
 */
export function functionArn({ stack, config }: Parts, name: FunctionName): string {
  return Arn.format(
    {
      service: 'lambda',
      resource: 'function',
      resourceName: functionNames(config.deployment)[name],
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    },
    stack,
  );
}

export const aliasArn = (parts: Parts, name: FunctionName): string =>
  `${functionArn(parts, name)}:${liveAlias}`;

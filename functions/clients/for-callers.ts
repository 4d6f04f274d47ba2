import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { type AwsClientOptions, lazyClients } from './maker.ts';

export interface CallerClients {
  readonly cloudformation: CloudFormationClient;
  readonly lambda: LambdaClient;
}

/** What the command line needs to have deployed functions do the work. */
export function createCallerClients(options: AwsClientOptions): CallerClients & { destroy(): void } {
  return lazyClients<CallerClients>(options, {
    cloudformation: (shared) => new CloudFormationClient(shared),
    lambda: (shared) => new LambdaClient(shared),
  });
}

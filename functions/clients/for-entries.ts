import { LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, createClientMaker } from './maker.ts';

export type EntryClients = Pick<AwsClients, 'lambda'>;

/** What a function needs that only starts others. */
export function createEntryClients(options: AwsClientOptions): EntryClients {
  const { lazy } = createClientMaker(options);
  const lambda = lazy('lambda', (shared) => new LambdaClient(shared));
  return {
    get lambda() {
      return lambda();
    },
  };
}

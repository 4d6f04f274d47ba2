import { LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, lazyClients } from './maker.ts';

export type EntryClients = Pick<AwsClients, 'lambda'>;

/** What a function needs that only starts others. */
export function createEntryClients(options: AwsClientOptions): EntryClients {
  return lazyClients<EntryClients>(options, { lambda: (shared) => new LambdaClient(shared) });
}

import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { EntryEnvironment } from './environment.ts';

/** What a function that people call stands on. */
export interface EntryOptions {
  readonly environment: EntryEnvironment;
  readonly lambda: LambdaClient;
  readonly logger: Logger;
  readonly clock: Clock;
}

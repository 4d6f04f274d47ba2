import { createBackupHandler } from './backup-runtime.ts';
import { readWorkerEnvironment } from './environment.ts';
import { createLambdaLogger } from './lambda-logger.ts';

/** The durable function behind `start` and `backup`; invoked by alias, with `{ plan, slot }`. */
export const handler = createBackupHandler({
  environment: readWorkerEnvironment(),
  logger: createLambdaLogger(),
});

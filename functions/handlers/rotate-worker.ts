import { readLoneWorkerEnvironment } from './environment.ts';
import { createLambdaLogger } from './lambda-logger.ts';
import { createRotateHandler } from './rotate-runtime.ts';

/** The durable function behind `rotate`, started after each backup as well; invoked by alias, with `{ plan }`. */
export const handler = createRotateHandler({
  environment: readLoneWorkerEnvironment(),
  logger: createLambdaLogger(),
});

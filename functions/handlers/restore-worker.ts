import { readBundledApplications } from './bundled-profiles.ts';
import { readLoneWorkerEnvironment } from './environment.ts';
import { createLambdaLogger } from './lambda-logger.ts';
import { createRestoreHandler } from './restore-runtime.ts';

const environment = readLoneWorkerEnvironment();

/** The durable function behind `restore`; invoked by alias, with `{ plan, requestId, request }`. */
export const handler = createRestoreHandler({
  environment,
  application: readBundledApplications(environment.folder, environment.config.deployment),
  logger: createLambdaLogger(),
});

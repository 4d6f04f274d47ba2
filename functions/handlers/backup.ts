import { createEntryClients } from '../clients/for-entries.ts';
import { readEntryEnvironment } from './environment.ts';
import { parseBackupRequest, requirePlan } from './events.ts';
import { type StartedBackup, startAgain } from './executions.ts';
import { createLambdaLogger } from './lambda-logger.ts';

const environment = readEntryEnvironment();
const { config, region, backupWorkerArn: workerArn } = environment;
const { lambda } = createEntryClients({ region });
const logger = createLambdaLogger();

/** Called by a person, from the console or with `snapkeep backup --deployed`: `{ plan }` or `{ plan, slot }`. */
export async function handler(event: unknown): Promise<StartedBackup> {
  const order = parseBackupRequest(event, Date.now());
  requirePlan(config, order.plan);
  const started = await startAgain({ lambda, workerArn, deployment: config.deployment }, order);
  logger.info('backup asked for', { ...started });
  return started;
}

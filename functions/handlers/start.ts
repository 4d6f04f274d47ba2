import { createEntryClients } from '../clients/for-entries.ts';
import { readEntryEnvironment } from './environment.ts';
import { parseScheduled, requirePlan } from './events.ts';
import { type StartedBackup, startOnce } from './executions.ts';
import { createLambdaLogger } from './lambda-logger.ts';

const environment = readEntryEnvironment();
const { config, region, workerArn } = environment;
const { lambda } = createEntryClients({ region });
const logger = createLambdaLogger();

/** Called by the schedules, at least once per occasion: starts the run of the slot, or finds that it was started. */
export async function handler(event: unknown): Promise<StartedBackup> {
  const order = parseScheduled(event);
  requirePlan(config, order.plan);
  const started = await startOnce({ lambda, workerArn, deployment: config.deployment }, order);
  logger.info('run of a slot started', { ...started });
  return started;
}

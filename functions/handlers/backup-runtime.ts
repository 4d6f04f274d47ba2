import type { DurableExecutionClient, DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { noHooks } from '../applications/hooks.ts';
import { Ledger } from '../catalog/ledger.ts';
import { S3Vault } from '../catalog/s3-vault.ts';
import { type BackupClients, createBackupClients } from '../clients/for-backups.ts';
import { createDrivers } from '../drivers/all.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { Json, Workflow } from '../shared/durable.ts';
import { describeError, usageError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { backupFunctions, backupShardWorkflow, backupWorkflow } from '../workflows/backup/backup.ts';
import type { BackupDependencies, BackupResult } from '../workflows/backup/ports.ts';
import { createCaller } from './caller.ts';
import { type CloudReporter, createCloudReporter } from './cloud-reporter.ts';
import { durableHandler } from './durable-adapter.ts';
import type { WorkerEnvironment } from './environment.ts';
import { parseWork } from './events.ts';
import { createNotices } from './notices.ts';
import { startRotationAfter } from './rotations.ts';

export interface BackupRuntimeOptions {
  readonly environment: WorkerEnvironment;
  readonly logger: Logger;
  /** How the clients of one process are made; `shards` processes share the account's request rates. */
  readonly makeClients?: (shards: number) => BackupClients;
  readonly durableClient?: DurableExecutionClient;
  readonly clock?: Clock;
}

/** The durable worker of backups: whole backups, and the shares of large ones, by the same function. */
export function createBackupHandler(options: BackupRuntimeOptions): DurableLambdaHandler {
  const { environment, logger, durableClient, clock = systemClock } = options;
  const makeClients =
    options.makeClients ?? ((shards) => createBackupClients({ region: environment.region, shards }));
  const runtimes = new Map<number, Runtime>();

  function runtimeFor(shards: number): Runtime {
    const known = runtimes.get(shards) ?? createRuntime(environment, logger, clock, makeClients(shards));
    runtimes.set(shards, known);
    return known;
  }

  const workflow: Workflow<Json, Json> = async (event, context) => {
    const input = parseWork(event);
    const { deps, reporter, clients } = runtimeFor(input.shard?.of ?? 1);
    if (input.shard) return backupShardWorkflow(deps)(input, context);
    let result: BackupResult;
    try {
      result = await backupWorkflow(deps)(input, context);
    } catch (error) {
      await context.step('report-failure', async () => {
        await reporter.runFailed(input, error);
        return null;
      });
      throw error;
    }
    await context.step('start-rotation', async () => {
      const { deployment } = environment.config;
      const worker = { lambda: clients.lambda, workerArn: environment.rotateWorkerArn };
      try {
        return await startRotationAfter(worker, deployment, input);
      } catch (error) {
        // The backup stands; the daily rotation makes up for this one.
        logger.warn('the rotation after this backup could not be started', {
          ...{ plan: input.plan, slot: input.slot, error: describeError(error) },
        });
        return null;
      }
    });
    return result;
  };

  return durableHandler(workflow, {
    resolveFunction: (name) => {
      if (name === backupFunctions.shard) return environment.backupWorkerArn;
      throw usageError(`this function does not know a function '${name}' to invoke`);
    },
    ...(durableClient === undefined ? {} : { client: durableClient }),
  });
}

interface Runtime {
  readonly deps: BackupDependencies;
  readonly reporter: CloudReporter;
  readonly clients: BackupClients;
}

function createRuntime(
  environment: WorkerEnvironment,
  logger: Logger,
  clock: Clock,
  clients: BackupClients,
): Runtime {
  const { config, region, topicArn, snapkeepVersion } = environment;
  const { deployment, vault, plans } = config;
  const caller = createCaller(() => clients.sts);
  const account = async () => (await caller()).account;
  const reporter = createCloudReporter({
    notices: createNotices({
      ...{ sns: clients.sns, eventbridge: clients.eventbridge },
      ...{ topicArn, deployment, logger },
    }),
    deployment,
    bucket: vault.bucket,
    logger,
  });
  const deps: BackupDependencies = {
    deployment,
    region,
    account,
    plans,
    drivers: createDrivers({ clients, region, account, clock, logger }),
    ledger: new Ledger(new S3Vault({ s3: clients.s3, bucket: vault.bucket, clock })),
    hooks: noHooks,
    clock,
    logger,
    reporter,
    snapkeepVersion,
  };
  return { deps, reporter, clients };
}

import type { DurableExecutionClient, DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { noHooks } from '../applications/hooks.ts';
import { Ledger } from '../catalog/ledger.ts';
import { RotationLedger } from '../catalog/rotation-ledger.ts';
import { S3Vault } from '../catalog/s3-vault.ts';
import { createRotationClients, type RotationClients } from '../clients/for-rotations.ts';
import { createDrivers } from '../drivers/all.ts';
import { createRemovers } from '../drivers/removers.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { Json, Workflow } from '../shared/durable.ts';
import { usageError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { RotateDependencies } from '../workflows/rotate/ports.ts';
import { rotateWorkflow } from '../workflows/rotate/rotate.ts';
import { createCaller } from './caller.ts';
import { createCloudReporter } from './cloud-reporter.ts';
import { durableHandler } from './durable-adapter.ts';
import type { LoneWorkerEnvironment } from './environment.ts';
import { createNotices } from './notices.ts';
import { createTellOnceADay } from './once-a-day.ts';
import { outlookOf } from './rotate-outlook.ts';
import { createRotationReporter } from './rotate-reporter.ts';
import { parseRotationWork } from './rotations.ts';

export interface RotateRuntimeOptions {
  readonly environment: LoneWorkerEnvironment;
  readonly logger: Logger;
  readonly clients?: RotationClients;
  readonly durableClient?: DurableExecutionClient;
  readonly clock?: Clock;
}

/** The durable worker of rotations: measures the age of the newest complete backup, then rotates; or only tells. */
export function createRotateHandler(options: RotateRuntimeOptions): DurableLambdaHandler {
  const { environment, logger, durableClient, clock = systemClock } = options;
  const clients = options.clients ?? createRotationClients({ region: environment.region });
  const { deps, reporter, ledger } = createRuntime(environment, logger, clock, clients);

  const workflow: Workflow<Json, Json> = async (event, context) => {
    const { dryRun, ...input } = parseRotationWork(event);
    const { plan } = input;
    if (dryRun) return context.step('outlook', () => outlookOf(deps, plan));
    try {
      // First, so that a rotation that fails silences no alarm.
      await context.step('age', async () => {
        const seconds = await ageOfNewest(ledger, plan, clock.now());
        reporter.age(plan, seconds);
        return seconds ?? null;
      });
      return await rotateWorkflow(deps)(input, context);
    } catch (error) {
      await context.step('report-failure', async () => {
        await reporter.runFailed(input, error);
        return null;
      });
      throw error;
    }
  };

  return durableHandler(workflow, {
    resolveFunction: (name) => {
      throw usageError(`this function does not know a function '${name}' to invoke`);
    },
    ...(durableClient === undefined ? {} : { client: durableClient }),
  });
}

function createRuntime(
  environment: LoneWorkerEnvironment,
  logger: Logger,
  clock: Clock,
  clients: RotationClients,
) {
  const { config, region, topicArn, snapkeepVersion } = environment;
  const { deployment, vault, plans } = config;
  const identity = createCaller(() => clients.sts);
  const account = async () => (await identity()).account;
  const { sns, eventbridge } = clients;
  const notices = createNotices({ sns, eventbridge, topicArn, deployment, logger });
  const telling = { notices, deployment, bucket: vault.bucket, logger, clock };
  const s3Vault = new S3Vault({ s3: clients.s3, bucket: vault.bucket, clock });
  const tellOnceADay = createTellOnceADay({ notices, vault: s3Vault, clock, logger });
  const reporter = createRotationReporter({ ...telling, tellOnceADay });
  const ledger = new Ledger(s3Vault);
  const cloud = { clients, region, account, clock, logger };
  const deps: RotateDependencies = {
    // What a crashed run left is completed into a backup, and told of like any other.
    backup: {
      deployment,
      region,
      account,
      plans,
      drivers: createDrivers(cloud),
      ledger,
      hooks: noHooks,
      clock,
      logger,
      reporter: createCloudReporter(telling),
      snapkeepVersion,
    },
    removers: createRemovers(cloud),
    ledger: new RotationLedger(s3Vault),
    identity,
    reporter,
  };
  return { deps, reporter, ledger };
}

/** Seconds since the slot of the newest complete backup. */
async function ageOfNewest(ledger: Ledger, plan: string, now: number): Promise<number | undefined> {
  for (const { backupId, sealed } of await ledger.listBackups(plan)) {
    if (!sealed) continue;
    const manifest = await ledger.readManifest(plan, backupId);
    if (manifest?.status === 'completed')
      return Math.max(0, Math.floor((now - Date.parse(manifest.slot)) / 1000));
  }
  return undefined;
}

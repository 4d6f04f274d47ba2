import type { DurableExecutionClient, DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import type { FindApplication } from '../applications/restore-port.ts';
import { createRoute53Dns } from '../applications/route53-dns.ts';
import { createSsmCommands } from '../applications/ssm-commands.ts';
import { Ledger } from '../catalog/ledger.ts';
import { RestoreLedger } from '../catalog/restores.ts';
import { S3Vault } from '../catalog/s3-vault.ts';
import { createRestoreClients, type RestoreClients } from '../clients/for-restores.ts';
import { createRestorers } from '../drivers/restorers.ts';
import { namedRecords } from '../plan/restore-dns.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { Json, Workflow } from '../shared/durable.ts';
import { failedError, usageError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { RestoreResult } from '../workflows/restore/ports.ts';
import { restoreWorkflow } from '../workflows/restore/restore.ts';
import { durableHandler } from './durable-adapter.ts';
import type { LoneWorkerEnvironment } from './environment.ts';
import { restoreFacts } from './event-details.ts';
import { requirePlan } from './events.ts';
import { namedDns } from './named-dns.ts';
import { createNotices } from './notices.ts';
import { type RestoreOutcome, restoreOutlookOf } from './restore-outlook.ts';
import { createRestoreReporter } from './restore-reporter.ts';
import { parseRestoreWork } from './restores.ts';

export interface RestoreRuntimeOptions {
  readonly environment: LoneWorkerEnvironment;
  /** The profiles that came with the bundle. */
  readonly application: FindApplication;
  readonly logger: Logger;
  readonly clients?: RestoreClients;
  readonly durableClient?: DurableExecutionClient;
  readonly clock?: Clock;
}

/** The durable worker of restores: restores, or only tells what it would do. */
export function createRestoreHandler(options: RestoreRuntimeOptions): DurableLambdaHandler {
  const { environment, durableClient, clock = systemClock } = options;
  const { config } = environment;
  const clients = options.clients ?? createRestoreClients({ region: environment.region });
  const { deps, reporter } = createRuntime(options, clock, clients);

  const workflow: Workflow<Json, Json> = async (event, context) => {
    const { outlook, ...input } = parseRestoreWork(event);
    requirePlan(config, input.plan);
    if (outlook) return context.step('outlook', () => restoreOutlookOf(deps, input));
    let result: RestoreResult;
    try {
      result = await restoreWorkflow(deps)(input, context);
    } catch (error) {
      await context.step('report-failure', async () => {
        await reporter.runFailed(input, error);
        return null;
      });
      throw error;
    }
    if (result.status === 'completed') {
      const { plan, requestId } = result;
      const report = await context.step('summary', async () => {
        const written = await deps.journal.lastReport(plan, requestId);
        return written === undefined ? null : restoreFacts(written, config.vault.bucket);
      });
      return { ...result, report } satisfies RestoreOutcome;
    }
    // A failed execution may be followed by another one of the same restore, which a succeeded one may not.
    throw failedError(
      `restore ${input.requestId} of plan ${input.plan} did not come to its end`,
      `read its report, then go on with ${JSON.stringify({ resume: input.requestId, plan: input.plan })}`,
    );
  };

  return durableHandler(workflow, {
    resolveFunction: (name) => {
      throw usageError(`this function does not know a function '${name}' to invoke`);
    },
    ...(durableClient === undefined ? {} : { client: durableClient }),
  });
}

function createRuntime(
  { environment, application, logger }: RestoreRuntimeOptions,
  clock: Clock,
  clients: RestoreClients,
) {
  const { config, topicArn, snapkeepVersion } = environment;
  const { deployment, vault, plans } = config;
  const { sns, eventbridge } = clients;
  const notices = createNotices({ sns, eventbridge, topicArn, deployment, logger });
  const reporter = createRestoreReporter({ notices, deployment, bucket: vault.bucket, logger });
  const s3Vault = new S3Vault({ s3: clients.s3, bucket: vault.bucket, clock });
  const deps = {
    deployment,
    plans,
    restorers: createRestorers({ clients }),
    backups: new Ledger(s3Vault),
    journal: new RestoreLedger(s3Vault),
    application,
    // They come with the stack; the role may not write them.
    commands: createSsmCommands({ ssm: clients.ssm, clock, mayWriteDocuments: false }),
    dns: namedDns(createRoute53Dns({ route53: clients.route53 }), namedRecords(Object.values(plans))),
    clock,
    logger,
    reporter,
    snapkeepVersion,
  };
  return { deps, reporter };
}

import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { createFindApplication } from '../../functions/applications/restorable.ts';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { createBackupHandler } from '../../functions/handlers/backup-runtime.ts';
import { createRestoreHandler } from '../../functions/handlers/restore-runtime.ts';
import { createRotateHandler } from '../../functions/handlers/rotate-runtime.ts';
import type { Config, Plan } from '../../functions/plan/config.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { functionNames } from '../../lib/names.ts';
import { account, bucket, type Cloud, region } from './cloud.ts';
import { DurableBackend, type Ended } from './durable-backend.ts';

export const deployment = 'prod-eu';
const application = createFindApplication(deployment);
const names = functionNames(deployment);
export const liveArn = (name: keyof typeof names): string =>
  `arn:aws:lambda:${region}:${account}:function:${names[name]}:live`;

/** One execution of a worker, as the service would list it. */
export interface Execution {
  readonly worker: string;
  readonly event: unknown;
  readonly ended: Ended;
  /** That the service would charge for. */
  readonly operations: number;
}

/** The functions of a deployment: handlers of the bundles, in this process, behind the sandbox's Lambda. */
export interface Deployed {
  readonly clients: AwsClients;
  readonly environment: {
    readonly config: Config;
    readonly snapkeepVersion: string;
    readonly region: string;
  };
  readonly topicArn: string;
  /** Executions that have ended, in that order. */
  readonly executions: readonly Execution[];
  addWorker(
    name: 'backupWorker' | 'rotateWorker' | 'restoreWorker',
    make: (client: DurableBackend['client']) => DurableLambdaHandler,
  ): void;
  /** Runs a worker from this process. */
  run(name: 'backupWorker' | 'rotateWorker' | 'restoreWorker', event: object): Promise<Ended>;
  /** Resolves when everything that was started asynchronously is over. */
  settled(): Promise<void>;
  /**
   * For functions that wait for a worker: a pause lasts until the workers are done. The clock of the cloud would jump
   * over the time of the one that waits while scripts run on a machine, which are no requests.
   */
  readonly waitingClock: Clock;
  messages(): readonly { readonly subject: string; readonly message: string }[];
}

export async function deploy(
  cloud: Cloud,
  plans: readonly Plan[],
  options: { readonly crash?: (index: number, phase: 'before' | 'after') => boolean } = {},
): Promise<Deployed> {
  const { sandbox, clock } = cloud;
  const connection = { region, endpoint: sandbox.url, credentials: sandbox.identity, clock, rates: unpaced };
  const clients = createAwsClients(connection);
  const { TopicArn: topicArn = '' } = await clients.sns.send(new CreateTopicCommand({ Name: 'snapkeep' }));
  const config: Config = {
    deployment,
    region,
    vault: { bucket, lockDays: 14, lockMode: 'governance', existing: false },
    notify: { emails: [] },
    plans: Object.fromEntries(plans.map((plan) => [plan.name, plan])),
  };
  const environment = { config, snapkeepVersion: '0.0.0-test', region };
  const handlers = new Map<string, DurableLambdaHandler>();
  const executions: Execution[] = [];
  const backends = new Map<string, DurableBackend>();
  let begun = 0;

  const run = async (name: keyof typeof names, event: unknown): Promise<Ended> => {
    const [handler, backend] = [handlers.get(liveArn(name)), backends.get(name)];
    if (!handler || !backend) throw new Error(`${name} was not deployed`);
    begun += 1;
    const before = backend.operations;
    const ended = await backend.run(handler, `run-${begun}`, JSON.stringify(event));
    executions.push({ worker: names[name], event, ended, operations: backend.operations - before });
    return ended;
  };
  const deployed: Deployed = {
    clients,
    environment,
    topicArn,
    executions,
    addWorker(name, make) {
      const backend = new DurableBackend({ clock, functions: handlers, ...options });
      backends.set(name, backend);
      handlers.set(liveArn(name), make(backend.client));
      sandbox.lambda.registerFunction(
        names[name],
        async (event) => {
          const ended = await run(name, event);
          if (ended.status === 'FAILED') throw new Error(ended.error.ErrorMessage);
          return JSON.parse(ended.result);
        },
        { durable: true },
      );
    },
    run,
    settled: () => sandbox.lambda.idle(),
    waitingClock: {
      now: () => clock.now(),
      async sleep(milliseconds) {
        await sandbox.lambda.idle();
        clock.advance(milliseconds);
      },
      whileBusy: (work) => clock.whileBusy(work),
    },
    messages: () => sandbox.sns.messages(topicArn).map(({ subject = '', message }) => ({ subject, message })),
  };
  const tools = { logger: silentLogger, clock };
  const lone = { ...environment, topicArn, folder: '.' };
  deployed.addWorker('backupWorker', (durableClient) =>
    createBackupHandler({
      ...{ ...tools, durableClient, makeClients: () => clients },
      environment: {
        ...{ ...environment, topicArn },
        backupWorkerArn: liveArn('backupWorker'),
        rotateWorkerArn: liveArn('rotateWorker'),
      },
    }),
  );
  deployed.addWorker('rotateWorker', (durableClient) =>
    createRotateHandler({
      ...tools,
      durableClient,
      clients,
      environment: lone,
    }),
  );
  deployed.addWorker('restoreWorker', (durableClient) =>
    createRestoreHandler({ ...tools, durableClient, clients, application, environment: lone }),
  );
  return deployed;
}

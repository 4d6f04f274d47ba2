/** A deployment in a sandbox, as the command line finds it: a stack, and workers that run on the sandbox's own Lambda. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DurableExecutionApiClient, type DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import type { StackStatus } from '@aws-sdk/client-cloudformation';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { vi } from 'vitest';
import type { Io } from '../../bin/cli/io.ts';
import { snapkeepVersion } from '../../bin/cli/version.ts';
import { documentsOf } from '../../functions/applications/documents.ts';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import { createFindApplication } from '../../functions/applications/restorable.ts';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { createBackupHandler } from '../../functions/handlers/backup-runtime.ts';
import { createRestoreHandler } from '../../functions/handlers/restore-runtime.ts';
import { createRotateHandler } from '../../functions/handlers/rotate-runtime.ts';
import type { Config } from '../../functions/plan/config.ts';
import { configDigest } from '../../functions/plan/config-digest.ts';
import { loadConfig } from '../../functions/plan/load.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { functionNames, stackName } from '../../lib/names.ts';
import { outputKeys } from '../../lib/output-keys.ts';
import { type CliResult, cli } from './cli.ts';
import { account, type Cloud, region } from './cloud.ts';

/** Progress is drawn at a pace that an eye can follow; on virtual time nearly all of it would be left out. */
export function everyUpdateIsDrawn(): void {
  let milliseconds = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    milliseconds += 1000;
    return milliseconds;
  });
}

type WorkerName = 'backupWorker' | 'rotateWorker' | 'restoreWorker';

export interface StackChanges {
  readonly status?: StackStatus;
  readonly reason?: string;
  /** Instead of the real ones; undefined takes one away. */
  readonly outputs?: Readonly<Record<string, string | undefined>>;
}

export class DeployedBench {
  readonly cloud: Cloud;
  readonly config: Config;
  /** With all permissions. */
  readonly admin: AwsClients;
  /** Environment of the command line. */
  env: Io['env'];
  readonly #directory: string;
  readonly #file: string;
  readonly #topicArn: string;
  /** Opened by `release`. */
  #gate: Promise<void> = Promise.resolve();

  private constructor(cloud: Cloud, config: Config, directory: string, file: string) {
    const { sandbox, clock } = cloud;
    this.cloud = cloud;
    this.config = config;
    this.#directory = directory;
    this.#file = file;
    const connection = {
      region,
      endpoint: sandbox.url,
      credentials: sandbox.identity,
      clock,
      rates: unpaced,
    };
    this.admin = createAwsClients(connection);
    this.env = sandbox.environment;
    this.#topicArn = sandbox.sns.seedTopic({ account, region }, 'snapkeep');
  }

  /** Deploys a configuration: its stack, its scripts, and its workers with all permissions. */
  static async start(cloud: Cloud, yaml: string): Promise<DeployedBench> {
    const directory = mkdtempSync(join(tmpdir(), 'snapkeep-deployed-'));
    const file = join(directory, 'snapkeep.yaml');
    writeFileSync(file, yaml);
    const {
      regions: [config],
    } = await loadConfig(file);
    const bench = new DeployedBench(cloud, config, directory, file);
    await bench.#deployDocuments();
    bench.#deployWorkers();
    bench.deployStack();
    return bench;
  }

  async close(): Promise<void> {
    await this.settled();
    this.admin.destroy();
    await this.cloud.close();
    rmSync(this.#directory, { recursive: true });
  }

  snapkeep = (argv: readonly string[], io: Partial<Io> = {}): Promise<CliResult> =>
    cli(['-c', this.#file, ...argv], { env: this.env, clock: this.cloud.clock, ...io });

  /** Changes the file of the command line, and nothing of what is deployed. */
  rewriteConfig(change: (yaml: string) => string, yaml: string): void {
    writeFileSync(this.#file, change(yaml));
  }

  deployStack({ status, reason, outputs = {} }: StackChanges = {}): void {
    const { deployment, plans, vault } = this.config;
    const real: Record<string, string | undefined> = {
      [outputKeys.deployment]: deployment,
      [outputKeys.version]: snapkeepVersion,
      [outputKeys.plans]: Object.keys(plans).join(','),
      [outputKeys.configDigest]: configDigest(this.config),
      [outputKeys.vaultBucket]: vault.bucket,
      [outputKeys.backupWorker]: this.#liveArn('backupWorker'),
      [outputKeys.rotateWorker]: this.#liveArn('rotateWorker'),
      [outputKeys.restoreWorker]: this.#liveArn('restoreWorker'),
      ...outputs,
    };
    this.cloud.sandbox.cloudformation.seedStack({
      name: stackName(this.config),
      ...(status === undefined ? {} : { status }),
      ...(reason === undefined ? {} : { statusReason: reason }),
      outputs: Object.fromEntries(
        Object.entries(real).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
      ),
    });
  }

  /** Executions of a worker, the oldest first, with what they were started with. */
  executions(name: WorkerName): { name: string; payload: unknown; status: string }[] {
    const functions = this.cloud.sandbox.lambda.functions();
    const found = functions.find((each) => each.name === functionNames(this.config.deployment)[name]);
    return [...(found?.executions.values() ?? [])].map((execution) => ({
      name: execution.name,
      payload: JSON.parse(execution.payload),
      status: execution.ended?.status ?? 'RUNNING',
    }));
  }

  /** Keeps the code of all workers from running until the answer is called. */
  hold(): () => void {
    let release = () => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Lets time pass until no execution is under way. */
  async settled(): Promise<void> {
    const { clock, sandbox } = this.cloud;
    const running = () =>
      sandbox.lambda
        .functions()
        .some(({ executions }) => [...executions.values()].some(({ ended }) => ended === undefined));
    // Whoever sleeps is woken by the clock itself; timers of the service come about with its next request.
    while (running()) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      clock.advance(250);
      sandbox.world.settle();
    }
  }

  #liveArn = (name: WorkerName): string =>
    `arn:aws:lambda:${region}:${account}:function:${functionNames(this.config.deployment)[name]}:live`;

  #deployWorkers(): void {
    const { admin, config } = this;
    const { clock } = this.cloud;
    const environment = { config, snapkeepVersion, region, topicArn: this.#topicArn };
    const tools = { logger: silentLogger, clock, durableClient: new DurableExecutionApiClient(admin.lambda) };
    this.#deployWorker(
      'backupWorker',
      createBackupHandler({
        ...tools,
        makeClients: () => admin,
        environment: {
          ...environment,
          backupWorkerArn: this.#liveArn('backupWorker'),
          rotateWorkerArn: this.#liveArn('rotateWorker'),
        },
      }),
    );
    const lone = { ...tools, clients: admin, environment: { ...environment, folder: '.' } };
    this.#deployWorker('rotateWorker', createRotateHandler(lone));
    const application = createFindApplication(config.deployment);
    this.#deployWorker('restoreWorker', createRestoreHandler({ ...lone, application }));
  }

  #deployWorker(name: WorkerName, handler: DurableLambdaHandler): void {
    this.cloud.sandbox.lambda.registerFunction(
      functionNames(this.config.deployment)[name],
      async (event, context) => {
        await this.#gate;
        // Sound: the SDK reads of the event what the service put there, and of the context what stands here.
        return handler(event as never, { ...context, callbackWaitsForEmptyEventLoop: false } as never);
      },
      { checkpoints: { executionTimeoutSeconds: 48 * 3600, retentionDays: 14 } },
    );
  }

  /** The scripts of restores, which come with the stack. */
  async #deployDocuments(): Promise<void> {
    const names = new Set(Object.values(this.config.plans).flatMap(({ application }) => application ?? []));
    for (const profile of [...names].flatMap((name) => loadProfile(name) ?? [])) {
      for (const { name: Name, content: Content } of documentsOf(profile, this.config.deployment))
        await this.admin.ssm.send(
          new CreateDocumentCommand({ Name, Content, DocumentType: 'Command', DocumentFormat: 'JSON' }),
        );
    }
  }
}

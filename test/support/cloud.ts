import { noHooks } from '../../functions/applications/hooks.ts';
import { Ledger } from '../../functions/catalog/ledger.ts';
import { S3Vault } from '../../functions/catalog/s3-vault.ts';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { createDrivers } from '../../functions/drivers/all.ts';
import { createEngine, type Engine, type EngineOptions } from '../../functions/engine/engine.ts';
import type { Plan } from '../../functions/plan/config.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import type { BucketSizes } from '../../functions/shared/pacing.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import { backupFunctions, backupShardWorkflow } from '../../functions/workflows/backup/backup.ts';
import { type BackupDependencies, silentReporter } from '../../functions/workflows/backup/ports.ts';
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../sandbox/start.ts';

export const account = '123456789012';
export const region = 'eu-west-1';
export const bucket = 'acme-snapkeep-vault';

/** A sandbox on a virtual clock that the product shares, with an empty vault. */
export interface Cloud {
  readonly clock: VirtualClock;
  readonly sandbox: RunningSandbox;
  close(): Promise<void>;
}

export async function startCloud(options: Omit<SandboxOptions, 'clock'> = {}): Promise<Cloud> {
  const clock = new VirtualClock(Date.parse('2026-11-20T02:00:07Z'));
  const sandbox = await startSandbox({ snapshotSeconds: 60, ...options, clock });
  sandbox.s3.seedBucket({
    name: bucket,
    region,
    account,
    objectLock: true,
    defaultRetention: { mode: 'GOVERNANCE', unit: 'days', count: 14 },
  });
  return { clock, sandbox, close: () => sandbox.close() };
}

/** One process of the product: clients of its own, and everything that a backup needs. */
export interface Process {
  readonly clients: AwsClients;
  readonly ledger: Ledger;
  readonly deps: BackupDependencies;
  engine(options?: Partial<EngineOptions>): Engine;
}

export interface ProcessOptions {
  readonly plans: readonly Plan[];
  readonly rates?: BucketSizes;
  readonly reporter?: BackupDependencies['reporter'];
  readonly clock?: Clock;
}

export function startProcess({ clock: shared, sandbox }: Cloud, options: ProcessOptions): Process {
  const clock = options.clock ?? shared;
  const clients = createAwsClients({
    region,
    endpoint: sandbox.url,
    credentials: sandbox.identity,
    clock,
    rates: options.rates ?? unpaced,
  });
  const ledger = new Ledger(new S3Vault({ s3: clients.s3, bucket, clock }));
  const deps: BackupDependencies = {
    deployment: 'prod-eu',
    region,
    account: async () => account,
    plans: Object.fromEntries(options.plans.map((plan) => [plan.name, plan])),
    drivers: createDrivers({ clients, region, account: async () => account, clock, logger: silentLogger }),
    ledger,
    hooks: noHooks,
    clock,
    logger: silentLogger,
    reporter: options.reporter ?? silentReporter,
    snapkeepVersion: '0.0.0-test',
  };
  return {
    clients,
    ledger,
    deps,
    engine: (engineOptions) =>
      createEngine({
        clock,
        functions: { [backupFunctions.shard]: backupShardWorkflow(deps) },
        ...engineOptions,
      }),
  };
}

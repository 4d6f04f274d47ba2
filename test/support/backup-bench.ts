import { type HookRunner, noHooks } from '../../functions/applications/hooks.ts';
import type { Manifest } from '../../functions/catalog/documents.ts';
import { Ledger } from '../../functions/catalog/ledger.ts';
import type { Driver } from '../../functions/drivers/driver.ts';
import { createEngine, type EngineOptions } from '../../functions/engine/engine.ts';
import type { Plan } from '../../functions/plan/config.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import {
  backupFunctions,
  backupShardWorkflow,
  backupWorkflow,
} from '../../functions/workflows/backup/backup.ts';
import type { BackupDependencies } from '../../functions/workflows/backup/ports.ts';
import { silentReporter } from '../../functions/workflows/backup/ports.ts';
import { FakeDriver } from './fake-driver.ts';
import { MemoryVault } from './memory-vault.ts';
import { aPlan } from './plans.ts';

export const slot = '2026-11-20T02:00:00Z';
export const slotTime = Date.parse(slot);

/** A clock that stands at 02:00:07 of the slot. */
export const aClock = (): VirtualClock => new VirtualClock(slotTime + 7000);

export interface BackupBenchOptions {
  readonly plan?: Plan;
  readonly drivers: readonly Driver[];
  readonly clock: Clock;
  readonly vault?: MemoryVault;
  readonly hooks?: HookRunner;
  readonly reporter?: BackupDependencies['reporter'];
  readonly engine?: Partial<EngineOptions>;
  /** Of the credentials. */
  readonly account?: string;
  /** Hears the warnings of the log. */
  readonly warn?: (message: string) => void;
}

/** The backup workflow on the local engine with everything else faked. */
export function backupBench(options: BackupBenchOptions) {
  const plan = options.plan ?? aPlan();
  const vault = options.vault ?? new MemoryVault();
  const ledger = new Ledger(vault);
  const driverOf = (kind: SourceKind): Driver =>
    options.drivers.find((driver) => driver.kind === kind) ??
    new FakeDriver({ kind, clock: options.clock, ids: [] });
  const deps: BackupDependencies = {
    deployment: 'prod-eu',
    region: 'eu-west-1',
    account: async () => options.account ?? '123456789012',
    plans: { [plan.name]: plan },
    drivers: { ec2: driverOf('ec2'), rds: driverOf('rds'), aurora: driverOf('aurora') },
    ledger,
    hooks: options.hooks ?? noHooks,
    clock: options.clock,
    logger: { ...silentLogger, ...(options.warn === undefined ? {} : { warn: options.warn }) },
    reporter: options.reporter ?? silentReporter,
    snapkeepVersion: '0.0.0-test',
  };
  const engine = createEngine({
    clock: options.clock,
    functions: { [backupFunctions.shard]: backupShardWorkflow(deps) },
    ...options.engine,
  });
  const run = async (input = { plan: plan.name, slot }): Promise<Manifest> => {
    const { backupId } = await engine.run(backupWorkflow(deps), input);
    const manifest = await ledger.readManifest(plan.name, backupId);
    if (!manifest) throw new Error('the backup was not sealed');
    return manifest;
  };
  return { deps, engine, ledger, vault, run };
}

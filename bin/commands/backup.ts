import type { Command } from 'commander';
import { noHooks } from '../../functions/applications/hooks.ts';
import { createEngine } from '../../functions/engine/engine.ts';
import { findPlan } from '../../functions/plan/load.ts';
import { parseInstant } from '../../functions/retention/instant.ts';
import { failedError, usageError } from '../../functions/shared/errors.ts';
import { slotOf } from '../../functions/shared/names.ts';
import { requestedSlot } from '../../functions/shared/slot.ts';
import {
  backupFunctions,
  backupShardWorkflow,
  backupWorkflow,
} from '../../functions/workflows/backup/backup.ts';
import type { BackupDependencies } from '../../functions/workflows/backup/ports.ts';
import { exitCodeOf, manifestResult, progressReporter } from '../cli/backup-report.ts';
import { deployedFlag } from '../cli/deployed-flag.ts';
import type { Host, Invocation } from '../cli/host.ts';
import { collectEarly } from '../cli/memory.ts';
import { type Session, withSession } from '../cli/session.ts';
import { unfinishedSlot } from '../cli/unfinished-slot.ts';
import { snapkeepVersion } from '../cli/version.ts';

interface BackupOptions {
  readonly slot?: string;
  readonly deployed?: boolean;
}

export function register(program: Command, host: Host): void {
  program
    .command('backup')
    .description('back up all sources of a plan now, or go on with a run that was interrupted')
    .argument('<plan>', 'name of the plan')
    .option('--slot <time>', 'the scheduled time that the run belongs to, RFC 3339; names the backup')
    .option(...deployedFlag)
    .action(
      host.run(async (invocation, planName: string, options: BackupOptions) => {
        collectEarly();
        return withSession(invocation, planName, (session) =>
          runBackup(invocation, session, planName, options),
        );
      }),
    );
}

async function runBackup(
  invocation: Invocation,
  session: Session,
  planName: string,
  options: BackupOptions,
): Promise<number> {
  const { io, logger } = invocation;
  const { config, ledger } = session;
  const plan = findPlan(config, planName);
  const given = options.slot === undefined ? undefined : parseSlot(options.slot, io.clock.now());
  if (options.deployed) {
    const { withDeployment } = await import('../cli/deployed/deployment.ts');
    const { backupInAws } = await import('../cli/deployed/backup.ts');
    return withDeployment(invocation, session, [plan.name], (deployment) =>
      backupInAws(deployment, plan.name, given),
    );
  }
  await session.checkVault();
  const slot =
    given ?? (await unfinishedSlot(ledger, plan.name, io.clock.now(), logger)) ?? slotOf(io.clock.now());

  const reporter = progressReporter(io);
  const deps: BackupDependencies = {
    deployment: config.deployment,
    region: config.region,
    account: async () => (await session.identity()).account,
    plans: config.plans,
    drivers: session.drivers,
    ledger,
    hooks: noHooks,
    clock: io.clock,
    logger,
    reporter,
    snapkeepVersion,
  };
  const engine = createEngine({
    clock: io.clock,
    functions: { [backupFunctions.shard]: backupShardWorkflow(deps) },
  });
  try {
    const { backupId } = await engine.run(
      backupWorkflow(deps),
      { plan: plan.name, slot },
      { signal: io.signal },
    );
    const manifest = await ledger.readManifest(plan.name, backupId);
    if (!manifest)
      throw failedError(`${backupId} was sealed and cannot be read`, 'run `snapkeep show` on it');
    invocation.print(manifestResult(manifest, config.vault.bucket));
    return exitCodeOf(manifest.status);
  } finally {
    reporter.clear();
  }
}

function parseSlot(text: string, now: number): string {
  // Seconds may be left out; slots have none.
  const time = parseInstant(text.replace(/(T\d\d:\d\d)(?=[Z+-])/i, '$1:00'));
  if (time === undefined) {
    throw usageError(`--slot ${JSON.stringify(text)} is not a time`, 'write it like 2026-11-20T02:00:00Z');
  }
  return requestedSlot(text, time, now);
}

import { startAgain } from '../../../functions/handlers/executions.ts';
import { failedError } from '../../../functions/shared/errors.ts';
import { backupIdOf, slotOf } from '../../../functions/shared/names.ts';
import { chunkSize } from '../../../functions/workflows/backup/await.ts';
import { exitCodeOf, manifestResult } from '../backup-report.ts';
import { plural } from '../text.ts';
import { unfinishedSlot } from '../unfinished-slot.ts';
import type { Deployment } from './deployment.ts';
import { follow } from './follow.ts';
import { numbered } from './history.ts';
import { commandLine, failureOfRun, runningExecutions, tellOfRun } from './runs.ts';

/**
 * Has the deployed worker make a backup, or finds the run that does, and follows it. Without a slot it is the run that
 * is under way, or the newest that was begun and not finished, or a new one. Resolves with the exit code.
 */
export async function backupInAws(
  deployment: Deployment,
  plan: string,
  given: string | undefined,
): Promise<number> {
  const { invocation, session, stack, lambda } = deployment;
  const { config, ledger } = session;
  const { io, logger } = invocation;
  const worker = { lambda, workerArn: stack.backupWorkerArn, deployment: config.deployment };
  const now = io.clock.now();
  const slot =
    given ??
    (await runningSlot(deployment, plan)) ??
    (await unfinishedSlot(ledger, plan, now, logger)) ??
    slotOf(now);
  const backupId = backupIdOf(slot, plan);
  const { executionName: name, state } = await startAgain(worker, { plan, slot });
  if (state !== 'finished') {
    const again = commandLine(invocation, 'backup', plan, '--slot', slot);
    tellOfRun(deployment, `Backup ${backupId}`, name, again);
    const ended = await follow(invocation, {
      ...worker,
      ...{ name, again },
      describe: backupProgress(async () => (await ledger.readIntent(plan, backupId))?.sources.length),
    });
    if (ended.status === 'failed') {
      const failure = failureOfRun(ended.error, name);
      if (!(await ledger.readManifest(plan, backupId))) throw failure;
      // Sealed is sealed: what failed came after it.
      logger.warn(`${failure.message}; the backup was sealed before that`);
    }
  }
  const manifest = await ledger.readManifest(plan, backupId);
  if (!manifest)
    throw failedError(
      `the run ${name} has ended and ${backupId} is not in the vault`,
      'look at that execution in the Lambda console (Durable executions)',
    );
  invocation.print(manifestResult(manifest, config.vault.bucket));
  return exitCodeOf(manifest.status);
}

/** The slot of the newest run that is under way: it may be so young that it has not written its intent yet. */
async function runningSlot(
  { invocation, session, stack, lambda }: Deployment,
  plan: string,
): Promise<string | undefined> {
  const form = new RegExp(
    `^${session.config.deployment}-${plan}-(\\d{4})(\\d\\d)(\\d\\d)t(\\d\\d)(\\d\\d)(-r\\d)?$`,
  );
  const [newest] = await runningExecutions(lambda, stack.backupWorkerArn, (name) => form.test(name));
  const [, year, month, day, hour, minute] = form.exec(newest?.name ?? '') ?? [];
  if (newest === undefined || year === undefined) return undefined;
  invocation.logger.warn(`${newest.name} is under way already; for another backup name its time with --slot`);
  return `${year}-${month}-${day}T${hour}:${minute}:00Z`;
}

/** Says what a backup does, by the names of its newest operations. `countSources` answers nothing before its intent stands. */
export function backupProgress(countSources: () => Promise<number | undefined>) {
  let sources: number | undefined;
  return async (operations: readonly string[]): Promise<string> => {
    const [newest = ''] = operations;
    if (newest === '' || newest === 'prepare') return 'looking for the sources';
    sources ??= await countSources();
    const all = sources === undefined ? 'the sources' : plural(sources, 'source');
    const chunk = numbered(newest, 'start');
    if (chunk !== undefined) {
      const chunks = sources === undefined ? '' : ` of ${Math.ceil(sources / chunkSize)}`;
      return `starting ${all}, chunk ${chunk + 1}${chunks}`;
    }
    if (numbered(newest, 'shard') !== undefined) return `${all}, divided over several runs`;
    return doing.get(newest)?.(all) ?? newest;
  };
}

/** What the other steps of a backup do, by their names. */
const doing: ReadonlyMap<string, (all: string) => string> = new Map([
  ['quiesce', () => 'bringing the application to rest'],
  ['content-fixed', (all: string) => `${all}: waiting until the content of the copies is fixed`],
  ['resume', () => 'letting the application go on'],
  ['available', (all: string) => `${all}: waiting for the copies`],
  ['protect', (all: string) => `${all}: protecting the copies`],
  ['seal', () => 'sealing the backup'],
  ['start-rotation', () => 'starting the rotation'],
  ['report-failure', () => 'telling of a failure'],
]);

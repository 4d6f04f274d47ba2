import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { RestoreReport } from '../../functions/catalog/restore-documents.ts';
import { RestoreLedger } from '../../functions/catalog/restores.ts';
import { createEngine } from '../../functions/engine/engine.ts';
import { findPlan } from '../../functions/plan/load.ts';
import { parseRestoreRequest, type RestoreRequest } from '../../functions/plan/restore-request.ts';
import { exitCodes, failedError, usageError } from '../../functions/shared/errors.ts';
import type { RestoreInput, RestorePlan } from '../../functions/workflows/restore/ports.ts';
import { restoreWorkflow } from '../../functions/workflows/restore/restore.ts';
import { findUnfinished } from '../../functions/workflows/restore/unfinished.ts';
import type { Host, Invocation } from '../cli/host.ts';
import { createProgress } from '../cli/progress.ts';
import { regionOf } from '../cli/regions.ts';
import { addRestoreFlags, type RestoreOptions, readRequest } from '../cli/restore-flags.ts';
import { describePlanned } from '../cli/restore-plan-text.ts';
import { describeReport, failureOf } from '../cli/restore-report.ts';
import { inRegion, loadRegions, type Session, withSession } from '../cli/session.ts';
import { formatDuration } from '../cli/text.ts';

export function register(program: Command, host: Host): void {
  const command = program
    .command('restore')
    .description('bring a backup back as new machines and databases, and make the application work there')
    .argument('[backup]', 'backup ID, or latest for the newest complete one');
  addRestoreFlags(command).action(
    host.run(async (invocation, backup: string | undefined, options: RestoreOptions) =>
      options.resume === undefined
        ? beginRestore(invocation, backup, options)
        : resumeRestore(invocation, backup, options.resume, options),
    ),
  );
}

/** What a person adds to a command that goes on in AWS. */
const deployedWord = ' --deployed';

async function beginRestore(
  invocation: Invocation,
  backup: string | undefined,
  options: RestoreOptions,
): Promise<number> {
  const asked = await readRequest(invocation.io, backup, options);
  if (asked.plan === undefined) {
    throw usageError(
      'it is not said which plan to restore',
      'add --plan NAME; `snapkeep list` shows the plans',
    );
  }
  // A file may leave it to the default, as an event may; on the command line it is the one word that says what is meant.
  if (asked.backup === undefined && options.request === undefined) {
    throw usageError(
      'it is not said which backup to restore',
      'name one, or latest: snapkeep restore latest --plan ci',
    );
  }
  const request = parseRestoreRequest(asked);
  return withSession(invocation, request.plan, async (session) =>
    options.deployed
      ? runDeployed(invocation, session, request.plan, () =>
          inputOf(invocation, session, request, deployedWord),
        )
      : runRestore(invocation, session, await inputOf(invocation, session, request)),
  );
}

async function inputOf(
  { io, logger }: Invocation,
  session: Session,
  request: RestoreRequest,
  flag = '',
): Promise<RestoreInput> {
  const plan = findPlan(session.config, request.plan);
  await session.checkVault();
  const input = { plan: plan.name, request: toInput(request) };
  if (request.id !== undefined) return { ...input, requestId: request.id };
  const journal = new RestoreLedger(session.vault);
  const unfinished = request.dryRun ? undefined : await findUnfinished(journal, request, io.clock.now());
  if (unfinished) {
    logger.warn(
      `going on with restore ${unfinished.request_id}, which was begun at ${unfinished.requested_at} and did not end; another one needs an --id of its own`,
    );
    return { ...input, requestId: unfinished.request_id };
  }
  const failed = request.dryRun
    ? undefined
    : await findUnfinished(journal, request, io.clock.now(), 'failed');
  if (failed) {
    logger.warn(
      `restore ${failed.request_id} of the same request has failed, and what it made is still there; this is another one. To go on with that one instead: snapkeep restore --resume ${failed.request_id}${flag}`,
    );
  }
  return { ...input, requestId: newId(io.clock.now()) };
}

/** Sound: a request after its schema is plain data; the round trip drops what is undefined. */
const toInput = (request: RestoreRequest): NonNullable<RestoreInput['request']> =>
  JSON.parse(JSON.stringify(request)) as NonNullable<RestoreInput['request']>;

async function resumeRestore(
  invocation: Invocation,
  backup: string | undefined,
  resume: string,
  { plan, startApplication, deployed = false, ...others }: RestoreOptions,
): Promise<number> {
  const further = [backup, ...Object.values({ ...others, resume: undefined })];
  if (further.some((value) => value !== undefined) || !startApplication) {
    throw usageError(
      '--resume goes on with what was asked for and takes nothing else',
      'leave out the other flags, or begin another restore',
    );
  }
  if (!/^[a-z0-9-]{1,40}$/.test(resume))
    throw usageError(`${JSON.stringify(resume)} is not the ID of a restore`);
  const resumed = async (session: Session) => {
    if (!deployed) return runRestore(invocation, session, await resumedInput(session, resume, plan));
    // With its plan a restore is found that is so young that the ledger does not know it.
    const input = plan === undefined ? await resumedInput(session, resume) : { plan, requestId: resume };
    return runDeployed(invocation, session, input.plan, async () => input);
  };
  if (plan !== undefined) return withSession(invocation, plan, resumed);
  const regions = await loadRegions(invocation);
  const config = await regionOf(invocation, regions, {
    what: `restore ${resume}`,
    has: async (session) => (await findRestore(session, resume)) !== undefined,
  });
  return inRegion(invocation, config ?? regions[0], resumed);
}

/** The restore of that ID, of one plan or of any. */
async function findRestore(
  { config, vault }: Session,
  requestId: string,
  plan?: string,
): Promise<RestoreInput | undefined> {
  const journal = new RestoreLedger(vault);
  const plans = plan === undefined ? Object.keys(config.plans) : [findPlan(config, plan).name];
  for (const name of plans) {
    if (await journal.read(name, requestId)) return { plan: name, requestId };
  }
  return undefined;
}

async function resumedInput(session: Session, resume: string, plan?: string): Promise<RestoreInput> {
  await session.checkVault();
  const found = await findRestore(session, resume, plan);
  if (found) return found;
  throw usageError(
    `there is no restore ${resume} in the vault`,
    'its ID was printed when it began, and stands below ledger/<plan>/restores/ in the vault',
  );
}

/** `20261120t080000-3f9a`: sorts by time, and two at once differ. */
function newId(now: number): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `${time}-${randomBytes(2).toString('hex')}`;
}

async function runRestore(invocation: Invocation, session: Session, input: RestoreInput): Promise<number> {
  const { io } = invocation;
  const progress = createProgress(io);
  const begunAt = io.clock.now();
  // Loaded here, since other verbs need none of it.
  const { restoreDependencies } = await import('../cli/restore-dependencies.ts');
  const deps = restoreDependencies(invocation, session, {
    begun: ({ request_id, backup_id }) =>
      io.stderr.write(
        `Restore ${request_id} of ${backup_id}. If it is interrupted: snapkeep restore --resume ${request_id}\n`,
      ),
    progress: (step, detail) =>
      progress.update(`${step}: ${detail}, ${formatDuration(io.clock.now() - begunAt)}`),
    finished: async () => progress.clear(),
  });
  const engine = createEngine({ clock: io.clock });
  try {
    const result = await engine.run(restoreWorkflow(deps), input, { signal: io.signal });
    progress.clear();
    if (result.status === 'planned') return printPlanned(invocation, result.planned, result.requestId);
    const report = await deps.journal.lastReport(result.plan, result.requestId);
    if (!report) throw failedError(`the report of restore ${result.requestId} cannot be read`);
    return printReport(invocation, report, session.config.vault.bucket);
  } finally {
    progress.clear();
  }
}

/** The same by the deployed worker. */
async function runDeployed(
  invocation: Invocation,
  session: Session,
  plan: string,
  inputOf: () => Promise<RestoreInput>,
): Promise<number> {
  const { withDeployment } = await import('../cli/deployed/deployment.ts');
  const { finalReport, restoreInAws } = await import('../cli/deployed/restore.ts');
  return withDeployment(invocation, session, [plan], async (deployment) => {
    const outcome = await restoreInAws(deployment, await inputOf());
    if ('planned' in outcome) return printPlanned(invocation, outcome.planned, outcome.requestId);
    const report = await finalReport(session, outcome);
    return printReport(invocation, report, session.config.vault.bucket, deployedWord);
  });
}

function printPlanned({ print }: Invocation, planned: RestorePlan, requestId: string): number {
  print({ json: { dry_run: true, request_id: requestId, ...planned }, text: describePlanned(planned) });
  return planned.problems.length > 0 ? exitCodes.usage : exitCodes.done;
}

function printReport({ io, print }: Invocation, report: RestoreReport, bucket: string, flag = ''): number {
  const { failure } = report;
  const told = failure === null ? null : { ...failure, resume: `${failure.resume}${flag}` };
  print({ json: report, text: describeReport({ ...report, failure: told }, bucket) });
  if (told !== null) io.stderr.write(failureOf(told));
  return report.status === 'completed' ? exitCodes.done : exitCodes.failed;
}

import type { CommandFacts } from '../../applications/restore-port.ts';
import type { RestoreRecord, RestoreReport } from '../../catalog/restore-documents.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { Workflow } from '../../shared/durable.ts';
import { failedError, SnapkeepError, usageError } from '../../shared/errors.ts';
import { factsFor, type Known } from './addresses.ts';
import { awaitAgents, runRewrite, runStep } from './commands.ts';
import { awaitDatabases, type DatabasesBySource, startDatabases } from './databases.ts';
import { planRestore } from './dry-run.ts';
import type { MachineTarget } from './machine-target.ts';
import {
  awaitRunning,
  awaitStatusChecks,
  type FactsBySource,
  type KnownMachine,
  launchMachines,
  type MachineIds,
} from './machines.ts';
import type { RestoreDependencies, RestoreInput, RestoreResult } from './ports.ts';
import { prepareRestore, resolveRecord } from './prepare.ts';
import { buildReport } from './report.ts';
import type { Resolved } from './resolve.ts';
import { type FinishedStep, failureOf, finishedStep, type Run, StepFailure } from './run.ts';
import { type PlannedStep, plannedSteps } from './steps.ts';
import { moveElasticIp, pointName, releaseMachine } from './switches.ts';

/**
 * restore(request): resolve, launch in quarantine, rewrite, release, run the application's steps, check, report.
 * Everything that it makes has a name that follows from the request's ID, and every step that is over is in the
 * ledger: run again, at once or after a crash, it ends with the same machines and databases.
 *
 * Rejects with a usage error for a request that cannot be met and with a refusal where a person must confirm; then
 * nothing has been made. A step that fails ends the attempt with a report and leaves everything running; the next run
 * with the same ID goes on from that step.
 */
export function restoreWorkflow(deps: RestoreDependencies): Workflow<RestoreInput, RestoreResult> {
  return async (input, context) => {
    const plan = findPlan(deps, input.plan);
    if (input.request?.dryRun === true) {
      const planned = await context.step('plan', () => planRestore(deps, plan, input));
      return { status: 'planned', requestId: input.requestId, planned };
    }
    const restore = restoreReader(deps, plan, input.requestId);

    const prepared = await context.step('prepare', async () => {
      const record = await prepareRestore(deps, plan, input);
      restore.remember(record);
      deps.reporter.begun(record);
      const last = await deps.journal.lastReport(plan.name, input.requestId);
      if (last?.status === 'completed') return { result: await announce(deps, last) };
      const steps = await deps.journal.steps(plan.name, input.requestId);
      const finished: Record<string, FinishedStep> = {};
      for (const step of steps) finished[step.name] = finishedStep(step);
      return { attempt: (last?.attempt ?? 0) + 1, finished };
    });
    if (prepared.result) return prepared.result;

    const resolved = await restore.resolved();
    const run: Run = {
      deps,
      context,
      attempt: prepared.attempt,
      record: await restore.record(),
      steps: plannedSteps(resolved),
      resolved: restore.resolved,
      finished: new Map(Object.entries(prepared.finished)),
      launched: new Map(),
    };
    const failure = await runSteps(run, resolved);
    return context.step('report', async () =>
      announce(deps, await deps.journal.recordReport(await buildReport(run, resolved, failure))),
    );
  };
}

/** Everything that later steps take from earlier ones. */
interface Progress {
  ids: MachineIds;
  facts: FactsBySource;
  databases: DatabasesBySource;
}

/** Answers what ended the attempt, or undefined when every step is over. */
async function runSteps(run: Run, resolved: Resolved): Promise<StepFailure | undefined> {
  const progress: Progress = { ids: {}, facts: {}, databases: {} };
  try {
    for (const step of run.steps) await runOne(run, resolved, step, progress);
    return undefined;
  } catch (error) {
    if (error instanceof StepFailure) return error;
    throw error;
  }
}

async function runOne(run: Run, resolved: Resolved, step: PlannedStep, progress: Progress): Promise<void> {
  switch (step.kind) {
    case 'start-databases':
      await startDatabases(run, step);
      return;
    case 'launch':
      progress.ids = await launchMachines(run, step);
      return;
    case 'running':
      return awaitRunning(run, step, progress.ids);
    case 'status-checks':
      progress.facts = await awaitStatusChecks(run, step, progress.ids);
      return;
    case 'databases':
      progress.databases = await awaitDatabases(run, step);
      return;
    case 'agent':
      return awaitAgents(run, step, progress.ids);
    case 'dns': {
      const [machine] = resolved.machines;
      const known = machine && progress.facts[machine.key];
      if (!known) throw failedError('the restored machine is not known', 'run the same command again');
      const moved =
        resolved.request.elasticIp === 'move' ? { public_ip: machine.point.relaunch.public_ip } : {};
      const address = typeof moved.public_ip === 'string' ? { public_ip: moved.public_ip } : {};
      return pointName(run, step, { ...known, ...address }, machine.recordedAddress);
    }
    default:
      return runOnMachine(run, resolved, step, progress);
  }
}

async function runOnMachine(
  run: Run,
  resolved: Resolved,
  step: PlannedStep,
  { facts, databases }: Progress,
): Promise<void> {
  const { machine, command } = step;
  const known = machine && facts[machine.key];
  if (!machine || !known)
    throw failedError(`step ${step.name} knows no machine`, 'run the same command again');
  if (step.kind === 'release') return releaseMachine(run, step, machine, known.id);
  if (step.kind === 'elastic-ip') {
    await moveElasticIp(run, step, machine, known.id);
    return;
  }
  if (!command) throw failedError(`step ${step.name} has no command`, 'run the same command again');
  const told = factsOrFailure(resolved, step, machine, known, { facts, databases });
  if (command.purpose === 'rewrite') {
    await runRewrite(run, step, command, told);
    return;
  }
  return runStep(run, step, command, told);
}

/** New values are known only now; one that no rewrite may hold fails the step, and the machine stays held back. */
function factsOrFailure(
  resolved: Resolved,
  step: PlannedStep,
  ...question: [MachineTarget, KnownMachine, Known]
): CommandFacts {
  try {
    return factsFor(resolved, ...question);
  } catch (error) {
    throw error instanceof SnapkeepError ? new StepFailure(step.name, failureOf(error)) : error;
  }
}

async function announce(deps: RestoreDependencies, report: RestoreReport): Promise<RestoreResult> {
  await deps.reporter.finished(report);
  return {
    status: report.status,
    requestId: report.request_id,
    plan: report.plan,
    backupId: report.backup_id,
    attempt: report.attempt,
  };
}

/** Reads a restore at most once per process: what is recorded never changes. */
function restoreReader(deps: RestoreDependencies, plan: WorkPlan, requestId: string) {
  let known: RestoreRecord | undefined;
  let put: Promise<Resolved> | undefined;
  const record = async (): Promise<RestoreRecord> => {
    known ??= await deps.journal.read(plan.name, requestId);
    if (!known) throw failedError(`restore ${requestId} is not in the vault`, 'run the same command again');
    return known;
  };
  return {
    remember(standing: RestoreRecord): void {
      known = standing;
    },
    record,
    resolved: (): Promise<Resolved> => {
      put ??= record().then((standing) => resolveRecord(deps, plan, standing));
      return put;
    },
  };
}

function findPlan(deps: RestoreDependencies, name: string): WorkPlan {
  const plan = Object.hasOwn(deps.plans, name) ? deps.plans[name] : undefined;
  if (plan) return plan;
  const known = Object.keys(deps.plans).join(', ');
  throw usageError(
    `there is no plan ${JSON.stringify(name)} in the configuration`,
    `its plans are: ${known}`,
  );
}

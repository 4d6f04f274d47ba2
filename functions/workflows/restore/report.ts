import type {
  ReportedDatabase,
  ReportedMachine,
  ReportedStep,
  RestoreFailure,
  RestoreReport,
} from '../../catalog/restore-documents.ts';
import { toTimestamp } from '../../shared/clock.ts';
import { describeError } from '../../shared/errors.ts';
import { changeIfKnown, finalMachine } from './addresses.ts';
import { filesSchema } from './commands.ts';
import type { DatabasesBySource } from './databases.ts';
import { type MachineTarget, textAt } from './machine-target.ts';
import type { FactsBySource, KnownMachine } from './machines.ts';
import { remainsOf } from './remains.ts';
import type { Resolved } from './resolve.ts';
import type { Run, StepFailure } from './run.ts';

/** Last lines of a failed step's output that the report keeps. */
const keptLines = 12;
const keptCharacters = 200;

/** Everything that one attempt found and did, from what its steps left. Looks at the old machines once more. */
export async function buildReport(
  run: Run,
  resolved: Resolved,
  failure: StepFailure | undefined,
): Promise<RestoreReport> {
  const { deps, record, attempt } = run;
  const facts = outputOf<FactsBySource>(run, 'status-checks') ?? {};
  const databases = outputOf<DatabasesBySource>(run, 'databases') ?? {};
  const machines = await Promise.all(
    resolved.machines.map((machine) => reportedMachine(run, resolved, machine, facts[machine.key])),
  );
  // Each machine's own; that the others learn of them is said by what the rewrite changed.
  const changes = resolved.machines.flatMap((machine) => {
    const known = facts[machine.key];
    return known === undefined || resolved.application === undefined
      ? []
      : (changeIfKnown(resolved, machine, known, { facts: {}, databases }) ?? []);
  });
  const steps = reportedSteps(run, failure);
  const passedAt = lastCheck(run);
  const completed = failure === undefined;
  return {
    metadata_version: 2,
    request_id: record.request_id,
    attempt,
    deployment: record.deployment,
    plan: record.plan,
    backup_id: record.backup_id,
    application: record.application,
    status: completed ? 'completed' : 'failed',
    requested_at: record.requested_at,
    completed_at: toTimestamp(deps.clock.now()),
    recovery_seconds:
      completed && passedAt !== undefined
        ? (Date.parse(passedAt) - Date.parse(record.requested_at)) / 1000
        : null,
    machines,
    databases: reportedDatabases(resolved, databases),
    addresses: changes.flatMap(({ replacements }) => replacements),
    files: reportedFiles(run),
    steps,
    checks: run.steps.flatMap((step) => {
      if (step.command?.purpose !== 'check') return [];
      const over = run.finished.get(step.name);
      if (over === undefined && failure?.step !== step.name) return [];
      return [
        { name: step.name, result: over?.result === 'done' ? ('passed' as const) : ('failed' as const) },
      ];
    }),
    failure: failure === undefined ? null : reportedFailure(run, failure),
    warnings: [
      ...record.warnings,
      ...changes.flatMap(({ gone }) => gone.map(withoutSuccessor)),
      ...noteworthy(steps),
    ],
    remains: remainsOf(resolved, { machines, databases, facts, completed }),
    snapkeep_version: deps.snapkeepVersion,
  };
}

/** Sound: `perform` has validated what a step of this name left before it was taken in. */
const outputOf = <T>(run: Run, step: string): T | undefined =>
  run.finished.get(step)?.output as T | undefined;

async function reportedMachine(
  run: Run,
  resolved: Resolved,
  machine: MachineTarget,
  known: KnownMachine | undefined,
): Promise<ReportedMachine> {
  const { relaunch, source } = machine.point;
  const id = known?.id ?? run.launched.get(machine.key);
  const final = known === undefined ? undefined : finalMachine(resolved, machine, known);
  const moved = run.finished.has('elastic-ip') || run.finished.has(`elastic-ip ${machine.key}`);
  return {
    source,
    old: { id: source.id, state: await stateOfOld(run, machine), ...namesIn(relaunch) },
    new: id === undefined ? null : { id, ...namesIn((moved ? final : known) ?? {}) },
  };
}

async function stateOfOld(run: Run, machine: MachineTarget): Promise<string> {
  try {
    return (await machine.restorer.oldMachine(machine.point)).state;
  } catch (error) {
    run.deps.logger.warn('the old machine could not be looked at', { error: describeError(error) });
    return 'unknown';
  }
}

function namesIn(facts: MachineTarget['point']['relaunch']) {
  const names: Record<string, string> = {};
  for (const key of ['private_ip', 'public_ip', 'private_dns', 'hostname']) {
    const value = textAt(facts, key);
    if (value !== undefined) names[key] = value;
  }
  return names;
}

function reportedDatabases(resolved: Resolved, databases: DatabasesBySource): ReportedDatabase[] {
  return resolved.databases.map(({ key, order, restorer }) => ({
    source: order.point.source,
    new_id: databases[key]?.id ?? restorer.targetId(order),
    endpoints: databases[key]?.endpoints ?? [],
  }));
}

function reportedFiles(run: Run): RestoreReport['files'] {
  return run.steps.flatMap((step) => {
    if (step.command?.purpose !== 'rewrite' || step.machine === undefined) return [];
    const files = filesSchema.safeParse(run.finished.get(step.name)?.output);
    return files.success ? [{ source: step.machine.key, ...files.data }] : [];
  });
}

function reportedSteps(run: Run, failure: StepFailure | undefined): ReportedStep[] {
  return run.steps.map((step, index): ReportedStep => {
    const base = { number: index + 1, name: step.name };
    const over = run.finished.get(step.name);
    if (over) {
      const note = over.note === undefined ? {} : { note: over.note };
      return { ...base, result: over.result, seconds: over.seconds, ...note };
    }
    if (failure?.step === step.name) return { ...base, result: 'failed', seconds: 0, note: failure.message };
    return { ...base, result: 'not reached', seconds: 0 };
  });
}

/** When the last check passed; without checks of its own, when the last wait for the services was over. */
function lastCheck(run: Run): string | undefined {
  const checks = run.steps.filter(({ command }) => command?.purpose === 'check');
  const decisive =
    checks.length > 0
      ? checks
      : run.steps.filter(({ kind }) => kind === 'status-checks' || kind === 'databases');
  const times = decisive.flatMap(({ name }) => {
    const over = run.finished.get(name);
    return over?.result === 'done' ? [over.completedAt] : [];
  });
  return times.sort().at(-1);
}

function reportedFailure(run: Run, { step, message, exitCode, output }: StepFailure): RestoreFailure {
  const lines = [...output.stdout.split('\n'), ...output.stderr.split('\n')]
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .map((line) => (line.length > keptCharacters ? `${line.slice(0, keptCharacters)}...` : line));
  return {
    step,
    reason: message,
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    output: lines.slice(-keptLines),
    resume: `snapkeep restore --resume ${run.record.request_id}`,
  };
}

const withoutSuccessor = (address: string): string =>
  `the restored machine has no public address in place of ${address}: where that stands in its configuration, it still does`;

/** Failures that the profile says to go on after. */
const noteworthy = (steps: readonly ReportedStep[]): string[] =>
  steps.flatMap(({ name, result, note }) =>
    result === 'failed' ? [`step ${name} failed: ${note ?? 'without a reason'}`] : [],
  );

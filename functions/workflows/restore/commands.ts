import * as z from 'zod';
import type { CommandDocument } from '../../applications/command-port.ts';
import type {
  CommandFacts,
  RestorableApplication,
  RestoreCommand,
  RewriteSummary,
} from '../../applications/restore-port.ts';
import type { MachineTarget } from './machine-target.ts';
import { attempt, type Failure, type Outcome, perform, type Run } from './run.ts';
import type { PlannedStep } from './steps.ts';
import { waitUntil } from './wait.ts';

const nothing = { schema: z.null(), fallback: null };

export const filesSchema = z.object({
  changed: z.array(z.object({ path: z.string(), replacements: z.number() })),
  left: z.array(z.object({ path: z.string(), reason: z.string() })),
  digest: z.string().exactOptional(),
});
/** What one rewrite changed, as it is written down. */
export type ChangedFiles = z.output<typeof filesSchema>;

/** So many files of each sort are named in the report; the one on the machine has all. */
const namedFiles = 200;
/** A script says so when its own earlier run, which a crash forgot, still holds the lock. */
const lockedExitCode = 75;
/** Delivery to the agent may take a moment beyond what the script itself may. */
const deliverySeconds = 120;

/** Waits until commands reach every machine. */
export async function awaitAgents(
  run: Run,
  step: PlannedStep,
  ids: { readonly [source: string]: string },
): Promise<void> {
  const machines = Object.values(ids);
  await perform(run, step, nothing, async (begunAt) => {
    const { machines: targets, application } = await run.resolved();
    // Also here: a run that goes on may be of another version than the one that began.
    const missing = await run.context.step('agent: documents', async () => {
      const documents = documentsOf(targets, application);
      const outcome = await attempt(() => run.deps.commands.prepare(documents));
      return 'failure' in outcome ? [outcome.failure.reason] : [...outcome.value];
    });
    if (missing.length > 0) return { failure: { reason: missing.join('; ') } };
    const { failure } = await waitUntil(run, step, {
      name: 'agent',
      begunAt,
      initial: null,
      lookAt: `the instance profile of ${machines.join(', ')}, which needs AmazonSSMManagedInstanceCore, and the way from the quarantine group to Systems Manager (HTTPS to its endpoints)`,
      look: async () => {
        const waiting: string[] = [];
        for (const machine of machines) {
          const readiness = await run.deps.commands.readiness({ machine });
          if (readiness.state === 'unsuitable') {
            return { at: 'failed', value: null, failure: { reason: `${machine}: ${readiness.reason}` } };
          }
          if (readiness.state === 'waiting') waiting.push(`${machine}: ${readiness.detail}`);
        }
        return waiting.length === 0
          ? { at: 'done', value: null }
          : { at: 'pending', value: null, detail: waiting.join('; ') };
      },
    });
    return failure === undefined ? { output: null } : { failure };
  });
}

/** Runs the rewrite of one machine and answers which files it changed. */
export function runRewrite(
  run: Run,
  step: PlannedStep,
  command: RestoreCommand,
  facts: CommandFacts,
): Promise<ChangedFiles> {
  const none: ChangedFiles = { changed: [], left: [] };
  return perform(run, step, { schema: filesSchema, fallback: none }, async () => {
    if (nothingChanged(facts)) {
      const note = 'every address and name is the same as before: nothing needs rewriting';
      return { output: none, result: 'skipped', note };
    }
    const ran = await runCommand(run, step, command, facts);
    if ('failure' in ran) return ran;
    const application = (await run.resolved()).application;
    const summary = application?.readSummary(ran.stdout) ?? none;
    return { output: shortened(summary), note: countOf(summary) };
  });
}

/** Runs any other script of the application. */
export async function runStep(
  run: Run,
  step: PlannedStep,
  command: RestoreCommand,
  facts: CommandFacts,
): Promise<void> {
  await perform(run, step, nothing, async (): Promise<Outcome<null>> => {
    const ran = await runCommand(run, step, command, facts);
    return 'failure' in ran ? ran : { output: null };
  });
}

async function runCommand(
  run: Run,
  step: PlannedStep,
  command: RestoreCommand,
  facts: CommandFacts,
): Promise<{ readonly stdout: string } | { readonly failure: Failure }> {
  const { deps, context, record } = run;
  const number = String(record.steps.indexOf(step.name) + 1).padStart(2, '0');
  const send = async (attempt: number) =>
    deps.commands.send({
      machine: facts.machine,
      document: command.document,
      parameters: command.parameters(facts),
      timeoutSeconds: command.timeoutSeconds,
      token: `snapkeep ${record.request_id} ${number} a${run.attempt}${attempt === 1 ? '' : ` r${attempt}`}`,
    });
  const sent = await context.step(`${step.name}: send`, async () => {
    const outcome = await attempt(() => send(1));
    if ('failure' in outcome) return { failure: { ...outcome.failure } };
    return { id: outcome.value.id, sentAt: deps.clock.now() };
  });
  if (sent.failure) return { failure: sent.failure };
  const { value, failure } = await waitUntil(run, withDelivery(step), {
    name: `${step.name}: wait`,
    begunAt: sent.sentAt,
    initial: { id: sent.id, sends: 1, stdout: '' },
    lookAt: `command ${sent.id} in Systems Manager, Run Command`,
    look: async (value) => {
      const standing = await deps.commands.poll({ id: value.id, machine: facts.machine });
      if (standing.state === 'pending') return { at: 'pending', value, detail: standing.detail };
      const { stdout, stderr } = standing;
      if (standing.state === 'done') return { at: 'done', value: { ...value, stdout } };
      const { reason, exitCode } = standing;
      if (exitCode === lockedExitCode) {
        const sends = value.sends + 1;
        const { id } = await send(sends);
        return { at: 'pending', value: { ...value, id, sends }, detail: 'an earlier run of it goes on' };
      }
      const failed = { reason, output: { stdout, stderr } };
      return { at: 'failed', value, failure: exitCode === undefined ? failed : { ...failed, exitCode } };
    },
  });
  return failure === undefined ? { stdout: value.stdout } : { failure };
}

const nothingChanged = ({ change, sshHostKeys }: CommandFacts): boolean =>
  change.replacements.length === 0 && change.gone.length === 0 && sshHostKeys === 'keep';

const withDelivery = (step: PlannedStep): PlannedStep => ({
  ...step,
  limitSeconds: step.limitSeconds + deliverySeconds,
});

function shortened({ changed, left, digest }: RewriteSummary): ChangedFiles {
  return {
    changed: changed.slice(0, namedFiles).map((file) => ({ ...file })),
    left: left.slice(0, namedFiles).map((file) => ({ ...file })),
    ...(digest === undefined ? {} : { digest }),
  };
}

function countOf({ changed }: RewriteSummary): string {
  const total = changed.reduce((sum, { replacements }) => sum + replacements, 0);
  return `${total} ${total === 1 ? 'replacement' : 'replacements'} in ${changed.length} ${changed.length === 1 ? 'file' : 'files'}`;
}

/** Scripts of ours that must stand ready for a restore of these machines, each once. */
export function documentsOf(
  machines: readonly MachineTarget[],
  application: RestorableApplication | undefined,
): readonly CommandDocument[] {
  return machines.length === 0 ? [] : (application?.documents ?? []);
}

import type { Command } from 'commander';
import { createEngine } from '../../functions/engine/engine.ts';
import { exitCodes, SnapkeepError, usageError } from '../../functions/shared/errors.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import type { Assessment } from '../../functions/workflows/rotate/assessment.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { printFailure } from '../cli/failure.ts';
import type { Host, Invocation } from '../cli/host.ts';
import { createProgress } from '../cli/progress.ts';
import { rotateDependencies } from '../cli/rotate-dependencies.ts';
import { type PlanReport, rotationJson, rotationText } from '../cli/rotation-report.ts';
import { type Session, withSession } from '../cli/session.ts';

interface RotateOptions {
  readonly dryRun?: boolean;
  readonly confirm?: string;
}

export function register(program: Command, host: Host): void {
  program
    .command('rotate')
    .description('delete the copies that the retention policies no longer keep, and say why of each')
    .argument('[plan]', 'name of the plan; all plans without it')
    .option('--dry-run', 'decide and print, delete nothing')
    .option('--confirm <digest>', 'overrule maxDeletePercent for exactly the decisions with this digest')
    .action(
      host.run(async (invocation, planName: string | undefined, options: RotateOptions) =>
        withSession(invocation, (session) => runRotate(invocation, session, planName, options)),
      ),
    );
}

async function runRotate(
  invocation: Invocation,
  session: Session,
  planName: string | undefined,
  options: RotateOptions,
): Promise<number> {
  const configured = Object.keys(session.config.plans);
  if (options.confirm !== undefined && planName === undefined && configured.length > 1) {
    throw usageError(
      '--confirm needs the name of a plan: a digest confirms the decisions on one',
      `its plans are: ${configured.join(', ')}`,
    );
  }
  await session.vault.check();
  const reports: PlanReport[] = [];
  for (const plan of planName === undefined ? configured : [planName]) {
    // Asked for alone, a refusal that leaves nothing to print is the command's own.
    reports.push(await rotatePlan(invocation, session, plan, options, planName === undefined));
  }
  const unconfigured = planName === undefined ? await plansWithoutConfiguration(session) : [];
  return printReports(invocation, reports, unconfigured, options);
}

async function rotatePlan(
  invocation: Invocation,
  session: Session,
  plan: string,
  { dryRun = false, confirm }: RotateOptions,
  goesOn: boolean,
): Promise<PlanReport> {
  const { io } = invocation;
  const progress = createProgress(io);
  let assessment: Assessment | undefined;
  const deps = rotateDependencies(invocation, session, {
    decided: (decided) => {
      assessment = decided;
    },
    progress: (done, total) => progress.update(`${plan}: ${done} of ${total} removed`),
    finished: async () => progress.clear(),
  });
  try {
    if (dryRun) {
      const planned = (await assess(deps, plan)).assessment;
      const mismatch = confirm !== undefined && confirm !== planned.digest;
      const refusals = mismatch
        ? [`the decisions have the digest ${planned.digest}, not ${confirm}`]
        : planned.refusals;
      return {
        plan,
        assessment: planned,
        result: undefined,
        refusals: confirm === planned.digest ? [] : refusals,
      };
    }
    const input = { plan, ...(confirm === undefined ? {} : { confirm }) };
    const result = await createEngine({ clock: io.clock }).run(rotateWorkflow(deps), input, {
      signal: io.signal,
    });
    return { plan, assessment, result, refusals: result.refusals };
  } catch (error) {
    if (!goesOn || !(error instanceof SnapkeepError) || error.kind !== 'refused') throw error;
    return { plan, assessment, result: undefined, refusals: [error.message] };
  } finally {
    progress.clear();
  }
}

/** Their backups stay as they are until somebody puts the plan back. */
async function plansWithoutConfiguration({ ledger, rotations, config }: Session): Promise<string[]> {
  const known = new Set((await ledger.listBackups()).map(({ plan }) => plan));
  const standing: string[] = [];
  for (const plan of [...known].filter((name) => !Object.hasOwn(config.plans, name)).sort())
    if ((await rotations.history(plan)).backups.length > 0) standing.push(plan);
  return standing;
}

function printReports(
  { io, print, logger }: Invocation,
  reports: readonly PlanReport[],
  unconfigured: readonly string[],
  { dryRun = false, confirm }: RotateOptions,
): number {
  // A dry run tells what a guard would say; what it could not decide, or was asked to confirm, is refused at once.
  const refused = reports.filter(
    ({ refusals, assessment }) =>
      refusals.length > 0 && (!dryRun || assessment === undefined || confirm !== undefined),
  );
  const message = refused
    .map(({ plan, refusals }) => `plan ${plan}: nothing was deleted: ${refusals.join('; ')}`)
    .join('; ');
  const [first] = refused;
  const remedy =
    confirm === undefined && first?.assessment !== undefined
      ? `look at the decisions; if they are right: snapkeep rotate ${first.plan} --confirm ${first.assessment.digest}`
      : `look at the decisions again: snapkeep rotate ${first?.plan} --dry-run`;
  const json = {
    dry_run: dryRun,
    ...(first ? { error: { kind: 'refused', message, remedy } } : {}),
    plans: reports.map(rotationJson),
    unconfigured_plans: unconfigured,
  };
  print({ json, text: reports.map(rotationText).join('\n') });
  for (const plan of unconfigured)
    logger.warn(`plan ${plan} is in the ledger and no longer in the configuration: nothing of it is deleted`);
  if (first) {
    printFailure({ exitCode: exitCodes.refused, kind: 'refused', message, remedy }, io, false);
    return exitCodes.refused;
  }
  return reports.some(({ result }) => (result?.kept ?? 0) > 0) ? exitCodes.partial : exitCodes.done;
}

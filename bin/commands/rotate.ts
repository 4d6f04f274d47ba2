import type { Command } from 'commander';
import { createEngine } from '../../functions/engine/engine.ts';
import type { Config, Regions } from '../../functions/plan/config.ts';
import { findRegion } from '../../functions/plan/load.ts';
import { exitCodes, SnapkeepError, usageError } from '../../functions/shared/errors.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import type { Assessment } from '../../functions/workflows/rotate/assessment.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { deployedFlag } from '../cli/deployed-flag.ts';
import { printFailure } from '../cli/failure.ts';
import type { Host, Invocation } from '../cli/host.ts';
import { createProgress } from '../cli/progress.ts';
import { inEveryRegion, type RegionFailure, regionOf, tellFailures } from '../cli/regions.ts';
import { rotateDependencies } from '../cli/rotate-dependencies.ts';
import { dryRunReport, type PlanReport, rotationJson, rotationText } from '../cli/rotation-report.ts';
import { loadRegions, type Session } from '../cli/session.ts';

interface RotateOptions {
  readonly dryRun?: boolean;
  readonly confirm?: string;
  readonly deployed?: boolean;
}

export function register(program: Command, host: Host): void {
  program
    .command('rotate')
    .description('delete the copies that the retention policies no longer keep, and say why of each')
    .argument('[plan]', 'name of the plan; all plans without it')
    .option('--dry-run', 'decide and print, delete nothing')
    .option('--confirm <digest>', 'overrule maxDeletePercent for exactly the decisions with this digest')
    .option(...deployedFlag)
    .action(host.run(runRotate));
}

async function runRotate(
  invocation: Invocation,
  planName: string | undefined,
  options: RotateOptions,
): Promise<number> {
  const regions = await loadRegions(invocation);
  const several = regions.length > 1;
  const configured = regions.flatMap(({ plans }) => Object.keys(plans));
  if (options.confirm !== undefined && planName === undefined && configured.length > 1) {
    throw usageError(
      '--confirm needs the name of a plan: a digest confirms the decisions on one',
      `its plans are: ${configured.join(', ')}`,
    );
  }
  const asked: Regions =
    planName === undefined ? regions : [await regionOfPlan(invocation, regions, planName)];
  const reports: PlanReport[] = [];
  const unconfigured: UnconfiguredPlan[] = [];
  const failures = await inEveryRegion(invocation, asked, async (session) => {
    const { region, plans } = session.config;
    const where = several ? { region } : {};
    const names = planName === undefined ? Object.keys(plans) : [planName];
    await withRotation(invocation, session, names, options, async (rotateOne) => {
      for (const plan of names) {
        // Asked for alone, a refusal that leaves nothing to print is the command's own.
        const report = await toleratingRefusal(plan, planName === undefined, () => rotateOne(plan));
        reports.push({ ...report, ...where });
      }
    });
    if (planName !== undefined) return;
    for (const plan of await plansWithoutConfiguration(session)) unconfigured.push({ plan, ...where });
  });
  return printReports(invocation, { reports, unconfigured, failures }, options);
}

/** Of a plan that is not configured, the one whose ledger knows it: what a rotation makes of it is said there. */
async function regionOfPlan(invocation: Invocation, regions: Regions, plan: string): Promise<Config> {
  const own = regions.find(({ plans }) => Object.hasOwn(plans, plan));
  if (own) return own;
  const known = await regionOf(invocation, regions, {
    what: `plan ${plan}`,
    has: async ({ ledger }) => (await ledger.listBackups(plan)).length > 0,
  });
  return known ?? findRegion(regions, plan);
}

/** A plan of which there are backups, though its Region is configured without it. */
interface UnconfiguredPlan {
  readonly plan: string;
  /** Only of a deployment of several Regions. */
  readonly region?: string;
}

interface RotateOutcome {
  readonly reports: readonly PlanReport[];
  readonly unconfigured: readonly UnconfiguredPlan[];
  readonly failures: readonly RegionFailure[];
}

type RotateOne = (plan: string) => Promise<PlanReport>;

/** Runs `work` with what rotates a plan of the session's Region: this process, or the deployed worker. */
async function withRotation(
  invocation: Invocation,
  session: Session,
  plans: readonly string[],
  options: RotateOptions,
  work: (rotateOne: RotateOne) => Promise<void>,
): Promise<void> {
  if (options.deployed) {
    const { withDeployment } = await import('../cli/deployed/deployment.ts');
    const { rotateInAws } = await import('../cli/deployed/rotate.ts');
    return withDeployment(invocation, session, plans, (deployment) =>
      work((plan) => rotateInAws(deployment, plan, options)),
    );
  }
  await session.checkVault();
  return work((plan) => rotatePlan(invocation, session, plan, options));
}

/** Of several plans, one about which nothing could be decided is told of with the others. */
async function toleratingRefusal(
  plan: string,
  goesOn: boolean,
  rotate: () => Promise<PlanReport>,
): Promise<PlanReport> {
  try {
    return await rotate();
  } catch (error) {
    if (!goesOn || !(error instanceof SnapkeepError) || error.kind !== 'refused') throw error;
    return { plan, assessment: undefined, result: undefined, refusals: [error.message] };
  }
}

async function rotatePlan(
  invocation: Invocation,
  session: Session,
  plan: string,
  { dryRun = false, confirm }: RotateOptions,
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
    if (dryRun) return dryRunReport(plan, (await assess(deps, plan)).assessment, confirm);
    const input = { plan, ...(confirm === undefined ? {} : { confirm }) };
    const result = await createEngine({ clock: io.clock }).run(rotateWorkflow(deps), input, {
      signal: io.signal,
    });
    return { plan, assessment, result, refusals: result.refusals };
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

const failureJson = ({ region, failure: { message, remedy } }: RegionFailure) => ({
  region,
  message,
  remedy: remedy ?? null,
});

function printReports(
  invocation: Invocation,
  { reports, unconfigured, failures }: RotateOutcome,
  { dryRun = false, confirm, deployed = false }: RotateOptions,
): number {
  const { io, print, logger } = invocation;
  // A dry run tells what a guard would say; what it could not decide, or was asked to confirm, is refused at once.
  const refused = reports.filter(
    ({ refusals, assessment }) =>
      refusals.length > 0 && (!dryRun || assessment === undefined || confirm !== undefined),
  );
  const message = refused
    .map(({ plan, refusals }) => `plan ${plan}: nothing was deleted: ${refusals.join('; ')}`)
    .join('; ');
  const [first] = refused;
  const flag = deployed ? ' --deployed' : '';
  const remedy =
    confirm === undefined && first?.assessment !== undefined
      ? `look at the decisions; if they are right: snapkeep rotate ${first.plan} --confirm ${first.assessment.digest}${flag}`
      : `look at the decisions again: snapkeep rotate ${first?.plan} --dry-run${flag}`;
  const json = {
    dry_run: dryRun,
    ...(first ? { error: { kind: 'refused', message, remedy } } : {}),
    plans: reports.map(rotationJson),
    unconfigured_plans: unconfigured.map(({ plan, region }) =>
      region === undefined ? plan : { plan, region },
    ),
    ...(failures.length === 0 ? {} : { failed_regions: failures.map(failureJson) }),
  };
  print({ json, text: reports.map(rotationText).join('\n') });
  for (const { plan, region } of unconfigured) {
    const ledger = region === undefined ? 'the ledger' : `the ledger of ${region}`;
    const place = region === undefined ? 'no longer in the configuration' : 'not, or no longer, a plan of it';
    logger.warn(`plan ${plan} is in ${ledger} and ${place}: nothing of it is deleted`);
  }
  if (first) {
    printFailure({ exitCode: exitCodes.refused, kind: 'refused', message, remedy }, io, false);
    return tellFailures(invocation, failures, exitCodes.refused);
  }
  const kept = reports.some(({ result }) => (result?.kept ?? 0) > 0);
  return tellFailures(invocation, failures, kept ? exitCodes.partial : exitCodes.done);
}

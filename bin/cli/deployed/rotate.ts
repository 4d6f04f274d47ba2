import type { RotationOutlook, RotationProblem } from '../../../functions/handlers/rotate-outlook.ts';
import { rotationName, startRotation } from '../../../functions/handlers/rotations.ts';
import { failedError, refusedError, SnapkeepError } from '../../../functions/shared/errors.ts';
import type { RotateResult } from '../../../functions/workflows/rotate/ports.ts';
import { dryRunReport, type JudgedRotation, type PlanReport } from '../rotation-report.ts';
import type { Deployment } from './deployment.ts';
import { type Ended, follow, payloadOf } from './follow.ts';
import { numbered } from './history.ts';
import { judgedByIntent, judgedByOutlook } from './judged.ts';
import { commandLine, failureOfRun, runningExecutions, tellOfRun } from './runs.ts';

export interface RotateOrder {
  readonly dryRun?: boolean;
  readonly confirm?: string;
}

/**
 * Has the deployed worker rotate a plan, or tell what it would do, and follows it. A rotation that is under way is
 * followed instead of a second one. Throws what the worker failed with.
 */
export async function rotateInAws(
  deployment: Deployment,
  plan: string,
  { dryRun = false, confirm }: RotateOrder,
): Promise<PlanReport> {
  // The worker takes no other, and would fail of it.
  if (confirm !== undefined && !/^[0-9a-f]{12}$/.test(confirm))
    throw refusedError(
      `${JSON.stringify(confirm)} is no digest: nothing was deleted`,
      `look at the decisions and their digest: snapkeep rotate ${plan} --dry-run --deployed`,
    );
  if (dryRun) return { ...dryRunReport(plan, await lookAhead(deployment, plan), confirm), deployed: true };
  const result = await rotate(deployment, plan, confirm);
  return {
    plan,
    deployed: true,
    assessment: await judgedOf(deployment, result),
    result,
    refusals: result.refusals,
  };
}

async function rotate(
  deployment: Deployment,
  plan: string,
  confirm: string | undefined,
): Promise<RotateResult> {
  const { invocation, session, stack, lambda } = deployment;
  const worker = { lambda, workerArn: stack.rotateWorkerArn };
  const again = commandLine(
    invocation,
    'rotate',
    plan,
    ...(confirm === undefined ? [] : ['--confirm', confirm]),
  );
  const occasion = confirm === undefined ? 'hand' : 'confirmed';
  const fresh = rotationName(session.config.deployment, plan, occasion, invocation.io.clock.now());
  const work = { plan, ...(confirm === undefined ? {} : { confirm }) };
  const { name, arn } =
    (await underWay(deployment, plan, confirm)) ?? (await startRotation(worker, fresh, work));
  tellOfRun(deployment, `The rotation of plan ${plan}`, name, again);
  const followed = {
    ...worker,
    name,
    arn,
    again,
    describe: async (names: readonly string[]) => telling(plan, names),
  };
  // Sound: the worker of this very version answers nothing else.
  return succeeded(await follow(invocation, followed), name) as RotateResult;
}

/** The rotation of this plan that is running, if it was confirmed as this one is. */
async function underWay({ session, stack, lambda }: Deployment, plan: string, confirm: string | undefined) {
  const form = new RegExp(`^${session.config.deployment}-${plan}-\\d{8}t\\d{4,6}-r[bdhc]$`);
  for (const each of await runningExecutions(lambda, stack.rotateWorkerArn, (name) => form.test(name))) {
    const payload = await payloadOf(lambda, each.arn);
    const confirmed =
      typeof payload === 'object' && payload !== null && 'confirm' in payload ? payload.confirm : undefined;
    if (confirmed === confirm) return each;
  }
  return undefined;
}

/** What the worker would decide now. Throws what is in the way of deciding anything. */
async function lookAhead(deployment: Deployment, plan: string): Promise<JudgedRotation> {
  const { invocation, session, stack, lambda } = deployment;
  const worker = { lambda, workerArn: stack.rotateWorkerArn };
  const fresh = rotationName(session.config.deployment, plan, 'look', invocation.io.clock.now());
  const { name, arn } = await startRotation(worker, fresh, { plan, dryRun: true });
  const describe = async () => `${plan}: taking stock`;
  // Sound: the worker of this very version answers nothing else.
  const told = succeeded(await follow(invocation, { ...worker, name, arn, describe }), name) as
    | RotationOutlook
    | RotationProblem;
  if ('problem' in told) {
    const remedy = told.remedy === null ? {} : { remedy: told.remedy };
    throw new SnapkeepError(told.kind, told.problem, remedy);
  }
  const further = told.remove + told.keep - told.decisions.length;
  if (further > 0)
    invocation.logger.warn(
      `${further} further decisions on plan ${plan} are too many for the answer; without --deployed all are printed`,
    );
  return judgedByOutlook(told);
}

/**
 * The decisions behind a result: those of the deletion intent, and where nothing was deleted, what the worker decides
 * now. A result counts what a person should know of; the worker is asked for it once more.
 */
async function judgedOf(deployment: Deployment, result: RotateResult): Promise<JudgedRotation | undefined> {
  const { plan, run, findings } = result;
  const outlook = run === undefined || findings > 0 ? await lookAfter(deployment, plan) : undefined;
  if (run === undefined) return outlook;
  const intent = await deployment.session.rotations.readIntent(plan, run);
  return { ...judgedByIntent(intent), findings: outlook?.findings ?? [] };
}

/** The rotation is over: what cannot be told of it any more does not make it a failure. */
async function lookAfter(deployment: Deployment, plan: string): Promise<JudgedRotation | undefined> {
  try {
    return await lookAhead(deployment, plan);
  } catch (error) {
    if (!(error instanceof SnapkeepError)) throw error;
    deployment.invocation.logger.warn(
      `the rotation of plan ${plan} is over, and what it was decided by cannot be told: ${error.message}`,
    );
    return undefined;
  }
}

function succeeded(ended: Ended, name: string): unknown {
  if (ended.status === 'failed') throw failureOfRun(ended.error, name);
  if (typeof ended.result === 'object' && ended.result !== null) return ended.result;
  throw failedError(
    `the execution ${name} answered nothing that is understood`,
    'look at it in the Lambda console (Durable executions)',
  );
}

function telling(plan: string, [newest = '']: readonly string[]): string {
  const chunk = numbered(newest, 'remove') ?? numbered(newest, 'pause');
  if (chunk !== undefined) return `${plan}: removing, chunk ${chunk + 1}`;
  return `${plan}: ${newest === 'finish' ? 'writing down the result' : 'taking stock and deciding'}`;
}

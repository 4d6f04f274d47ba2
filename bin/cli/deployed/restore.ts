import { isDeepStrictEqual } from 'node:util';
import type { RestoreReport } from '../../../functions/catalog/restore-documents.ts';
import { RestoreLedger } from '../../../functions/catalog/restores.ts';
import { findExecution, startNamed, startRun } from '../../../functions/handlers/executions.ts';
import type { RestoreOutlook, RestoreProblem } from '../../../functions/handlers/restore-outlook.ts';
import { outlookName, restoreName } from '../../../functions/handlers/restores.ts';
import { parseRestoreRequest } from '../../../functions/plan/restore-request.ts';
import { failedError, refusedError, SnapkeepError, usageError } from '../../../functions/shared/errors.ts';
import type { RestoreInput, RestorePlan } from '../../../functions/workflows/restore/ports.ts';
import { sameRequest } from '../../../functions/workflows/restore/prepare.ts';
import type { Session } from '../session.ts';
import type { Deployment } from './deployment.ts';
import { follow, payloadOf } from './follow.ts';
import { commandLine, failureOfRun, runningExecutions, tellOfRun } from './runs.ts';

/** What the deployed worker would do, or which restore it has brought to an end. */
export type RestoreOutcome = { readonly planned: RestorePlan; readonly requestId: string } | EndedRestore;

export interface EndedRestore {
  readonly plan: string;
  readonly requestId: string;
  /** Why the run failed; a report may say the same in more words. */
  readonly failure: SnapkeepError | undefined;
  /** Of the run, in epoch milliseconds. */
  readonly startedAt: number;
}

type Request = NonNullable<RestoreInput['request']>;

/**
 * Has the deployed worker restore, go on with a restore, or tell what it would do, and follows it. Throws a usage error
 * for what cannot be restored, and a refusal where a person must confirm: nothing was started then.
 */
export async function restoreInAws(deployment: Deployment, input: RestoreInput): Promise<RestoreOutcome> {
  const { invocation, stack, lambda, session } = deployment;
  const { plan, request } = input;
  if (request === undefined) return run(deployment, input);
  if (request.dryRun !== true) {
    const standing = await new RestoreLedger(session.vault).read(plan, input.requestId);
    if (standing) sameRequest(standing, parseRestoreRequest(request));
    // What has been looked at and begun is gone on with.
    if (standing || (await isRunning(deployment, input))) return run(deployment, input);
    const known = request.id === undefined ? await underWay(deployment, plan, request) : undefined;
    if (known !== undefined) {
      invocation.logger.warn(
        `restore ${known} of the same request is under way already; another one needs an --id of its own`,
      );
      return run(deployment, { ...input, requestId: known });
    }
  }
  const name = outlookName(session.config.deployment, plan, invocation.io.clock.now());
  const worker = { lambda, workerArn: stack.restoreWorkerArn };
  const arn = await startNamed(worker, name, { ...input, outlook: true }, [
    `this outlook on plan ${plan}`,
    'another second',
  ]);
  const ended = await follow(invocation, {
    ...{ ...worker, name, arn },
    describe: async () => `${plan}: looking at what a restore needs`,
  });
  if (ended.status === 'failed') throw failureOfRun(ended.error, name);
  // Sound: the worker of this very version answers nothing else.
  const told = ended.result as RestoreOutlook | RestoreProblem;
  if ('problem' in told) {
    throw new SnapkeepError(told.kind, told.problem, told.remedy === null ? {} : { remedy: told.remedy });
  }
  if (request.dryRun === true) return { planned: told.planned, requestId: input.requestId };
  requirePossible(told.planned, request.confirm);
  return run(deployment, input);
}

/** Starts a restore, or goes on with it, or finds the run that does; then follows that. */
async function run(deployment: Deployment, input: RestoreInput): Promise<EndedRestore> {
  const { invocation, session, stack, lambda } = deployment;
  const { plan, requestId } = input;
  const journal = new RestoreLedger(session.vault);
  const worker = { lambda, workerArn: stack.restoreWorkerArn };
  const first = restoreName(session.config.deployment, plan, requestId);
  const isKnown = async () =>
    (await journal.read(plan, requestId)) !== undefined || isRunning(deployment, input);
  if (input.request === undefined && !(await isKnown())) throw unknown(requestId, plan);
  const { executionName: name, state } = await startRun(worker, first, input, [
    `this restore ${requestId} of plan ${plan}`,
    'another --id',
  ]);
  const again = commandLine(invocation, 'restore', '--resume', requestId, '--plan', plan);
  if (state !== 'finished') tellOfRun(deployment, `Restore ${requestId} of plan ${plan}`, name, again);
  let steps: readonly string[] | undefined;
  const ended = await follow(invocation, {
    ...{ ...worker, name, again },
    describe: async ([newest = '']) => {
      const step = newest.split(': ')[0] ?? newest;
      steps ??= (await journal.read(plan, requestId))?.steps;
      const number = (steps?.indexOf(step) ?? -1) + 1;
      return number === 0 ? (phases.get(step) ?? 'preparing') : `step ${number} of ${steps?.length}: ${step}`;
    },
  });
  const failure = ended.status === 'failed' ? failureOfRun(ended.error, name) : undefined;
  return { plan, requestId, failure, startedAt: ended.startedAt };
}

/** A restore may be so young that only its execution is known. */
async function isRunning(
  { session, stack, lambda }: Deployment,
  { plan, requestId }: RestoreInput,
): Promise<boolean> {
  const name = restoreName(session.config.deployment, plan, requestId);
  return (await findExecution({ lambda, workerArn: stack.restoreWorkerArn }, name))?.status === 'RUNNING';
}

const phases: ReadonlyMap<string, string> = new Map([
  ['report', 'writing the report'],
  ['report-failure', 'telling of a failure'],
]);

/** The ID of a restore of the same request that is running; it may be so young that the ledger does not know it. */
async function underWay(
  { session, stack, lambda }: Deployment,
  plan: string,
  request: Request,
): Promise<string | undefined> {
  const prefix = `${session.config.deployment}-${plan}-`;
  const isMeant = (name: string) => name.startsWith(prefix) && !name.endsWith('-rp');
  for (const { arn } of await runningExecutions(lambda, stack.restoreWorkerArn, isMeant)) {
    const payload = await payloadOf(lambda, arn);
    if (typeof payload !== 'object' || payload === null || !('request' in payload)) continue;
    if (!('requestId' in payload) || typeof payload.requestId !== 'string') continue;
    if (isDeepStrictEqual(withoutConsent(payload.request), withoutConsent(request))) return payload.requestId;
  }
  return undefined;
}

/** Whoever asks and how it is confirmed does not make it another restore. */
function withoutConsent(request: unknown): object {
  if (typeof request !== 'object' || request === null) return {};
  const { confirm: _confirm, id: _id, ...asked }: { confirm?: unknown; id?: unknown } = { ...request };
  return asked;
}

function requirePossible({ problems, confirm, backup_id }: RestorePlan, digest: unknown): void {
  const what = `backup ${backup_id} cannot be restored as asked`;
  if (problems.length === 1) throw usageError(`${what}: ${problems[0]}`);
  if (problems.length > 1)
    throw usageError([`${what}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
  if (confirm === null || confirm.digest === digest) return;
  throw refusedError(
    `${confirm.reason}${digest === undefined ? '' : `; ${digest} is not the digest of this`}`,
    `if that is wanted, repeat the request with --confirm ${confirm.digest}`,
  );
}

const unknown = (requestId: string, plan: string) =>
  usageError(
    `there is no restore ${requestId} of plan ${plan} in the vault`,
    'its ID was printed when it began, and stands below ledger/<plan>/restores/ in the vault',
  );

/** What the ledger says of a restore that has ended. Throws what the run failed with when that is not in it. */
export async function finalReport(
  { vault }: Session,
  { plan, requestId, failure, startedAt }: EndedRestore,
): Promise<RestoreReport> {
  const report = await new RestoreLedger(vault).lastReport(plan, requestId);
  // Of an earlier attempt; times in the ledger have whole seconds.
  const isOlder = report !== undefined && Date.parse(report.completed_at) + 1000 <= startedAt;
  if (failure !== undefined && (report === undefined || isOlder)) throw failure;
  if (report) return report;
  throw failedError(
    `the report of restore ${requestId} cannot be read`,
    'look at its execution in the Lambda console (Durable executions)',
  );
}

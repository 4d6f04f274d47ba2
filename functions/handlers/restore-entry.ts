import { refusedError, usageError } from '../shared/errors.ts';
import type { RestorePlan } from '../workflows/restore/ports.ts';
import type { EntryOptions } from './entry-options.ts';
import { requirePlan } from './events.ts';
import { resultOf } from './execution-results.ts';
import { type RunState, startNamed, startRun } from './executions.ts';
import type { RestoreOutcome, RestoreOutlook, RestoreProblem } from './restore-outlook.ts';
import {
  newRestoreId,
  outlookName,
  parseRestoreOrder,
  plainRequest,
  type RestoreOrder,
  type RestoreWork,
  restoreName,
} from './restores.ts';
import { answerBy, type Deadline, whereToLook } from './whereabouts.ts';

export interface RestoreAnswer {
  readonly plan: string;
  readonly dryRun: boolean;
  /** Names the restore from now on; absent for a dry run. */
  readonly requestId?: string;
  readonly executionName?: string;
  readonly state: 'told' | RunState;
  /** What will happen; absent when a restore goes on. */
  readonly planned?: RestorePlan;
  /** How it ended: with `wait`, and when it ended in time. */
  readonly result?: RestoreOutcome;
  readonly look: readonly string[];
}

type Begun = Omit<RestoreAnswer, 'look' | 'plan'>;

/**
 * Plans a restore by its worker, so with the worker's permissions; then starts it, unless that was all that was asked
 * for. Throws a usage error for what cannot be restored and a refusal where a person must confirm: nothing was started.
 */
export function createRestoreEntry({ environment, lambda, logger, clock }: EntryOptions) {
  const { config, workerArn } = environment;
  const { deployment, vault } = config;
  const waiter = { lambda, workerArn, clock };

  async function outlookOf(work: RestoreWork, until: number): Promise<RestoreOutlook> {
    const name = outlookName(deployment, work.plan, clock.now());
    const words = [`this outlook on plan ${work.plan}`, 'another second'] as const;
    const arn = await startNamed(waiter, name, { ...work, outlook: true }, words);
    const found = await resultOf(waiter, { name, arn }, until);
    if (found === undefined) {
      throw refusedError(
        `what a restore would do was not known in time, so none was started; ${name} is still at it`,
        'look at that execution in the Lambda console, then ask again',
      );
    }
    // Sound: the worker of this very deployment writes nothing else.
    const outlook = found as RestoreOutlook | RestoreProblem;
    if ('problem' in outlook) throw usageError(outlook.problem, outlook.remedy ?? undefined);
    return outlook;
  }

  async function start(
    work: RestoreWork,
  ): Promise<Pick<RestoreAnswer, 'requestId' | 'executionName' | 'state'>> {
    const { plan, requestId } = work;
    const name = restoreName(deployment, plan, requestId);
    const words = [`this restore ${requestId} of plan ${plan}`, 'another id'] as const;
    return { requestId, ...(await startRun(waiter, name, work, words)) };
  }

  async function waited(begun: Begun, until: number): Promise<Begun> {
    const { executionName: name } = begun;
    // A dry run starts nothing.
    if (name === undefined) return begun;
    const found = await resultOf(waiter, { name, arn: undefined }, until);
    if (found === undefined) return { ...begun, state: 'running' };
    // Sound: the worker of this very deployment writes nothing else.
    return { ...begun, state: 'finished', result: found as RestoreOutcome };
  }

  async function answer(order: RestoreOrder, until: number): Promise<Begun> {
    const { plan } = order;
    if ('resume' in order) return { dryRun: false, ...(await start({ plan, requestId: order.resume })) };
    const request = plainRequest(order.request);
    const fresh = order.request.id ?? newRestoreId(clock.now());
    const { planned, unfinished } = await outlookOf({ plan, requestId: fresh, request }, until);
    if (order.request.dryRun) return { dryRun: true, state: 'told', planned };
    requirePossible(planned, order.request.confirm);
    // The same words again mean the restore that is under way, or each press of a button would launch a machine.
    const requestId = order.request.id ?? unfinished ?? fresh;
    const started = await start({ plan, requestId, request });
    // What was planned bears the fresh ID in its names, and the restore that goes on does not.
    return { dryRun: false, ...started, ...(requestId === fresh ? { planned } : {}) };
  }

  return async (event: unknown, context?: Deadline): Promise<RestoreAnswer> => {
    const order = parseRestoreOrder(event, Object.keys(config.plans));
    const { plan } = order;
    requirePlan(config, plan);
    const until = answerBy(clock.now(), context);
    const begun = await answer(order, until);
    const answered = order.wait ? await waited(begun, until) : begun;
    const { requestId, executionName, state } = answered;
    logger.info('restore asked for', { plan, requestId, executionName, state });
    const report = `report: s3://${vault.bucket}/ledger/${plan}/restores/${requestId}/`;
    return {
      plan,
      ...answered,
      look: [...whereToLook(workerArn), ...(requestId === undefined ? [] : [report])],
    };
  };
}

function requirePossible({ problems, confirm, backup_id }: RestorePlan, digest: string | undefined): void {
  if (problems.length > 0)
    throw usageError(`backup ${backup_id} cannot be restored as asked: ${problems.join('; ')}`);
  if (confirm === null || confirm.digest === digest) return;
  throw refusedError(
    `${confirm.reason}${digest === undefined ? '' : `; ${digest} is not the digest of this`}`,
    `if that is wanted, repeat the request with "confirm": "${confirm.digest}"`,
  );
}

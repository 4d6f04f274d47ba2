import type { RotateResult } from '../workflows/rotate/ports.ts';
import type { EntryOptions } from './entry-options.ts';
import { requirePlan } from './events.ts';
import { resultOf } from './execution-results.ts';
import { parseRotationRequest, type RotationWork, rotationName, startRotation } from './rotations.ts';
import { answerBy, type Deadline, whereToLook } from './whereabouts.ts';

/** One rotation that was asked for. */
export interface AskedRotation {
  readonly plan: string;
  readonly executionName: string;
  /** `accepted`: by this call, or by an earlier one of the same name. */
  readonly state: 'accepted' | 'told' | 'running' | 'finished';
  /** Of a dry run: what the worker would do; absent when it did not answer in time. */
  readonly outlook?: unknown;
  /** How it ended: with `wait`, and when it ended in time. */
  readonly result?: RotateResult;
}

export interface RotateAnswer {
  readonly dryRun: boolean;
  readonly rotations: readonly AskedRotation[];
  readonly look: readonly string[];
}

/**
 * Starts a rotation for each plan that is meant; a dry run waits for what the worker would do, and `wait` for what it
 * did.
 */
export function createRotateEntry({ environment, lambda, logger, clock }: EntryOptions) {
  const { config, workerArn } = environment;
  const waiter = { lambda, workerArn, clock };

  return async (event: unknown, context?: Deadline): Promise<RotateAnswer> => {
    const plans = Object.keys(config.plans);
    const { plan, dryRun, confirm, wait, occasion, at } = parseRotationRequest(event, plans, clock.now());
    if (plan !== undefined) requirePlan(config, plan);
    const until = answerBy(clock.now(), context);
    const starts = await Promise.allSettled(
      (plan === undefined ? plans : [plan]).map(async (each) => {
        const work: RotationWork = {
          plan: each,
          ...(dryRun ? { dryRun } : {}),
          ...(confirm === undefined ? {} : { confirm }),
        };
        const name = rotationName(config.deployment, each, occasion, at);
        return { plan: each, ...(await startRotation(waiter, name, work)) };
      }),
    );
    // One that cannot be started keeps no other from it.
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed) throw failed.reason;
    const rotations: AskedRotation[] = [];
    for (const start of starts) {
      if (start.status === 'rejected') continue;
      const { plan: each, name: executionName } = start.value;
      const found = dryRun || wait ? await resultOf(waiter, start.value, until) : undefined;
      rotations.push({ plan: each, executionName, ...standing(found, { dryRun, wait }) });
    }
    const answer = { dryRun, rotations, look: whereToLook(workerArn) };
    logger.info('rotation asked for', {
      dryRun,
      executions: rotations.map(({ executionName }) => executionName),
    });
    return answer;
  };
}

type Standing = Pick<AskedRotation, 'state' | 'outlook' | 'result'>;

function standing(found: unknown, { dryRun, wait }: { dryRun: boolean; wait: boolean }): Standing {
  if (dryRun) return found === undefined ? { state: 'accepted' } : { state: 'told', outlook: found };
  if (!wait) return { state: 'accepted' };
  // Sound: the worker of this very deployment writes nothing else.
  return found === undefined ? { state: 'running' } : { state: 'finished', result: found as RotateResult };
}

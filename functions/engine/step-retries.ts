import { isNetworkProblem, isServiceFailure } from '../shared/cloud-errors.ts';
import { SnapkeepError } from '../shared/errors.ts';

/**
 * Seconds before each further try of a step. The clients have tried four times within a second or two already; these
 * outlast a service that is unwell for half a minute, and cost no more than two checkpoints a step.
 */
const pauses = [5, 25];

/**
 * Seconds to wait before a step whose body threw is tried again, the same in both adapters of the port; undefined
 * when it has failed for good. Only a missing answer and the failure of a service (5xx) are worth it, also where a
 * sentence has been made of one: a refusal, a usage error or a defect would be the same the next time.
 *
 * @param tries how often the body has run, from 1
 */
export function pauseBeforeRetry(error: unknown, tries: number): number | undefined {
  return isPassing(error) ? pauses[tries - 1] : undefined;
}

function isPassing(error: unknown): boolean {
  if (error instanceof SnapkeepError) return error.kind === 'failed' && isPassing(error.cause);
  return isNetworkProblem(error) || isServiceFailure(error);
}

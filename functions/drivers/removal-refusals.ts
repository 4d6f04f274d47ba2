import { httpStatus, isCredentialProblem, isServiceFailure } from '../shared/cloud-errors.ts';
import { describeError, errorCode } from '../shared/errors.ts';
import type { RemovalOutcome } from './removal.ts';

const throttleCodes = new Set([
  'RequestLimitExceeded',
  'RequestThrottled',
  'Throttling',
  'ThrottlingException',
]);

/**
 * Whether a refusal passes by itself: too many requests, or a bad moment of the service. Throws the error again when
 * it is no answer about this one copy: a broken connection, bad credentials.
 */
export function isPassing(error: unknown): boolean {
  if (isCredentialProblem(error) || httpStatus(error) === undefined) throw error;
  return isServiceFailure(error) || throttleCodes.has(errorCode(error) ?? '');
}

/**
 * What becomes of a copy, of which `left` is there, after a call about the first thing of that was refused. Throws as
 * `isPassing`.
 */
export function outcomeOfRefusal(error: unknown, left: readonly string[]): RemovalOutcome {
  const [about = ''] = left;
  const text = describeError(error);
  const reason = text.includes(about) ? text : `${about}: ${text}`;
  return isPassing(error) ? { state: 'postponed', reason } : { state: 'kept', reason, left };
}

/**
 * Postpones a removal when the service was too busy to even look. Any other refusal to look (a missing permission)
 * would come for every copy, so it is thrown.
 */
export async function postponeWhenBusy(work: () => Promise<RemovalOutcome>): Promise<RemovalOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { state: 'postponed', reason: describeError(error) };
  }
}

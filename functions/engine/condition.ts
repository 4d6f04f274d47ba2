import { isCredentialProblem } from '../shared/cloud-errors.ts';
import type { Json, NextCheck, WaitOptions } from '../shared/durable.ts';
import { SnapkeepError } from '../shared/errors.ts';
import { type RecordedFailure, recordFailure } from './failure.ts';

/**
 * So many checks in a row may throw before the wait gives up. A service that is unreachable for some minutes must
 * not end a backup of hours; a defect must not poll for a year.
 */
export const toleratedCheckFailures = 10;

/** What is remembered between two checks of a wait; `failures` counts those that threw since the last good one. */
export interface Condition<S extends Json> {
  readonly state: S;
  readonly checks: number;
  readonly failures: number;
}

export type ConditionStep<S extends Json> =
  | { readonly condition: Condition<S>; readonly next: NextCheck }
  | { readonly failure: RecordedFailure; readonly cause: unknown };

/**
 * One check of a wait, the same in both adapters of the port: a check that throws keeps the state it was given and
 * is counted; an expected failure (`SnapkeepError`), credentials that are not accepted (any more) or the eleventh
 * throw in a row end the wait.
 */
export async function checkOnce<S extends Json>(
  options: Pick<WaitOptions<S>, 'check' | 'next'>,
  before: Condition<S>,
): Promise<ConditionStep<S>> {
  const checks = before.checks + 1;
  let condition: Condition<S>;
  try {
    condition = { state: await options.check(before.state), checks, failures: 0 };
  } catch (error) {
    const failures = before.failures + 1;
    const hopeless = error instanceof SnapkeepError || isCredentialProblem(error);
    if (hopeless || failures > toleratedCheckFailures) {
      return { failure: recordFailure(error), cause: error };
    }
    condition = { state: before.state, checks, failures };
  }
  try {
    return { condition, next: options.next(condition.state, condition.checks) };
  } catch (error) {
    return { failure: recordFailure(error), cause: error };
  }
}

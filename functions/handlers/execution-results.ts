import { GetDurableExecutionCommand, type GetDurableExecutionResponse } from '@aws-sdk/client-lambda';
import { parseFailure, reviveFailure } from '../engine/failure.ts';
import type { Clock } from '../shared/clock.ts';
import { errorCode, SnapkeepError } from '../shared/errors.ts';
import { findExecution, type Worker } from './executions.ts';

export interface Waiter extends Worker {
  readonly clock: Clock;
}

/**
 * How long after its begin an execution is looked at again, in milliseconds: soon at first, since a dry run takes
 * seconds, and every five seconds of one that takes minutes.
 */
const pauseAfter = (waited: number): number => Math.min(5000, Math.max(1000, Math.floor(waited / 10)));

/**
 * The result of an execution, or undefined when it has not ended by `until` (epoch milliseconds). Throws what it
 * failed with. A synchronous invoke would not do: the service takes none of a function whose executions may take long.
 */
export async function resultOf(
  waiter: Waiter,
  { name, arn: known }: { readonly name: string; readonly arn: string | undefined },
  until: number,
): Promise<unknown> {
  let arn = known;
  const begun = waiter.clock.now();
  for (;;) {
    arn ??= (await findExecution(waiter, name))?.arn;
    const execution = arn === undefined ? undefined : await look(waiter, arn);
    if (execution?.Status === 'SUCCEEDED') return JSON.parse(execution.Result ?? 'null');
    if (execution?.Status !== undefined && execution.Status !== 'RUNNING') throw failureOf(execution);
    const now = waiter.clock.now();
    const pause = pauseAfter(now - begun);
    if (now + pause > until) return undefined;
    await waiter.clock.sleep(pause);
  }
}

async function look({ lambda }: Waiter, arn: string): Promise<GetDurableExecutionResponse | undefined> {
  try {
    return await lambda.send(
      new GetDurableExecutionCommand({ DurableExecutionArn: arn, IncludeExecutionData: true }),
    );
  } catch (error) {
    // An execution that was accepted a moment ago may not be shown yet.
    if (errorCode(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** What an execution failed with; kind and remedy where the worker wrote them down. */
export function failureOf({
  DurableExecutionName: name,
  Status: status,
  Error: error,
}: GetDurableExecutionResponse) {
  const recorded = parseFailure(error?.ErrorData);
  if (recorded !== undefined) return reviveFailure(recorded);
  return new WordlessEnd(
    `the execution ${name} ended as ${status}${error?.ErrorMessage === undefined ? '' : `: ${error.ErrorMessage}`}`,
  );
}

/** An execution that was stopped, or ran out of time: its worker said nothing. The same order again is a further run. */
export class WordlessEnd extends SnapkeepError {
  constructor(message: string) {
    const remedy = 'look at it in the Lambda console (Durable executions), then ask for the same again';
    super('failed', message, { remedy });
  }
}

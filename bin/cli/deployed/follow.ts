import {
  GetDurableExecutionCommand,
  type GetDurableExecutionResponse,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { isThrottle } from '../../../functions/clients/middleware.ts';
import { failureOf } from '../../../functions/handlers/execution-results.ts';
import { findExecution } from '../../../functions/handlers/executions.ts';
import { httpStatus, isNetworkProblem, isServiceFailure } from '../../../functions/shared/cloud-errors.ts';
import { describeError, errorCode, failedError } from '../../../functions/shared/errors.ts';
import { StillRunning } from '../failure.ts';
import type { Invocation } from '../host.ts';
import { createProgress } from '../progress.ts';
import { formatDuration } from '../text.ts';
import { newestOperations } from './history.ts';

/** An execution that was started or found. */
export interface Followed {
  readonly lambda: LambdaClient;
  readonly workerArn: string;
  readonly name: string;
  /** Where the service told it. */
  readonly arn?: string | undefined;
  /** The command that follows it again; absent where the command changes nothing and may be given again as it was. */
  readonly again?: string;
  /** What a person is told of the names of the newest operations, newest first. */
  readonly describe: (operations: readonly string[]) => Promise<string>;
}

/** How an execution ended. `startedAt` in epoch milliseconds. */
export type Ended =
  | { readonly status: 'succeeded'; readonly result: unknown; readonly startedAt: number }
  | { readonly status: 'failed'; readonly error: Error; readonly startedAt: number };

const pauses = { firstMilliseconds: 1000, longestMilliseconds: 10_000, growth: 1.3 } as const;

/** An execution that was accepted a moment ago may not be shown yet. */
const unseenMilliseconds = 60_000;

/**
 * Looks at an execution until it has ended, and draws how far it is. Throttling and a network that is gone are waited
 * out. After an interrupt it throws `StillRunning`: nothing is stopped by that.
 */
export async function follow({ io, logger }: Invocation, followed: Followed): Promise<Ended> {
  const { clock, signal } = io;
  const progress = createProgress(io);
  const begunAt = clock.now();
  let { arn } = followed;
  let warned = false;
  try {
    for (
      let pause: number = pauses.firstMilliseconds;
      ;
      pause = Math.min(Math.round(pause * pauses.growth), pauses.longestMilliseconds)
    ) {
      try {
        arn ??= (await findExecution(followed, followed.name))?.arn;
        const execution = arn === undefined ? undefined : await look(followed.lambda, arn, signal);
        const ended = execution && endOf(execution);
        if (ended) return ended;
        if (!execution && clock.now() - begunAt > unseenMilliseconds) throw unseen(followed);
        if (arn !== undefined && io.isTerminal) {
          const operations = await newestOperations(followed.lambda, arn, signal);
          const text = operations === undefined ? 'under way' : await followed.describe(operations);
          // A run may be older than this command; never younger, whatever two clocks say.
          const since = Math.min(execution?.StartTimestamp?.getTime() ?? begunAt, begunAt);
          progress.update(`${text}, ${formatDuration(clock.now() - since)}`);
        }
      } catch (error) {
        if (!passes(error) || signal.aborted) throw error;
        if (!warned) {
          progress.clear();
          logger.warn(
            `AWS does not answer at the moment (${describeError(error)}); the run goes on there, and this waits for news of it`,
          );
        }
        warned = true;
      }
      await clock.sleep(pause, signal);
    }
  } catch (error) {
    throw signal.aborted && followed.again !== undefined ? new StillRunning(followed.again) : error;
  } finally {
    progress.clear();
  }
}

/** What an execution was started with. */
export async function payloadOf(lambda: LambdaClient, arn: string): Promise<unknown> {
  const execution = await look(lambda, arn);
  return JSON.parse(execution?.InputPayload ?? 'null');
}

async function look(
  lambda: LambdaClient,
  arn: string,
  abortSignal?: AbortSignal,
): Promise<GetDurableExecutionResponse | undefined> {
  try {
    return await lambda.send(
      new GetDurableExecutionCommand({ DurableExecutionArn: arn, IncludeExecutionData: true }),
      abortSignal === undefined ? {} : { abortSignal },
    );
  } catch (error) {
    if (errorCode(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

function endOf(execution: GetDurableExecutionResponse): Ended | undefined {
  const startedAt = execution.StartTimestamp?.getTime() ?? 0;
  if (execution.Status === 'RUNNING') return undefined;
  if (execution.Status === 'SUCCEEDED')
    return { status: 'succeeded', result: JSON.parse(execution.Result ?? 'null'), startedAt };
  return { status: 'failed', error: failureOf(execution), startedAt };
}

/** Says nothing about the run: it is asked again. */
const passes = (error: unknown): boolean =>
  isNetworkProblem(error) || isServiceFailure(error) || isThrottle(error) || httpStatus(error) === 429;

const unseen = ({ name, again }: Followed) =>
  failedError(
    `the execution ${name} was accepted and is not shown`,
    `look at it in the Lambda console (Durable executions), or ask again${again === undefined ? '' : `: ${again}`}`,
  );

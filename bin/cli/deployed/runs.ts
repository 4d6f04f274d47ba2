import { type LambdaClient, paginateListDurableExecutionsByFunction } from '@aws-sdk/client-lambda';
import { WordlessEnd } from '../../../functions/handlers/execution-results.ts';
import { allVersionsOf } from '../../../functions/handlers/executions.ts';
import { describeError, failedError, SnapkeepError } from '../../../functions/shared/errors.ts';
import type { Invocation } from '../host.ts';
import { lines } from '../text.ts';
import type { Deployment } from './deployment.ts';

/** An execution of a worker that has not ended. */
export interface RunningExecution {
  readonly name: string;
  readonly arn: string;
}

/**
 * What a worker has under way, whichever version it began on; the newest first, sorted here: versions of the API's
 * documentation disagree on the order of its list.
 */
export async function runningExecutions(
  lambda: LambdaClient,
  workerArn: string,
  isMeant: (name: string) => boolean,
): Promise<readonly RunningExecution[]> {
  const running: (RunningExecution & { readonly startedAt: number })[] = [];
  const pages = paginateListDurableExecutionsByFunction(
    { client: lambda },
    { FunctionName: allVersionsOf(workerArn), Statuses: ['RUNNING'] },
  );
  for await (const { DurableExecutions = [] } of pages) {
    for (const execution of DurableExecutions) {
      const { DurableExecutionName: name = '', DurableExecutionArn: arn = '', StartTimestamp } = execution;
      if (isMeant(name)) running.push({ name, arn, startedAt: StartTimestamp?.getTime() ?? 0 });
    }
  }
  return running.sort((a, b) => b.startedAt - a.startedAt);
}

/** The command line that follows a run, to be typed again. */
export function commandLine({ options: { config } }: Invocation, ...words: readonly string[]): string {
  const file = /^[\w./-]+$/.test(config) ? config : `'${config.replaceAll("'", String.raw`'\''`)}'`;
  return ['snapkeep', ...(config === 'snapkeep.yaml' ? [] : ['-c', file]), ...words, '--deployed'].join(' ');
}

/** Says on stderr what runs in AWS now, and that it does not depend on this command. */
export function tellOfRun(
  { invocation: { io }, stack }: Deployment,
  what: string,
  name: string,
  again: string,
): void {
  io.stderr.write(
    lines([
      `${what} runs in AWS: ${stack.region}, execution ${name}.`,
      `  An interrupt here stops nothing there. To follow it again: ${again}`,
    ]),
  );
}

/**
 * What a run failed with, as an expected failure, with the kind and remedy that the worker gave it. It says who speaks:
 * what the worker's role may not do, or what its configuration lacks, is no problem of these credentials and this file.
 */
export function failureOfRun(error: Error, name: string): SnapkeepError {
  if (error instanceof WordlessEnd) return error;
  if (error instanceof SnapkeepError) {
    const { kind, message, remedy } = error;
    return new SnapkeepError(kind, `the deployed worker says: ${message}`, {
      ...(remedy === undefined ? {} : { remedy }),
      cause: error,
    });
  }
  return failedError(
    `the execution ${name} failed: ${describeError(error)}`,
    'look at it in the Lambda console (Durable executions); its log has the rest',
    error,
  );
}

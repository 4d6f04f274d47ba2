import {
  InvokeCommand,
  type LambdaClient,
  paginateListDurableExecutionsByFunction,
} from '@aws-sdk/client-lambda';
import type { Json } from '../shared/durable.ts';
import { errorCode, failedError, refusedError } from '../shared/errors.ts';
import { backupIdOf } from '../shared/names.ts';
import type { BackupOrder } from './events.ts';

/** What a started run is called, and how it stands as far as it is known. */
export interface StartedBackup extends BackupOrder {
  readonly backupId: string;
  readonly executionName: string;
  readonly state: RunState;
}

/** A durable function that is started from another. */
export interface Worker {
  readonly lambda: LambdaClient;
  /** Version or alias; an execution stays with the version that it began on. */
  readonly workerArn: string;
}

export interface StartOptions extends Worker {
  readonly deployment: string;
}

/** What failed nine times needs a person to look at it, not a tenth name. */
export const maximumRuns = 9;

/** The name of a further run of what is called `name`. */
export const runName = (name: string, run: number): string => (run === 1 ? name : `${name}-r${run}`);

/**
 * `<deployment>-<plan>-<20260101t0200>`, with `-r2` to `-r9` for further runs of a slot. Names are unique in an account
 * and Region and have at most 64 characters of `[A-Za-z0-9-_]` (AWS Lambda, "Durable execution idempotency"); with the
 * limits of our names the longest has 62.
 */
export function executionName(deployment: string, { plan, slot }: BackupOrder, run: number): string {
  const minute = slot.slice(0, 16).replaceAll('-', '').replaceAll(':', '').toLowerCase();
  return runName(`${deployment}-${plan}-${minute}`, run);
}

/**
 * Starts the run of a slot. Safe to repeat: name and payload follow from the order alone, and the service answers the
 * same name and payload with the execution that exists. Throws a refusal when the name is taken by another payload.
 */
export async function startOnce(options: StartOptions, order: BackupOrder, run = 1): Promise<StartedBackup> {
  const name = executionName(options.deployment, order, run);
  const { plan, slot } = order;
  await startNamed(options, name, { plan, slot }, [`plan ${plan} and slot ${slot}`, 'another slot']);
  return describe(order, name, 'accepted');
}

/**
 * Starts an execution asynchronously, or finds the one of this name and payload. Answers its ARN, where the service
 * tells it. `words` say what was asked for, and what to take instead, when the name is taken by something else.
 */
export async function startNamed(
  { lambda, workerArn }: Worker,
  name: string,
  payload: Json,
  [asked, instead]: readonly [asked: string, instead: string],
): Promise<string | undefined> {
  try {
    const { DurableExecutionArn } = await lambda.send(
      new InvokeCommand({
        FunctionName: workerArn,
        InvocationType: 'Event',
        DurableExecutionName: name,
        Payload: new TextEncoder().encode(JSON.stringify(payload)),
      }),
    );
    return DurableExecutionArn;
  } catch (error) {
    // The class of today, and the name that older documents give it.
    const taken = ['DurableExecutionAlreadyStartedException', 'DurableExecutionAlreadyExists'];
    if (!taken.includes(errorCode(error) ?? '')) throw error;
    throw refusedError(
      `an execution named ${name} exists and was started with something else than ${asked}`,
      `look at it in the Lambda console (Durable executions); wait for its history to expire, or take ${instead}`,
    );
  }
}

/**
 * As `startOnce`, for a person: a slot whose last run ended without a sealed backup gets another run. A run that is
 * under way, or that succeeded and therefore sealed its backup, is left alone and reported.
 */
export async function startAgain(options: StartOptions, order: BackupOrder): Promise<StartedBackup> {
  for (let run = 1; run <= maximumRuns; run += 1) {
    const name = executionName(options.deployment, order, run);
    const status = (await findExecution(options, name))?.status;
    if (status === 'RUNNING') return describe(order, name, 'running');
    if (status === 'SUCCEEDED') return describe(order, name, 'finished');
    if (status === undefined) return startOnce(options, order, run);
  }
  throw failedError(
    `slot ${order.slot} of plan ${order.plan} has failed ${maximumRuns} times`,
    'look at its executions in the Lambda console, then start a backup of the present time',
  );
}

/** `accepted`: by this call, or by an earlier one of the same name. */
export type RunState = 'accepted' | 'running' | 'finished';

/**
 * Starts what is called `name`; under its next free name when earlier runs of it failed. A run that is under way or
 * that succeeded is left alone and reported.
 */
export async function startRun(
  worker: Worker,
  name: string,
  payload: Json,
  words: readonly [asked: string, instead: string],
): Promise<{ readonly executionName: string; readonly state: RunState }> {
  for (let run = 1; run <= maximumRuns; run += 1) {
    const executionName = runName(name, run);
    const status = (await findExecution(worker, executionName))?.status;
    if (status === 'RUNNING') return { executionName, state: 'running' };
    if (status === 'SUCCEEDED') return { executionName, state: 'finished' };
    if (status !== undefined) continue;
    await startNamed(worker, executionName, payload, words);
    return { executionName, state: 'accepted' };
  }
  throw failedError(
    `${name} has failed ${maximumRuns} times`,
    'look at its executions in the Lambda console, then ask for something new',
  );
}

/** The ARN without its qualifier: a deployment, and so another version, may lie between two runs of a slot. */
export const allVersionsOf = (workerArn: string): string => workerArn.split(':').slice(0, -1).join(':');

/** The execution of this name, whichever version of the function it began on. */
export async function findExecution(
  { lambda, workerArn }: Worker,
  name: string,
): Promise<{ readonly arn: string | undefined; readonly status: string | undefined } | undefined> {
  const pages = paginateListDurableExecutionsByFunction(
    { client: lambda },
    { FunctionName: allVersionsOf(workerArn), DurableExecutionName: name },
  );
  for await (const { DurableExecutions = [] } of pages) {
    // The filter may also match longer names.
    const found = DurableExecutions.find(({ DurableExecutionName }) => DurableExecutionName === name);
    if (found) return { arn: found.DurableExecutionArn, status: found.Status };
  }
  return undefined;
}

function describe(order: BackupOrder, executionName: string, state: StartedBackup['state']): StartedBackup {
  return { ...order, backupId: backupIdOf(order.slot, order.plan), executionName, state };
}

import {
  InvokeCommand,
  type LambdaClient,
  paginateListDurableExecutionsByFunction,
} from '@aws-sdk/client-lambda';
import { errorCode, failedError, refusedError } from '../shared/errors.ts';
import { backupIdOf } from '../shared/names.ts';
import type { BackupOrder } from './events.ts';

/** What a started run is called, and how it stands as far as it is known. */
export interface StartedBackup extends BackupOrder {
  readonly backupId: string;
  readonly executionName: string;
  /** `accepted`: by this call, or by an earlier delivery of the same occasion. */
  readonly state: 'accepted' | 'running' | 'finished';
}

export interface StartOptions {
  readonly lambda: LambdaClient;
  /** Version or alias; an execution stays with the version that it began on. */
  readonly workerArn: string;
  readonly deployment: string;
}

/** A slot that failed eight times needs a person to look at it, not a ninth name. */
const maximumRuns = 9;

/**
 * `<deployment>-<plan>-<20260101t0200>`, with `-r2` to `-r9` for further runs of a slot. Names are unique in an account
 * and Region and have at most 64 characters of `[A-Za-z0-9-_]` (AWS Lambda, "Durable execution idempotency"); with the
 * limits of our names the longest has 62.
 */
export function executionName(deployment: string, { plan, slot }: BackupOrder, run: number): string {
  const minute = slot.slice(0, 16).replaceAll('-', '').replaceAll(':', '').toLowerCase();
  return `${deployment}-${plan}-${minute}${run === 1 ? '' : `-r${run}`}`;
}

/**
 * Starts the run of a slot. Safe to repeat: name and payload follow from the order alone, and the service answers the
 * same name and payload with the execution that exists. Throws a refusal when the name is taken by another payload.
 */
export async function startOnce(options: StartOptions, order: BackupOrder, run = 1): Promise<StartedBackup> {
  const name = executionName(options.deployment, order, run);
  const payload = { plan: order.plan, slot: order.slot };
  try {
    await options.lambda.send(
      new InvokeCommand({
        FunctionName: options.workerArn,
        InvocationType: 'Event',
        DurableExecutionName: name,
        Payload: new TextEncoder().encode(JSON.stringify(payload)),
      }),
    );
  } catch (error) {
    // The class of today, and the name that older documents give it.
    const taken = ['DurableExecutionAlreadyStartedException', 'DurableExecutionAlreadyExists'];
    if (!taken.includes(errorCode(error) ?? '')) throw error;
    throw refusedError(
      `an execution named ${name} exists and was started with something else than plan ${order.plan} and slot ${order.slot}`,
      'look at it in the Lambda console (Durable executions); wait for its history to expire, or take another slot',
    );
  }
  return describe(order, name, 'accepted');
}

/**
 * As `startOnce`, for a person: a slot whose last run ended without a sealed backup gets another run. A run that is
 * under way, or that succeeded and therefore sealed its backup, is left alone and reported.
 */
export async function startAgain(options: StartOptions, order: BackupOrder): Promise<StartedBackup> {
  for (let run = 1; run <= maximumRuns; run += 1) {
    const name = executionName(options.deployment, order, run);
    const status = await statusOf(options, name);
    if (status === 'RUNNING') return describe(order, name, 'running');
    if (status === 'SUCCEEDED') return describe(order, name, 'finished');
    if (status === undefined) return startOnce(options, order, run);
  }
  throw failedError(
    `slot ${order.slot} of plan ${order.plan} has failed ${maximumRuns} times`,
    'look at its executions in the Lambda console, then start a backup of the present time',
  );
}

async function statusOf({ lambda, workerArn }: StartOptions, name: string): Promise<string | undefined> {
  const pages = paginateListDurableExecutionsByFunction(
    { client: lambda },
    // Without its qualifier: executions of all versions, since a deployment may lie between two runs of a slot.
    { FunctionName: workerArn.split(':').slice(0, -1).join(':'), DurableExecutionName: name },
  );
  for await (const { DurableExecutions = [] } of pages) {
    // The filter may also match longer names.
    const found = DurableExecutions.find(({ DurableExecutionName }) => DurableExecutionName === name);
    if (found) return found.Status;
  }
  return undefined;
}

function describe(order: BackupOrder, executionName: string, state: StartedBackup['state']): StartedBackup {
  return { ...order, backupId: backupIdOf(order.slot, order.plan), executionName, state };
}

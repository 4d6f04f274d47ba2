import type { BackupResult } from '../workflows/backup/ports.ts';
import type { EntryOptions } from './entry-options.ts';
import { parseBackupRequest, requirePlan } from './events.ts';
import { resultOf } from './execution-results.ts';
import { type StartedBackup, startAgain } from './executions.ts';
import { answerBy, type Deadline, whereToLook } from './whereabouts.ts';

export interface BackupAnswer extends StartedBackup {
  /** How it ended: with `wait`, and when it ended in time. */
  readonly result?: BackupResult;
  readonly look: readonly string[];
}

/** Starts the run of a slot; with `wait` it answers how that ended, or that it is still running. */
export function createBackupEntry({ environment, lambda, logger, clock }: EntryOptions) {
  const { config, workerArn } = environment;
  const waiter = { lambda, workerArn, clock };

  return async (event: unknown, context?: Deadline): Promise<BackupAnswer> => {
    const { wait, ...order } = parseBackupRequest(event, clock.now());
    requirePlan(config, order.plan);
    const until = answerBy(clock.now(), context);
    const started = await startAgain({ lambda, workerArn, deployment: config.deployment }, order);
    logger.info('backup asked for', { ...started });
    const look = whereToLook(workerArn);
    if (!wait) return { ...started, look };
    const found = await resultOf(waiter, { name: started.executionName, arn: undefined }, until);
    if (found === undefined) return { ...started, state: 'running', look };
    // Sound: the worker of this very deployment writes nothing else.
    return { ...started, state: 'finished', result: found as BackupResult, look };
  };
}

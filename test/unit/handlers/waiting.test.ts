import {
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createBackupEntry } from '../../../functions/handlers/backup-entry.ts';
import { createRestoreEntry } from '../../../functions/handlers/restore-entry.ts';
import { createRotateEntry } from '../../../functions/handlers/rotate-entry.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import { aConfig } from '../../support/configs.ts';

const lambda = mockClient(LambdaClient);
const start = Date.parse('2026-11-20T02:00:00Z');
let clock: VirtualClock;

const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-worker:live';
const arn = `${workerArn.replace('live', '3')}/durable-execution/one/0123`;
const common = { config: aConfig(), snapkeepVersion: '1.2.3', region: 'eu-west-1' };
const options = () => ({
  lambda: new LambdaClient({ region: 'eu-west-1' }),
  logger: silentLogger,
  clock,
});
const entries = {
  backup: () => createBackupEntry({ environment: { ...common, workerArn }, ...options() }),
  rotate: () => createRotateEntry({ environment: { ...common, workerArn }, ...options() }),
  restore: () => createRestoreEntry({ environment: { ...common, workerArn }, ...options() }),
};

/** A quarter of an hour is what Lambda gives an invocation at most. */
const longest = { getRemainingTimeInMillis: () => 900_000 };
/** The service shows an execution, by whatever name it is asked for, and it ends after some time. */
function executionEndsAfter(seconds: number, result: object): void {
  lambda.on(InvokeCommand).resolves({ StatusCode: 202, DurableExecutionArn: arn });
  lambda.on(ListDurableExecutionsByFunctionCommand).callsFake(({ DurableExecutionName }) => ({
    DurableExecutions:
      lambda.commandCalls(InvokeCommand).length === 0
        ? []
        : [{ DurableExecutionArn: arn, DurableExecutionName, Status: 'RUNNING' }],
  }));
  lambda
    .on(GetDurableExecutionCommand)
    .callsFake(() =>
      clock.now() - start < seconds * 1000
        ? { Status: 'RUNNING' }
        : { Status: 'SUCCEEDED', Result: JSON.stringify(result) },
    );
}

beforeEach(() => {
  lambda.reset();
  clock = new VirtualClock(start);
});

describe('with "wait", an entry function', () => {
  it('answers how a backup ended', async () => {
    const result = { status: 'completed', available: 3, failed: 0 };
    executionEndsAfter(300, result);
    const answer = await entries.backup()({ plan: 'ci', wait: true }, longest);
    expect(answer).toMatchObject({ plan: 'ci', state: 'finished', result });
    expect(answer.executionName).toBe('prod-eu-ci-20261120t0200');
    expect(answer.look.join('\n')).toContain('tab Durable executions');
  });

  it('answers how the rotation of each plan ended', async () => {
    const result = { state: 'done', removed: 2 };
    executionEndsAfter(20, result);
    const { rotations } = await entries.rotate()({ wait: true }, longest);
    expect(rotations).toMatchObject([
      { plan: 'ci', state: 'finished', result },
      { plan: 'fleet', state: 'finished', result },
    ]);
  });

  it('answers how a restore ended that goes on', async () => {
    const result = { status: 'completed', requestId: 'one' };
    executionEndsAfter(600, result);
    const answer = await entries.restore()({ resume: 'one', plan: 'ci', wait: true }, longest);
    expect(answer).toMatchObject({ requestId: 'one', state: 'finished', result });
  });

  it.each([
    ['backup', { plan: 'ci' }],
    ['rotate', { plan: 'ci' }],
    ['restore', { resume: 'one', plan: 'ci' }],
  ] as const)('%s says that it is still running, in time for its answer', async (name, event) => {
    executionEndsAfter(3600, {});
    const answer = await entries[name]()({ ...event, wait: true }, longest);
    expect(JSON.stringify(answer)).toContain('"state":"running"');
    expect(JSON.stringify(answer)).not.toContain('"result"');
    const waited = (clock.now() - start) / 1000;
    expect(waited).toBeGreaterThan(880);
    expect(waited).toBeLessThanOrEqual(890);
    // Every five seconds, once it takes long.
    expect(lambda.commandCalls(GetDurableExecutionCommand).length).toBeLessThan(220);
  });

  it.each([
    ['backup', { plan: 'ci' }],
    ['rotate', { plan: 'ci' }],
    ['restore', { resume: 'one', plan: 'ci' }],
  ] as const)('%s ends with what its execution failed of', async (name, event) => {
    executionEndsAfter(0, {});
    lambda.on(GetDurableExecutionCommand).resolves({
      Status: 'FAILED',
      Error: { ErrorData: JSON.stringify({ name: 'SnapkeepError', kind: 'usage', message: 'no source' }) },
    });
    const answer = entries[name]()({ ...event, wait: true }, longest);
    await expect(answer).rejects.toThrow('no source');
  });

  it.each([
    ['backup', { plan: 'nothing', wait: true }, 'there is no plan "nothing"'],
    ['backup', { plan: 'ci', wait: 'yes' }, 'wait: '],
    ['rotate', { plan: 'ci', wait: 1 }, 'wait: '],
    ['restore', { plan: 'ci', wait: 'yes' }, 'wait: '],
  ] as const)('%s refuses a wrong order %j and starts nothing', async (name, event, message) => {
    await expect(entries[name]()(event, longest)).rejects.toThrow(message);
    expect(lambda.commandCalls(InvokeCommand)).toEqual([]);
  });
});

describe('without "wait", an entry function', () => {
  it.each([
    ['backup', { plan: 'ci' }],
    ['rotate', { plan: 'ci', wait: false }],
    ['restore', { resume: 'one', plan: 'ci', wait: false }],
  ] as const)('%s answers at once', async (name, event) => {
    executionEndsAfter(3600, {});
    const answer = await entries[name]()(event, longest);
    expect(JSON.stringify(answer)).toContain('"state":"accepted"');
    expect(clock.now()).toBe(start);
  });
});

import {
  DurableExecutionAlreadyStartedException,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { executionName, startAgain, startOnce } from '../../../functions/handlers/executions.ts';

const lambda = mockClient(LambdaClient);
const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-backup-worker:live';
const options = { lambda: new LambdaClient({ region: 'eu-west-1' }), workerArn, deployment: 'prod-eu' };
const order = { plan: 'ci', slot: '2026-11-20T02:00:00Z' };
const firstName = 'prod-eu-ci-20261120t0200';

/** Executions that the service knows, by name. */
function executions(known: Readonly<Record<string, 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT'>>): void {
  lambda.on(ListDurableExecutionsByFunctionCommand).callsFake(({ DurableExecutionName: wanted = '' }) => ({
    DurableExecutions: Object.entries(known)
      .filter(([name]) => name.startsWith(wanted))
      .map(([DurableExecutionName, Status]) => ({ DurableExecutionName, Status })),
  }));
}

const invokedNames = () =>
  lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input.DurableExecutionName);

beforeEach(() => {
  lambda.reset();
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 });
});

describe('starting the run of a slot', () => {
  it('names an execution by deployment, plan and slot, within what the service allows', () => {
    const longest = executionName('d'.repeat(20), { plan: 'p'.repeat(24), slot: order.slot }, 9);
    expect(executionName('prod-eu', order, 1)).toBe(firstName);
    expect(executionName('prod-eu', order, 2)).toBe(`${firstName}-r2`);
    expect(longest).toMatch(/^[A-Za-z0-9-_]{1,64}$/);
  });

  it('invokes the alias asynchronously, with a payload that depends on the order alone', async () => {
    const started = await startOnce(options, order);
    expect(started).toEqual({
      ...order,
      backupId: '1795140000_2026_11_20_ci',
      executionName: firstName,
      state: 'accepted',
    });
    const [call] = lambda.commandCalls(InvokeCommand);
    const input = call?.args[0].input;
    expect(input).toMatchObject({
      FunctionName: workerArn,
      InvocationType: 'Event',
      DurableExecutionName: firstName,
    });
    const payload = new TextEncoder().encode('{"plan":"ci","slot":"2026-11-20T02:00:00Z"}');
    expect(input?.Payload).toEqual(payload);
  });

  it('sends the very same for a duplicate delivery, even after a failure of the run', async () => {
    executions({ [firstName]: 'FAILED' });
    await startOnce(options, order);
    await startOnce(options, order);
    const [first, second] = lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input);
    expect(second).toEqual(first);
  });

  it.each(['DurableExecutionAlreadyStartedException', 'DurableExecutionAlreadyExists'])(
    'refuses a name that was started with something else (%s)',
    async (name) => {
      const error = new DurableExecutionAlreadyStartedException({ message: 'exists', $metadata: {} });
      lambda.on(InvokeCommand).rejects(Object.assign(error, { name }));
      await expect(startOnce(options, order)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining(firstName),
      });
    },
  );

  it('passes any other error on', async () => {
    lambda
      .on(InvokeCommand)
      .rejects(Object.assign(new Error('slow down'), { name: 'TooManyRequestsException' }));
    await expect(startOnce(options, order)).rejects.toThrow('slow down');
  });
});

describe('starting a backup by hand', () => {
  it('starts the first run of a slot that has none', async () => {
    executions({});
    expect(await startAgain(options, order)).toMatchObject({ executionName: firstName, state: 'accepted' });
  });

  it.each([
    ['RUNNING', 'running'],
    ['SUCCEEDED', 'finished'],
  ] as const)('leaves a run alone that is %s', async (status, state) => {
    executions({ [firstName]: status });
    expect(await startAgain(options, order)).toMatchObject({ executionName: firstName, state });
    expect(invokedNames()).toEqual([]);
  });

  it.each(['FAILED', 'TIMED_OUT'] as const)('starts a slot again whose run has %s', async (status) => {
    executions({ [firstName]: status });
    expect(await startAgain(options, order)).toMatchObject({ executionName: `${firstName}-r2` });
    expect(invokedNames()).toEqual([`${firstName}-r2`]);
  });

  it('does not take a later run for the first', async () => {
    executions({ [`${firstName}-r2`]: 'RUNNING' });
    expect(await startAgain(options, order)).toMatchObject({ executionName: firstName, state: 'accepted' });
  });

  it('asks for executions of all versions of the worker', async () => {
    executions({});
    await startAgain(options, order);
    const [call] = lambda.commandCalls(ListDurableExecutionsByFunctionCommand);
    expect(call?.args[0].input.FunctionName).toBe(workerArn.replace(/:live$/, ''));
  });

  it('gives up after nine failed runs', async () => {
    lambda.on(ListDurableExecutionsByFunctionCommand).callsFake(({ DurableExecutionName }) => ({
      DurableExecutions: [{ DurableExecutionName, Status: 'FAILED' }],
    }));
    await expect(startAgain(options, order)).rejects.toThrow('has failed 9 times');
    expect(invokedNames()).toEqual([]);
  });
});

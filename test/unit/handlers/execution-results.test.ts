import {
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { resultOf } from '../../../functions/handlers/execution-results.ts';
import { createRotateEntry } from '../../../functions/handlers/rotate-entry.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import { aConfig } from '../../support/configs.ts';

const lambda = mockClient(LambdaClient);
const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-rotate-worker:live';
const arn = `${workerArn.replace('live', '3')}/durable-execution/one/0123`;
const start = Date.parse('2026-11-20T02:00:00Z');
let clock: VirtualClock;
const waiter = () => ({ lambda: new LambdaClient({ region: 'eu-west-1' }), workerArn, clock });

beforeEach(() => {
  lambda.reset();
  clock = new VirtualClock(start);
});

const notFound = Object.assign(new Error('no such execution'), { name: 'ResourceNotFoundException' });

describe('the result of an execution', () => {
  it('is waited for, also while the service does not show the execution yet', async () => {
    lambda
      .on(GetDurableExecutionCommand)
      .rejectsOnce(notFound)
      .resolvesOnce({ Status: 'RUNNING' })
      .resolves({ Status: 'SUCCEEDED', Result: '{"remove":3}' });
    expect(await resultOf(waiter(), { name: 'one', arn }, start + 60_000)).toEqual({ remove: 3 });
    expect(clock.now() - start).toBe(2000);
  });

  it('is looked for by name when the service did not answer with an ARN', async () => {
    lambda.on(ListDurableExecutionsByFunctionCommand).resolves({
      DurableExecutions: [
        // Whatever else a status list holds, the name decides.
        {
          DurableExecutionArn: 'other',
          DurableExecutionName: 'one-r2',
          FunctionArn: '',
          Status: 'FAILED',
          StartTimestamp: new Date(),
        },
        {
          DurableExecutionArn: arn,
          DurableExecutionName: 'one',
          FunctionArn: '',
          Status: 'RUNNING',
          StartTimestamp: new Date(),
        },
      ],
    });
    lambda.on(GetDurableExecutionCommand).resolves({ Status: 'SUCCEEDED', Result: '1' });
    expect(await resultOf(waiter(), { name: 'one', arn: undefined }, start + 60_000)).toBe(1);
    expect(lambda.commandCalls(GetDurableExecutionCommand)[0]?.args[0].input.DurableExecutionArn).toBe(arn);
  });

  it('is given up when the time is over', async () => {
    lambda.on(GetDurableExecutionCommand).resolves({ Status: 'RUNNING' });
    expect(await resultOf(waiter(), { name: 'one', arn }, start + 5_500)).toBeUndefined();
    expect(clock.now() - start).toBe(5000);
  });

  it('is the failure that the worker wrote down, with its remedy', async () => {
    const ErrorData = JSON.stringify({
      name: 'SnapkeepError',
      message: 'no',
      kind: 'refused',
      remedy: 'wait',
    });
    lambda.on(GetDurableExecutionCommand).resolves({ Status: 'FAILED', Error: { ErrorData } });
    const failure = resultOf(waiter(), { name: 'one', arn }, start + 60_000);
    await expect(failure).rejects.toMatchObject({ kind: 'refused', message: 'no', remedy: 'wait' });
  });

  it.each(['TIMED_OUT', 'STOPPED'] as const)('is a failure that says %s', async (Status) => {
    lambda.on(GetDurableExecutionCommand).resolves({ Status, DurableExecutionName: 'one' });
    await expect(resultOf(waiter(), { name: 'one', arn }, start + 60_000)).rejects.toThrow(
      `one ended as ${Status}`,
    );
  });
});

describe('the entry function of rotation', () => {
  const config = aConfig();
  const entry = () =>
    createRotateEntry({
      environment: { config, snapkeepVersion: '1.2.3', region: 'eu-west-1', workerArn },
      lambda: waiter().lambda,
      logger: silentLogger,
      clock,
    });

  it('answers a dry run of all plans with what the worker says of each, and where to look', async () => {
    lambda.on(InvokeCommand).resolves({ StatusCode: 202, DurableExecutionArn: arn });
    lambda.on(GetDurableExecutionCommand).resolves({ Status: 'SUCCEEDED', Result: '{"remove":0}' });
    const answer = await entry()({ dryRun: true });
    expect(answer.rotations).toEqual([
      { plan: 'ci', executionName: 'prod-eu-ci-20261120t020000-rl', state: 'told', outlook: { remove: 0 } },
      {
        plan: 'fleet',
        executionName: 'prod-eu-fleet-20261120t020000-rl',
        state: 'told',
        outlook: { remove: 0 },
      },
    ]);
    expect(answer.look.join('\n')).toContain('/aws/lambda/prod-eu-rotate-worker');
    const payloads = lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input.Payload);
    const encoded = (text: string) => new TextEncoder().encode(text);
    expect(payloads).toEqual([
      encoded('{"plan":"ci","dryRun":true}'),
      encoded('{"plan":"fleet","dryRun":true}'),
    ]);
  });

  it('starts the others when one plan cannot be started, and fails afterwards', async () => {
    lambda
      .on(InvokeCommand)
      .rejectsOnce(Object.assign(new Error('taken'), { name: 'DurableExecutionAlreadyStartedException' }))
      .resolves({ StatusCode: 202 });
    await expect(entry()({})).rejects.toThrow(
      'exists and was started with something else than a rotation of plan ci',
    );
    expect(lambda.commandCalls(InvokeCommand)).toHaveLength(2);
  });

  it('does not wait longer than it may itself', async () => {
    lambda.on(InvokeCommand).resolves({ StatusCode: 202, DurableExecutionArn: arn });
    lambda.on(GetDurableExecutionCommand).resolves({ Status: 'RUNNING' });
    const answer = await entry()({ plan: 'ci', dryRun: true }, { getRemainingTimeInMillis: () => 15_000 });
    expect(answer.rotations).toMatchObject([{ plan: 'ci', state: 'accepted' }]);
    expect(clock.now() - start).toBeLessThanOrEqual(10_000);
  });
});

/** The durable-execution API by itself: what the service takes, what it refuses, and what it tells. */
import {
  CheckpointDurableExecutionCommand,
  type CheckpointDurableExecutionRequest,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  GetDurableExecutionStateCommand,
  InvokeCommand,
  type OperationUpdate,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type DurableLambda, start, startDurableLambda } from '../support/durable-over-the-wire.ts';
import { codeOf } from '../support/refusal.ts';

const eventSchema = z.object({
  DurableExecutionArn: z.string(),
  CheckpointToken: z.string(),
  UpdatedOperationIds: z.array(z.string()),
  InitialExecutionState: z.object({
    Operations: z.array(z.looseObject({ Id: z.string(), Type: z.string(), Status: z.string() })),
    NextMarker: z.string(),
  }),
});
type RuntimeEvent = z.infer<typeof eventSchema>;

let host: DurableLambda;
/** One per invocation of the function's code, which answers when a test lets it. */
let invocations: { readonly event: RuntimeEvent; readonly answer: (output: object | Error) => void }[];

beforeEach(async () => {
  host = await startDurableLambda();
  invocations = [];
  host.lambda.registerFunction(
    'worker',
    (event) =>
      new Promise((resolve, reject) => {
        const answer = (output: object | Error) =>
          output instanceof Error ? reject(output) : resolve(output);
        invocations.push({ event: eventSchema.parse(event), answer });
      }),
    { checkpoints: { executionTimeoutSeconds: 3600, retentionDays: 14 } },
  );
});
afterEach(() => host[Symbol.asyncDispose]());

async function begin(payload: unknown = { plan: 'ci' }, name = 'run'): Promise<string> {
  const { DurableExecutionArn = '' } = await host.client.send(
    new InvokeCommand({
      ...{ FunctionName: 'worker:live', InvocationType: 'Event', DurableExecutionName: name },
      Payload: Buffer.from(JSON.stringify(payload)),
    }),
  );
  return DurableExecutionArn;
}

async function invocation(number: number) {
  await host.until(() => invocations.length >= number);
  const found = invocations[number - 1];
  if (!found) throw new Error(`there is no invocation ${number}`);
  return found;
}

const checkpoint = (
  DurableExecutionArn: string,
  CheckpointToken: string,
  Updates: OperationUpdate[],
  more: Partial<CheckpointDurableExecutionRequest> = {},
) =>
  host.client.send(
    new CheckpointDurableExecutionCommand({ DurableExecutionArn, CheckpointToken, Updates, ...more }),
  );
const look = (DurableExecutionArn: string) =>
  host.client.send(new GetDurableExecutionCommand({ DurableExecutionArn }));
const historyOf = async (DurableExecutionArn: string, more: object = {}) =>
  (await host.client.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn, ...more }))).Events ??
  [];

const step = (Id: string, Action: OperationUpdate['Action'], more: Partial<OperationUpdate> = {}) =>
  ({ Id, Name: `step-${Id}`, Type: 'STEP', SubType: 'Step', Action, ...more }) satisfies OperationUpdate;

describe('a durable execution', () => {
  it('begins with its input as the first operation, and a token', async () => {
    const arn = await begin();
    const { event } = await invocation(1);
    expect(event.DurableExecutionArn).toBe(arn);
    expect(event.CheckpointToken).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    expect(event.InitialExecutionState).toEqual({
      Operations: [
        expect.objectContaining({
          ...{ Type: 'EXECUTION', Status: 'STARTED', ExecutionDetails: { InputPayload: '{"plan":"ci"}' } },
          StartTimestamp: new Date(start).toISOString(),
        }),
      ],
      NextMarker: '',
    });
  });

  it('takes each token once, and only of the invocation that is under way', async () => {
    const arn = await begin();
    const { event, answer } = await invocation(1);
    const { CheckpointToken: next = '' } = await checkpoint(arn, event.CheckpointToken, [step('a', 'START')]);
    await expect(checkpoint(arn, event.CheckpointToken, [step('b', 'START')])).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringMatching(/^Invalid Checkpoint Token/),
    });
    const state = () =>
      host.client.send(
        new GetDurableExecutionStateCommand({ DurableExecutionArn: arn, CheckpointToken: next }),
      );
    expect((await state()).Operations?.map(({ Id }) => Id).slice(1)).toEqual(['a']);
    answer({ Status: 'SUCCEEDED', Result: '1' });
    await host.until(() => host.lambda.functions()[0]?.executions.get('run')?.ended !== undefined);
    expect(await codeOf(checkpoint(arn, next, [step('c', 'START')]))).toBe(
      'InvalidParameterValueException 400',
    );
    expect(await codeOf(state())).toBe('InvalidParameterValueException 400');
  });

  it('answers a repeated checkpoint with what it answered before, by its client token', async () => {
    const arn = await begin();
    const { event } = await invocation(1);
    const send = (...updates: OperationUpdate[]) =>
      checkpoint(arn, event.CheckpointToken, updates, { ClientToken: 'same' });
    const first = await send(step('a', 'START'));
    const again = await send(step('a', 'START'));
    expect(again.CheckpointToken).toBe(first.CheckpointToken);
    expect(again.NewExecutionState).toEqual(first.NewExecutionState);
    expect(await codeOf(send(step('b', 'START')))).toBe('InvalidParameterValueException 400');
    expect((await historyOf(arn)).filter(({ EventType }) => EventType === 'StepStarted')).toHaveLength(1);
  });

  it('is invoked again when a retry is due, and hears of it', async () => {
    const arn = await begin();
    const { event, answer } = await invocation(1);
    const slower = { ErrorType: 'Throttled', ErrorMessage: 'slower' };
    await checkpoint(arn, event.CheckpointToken, [
      step('a', 'START'),
      step('a', 'RETRY', { Error: slower, StepOptions: { NextAttemptDelaySeconds: 90 } }),
    ]);
    answer({ Status: 'PENDING' });
    const { event: second } = await invocation(2);
    expect(host.clock.now() - start).toBe(90_000);
    expect(second.UpdatedOperationIds).toEqual(['a']);
    expect(second.InitialExecutionState.Operations[1]).toMatchObject({
      ...{ Id: 'a', Status: 'READY', StepDetails: { Attempt: 1, Error: slower } },
    });
  });

  it('ends waits by time, and tells of them while the function runs', async () => {
    const arn = await begin();
    const { event } = await invocation(1);
    const wait: OperationUpdate = {
      Id: 'w',
      Type: 'WAIT',
      Action: 'START',
      WaitOptions: { WaitSeconds: 10 },
    };
    const { CheckpointToken = '', NewExecutionState } = await checkpoint(arn, event.CheckpointToken, [wait]);
    expect(NewExecutionState?.Operations).toEqual([
      expect.objectContaining({
        Status: 'STARTED',
        WaitDetails: { ScheduledEndTimestamp: new Date(start + 10_000) },
      }),
    ]);
    host.clock.advance(10_000);
    const after = await checkpoint(arn, CheckpointToken, []);
    expect(after.NewExecutionState?.Operations).toEqual([
      expect.objectContaining({ Id: 'w', Status: 'SUCCEEDED' }),
    ]);
    expect((await historyOf(arn)).map(({ EventType }) => EventType)).toEqual([
      'ExecutionStarted',
      'WaitStarted',
      'WaitSucceeded',
    ]);
  });

  it('takes all updates of a checkpoint or none', async () => {
    const arn = await begin();
    const { event } = await invocation(1);
    const send = (...updates: OperationUpdate[]) => codeOf(checkpoint(arn, event.CheckpointToken, updates));
    const refused = 'InvalidParameterValueException 400';
    expect(await send(step('a', 'START'), step('b', 'RETRY'))).toBe(refused);
    expect(await send(step('a', 'START', { ParentId: 'nobody' }))).toBe(refused);
    expect(await send(step('a', 'SUCCEED', { Payload: 'x'.repeat(256 * 1024 + 1) }))).toBe(refused);
    expect(await send({ Id: 'a', Type: 'CONTEXT', Action: 'RETRY' })).toBe(refused);
    expect(await send(step('a', 'SUCCEED'), step('a', 'START'))).toBe(refused);
    expect((await historyOf(arn)).map(({ EventType }) => EventType)).toEqual(['ExecutionStarted']);
    await checkpoint(arn, event.CheckpointToken, [step('a', 'SUCCEED', { Payload: '1' })]);
  });

  it('has at most 3,000 operations', async () => {
    const arn = await begin();
    let { CheckpointToken: token } = (await invocation(1)).event;
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => step(`s${from + index}`, 'START'));
    for (let from = 0; from < 2999; from += 250) {
      const answer = await checkpoint(arn, token, many(from, Math.min(250, 2999 - from)));
      token = answer.CheckpointToken ?? '';
    }
    expect(await codeOf(checkpoint(arn, token, many(2999, 1)))).toBe('InvalidParameterValueException 400');
    const page = await host.client.send(
      new GetDurableExecutionStateCommand({
        DurableExecutionArn: arn,
        CheckpointToken: token,
        MaxItems: 1000,
      }),
    );
    expect([page.Operations?.length, page.NextMarker]).toEqual([1000, '1000']);
  });

  it('hands a long state to the function in pages', async () => {
    const arn = await begin();
    const { event, answer } = await invocation(1);
    const steps = Array.from({ length: 150 }, (_, index) => step(`s${index}`, 'SUCCEED', { Payload: '1' }));
    await checkpoint(arn, event.CheckpointToken, steps);
    answer(new Error('died'));
    const { event: second } = await invocation(2);
    expect(second.InitialExecutionState.Operations).toHaveLength(100);
    const { Operations = [], NextMarker } = await host.client.send(
      new GetDurableExecutionStateCommand({
        ...{ DurableExecutionArn: arn, CheckpointToken: second.CheckpointToken },
        Marker: second.InitialExecutionState.NextMarker,
      }),
    );
    expect([Operations.length, NextMarker]).toEqual([51, undefined]);
  });

  it('leaves out what happened inside of a context that is complete, unless that asked for it', async () => {
    const arn = await begin();
    const { event, answer } = await invocation(1);
    const context = (Id: string, Action: OperationUpdate['Action'], more: Partial<OperationUpdate> = {}) =>
      ({ Id, Type: 'CONTEXT', Action, ...more }) satisfies OperationUpdate;
    await checkpoint(arn, event.CheckpointToken, [
      context('shut', 'START'),
      step('in-shut', 'SUCCEED', { ParentId: 'shut' }),
      context('shut', 'SUCCEED', { Payload: '1' }),
      context('open', 'START'),
      step('in-open', 'SUCCEED', { ParentId: 'open' }),
      context('open', 'SUCCEED', { ContextOptions: { ReplayChildren: true } }),
    ]);
    answer(new Error('died'));
    const { event: second } = await invocation(2);
    const ids = second.InitialExecutionState.Operations.map(({ Id }) => Id);
    expect(ids.slice(1)).toEqual(['shut', 'open', 'in-open']);
  });

  it('tells its history in order, with names, and without data when asked', async () => {
    const arn = await begin();
    const { event, answer } = await invocation(1);
    await checkpoint(arn, event.CheckpointToken, [
      step('a', 'START'),
      step('a', 'SUCCEED', { Payload: '{"n":1}' }),
    ]);
    answer({ Status: 'FAILED', Error: { ErrorType: 'RangeError', ErrorMessage: 'too far' } });
    await host.until(() => host.lambda.functions()[0]?.executions.get('run')?.ended !== undefined);
    const events = await historyOf(arn);
    expect(events.map(({ EventId, EventType, Name }) => [EventId, EventType, Name])).toEqual([
      [1, 'ExecutionStarted', 'run'],
      [2, 'StepStarted', 'step-a'],
      [3, 'StepSucceeded', 'step-a'],
      [4, 'InvocationCompleted', undefined],
      [5, 'ExecutionFailed', 'run'],
    ]);
    expect(events[0]?.ExecutionStartedDetails).toMatchObject({ ExecutionTimeout: 3600 });
    expect(events[2]?.StepSucceededDetails).toEqual({
      Result: { Payload: '{"n":1}', Truncated: false },
      RetryDetails: { CurrentAttempt: 1 },
    });
    const bare = await historyOf(arn, { IncludeExecutionData: false, ReverseOrder: true, MaxItems: 3 });
    expect(bare.map(({ EventId }) => EventId)).toEqual([5, 4, 3]);
    expect(JSON.stringify(bare)).not.toContain('too far');
    expect(await look(arn)).toMatchObject({
      ...{ Status: 'FAILED', Error: { ErrorType: 'RangeError', ErrorMessage: 'too far' } },
      ...{ InputPayload: '{"plan":"ci"}', ExecutionDataIncluded: true },
      DurableConfig: { ExecutionTimeout: 3600, RetentionPeriodInDays: 14 },
    });
    const metadata = await host.client.send(
      new GetDurableExecutionCommand({ DurableExecutionArn: arn, IncludeExecutionData: false }),
    );
    expect([metadata.Status, metadata.InputPayload, metadata.Error, metadata.ExecutionDataIncluded]).toEqual([
      ...['FAILED', undefined, undefined, false],
    ]);
  });

  it('ends as TIMED_OUT after its time, and as STOPPED when somebody stops it', async () => {
    const arn = await begin();
    const { event } = await invocation(1);
    host.clock.advance(3_600_000);
    const { Status, Error: error, EndTimestamp } = await look(arn);
    expect([Status, EndTimestamp?.getTime()]).toEqual(['TIMED_OUT', start + 3_600_000]);
    expect(error?.ErrorMessage).toContain('3600 seconds');
    expect(await codeOf(checkpoint(arn, event.CheckpointToken, []))).toBe(
      'InvalidParameterValueException 400',
    );

    const other = await begin({}, 'other');
    const stop = () =>
      host.client.send(
        new StopDurableExecutionCommand({ DurableExecutionArn: other, Error: { ErrorMessage: 'enough' } }),
      );
    const { StopTimestamp } = await stop();
    expect(StopTimestamp?.getTime()).toBe(start + 3_600_000);
    expect(await look(other)).toMatchObject({ Status: 'STOPPED', Error: { ErrorMessage: 'enough' } });
    expect((await historyOf(other)).at(-1)?.EventType).toBe('ExecutionStopped');
    expect(await codeOf(stop())).toBe('InvalidParameterValueException 400');
  });

  it('is invoked again after its process died, and fails when that goes on', async () => {
    const arn = await begin();
    for (let number = 1; number <= 5; number += 1)
      (await invocation(number)).answer(new Error(`died ${number}`));
    await host.until(() => host.lambda.functions()[0]?.executions.get('run')?.ended !== undefined);
    expect(await look(arn)).toMatchObject({ Status: 'FAILED', Error: { ErrorMessage: 'died 5' } });
    const ends = (await historyOf(arn)).filter(({ EventType }) => EventType === 'InvocationCompleted');
    expect(ends).toHaveLength(5);
  });

  it('fails when it waits for nothing', async () => {
    const arn = await begin();
    (await invocation(1)).answer({ Status: 'PENDING' });
    await host.until(() => host.lambda.functions()[0]?.executions.get('run')?.ended !== undefined);
    expect(await look(arn)).toMatchObject({
      ...{
        Status: 'FAILED',
        Error: { ErrorMessage: 'Cannot return PENDING status with no pending operations.' },
      },
    });
  });

  it('has others invoked, and tells what they became', async () => {
    const arn = await begin();
    host.lambda.registerFunction('double', (event) => Number(event) * 2);
    const { event, answer } = await invocation(1);
    const invoke = (Id: string, FunctionName: string, Payload: string): OperationUpdate => ({
      ...{ Id, Type: 'CHAINED_INVOKE', Action: 'START', Payload, ChainedInvokeOptions: { FunctionName } },
    });
    await checkpoint(arn, event.CheckpointToken, [
      invoke('plain', 'double:live', '21'),
      invoke('durable', 'worker:live', '"child"'),
      invoke('nobody', 'absent', '1'),
    ]);
    answer({ Status: 'PENDING' });
    const child = await invocation(2);
    child.answer({ Status: 'FAILED', Error: { ErrorType: 'RangeError', ErrorData: '{"kind":"failed"}' } });
    // It heard of the two that were over at once; the third is news by the time that it rests again.
    (await invocation(3)).answer({ Status: 'PENDING' });
    const { event: last } = await invocation(4);
    expect(last.InitialExecutionState.Operations.slice(1)).toEqual([
      expect.objectContaining({ Id: 'plain', Status: 'SUCCEEDED', ChainedInvokeDetails: { Result: '42' } }),
      expect.objectContaining({
        ...{ Id: 'durable', Status: 'FAILED' },
        ChainedInvokeDetails: { Error: { ErrorType: 'RangeError', ErrorData: '{"kind":"failed"}' } },
      }),
      expect.objectContaining({ Id: 'nobody', Status: 'FAILED' }),
    ]);
    const [plain, durable] = (await historyOf(arn)).flatMap((each) => each.ChainedInvokeStartedDetails ?? []);
    expect(plain).toMatchObject({ FunctionName: 'double:live', ExecutedVersion: '1' });
    expect(durable?.DurableExecutionArn).toBe(child.event.DurableExecutionArn);
  });

  describe('with callbacks', () => {
    const callback = (Id: string, CallbackOptions: OperationUpdate['CallbackOptions'] = {}) =>
      ({
        Id,
        Name: 'approval',
        Type: 'CALLBACK',
        Action: 'START',
        CallbackOptions,
      }) satisfies OperationUpdate;
    const waiting = async (...callbacks: OperationUpdate[]) => {
      const arn = await begin();
      const { event, answer } = await invocation(1);
      const { NewExecutionState } = await checkpoint(arn, event.CheckpointToken, callbacks);
      answer({ Status: 'PENDING' });
      const ids = (NewExecutionState?.Operations ?? []).map((each) => each.CallbackDetails?.CallbackId ?? '');
      return { arn, ids };
    };
    const succeed = (CallbackId = '', result = '"yes"') =>
      host.client.send(
        new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from(result) }),
      );

    it('goes on when somebody calls back, with the answer', async () => {
      const { arn, ids } = await waiting(callback('a'), callback('b'));
      await succeed(ids[0]);
      const { event, answer } = await invocation(2);
      expect(event.UpdatedOperationIds).toEqual(['a']);
      expect(event.InitialExecutionState.Operations[1]).toMatchObject({
        ...{ Status: 'SUCCEEDED', CallbackDetails: { CallbackId: ids[0], Result: '"yes"' } },
      });
      answer({ Status: 'PENDING' });
      await host.client.send(
        new SendDurableExecutionCallbackFailureCommand({
          ...{ CallbackId: ids[1], Error: { ErrorType: 'Refused', ErrorMessage: 'no' } },
        }),
      );
      const { event: third } = await invocation(3);
      expect(third.InitialExecutionState.Operations[2]).toMatchObject({
        ...{ Status: 'FAILED', CallbackDetails: { Error: { ErrorType: 'Refused', ErrorMessage: 'no' } } },
      });
      expect(await codeOf(succeed(ids[0]))).toBe('InvalidParameterValueException 400');
      expect(await codeOf(succeed('bm9ib2R5'))).toBe('InvalidParameterValueException 400');
      const types = (await historyOf(arn)).map(({ EventType }) => EventType);
      expect(types.filter((type) => type?.startsWith('Callback'))).toEqual([
        ...['CallbackStarted', 'CallbackStarted', 'CallbackSucceeded', 'CallbackFailed'],
      ]);
    });

    it('goes on without an answer when its time is over', async () => {
      const { ids } = await waiting(callback('a', { TimeoutSeconds: 60 }));
      const { event } = await invocation(2);
      expect(host.clock.now() - start).toBe(60_000);
      expect(event.InitialExecutionState.Operations[1]).toMatchObject({ Status: 'TIMED_OUT' });
      expect(await codeOf(succeed(ids[0]))).toBe('CallbackTimeoutException 400');
    });

    it('waits on while heartbeats come', async () => {
      const { ids } = await waiting(callback('a', { HeartbeatTimeoutSeconds: 60 }));
      for (let beats = 0; beats < 3; beats += 1) {
        host.clock.advance(50_000);
        await host.client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId: ids[0] }));
      }
      const { event } = await invocation(2);
      expect(host.clock.now() - start).toBe(210_000);
      expect(event.InitialExecutionState.Operations[1]).toMatchObject({ Status: 'TIMED_OUT' });
    });
  });

  it('is not run synchronously when it may take longer than a quarter of an hour', async () => {
    expect(await codeOf(host.client.send(new InvokeCommand({ FunctionName: 'worker:live' })))).toBe(
      'InvalidParameterValueException 400',
    );
  });

  it('is not there for those who look for another', async () => {
    const arn = await begin();
    const other = arn.replace(/\/[^/]+$/, '/0123');
    const { event } = await invocation(1);
    expect(await codeOf(look(other))).toBe('ResourceNotFoundException 404');
    expect(await codeOf(historyOf(other))).toBe('ResourceNotFoundException 404');
    // The operations of the runtime know no such word.
    expect(await codeOf(checkpoint(other, event.CheckpointToken, []))).toBe(
      'InvalidParameterValueException 400',
    );
  });
});

import {
  GetDurableExecutionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLambda, type Lambda } from '../../sandbox/services/lambda/service.ts';
import { codeOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

let sandbox: StartedSandbox;
let lambda: Lambda;
let client: LambdaClient;

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    lambda = createLambda(world);
    return [lambda.service];
  });
  client = new LambdaClient(sandbox.clientConfig);
});
afterAll(() => sandbox.close());

const invoke = (FunctionName: string, payload?: unknown, more: object = {}) =>
  client.send(
    new InvokeCommand({
      FunctionName,
      ...(payload === undefined ? {} : { Payload: Buffer.from(JSON.stringify(payload)) }),
      ...more,
    }),
  );
const resultOf = async (...args: Parameters<typeof invoke>): Promise<unknown> => {
  const { Payload } = await invoke(...args);
  return JSON.parse(Buffer.from(Payload ?? []).toString());
};

test('a registered function answers a synchronous invocation', async () => {
  const arn = lambda.registerFunction('prod-eu-start', (event, context) => ({
    event,
    name: context.functionName,
  }));
  const expected = { event: { plan: 'ci', text: 'ä' }, name: 'prod-eu-start' };
  for (const name of [
    'prod-eu-start',
    arn,
    `${arn}:live`,
    'prod-eu-start:1',
    '123456789012:function:prod-eu-start',
  ]) {
    expect(await resultOf(name, { plan: 'ci', text: 'ä' })).toEqual(expected);
  }
  const answer = await invoke('prod-eu-start', {}, { Qualifier: '1' });
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '1' });
  expect(answer.FunctionError).toBeUndefined();
});

test('no payload is an empty event, and no result is null', async () => {
  lambda.registerFunction('quiet', (event) =>
    Object.keys(event ?? {}).length === 0 ? undefined : 'something',
  );
  expect(await resultOf('quiet')).toBeNull();
});

test('an error of the function is an answer, not a failure of the call', async () => {
  lambda.registerFunction('broken', () => {
    throw new RangeError('out of disks');
  });
  const { StatusCode, FunctionError, Payload } = await invoke('broken', {});
  expect([StatusCode, FunctionError]).toEqual([200, 'Unhandled']);
  expect(JSON.parse(Buffer.from(Payload ?? []).toString())).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'out of disks',
  });
});

test('an event is accepted at once, runs beside it, and is repeated twice when it fails', async () => {
  let runs = 0;
  lambda.registerFunction('later', async () => {
    runs++;
    if (runs < 3) throw new Error('not yet');
    return runs;
  });
  const { StatusCode, Payload } = await invoke('later', { a: 1 }, { InvocationType: 'Event' });
  expect([StatusCode, Payload?.length ?? 0]).toEqual([202, 0]);
  await lambda.idle();
  expect(runs).toBe(3);
  expect(lambda.events().at(-1)).toMatchObject({
    functionName: 'later',
    payload: '{"a":1}',
    outcome: { payload: '3' },
  });
});

test('a dry run runs nothing', async () => {
  let runs = 0;
  lambda.registerFunction('dry', () => runs++);
  expect((await invoke('dry', {}, { InvocationType: 'DryRun' })).StatusCode).toBe(204);
  expect(runs).toBe(0);
});

test('unknown functions and qualifiers, wrong JSON and too much of it are refused', async () => {
  lambda.registerFunction('known', () => 1);
  expect(await codeOf(invoke('unknown', {}))).toBe('ResourceNotFoundException 404');
  expect(await codeOf(invoke('known', {}, { Qualifier: 'nope' }))).toBe('ResourceNotFoundException 404');
  expect(await codeOf(invoke('known', undefined, { Payload: Buffer.from('{') }))).toBe(
    'InvalidRequestContentException 400',
  );
  const big = 'x'.repeat(1024 * 1024);
  expect(await codeOf(invoke('known', big, { InvocationType: 'Event' }))).toBe(
    'RequestTooLargeException 413',
  );
  const elsewhere = new LambdaClient({ ...sandbox.clientConfig, region: 'eu-north-1' });
  expect(await codeOf(elsewhere.send(new InvokeCommand({ FunctionName: 'known' })))).toBe(
    'ResourceNotFoundException 404',
  );
});

test('a durable execution is known by its name: the same again gives the same, another payload is refused', async () => {
  let runs = 0;
  lambda.registerFunction(
    'worker',
    (event, { durableExecutionArn }) => ({ runs: ++runs, event, durableExecutionArn }),
    {
      durable: true,
    },
  );
  const DurableExecutionName = 'ci-20260101T0200';
  const first = await invoke('worker:live', { slot: 1 }, { DurableExecutionName });
  const second = await invoke('worker:live', { slot: 1 }, { DurableExecutionName });
  expect(first.DurableExecutionArn).toContain(`/durable-execution/${DurableExecutionName}/`);
  expect(second.DurableExecutionArn).toBe(first.DurableExecutionArn);
  expect(Buffer.from(second.Payload ?? []).toString()).toBe(Buffer.from(first.Payload ?? []).toString());
  expect(runs).toBe(1);
  expect(await codeOf(invoke('worker:live', { slot: 2 }, { DurableExecutionName }))).toBe(
    'DurableExecutionAlreadyStartedException 409',
  );
  const accepted = await invoke(
    'worker:live',
    { slot: 1 },
    { DurableExecutionName, InvocationType: 'Event' },
  );
  expect(accepted).toMatchObject({ StatusCode: 202, DurableExecutionArn: first.DurableExecutionArn });
  await lambda.idle();
  expect(runs).toBe(1);
});

test('a durable function is named with its version or alias, and only it has named executions', async () => {
  lambda.registerFunction('durable', () => 1, { durable: true });
  lambda.registerFunction('plain', () => 1);
  expect(await codeOf(invoke('durable', {}))).toBe('InvalidParameterValueException 400');
  expect(await resultOf('durable', {}, { Qualifier: '$LATEST' })).toBe(1);
  expect(await codeOf(invoke('plain', {}, { DurableExecutionName: 'a' }))).toBe(
    'InvalidParameterValueException 400',
  );
  expect(await codeOf(invoke('durable:1', {}, { DurableExecutionName: 'a:b' }))).toBe(
    'ValidationException 400',
  );
});

test('a function can be looked up', async () => {
  lambda.registerFunction('shown', () => 1);
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'shown' }));
  expect(Configuration).toMatchObject({ FunctionName: 'shown', State: 'Active', Version: '$LATEST' });
  expect(await codeOf(client.send(new GetFunctionCommand({ FunctionName: 'hidden' })))).toBe(
    'ResourceNotFoundException 404',
  );
});

test('durable executions are listed by function and looked at one by one', async () => {
  let finish: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  lambda.registerFunction(
    'listed',
    async (event) => {
      await gate;
      if (JSON.stringify(event) === '"bad"') throw new RangeError('no such thing');
      return { done: event };
    },
    { durable: true },
  );
  const start = (name: string, payload: unknown) =>
    invoke('listed:live', payload, { InvocationType: 'Event', DurableExecutionName: name });
  const { DurableExecutionArn: arn = '' } = await start('run-1', 'good');
  const { DurableExecutionArn: bad = '' } = await start('run-2', 'bad');
  const list = async (more: object = {}) =>
    (
      await client.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'listed', ...more }))
    ).DurableExecutions?.map(({ DurableExecutionName: name, Status }) => `${name} ${Status}`).sort();
  expect(await list()).toEqual(['run-1 RUNNING', 'run-2 RUNNING']);
  finish?.();
  await lambda.idle();
  expect(await list()).toEqual(['run-1 SUCCEEDED', 'run-2 FAILED']);
  expect(await list({ DurableExecutionName: 'run-1' })).toEqual(['run-1 SUCCEEDED']);
  expect(await list({ Statuses: ['FAILED'] })).toEqual(['run-2 FAILED']);
  const look = (DurableExecutionArn: string) =>
    client.send(new GetDurableExecutionCommand({ DurableExecutionArn, IncludeExecutionData: true }));
  expect(await look(arn)).toMatchObject({ Status: 'SUCCEEDED', Result: '{"done":"good"}', Version: '1' });
  expect(await look(bad)).toMatchObject({ Status: 'FAILED', Error: { ErrorType: 'RangeError' } });
  expect(await codeOf(look(`${arn}x`))).toBe('ResourceNotFoundException 404');
});

test('executions are listed from the newest on, in reverse from the oldest, and by version', async () => {
  lambda.registerFunction('ordered', () => null, { durable: true });
  const start = (qualifier: string, name: string) =>
    invoke(`ordered:${qualifier}`, null, { InvocationType: 'Event', DurableExecutionName: name });
  await start('live', 'first');
  await start('1', 'second');
  await start('$LATEST', 'third');
  const list = async (more: object = {}) =>
    (
      await client.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'ordered', ...more }))
    ).DurableExecutions?.map(({ DurableExecutionName: name }) => name);
  expect(await list()).toEqual(['third', 'second', 'first']);
  expect(await list({ ReverseOrder: true })).toEqual(['first', 'second', 'third']);
  expect(await list({ MaxItems: 1 })).toEqual(['third']);
  for (const qualified of [{ Qualifier: 'live' }, { Qualifier: '1' }, { FunctionName: 'ordered:live' }])
    expect(await list(qualified)).toEqual(['second', 'first']);
  expect(await list({ Qualifier: '$LATEST' })).toEqual(['third']);
  expect(await codeOf(list({ Statuses: ['DONE'] }))).toBe('ValidationException 400');
  await lambda.idle();
});

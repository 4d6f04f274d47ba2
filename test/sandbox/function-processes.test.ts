/** Execution environments: processes that run a bundle as Lambda runs it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import {
  createFunctionProcesses,
  type FunctionDefinition,
  type FunctionProcesses,
} from '../../sandbox/runtime/function-processes.ts';
import { FunctionLogs } from '../../sandbox/runtime/logs.ts';
import type { InvocationContext } from '../../sandbox/services/lambda/state.ts';

let folder: string;
let logs: FunctionLogs;
let open: FunctionProcesses[];
let requests = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapkeep-runtime-'));
  logs = new FunctionLogs();
  open = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const each of open) each.close();
  rmSync(folder, { recursive: true, force: true });
});

/** @param code the body of `index.mjs` */
function deploy(code: string, changes: Partial<FunctionDefinition> = {}): FunctionProcesses {
  const taskRoot = join(folder, `code-${open.length}`);
  mkdirSync(taskRoot);
  writeFileSync(join(taskRoot, 'index.mjs'), code);
  const processes = createFunctionProcesses(
    {
      ...{ name: 'prod-eu-start', region: 'eu-west-1', taskRoot, handler: 'index.handler' },
      ...{ memoryMegabytes: 512, timeoutSeconds: 20, logGroup: '/aws/lambda/prod-eu-start' },
      variables: { SNAPKEEP_WORKER_ARN: 'arn:worker' },
      ...changes,
    },
    {
      endpoint: 'http://127.0.0.1:4577',
      logs,
      session: () => ({ ...DEFAULT_IDENTITY, sessionToken: 'token' }),
      beforeInvocation: () => {},
    },
  );
  open.push(processes);
  return processes;
}

function context(): InvocationContext {
  requests += 1;
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-start:live';
  return {
    ...{ awsRequestId: `request-${requests}`, functionName: 'prod-eu-start', functionVersion: '1' },
    ...{ invokedFunctionArn: arn, durableExecutionArn: undefined, getRemainingTimeInMillis: () => 0 },
  };
}

async function call({ code }: FunctionProcesses, event: unknown = {}) {
  const { payload, functionError } = await code(JSON.stringify(event), context());
  return { answer: JSON.parse(payload), functionError };
}

const lines = (): string[] => logs.of('prod-eu-start').map(({ text }) => text);

describe('a deployed function', () => {
  it('gets its event and its context, and answers', async () => {
    const processes = deploy(`export const handler = async (event, context) => ({
      event, id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(),
    });`);
    const { answer, functionError } = await call(processes, { text: 'ä' });
    expect(functionError).toBeUndefined();
    expect(answer).toMatchObject({ event: { text: 'ä' }, id: `request-${requests}` });
    expect(answer.arn).toMatch(/:prod-eu-start:live$/);
    expect(answer.left).toBeGreaterThan(10_000);
    expect(answer.left).toBeLessThanOrEqual(20_000);
  });

  it('finds what Lambda puts into its environment, and nothing of whoever runs the sandbox', async () => {
    vi.stubEnv('AWS_PROFILE', 'private');
    vi.stubEnv('MY_SECRET', 'secret');
    const processes = deploy('export const handler = () => process.env;');
    const { answer } = await call(processes);
    expect(answer).toMatchObject({
      SNAPKEEP_WORKER_ARN: 'arn:worker',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'prod-eu-start',
      AWS_ACCESS_KEY_ID: DEFAULT_IDENTITY.accessKeyId,
      AWS_SESSION_TOKEN: 'token',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4577',
      LAMBDA_TASK_ROOT: join(folder, 'code-0'),
    });
    const others = Object.keys(answer).filter((name) => !/^(AWS_|SNAPKEEP_|LAMBDA_TASK_ROOT$)/.test(name));
    expect(others.sort()).toEqual(['LANG', 'PATH', 'TZ', '_HANDLER']);
    expect(answer.AWS_PROFILE).toBeUndefined();
  });

  it('keeps its process between invocations, and gets another one while it is busy', async () => {
    const processes = deploy(`let calls = 0;
      export const handler = async ({ wait = 0 }) => {
        calls += 1;
        await new Promise((resolve) => setTimeout(resolve, wait));
        return [process.pid, calls];
      };`);
    const [first] = (await call(processes)).answer;
    expect((await call(processes)).answer).toEqual([first, 2]);
    const both = await Promise.all([call(processes, { wait: 300 }), call(processes, { wait: 300 })]);
    const pids = both.map(({ answer }) => answer[0]);
    expect(new Set(pids).size).toBe(2);
    expect(pids).toContain(first);
    expect([...processes.pids()].sort()).toEqual([...pids].sort());
  });

  it('answers an exception with its type and message, and lives on', async () => {
    const processes = deploy(
      'export const handler = ({ bad }) => { if (bad) throw new RangeError("too far"); return process.pid; };',
    );
    const { answer: pid } = await call(processes);
    const { answer, functionError } = await call(processes, { bad: true });
    expect(functionError).toBe('Unhandled');
    expect(answer).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
    expect((await call(processes)).answer).toBe(pid);
  });

  it('is ended when it takes longer than its timeout, and begins anew', async () => {
    const processes = deploy(
      'export const handler = ({ bad }) => bad ? new Promise(() => setInterval(() => {}, 1000)) : process.pid;',
      { timeoutSeconds: 1 },
    );
    const { answer: pid } = await call(processes);
    const { answer, functionError } = await call(processes, { bad: true });
    expect(functionError).toBe('Unhandled');
    expect(answer).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringContaining('Task timed out after 1.00 seconds'),
    });
    expect((await call(processes)).answer).not.toBe(pid);
  });

  it('fails an invocation whose process dies, and begins anew with the next', async () => {
    const processes = deploy(
      'export const handler = ({ die }) => { if (die) process.exit(7); return process.pid; };',
    );
    const { answer: pid } = await call(processes);
    const { answer } = await call(processes, { die: true });
    expect(answer).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 7'),
    });
    const { answer: next } = await call(processes);
    expect(next).not.toBe(pid);
    processes.kill();
    await vi.waitFor(() => expect(processes.pids()).toEqual([]));
    expect((await call(processes)).answer).not.toBe(next);
  });

  it('fails with what was wrong when its code cannot be loaded', async () => {
    const broken = deploy('throw new TypeError("no configuration");');
    expect((await call(broken)).answer).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no configuration',
    });
    const without = deploy('export const other = 1;');
    expect((await call(without)).answer.errorMessage).toBe('index.handler is undefined or not exported');
  });

  it('has its output in its log, line by line', async () => {
    const processes = deploy(
      'export const handler = () => { console.log("one\\ntwo"); console.error("three"); };',
    );
    expect((await call(processes)).answer).toBeNull();
    await vi.waitFor(() => expect(lines()).toEqual(expect.arrayContaining(['one', 'two', 'three'])));
    expect(lines()[0]).toMatch(/^START RequestId: request-\d+ Version: 1$/);
  });

  it('is gone when the sandbox closes', async () => {
    const processes = deploy('export const handler = () => process.pid;');
    const { answer: pid } = await call(processes);
    processes.close();
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  });
});

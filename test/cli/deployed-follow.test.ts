import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { Command } from 'commander';
import { beforeEach, describe, expect, it } from 'vitest';
import { backupProgress } from '../../bin/cli/deployed/backup.ts';
import { type Followed, follow } from '../../bin/cli/deployed/follow.ts';
import { failureOfRun } from '../../bin/cli/deployed/runs.ts';
import { createHost } from '../../bin/cli/host.ts';
import { type CapturedIo, cliIo } from '../support/cli.ts';

const lambda = mockClient(LambdaClient);
const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-backup-worker:live';
const arn = `${workerArn.replace('live', '3')}/durable-execution/one/0123`;
const start = Date.parse('2026-11-20T02:00:00Z');
let io: CapturedIo;

beforeEach(() => {
  lambda.reset();
  io = cliIo();
});

const followed = (changes: Partial<Followed> = {}): Followed => ({
  ...{ lambda: new LambdaClient({ region: 'eu-west-1' }), workerArn, name: 'one', arn },
  again: 'snapkeep backup ci --deployed',
  describe: async (operations) => operations.join(','),
  ...changes,
});

/** Follows as a verb does. */
async function run(changes: Partial<Followed> = {}, overrides: Partial<CapturedIo> = {}) {
  const told: { ended?: Awaited<ReturnType<typeof follow>> } = {};
  const program = new Command('snapkeep').option('-c, --config <file>', '', 'snapkeep.yaml').exitOverride();
  const host = createHost(program, { ...io, ...overrides }, async () => 0);
  program.command('verb').action(
    host.run(async (invocation) => {
      told.ended = await follow(invocation, followed(changes));
      return 0;
    }),
  );
  await program.parseAsync(['verb'], { from: 'user' });
  return told.ended;
}

const running = { Status: 'RUNNING' as const, StartTimestamp: new Date(start) };

describe('following an execution', () => {
  it('looks every second at first, and every ten in the end', async () => {
    const looks: number[] = [];
    lambda.on(GetDurableExecutionCommand).callsFake(() => {
      looks.push(io.clock.now() - start);
      return looks.length < 40
        ? running
        : { Status: 'SUCCEEDED', Result: '{"a":1}', StartTimestamp: new Date(start) };
    });
    expect(await run()).toEqual({ status: 'succeeded', result: { a: 1 }, startedAt: start });
    const pauses = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
    expect(pauses[0]).toBe(1000);
    expect(Math.max(...pauses)).toBe(10_000);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    // Nobody looks at a pipe.
    expect(lambda.commandCalls(GetDurableExecutionHistoryCommand)).toHaveLength(0);
    expect(io.output()).toEqual({ stdout: '', stderr: '' });
  });

  it.each(['TIMED_OUT', 'STOPPED'] as const)('ends with a failure that says %s', async (Status) => {
    lambda.on(GetDurableExecutionCommand).resolves({ Status, DurableExecutionName: 'one' });
    const ended = await run();
    expect(ended).toMatchObject({
      status: 'failed',
      error: { message: `the execution one ended as ${Status}` },
    });
    // The worker had no chance to say anything.
    const error = ended?.status === 'failed' ? ended.error : new Error('it did not fail');
    expect(failureOfRun(error, 'one')).toMatchObject({
      kind: 'failed',
      message: `the execution one ended as ${Status}`,
      remedy: 'look at it in the Lambda console (Durable executions), then ask for the same again',
    });
  });

  it('waits a minute for an execution that is not shown yet, and no longer', async () => {
    lambda.on(ListDurableExecutionsByFunctionCommand).resolves({ DurableExecutions: [] });
    await expect(run({ arn: undefined })).rejects.toThrow('the execution one was accepted and is not shown');
    expect(io.clock.now() - start).toBeGreaterThan(60_000);
    expect(io.clock.now() - start).toBeLessThan(80_000);
  });

  it('passes on what will not go away by itself', async () => {
    const denied = Object.assign(new Error('no'), {
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    lambda.on(GetDurableExecutionCommand).rejects(denied);
    await expect(run()).rejects.toThrow('no');
  });

  it('draws the newest operations, each once, and that it goes on where no history is known', async () => {
    lambda
      .on(GetDurableExecutionCommand)
      .resolvesOnce(running)
      .resolvesOnce(running)
      .resolves({ Status: 'SUCCEEDED', Result: 'null' });
    lambda
      .on(GetDurableExecutionHistoryCommand)
      .resolvesOnce({
        Events: [
          { Name: 'start-1' },
          { EventType: 'InvocationCompleted' },
          { Name: 'start-1' },
          { Name: 'prepare' },
        ],
      })
      .rejects(new Error('no history here'));
    await run({}, { isTerminal: true });
    const { stderr } = io.output();
    expect(stderr).toContain('start-1,prepare, 0.0 s');
    expect(lambda.commandCalls(GetDurableExecutionHistoryCommand)[0]?.args[0].input).toMatchObject({
      ReverseOrder: true,
      IncludeExecutionData: false,
    });
  });
});

describe('what is said of a backup that runs in AWS', () => {
  const say = backupProgress(async () => 230);

  it.each([
    [[], 'looking for the sources'],
    [['prepare'], 'looking for the sources'],
    [['quiesce', 'prepare'], 'bringing the application to rest'],
    [['start-1', 'start-0', 'prepare'], 'starting 230 sources, chunk 2 of 5'],
    [['shard-5', 'shard-4'], '230 sources, divided over several runs'],
    [['available', 'start-4'], '230 sources: waiting for the copies'],
    [['protect', 'available'], '230 sources: protecting the copies'],
    [['seal'], 'sealing the backup'],
    [['start-rotation'], 'starting the rotation'],
    [['something-new'], 'something-new'],
  ])('follows from %j', async (operations, sentence) => {
    expect(await say(operations)).toBe(sentence);
  });

  it('does without a number before the intent stands', async () => {
    expect(await backupProgress(async () => undefined)(['start-0'])).toBe('starting the sources, chunk 1');
  });
});

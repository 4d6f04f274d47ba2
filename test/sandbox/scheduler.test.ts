import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import type { ScheduleDefinition } from '../../sandbox/scheduler/definition.ts';
import { createScheduler } from '../../sandbox/scheduler/scheduler.ts';
import { ServiceError } from '../../sandbox/service.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';

const account = '123456789012';
const region = 'eu-west-1';
const role = `arn:aws:iam::${account}:role/schedules`;
const queue = `arn:aws:sqs:${region}:${account}:dead-letters`;
const target = `arn:aws:lambda:${region}:${account}:function:start:live`;
const allow = (...statements: object[]) => ({
  [role]: [{ Version: '2012-10-17', Statement: statements.map((each) => ({ Effect: 'Allow', ...each })) }],
});
const mayAll = allow(
  { Action: 'lambda:InvokeFunction', Resource: target },
  { Action: 'sqs:SendMessage', Resource: queue },
);

let clock: VirtualClock;
let sandbox: RunningSandbox;
let received: unknown[];

async function begin(policies = mayAll): Promise<void> {
  await sandbox?.close();
  clock = new VirtualClock(Date.parse('2026-10-24T12:00:30Z'));
  sandbox = await startSandbox({ clock, policies });
  sandbox.serverless.queues.create(queue);
  received = [];
  sandbox.lambda.registerFunction('start', (event) => {
    received.push(event);
  });
}
beforeEach(() => begin());
afterEach(() => sandbox.close());

const definition = (changes: Partial<ScheduleDefinition> = {}): ScheduleDefinition => ({
  ...{ name: 'ci', group: 'snapkeep', arn: `arn:aws:scheduler:${region}:${account}:schedule/snapkeep/ci` },
  ...{ expression: 'cron(0 3 * * ? *)', timezone: 'Europe/Berlin', flexibleWindowMinutes: undefined },
  enabled: true,
  target: {
    ...{ arn: target, roleArn: role, deadLettersArn: queue },
    input: '{"plan":"ci","scheduledTime":"<aws.scheduler.scheduled-time>"}',
    ...{ maximumRetryAttempts: 3, maximumEventAgeSeconds: 3600 },
  },
  ...changes,
});

/** Time passes in steps, as it does while somebody asks for something now and then. */
async function pass(seconds: number, stepSeconds = 60): Promise<void> {
  for (let passed = 0; passed < seconds; passed += stepSeconds) {
    clock.advance(Math.min(stepSeconds, seconds - passed) * 1000);
    sandbox.world.settle();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await sandbox.lambda.idle();
}

describe('a schedule', () => {
  it('calls its function when the clock passes its time, in its zone, with that time', async () => {
    sandbox.serverless.scheduler.add(definition());
    await pass(3 * 86_400, 600);
    // The clocks go back on the 25th.
    expect(received).toEqual(
      ['2026-10-25T02:00:00Z', '2026-10-26T02:00:00Z', '2026-10-27T02:00:00Z'].map((scheduledTime) => ({
        plan: 'ci',
        scheduledTime,
      })),
    );
    const [schedule] = sandbox.serverless.scheduler.schedules();
    expect(new Date(schedule?.nextRun ?? 0).toISOString()).toBe('2026-10-28T02:00:00.000Z');
  });

  it('runs all occasions that the clock jumped over', async () => {
    sandbox.serverless.scheduler.add(definition({ expression: 'rate(6 hours)' }));
    await pass(86_400, 86_400);
    expect(received).toHaveLength(5);
  });

  it('may be late by its flexible window, with the same time in its input', async () => {
    sandbox.serverless.scheduler.add(definition({ flexibleWindowMinutes: 30 }));
    await pass(13 * 3600 + 59 * 60 + 29);
    expect(received).toEqual([]);
    await pass(31 * 60);
    expect(received).toEqual([{ plan: 'ci', scheduledTime: '2026-10-25T02:00:00Z' }]);
  });

  it('does nothing while it is switched off, and runs by hand', async () => {
    const { scheduler: all } = sandbox.serverless;
    all.add(definition({ enabled: false }));
    await pass(86_400, 3600);
    expect(received).toEqual([]);
    expect(all.fire('ci', Date.parse('2026-10-20T01:00:00Z'))?.state).toBe('under way');
    expect(all.fire('snapkeep/ci')?.scheduledAt).toBe(clock.now());
    expect(all.fire('nobody')).toBeUndefined();
    await pass(1);
    expect(received).toEqual([
      { plan: 'ci', scheduledTime: '2026-10-20T01:00:00Z' },
      { plan: 'ci', scheduledTime: '2026-10-25T12:00:30Z' },
    ]);
  });

  it('gives up at once what its role does not allow, with a letter that says so', async () => {
    await begin(allow({ Action: 'sqs:SendMessage', Resource: queue }));
    sandbox.serverless.scheduler.add(definition());
    await pass(86_400, 3600);
    expect(received).toEqual([]);
    const [letter, ...others] = sandbox.serverless.queues.messages(queue);
    expect(others).toEqual([]);
    expect(JSON.parse(letter?.body ?? '')).toEqual({ plan: 'ci', scheduledTime: '2026-10-25T02:00:00Z' });
    expect(letter?.attributes).toMatchObject({
      ERROR_CODE: expect.stringContaining('AccessDenied'),
      RETRY_ATTEMPTS: '0',
      SCHEDULED_TIME: '2026-10-25T02:00:00Z',
      TARGET_ARN: target,
    });
  });

  it('loses a letter that its role may not send, and tells of it', async () => {
    await begin(allow({ Action: 'lambda:InvokeFunction', Resource: `${target}-other` }));
    sandbox.serverless.scheduler.add(definition());
    await pass(86_400, 3600);
    expect(sandbox.serverless.queues.messages(queue)).toEqual([]);
    expect(sandbox.serverless.scheduler.deliveries()).toEqual([
      expect.objectContaining({ state: 'given up', error: expect.stringContaining('sqs:SendMessage') }),
    ]);
  });

  it('tries again what may go better later, as often and as long as its retry policy says', async () => {
    let calls = 0;
    let failing = 2;
    const tried = createScheduler(sandbox.world, {
      ...{ iam: sandbox.iam, queues: sandbox.serverless.queues },
      invoke: () => {
        calls += 1;
        if (calls <= failing) throw new ServiceError('TooManyRequestsException', 'Rate exceeded', 429);
      },
    });
    tried.add(definition({ enabled: false }));
    tried.fire('ci');
    await pass(60, 1);
    expect(tried.deliveries()).toEqual([expect.objectContaining({ attempts: 3, state: 'delivered' })]);
    failing = Number.POSITIVE_INFINITY;
    tried.fire('ci');
    await pass(3600, 1);
    expect(tried.deliveries()[1]).toMatchObject({ attempts: 4, state: 'given up', error: 'Rate exceeded' });
    expect(sandbox.serverless.queues.messages(queue)[0]?.attributes).toMatchObject({
      ...{ ERROR_CODE: 'TooManyRequestsException', EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts' },
      RETRY_ATTEMPTS: '3',
    });
  });
});

/**
 * The deployment as a whole: the synthesized template and the built bundles in the sandbox, under the template's roles,
 * from a schedule to a restored machine. Functions run in processes of their own and on the wall clock; the cloud
 * around them runs twenty times as fast.
 */
import { fileURLToPath } from 'node:url';
import { GetDurableExecutionHistoryCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustedDocuments } from '../../bin/cli/trusted-documents.ts';
import { fastWallClock } from '../../sandbox/clock.ts';
import type { Deployment } from '../../sandbox/deploy/deploy.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';
import { type Assembly, synthesizeAssembly } from '../support/assembly.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));
const vault = 'acme-snapkeep-vault';
const worker = 'example-backup-worker';

let assembly: Assembly;
let sandbox: RunningSandbox;
let deployment: Deployment;
let client: LambdaClient;

async function start(): Promise<void> {
  sandbox = await startSandbox({
    ...{ estate: example('estate.yaml'), assembly: assembly.folder, snapshotSeconds: 20 },
    ...{ clock: fastWallClock(20), trustedDocuments: trustedDocuments() },
    // Few histories are as short as that: their readers have to ask for the rest.
    lambda: { statePage: 3 },
  });
  client = new LambdaClient({ endpoint: sandbox.url, region: sandbox.region, credentials: sandbox.identity });
  if (!sandbox.serverless.deployment) throw new Error('nothing was deployed');
  deployment = sandbox.serverless.deployment;
}

async function stop(): Promise<void> {
  client.destroy();
  await sandbox.close();
}

beforeAll(async () => {
  assembly = await synthesizeAssembly(example('snapkeep.yaml'));
  await start();
}, 120_000);
afterAll(async () => {
  await stop();
  assembly.remove();
});

/** Waits for what answers something else than undefined, for less time than a test has. */
async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 50_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${everyLog()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const logOf = (name: string): string[] => sandbox.serverless.logs.of(name).map(({ text }) => text);
const everyLog = (): string =>
  sandbox.lambda
    .functions()
    .flatMap(({ name }) => logOf(name).map((text) => `${name} ${text}`))
    .slice(-60)
    .join('\n');

const executions = () => sandbox.lambda.functions().flatMap((each) => [...each.executions.values()]);
const ended = (name: string | RegExp) =>
  until(`the end of ${name}`, () =>
    executions().find(
      (each) => each.ended && (name instanceof RegExp ? name.test(each.name) : each.name === name),
    ),
  );

/** As a person does who picks a deployed test event in the console and presses Test: `$LATEST`, synchronously. */
async function press(name: string, event: string) {
  const pressed = await fetch(`${sandbox.url}/_sandbox/tests/${name}/${event}`, { method: 'POST' });
  const text = await pressed.text();
  expect(pressed.status, text).toBe(200);
  const { failed, answer } = JSON.parse(text);
  expect(failed, text).toBe(false);
  return answer;
}

async function fire(schedule: string, time?: string): Promise<{ readonly scheduledTime: string }> {
  const answer = await fetch(`${sandbox.url}/_sandbox/schedules/${schedule}/fire`, {
    method: 'POST',
    ...(time === undefined ? {} : { body: JSON.stringify({ time }) }),
  });
  expect(answer.status).toBe(202);
  return JSON.parse(await answer.text());
}

const manifestsOf = (plan: string) =>
  sandbox.s3
    .keys(vault, `ledger/${plan}/`)
    .filter((key) => key.endsWith('/backup_information.json'))
    .map((key) => JSON.parse(sandbox.s3.text(vault, key) ?? 'null'));
const imagesOf = (plan: string) =>
  [...sandbox.ec2.region(sandbox.region).images.values()].filter(
    ({ tags }) => tags.get('snapkeep:plan') === plan,
  );
const place = () => ({ account: sandbox.identity.account, region: sandbox.region });
const measured = (name: string, plan: string) =>
  sandbox.cloudwatch.sum(place(), 'Snapkeep', name, { deployment: 'example', plan });

/** What any role was refused, so far. */
const refused = (): string[] =>
  [
    ...deployment.stacks.flatMap(({ functions }) => functions.map(({ roleArn }) => roleArn)),
    ...sandbox.serverless.scheduler.schedules().map(({ target }) => target.roleArn),
  ].flatMap((role) => [...sandbox.iam.usage(role).refused].map((each) => `${role} ${JSON.stringify(each)}`));

describe.sequential('a deployment in the sandbox', () => {
  let occasion = '';

  it('is what the template says, and names what the sandbox has nothing for', () => {
    const [stack, ...others] = deployment.stacks;
    expect(others).toEqual([]);
    expect(stack?.name).toBe('snapkeep-example');
    expect(stack?.functions.filter(({ durable }) => durable).map(({ name }) => name)).toEqual(
      expect.arrayContaining([worker, 'example-rotate-worker', 'example-restore-worker']),
    );
    expect(stack?.schedules).toEqual(['ci', 'fleet', 'gitlab', 'rotate_daily']);
    expect(sandbox.s3.bucket(vault)?.policy).toContain('s3:if-none-match');
    expect(Object.keys(stack?.notSimulated ?? {})).toContain('AWS::CloudWatch::Dashboard');
    expect(Object.keys(stack?.notSimulated ?? {})).not.toContain('AWS::Lambda::Function');
  });

  it('backs up by itself when the clock passes the time of a schedule, and rotates afterwards', async () => {
    // The rate of this plan has no start date: its first run is at once.
    const { ended: end } = await ended(/^example-gitlab-\d{8}t\d{4}$/);
    expect(end?.status).toBe('SUCCEEDED');
    expect((await ended(/^example-gitlab-\d{8}t\d{4}-rb$/)).ended?.status).toBe('SUCCEEDED');
    expect(manifestsOf('gitlab')).toEqual([
      expect.objectContaining({ status: 'completed', snapkeep_version: '0.0.0-test' }),
    ]);
    expect(imagesOf('gitlab')).toHaveLength(1);
    expect(measured('BackupCompleted', 'gitlab')).toBe(1);
  });

  it('backs up the machine and the database of an application, under the role of its worker', async () => {
    const { scheduledTime } = await fire('ci');
    occasion = scheduledTime;
    expect((await ended(/^example-ci-\d{8}t\d{4}$/)).ended?.status).toBe('SUCCEEDED');
    expect((await ended(/^example-ci-\d{8}t\d{4}-rb$/)).ended?.status).toBe('SUCCEEDED');
    const [manifest] = manifestsOf('ci');
    expect(manifest).toMatchObject({ status: 'completed', plan: 'ci' });
    expect(manifest.recovery_points).toHaveLength(2);
  });

  it('changes nothing when the same occasion of a schedule is delivered again', async () => {
    const before = [executions().length, imagesOf('ci').length, manifestsOf('ci').length];
    const starts = () => logOf('example-start').filter((line) => line.includes('"plan":"ci"')).length;
    const started = starts();
    await fire('ci', occasion);
    await until('the second delivery', () => (starts() > started ? true : undefined));
    await sandbox.lambda.idle();
    expect([executions().length, imagesOf('ci').length, manifestsOf('ci').length]).toEqual(before);
    const deliveries = sandbox.serverless.scheduler.deliveries().filter(({ schedule }) => schedule === 'ci');
    expect(deliveries.map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });

  it('goes on where it was when the process of a worker is killed', async () => {
    const kill = deployment.functionNamed(worker)?.processes.kill;
    let kills = 0;
    sandbox.serverless.logs.onLine(({ name }, { text }) => {
      if (name !== worker || kills > 0 || !text.includes('backup begun')) return;
      kills += 1;
      kill?.();
    });
    await fire('fleet');
    const { arn, ended: end } = await ended(/^example-fleet-\d{8}t\d{4}$/);
    expect(kills).toBe(1);
    expect(end?.status).toBe('SUCCEEDED');
    const { Events = [] } = await client.send(
      new GetDurableExecutionHistoryCommand({ DurableExecutionArn: arn, MaxItems: 1000 }),
    );
    const errors = Events.flatMap(({ InvocationCompletedDetails: each }) => each?.Error?.Payload ?? []);
    expect(errors).toEqual([expect.objectContaining({ ErrorType: 'Runtime.ExitError' })]);
    const [manifest] = manifestsOf('fleet');
    expect(manifest.status).toBe('completed');
    expect(imagesOf('fleet')).toHaveLength(manifest.recovery_points.length);
  });

  it('tells from the console what a restore would do, and does it', async () => {
    const told = await press('example-restore', 'dry-run-ci');
    expect(told).toMatchObject({ dryRun: true, state: 'told', planned: { problems: [] } });
    const before = sandbox.ec2.region(sandbox.region).instances.size;
    const answer = await press('example-restore', 'latest-ci');
    expect(answer).toMatchObject({ dryRun: false, state: 'accepted' });
    expect((await ended(answer.executionName)).ended?.status).toBe('SUCCEEDED');

    const { instances } = sandbox.ec2.region(sandbox.region);
    expect(instances.size).toBe(before + 1);
    const restored = [...instances.values()].find(({ tags }) => tags.has('snapkeep:restore'));
    expect(sandbox.machines.activeUnits(restored?.id ?? '')).toContain('replicated.service');
    const report = sandbox.s3.text(vault, `ledger/ci/restores/${answer.requestId}/report-1.json`);
    expect(JSON.parse(report ?? 'null')).toMatchObject({ status: 'completed' });
    expect(measured('RestoreCompleted', 'ci')).toBe(1);
  });

  it.each([worker, 'example-restore-worker'])(
    'had the runtime of %s write and read a history of several pages under its role',
    (name) => {
      const role = deployment.functionNamed(name)?.roleArn ?? '';
      expect([...sandbox.iam.usage(role).used.keys()]).toEqual(
        expect.arrayContaining(['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState']),
      );
    },
  );

  it('was refused nothing, gave nothing up, and made the sandbox fail nowhere', () => {
    expect(refused()).toEqual([]);
    const { queues } = sandbox.serverless;
    expect([...queues.arns].flatMap((arn) => queues.messages(arn))).toEqual([]);
    expect(sandbox.internalErrors).toEqual([]);
  });

  it('fails where a permission is missing, and says which in the log', async () => {
    await stop();
    assembly.forbid('BackupWorker', 'ec2:CreateImage', '::image/*');
    await start();
    await fire('fleet');
    await ended(/^example-fleet-\d{8}t\d{4}$/);
    expect(manifestsOf('fleet').map(({ status }) => status)).not.toContain('completed');
    expect(refused().join('\n')).toContain('ec2:CreateImage');
    expect(measured('BackupFailed', 'fleet')).toBe(1);
    const lines = logOf(worker).filter((line) => line.includes('no recovery point'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line).toMatch(/UnauthorizedOperation: not authorized to perform ec2:CreateImage on/);
    const [message] = sandbox.sns.messages(deployment.stacks[0]?.outputs.NotificationTopic ?? '');
    expect(message?.message).toMatch(/UnauthorizedOperation|not authorized/);
  });
});

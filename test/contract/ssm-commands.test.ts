import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type {
  CommandDocument,
  CommandOrder,
  CommandPort,
} from '../../functions/applications/command-port.ts';
import { createSsmCommands } from '../../functions/applications/ssm-commands.ts';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { account, type Cloud, region, startCloud } from '../support/cloud.ts';
import { startRestoringClients } from '../support/restorer-world.ts';

let cloud: Cloud;
let clients: AwsClients;
let machine: string;
let ran: string[];
let local: CommandPort;

const documentOf = (script: string, version = '1'): CommandDocument => {
  const content = JSON.stringify({
    schemaVersion: '2.2',
    description: version,
    parameters: {
      Host: { type: 'String', interpolationType: 'ENV_VAR', allowedPattern: '^[a-z0-9.-]{1,63}$' },
    },
    mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: [script] } }],
  });
  const digest = createHash('sha256').update(content).digest('hex');
  return { name: 'prod-eu-circleci-server-rewrite', digest, content };
};
const document = documentOf('true');
const order = (change: Partial<CommandOrder> = {}): CommandOrder => ({
  machine,
  document,
  parameters: { Host: 'ci.example.com' },
  timeoutSeconds: 900,
  token: 'restore-1/rewrite/1',
  ...change,
});
const place = { account, region };
const pass = (seconds: number): void => cloud.clock.advance(seconds * 1000);

beforeEach(async () => {
  cloud = await startCloud();
  clients = startRestoringClients(cloud);
  const seed = cloud.sandbox.ec2.seed(region);
  seed.addInstanceProfile({ name: 'restored' });
  machine = seed.addInstance({ instanceProfile: 'restored' }).id;
  ran = [];
  cloud.sandbox.ssm.useRunner(({ parameters }) => {
    ran.push(JSON.stringify(parameters));
    return { exitCode: 0, stdout: 'changed 3 files\n', stderr: '', durationSeconds: 5 };
  });
  local = createSsmCommands({ ssm: clients.ssm, clock: cloud.clock, mayWriteDocuments: true });
});
afterEach(async () => {
  clients.destroy();
  await cloud.close();
});

it('a command is written, sent, waited for and done', async () => {
  pass(120);
  expect(await local.prepare([document])).toEqual([]);
  expect(await local.readiness({ machine })).toMatchObject({ state: 'ready' });
  const sent = await local.send(order());
  expect(await local.poll(sent)).toMatchObject({ state: 'pending' });
  pass(60);
  expect(await local.poll(sent)).toEqual({ state: 'done', stdout: 'changed 3 files\n', stderr: '' });
  expect(ran).toHaveLength(1);
});

it('a command whose answer is lost is found again by its token and runs once', async () => {
  pass(120);
  cloud.sandbox.faults.add({
    service: 'ssm',
    action: 'SendCommand',
    code: 'InternalServerError',
    status: 500,
    when: 'after',
    times: 1,
  });
  await expect(local.send(order())).rejects.toMatchObject({ name: 'InternalServerError' });
  const another = createSsmCommands({ ssm: clients.ssm, clock: cloud.clock, mayWriteDocuments: false });
  const sent = await another.send(order());
  pass(60);
  expect(await another.poll(sent)).toMatchObject({ state: 'done' });
  expect(cloud.sandbox.ssm.commands(place)).toHaveLength(1);
  expect((await another.send(order({ token: 'restore-1/rewrite/2' }))).id).not.toBe(sent.id);
});

it('a newer version of Snapkeep writes its documents as new versions, and runs those', async () => {
  pass(120);
  const newer = documentOf('true', '2');
  expect(await local.prepare([document, newer])).toEqual([]);
  expect(cloud.sandbox.ssm.document(place, document.name)?.versions).toHaveLength(2);
  await local.send(order({ document: newer }));
  expect(cloud.sandbox.ssm.commands(place).at(-1)?.version.number).toBe(2);
  const deployed = createSsmCommands({ ssm: clients.ssm, clock: cloud.clock, mayWriteDocuments: false });
  expect(await deployed.prepare([document])).toEqual([expect.stringContaining('of another version')]);
});

it('values that are more than values are refused by the document before anything runs', async () => {
  pass(120);
  for (const Host of ['ci$(reboot)', 'a;b', 'a\nb', '../x', "a'b"])
    await expect(local.send(order({ parameters: { Host } }))).rejects.toThrow('refuses a parameter');
  await expect(local.send(order({ parameters: { Unknown: 'x' } }))).rejects.toThrow('refuses a parameter');
  expect(ran).toEqual([]);
});

it('a machine without a profile is never ready, and a command to it is refused', async () => {
  const { id } = cloud.sandbox.ec2.seed(region).addInstance();
  pass(120);
  expect(await local.readiness({ machine: id })).toMatchObject({ state: 'waiting' });
  await expect(local.send(order({ machine: id }))).rejects.toThrow('is not reachable');
});

import {
  CancelCommandCommand,
  CreateDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  paginateDescribeInstanceInformation,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refuseToRun } from '../../sandbox/services/ssm/agents.ts';
import type { CommandRequest, CommandResult, ManagedInstance } from '../../sandbox/services/ssm/model.ts';
import { createSsm, type Ssm } from '../../sandbox/services/ssm/service.ts';
import { World } from '../../sandbox/world.ts';
import { codeOf, refusalOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const idOf = (index: number) => `i-${String(index).padStart(17, '0')}`;
const DocumentName = 'snapkeep-quiesce';
let now = Date.UTC(2026, 0, 1, 2);
let instances: ManagedInstance[] = [];
let requests: CommandRequest[] = [];
let sandbox: StartedSandbox;
let ssm: Ssm;
let client: SSMClient;

beforeAll(async () => {
  sandbox = await startSandbox(
    (world) => {
      ssm = createSsm(world, { instances: () => instances });
      return [ssm.service];
    },
    { world: new World({ clock: { now: () => now } }) },
  );
  client = new SSMClient(sandbox.clientConfig);
  await client.send(
    new CreateDocumentCommand({
      Name: DocumentName,
      DocumentType: 'Command',
      Content: JSON.stringify({
        schemaVersion: '2.2',
        parameters: {
          Action: { type: 'String', allowedValues: ['freeze', 'thaw'], default: 'freeze' },
          Host: { type: 'String', allowedPattern: '[a-z0-9.-]{1,63}' },
        },
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: 'run',
            inputs: { runCommand: ['true'], timeoutSeconds: '120' },
          },
        ],
      }),
    }),
  );
});
afterAll(() => sandbox.close());

const runWith = (result: Partial<CommandResult>) => {
  ssm.useRunner((request) => {
    requests.push(request);
    return { exitCode: 0, stdout: '', stderr: '', durationSeconds: 5, ...result };
  });
};
beforeEach(() => {
  requests = [];
  instances = [1, 2].map((index) => ({ instanceId: idOf(index), pingStatus: 'Online' as const }));
  runWith({});
});

const pass = (seconds: number) => {
  now += seconds * 1000;
};
const send = async (more: object = {}) => {
  const { Command } = await client.send(
    new SendCommandCommand({ DocumentName, InstanceIds: [idOf(1)], Parameters: { Host: ['ci'] }, ...more }),
  );
  return Command?.CommandId ?? '';
};
const look = (CommandId: string, InstanceId = idOf(1), more: object = {}) =>
  client.send(new GetCommandInvocationCommand({ CommandId, InstanceId, ...more }));

describe('the life of an invocation', () => {
  test('does not exist right after sending, then is pending, in progress and done', async () => {
    runWith({ stdout: 'frozen\n' });
    const id = await send();
    expect(await codeOf(look(id))).toBe('InvocationDoesNotExist 400');
    pass(0.6);
    expect(await look(id)).toMatchObject({ Status: 'Pending', ResponseCode: -1, ExecutionStartDateTime: '' });
    pass(0.5);
    expect(await look(id)).toMatchObject({
      Status: 'InProgress',
      ResponseCode: -1,
      StandardOutputContent: '',
    });
    pass(5);
    expect(await look(id)).toMatchObject({
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      StandardOutputContent: 'frozen\n',
      DocumentName,
      PluginName: 'run',
      ExecutionElapsedTime: 'PT5S',
    });
    expect(await codeOf(look(id, idOf(2)))).toBe('InvocationDoesNotExist 400');
    expect(await codeOf(look(id, idOf(1), { PluginName: 'other' }))).toBe('InvalidPluginName 400');
  });

  test('the runner gets the document and every parameter, defaults included', async () => {
    const id = await send({ Parameters: { Host: ['gitlab.example.com'] } });
    pass(2);
    await look(id);
    expect(requests).toMatchObject([
      {
        commandId: id,
        instanceId: idOf(1),
        documentName: DocumentName,
        documentVersion: '1',
        parameters: { Host: ['gitlab.example.com'], Action: ['freeze'] },
        content: { steps: [{ action: 'aws:runShellScript', inputs: { runCommand: ['true'] } }] },
      },
    ]);
    expect(JSON.parse(requests[0]?.text ?? '')).toMatchObject({ schemaVersion: '2.2' });
  });

  test('a script that fails leaves its exit code and its words', async () => {
    runWith({ exitCode: 3, stderr: 'no such volume\n' });
    const id = await send();
    pass(10);
    expect(await look(id)).toMatchObject({
      Status: 'Failed',
      ResponseCode: 3,
      StandardErrorContent: 'no such volume\n',
    });
  });

  test('output is cut at 24,000 characters, errors at 8,000, and less in a list', async () => {
    runWith({ stdout: 'o'.repeat(30_000), stderr: 'e'.repeat(30_000) });
    const CommandId = await send();
    pass(10);
    const { StandardOutputContent, StandardErrorContent } = await look(CommandId);
    expect([StandardOutputContent?.length, StandardErrorContent?.length]).toEqual([24_000, 8_000]);
    const { CommandInvocations } = await client.send(
      new ListCommandInvocationsCommand({ CommandId, Details: true }),
    );
    expect(CommandInvocations?.[0]?.CommandPlugins?.[0]?.Output).toHaveLength(2_500);
  });

  test('a script over its time-out is ended', async () => {
    runWith({ durationSeconds: 10_000 });
    const id = await send();
    pass(60);
    expect((await look(id)).Status).toBe('InProgress');
    pass(100);
    expect(await look(id)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Execution Timed Out' });
  });

  test('a runner that throws makes the invocation fail', async () => {
    ssm.useRunner(() => Promise.reject(new Error('no tree for this machine')));
    const id = await send();
    pass(2);
    expect(await look(id)).toMatchObject({
      Status: 'Failed',
      StandardErrorContent: 'no tree for this machine',
    });
  });

  test('without a runner nothing is executed, and the answer says so', async () => {
    ssm.useRunner(refuseToRun);
    const id = await send();
    pass(2);
    const { Status, StandardErrorContent } = await look(id);
    expect(Status).toBe('Failed');
    expect(StandardErrorContent).toContain('was not executed');
  });

  test('a machine that is not online gets the command when it is, or never', async () => {
    instances = [{ instanceId: idOf(1), pingStatus: 'ConnectionLost' }];
    const patient = await send({ TimeoutSeconds: 600 });
    const hasty = await send({ TimeoutSeconds: 30 });
    pass(100);
    expect((await look(patient)).Status).toBe('Pending');
    expect(await look(hasty)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Delivery Timed Out' });
    instances = [{ instanceId: idOf(1), pingStatus: 'Online' }];
    pass(30);
    expect((await look(patient)).Status).toBe('Success');
    expect(requests).toHaveLength(1);
  });

  test('a command can be cancelled before its end', async () => {
    const CommandId = await send();
    pass(2);
    expect((await look(CommandId)).Status).toBe('InProgress');
    await client.send(new CancelCommandCommand({ CommandId }));
    expect((await look(CommandId)).Status).toBe('Cancelled');
    const missing = { CommandId: '00000000-0000-0000-0000-000000000000' };
    expect(await codeOf(client.send(new CancelCommandCommand(missing)))).toBe('InvalidCommandId 400');
  });
});

describe('what SendCommand refuses', () => {
  test('unknown documents, machines and versions', async () => {
    expect(await codeOf(send({ DocumentName: 'nope' }))).toBe('InvalidDocument 400');
    expect(await codeOf(send({ DocumentVersion: '7' }))).toBe('InvalidDocumentVersion 400');
    const refusal = await refusalOf(send({ InstanceIds: [idOf(1), idOf(9)] }));
    expect(refusal.name).toBe('InvalidInstanceId');
    expect(refusal.message).toContain(idOf(9));
    expect(await codeOf(send({ InstanceIds: [idOf(1), idOf(1)] }))).toBe('DuplicateInstanceId 400');
    expect(await codeOf(send({ InstanceIds: ['i-1'] }))).toBe('ValidationException 400');
    expect(await codeOf(send({ InstanceIds: [] }))).toBe('ValidationException 400');
  });

  test('more than 50 machines', async () => {
    const ids = Array.from({ length: 51 }, (_, index) => idOf(index));
    instances = ids.map((instanceId) => ({ instanceId, pingStatus: 'Online' }));
    expect(await codeOf(send({ InstanceIds: ids }))).toBe('ValidationException 400');
    await send({ InstanceIds: ids.slice(1) });
  });

  test.each([
    ['one that is missing', {}],
    ['one that the document does not know', { Host: ['ci'], Other: ['x'] }],
    ['one that is not allowed', { Host: ['ci'], Action: ['reboot'] }],
    ['one that breaks the pattern', { Host: ['ci; rm -rf /'] }],
    ['one that matches the pattern only in part', { Host: ['ci\nrm'] }],
    ['two values for a single one', { Host: ['a', 'b'] }],
  ])('parameters: %s', async (_what, Parameters) => {
    expect(await codeOf(send({ Parameters }))).toBe('InvalidParameters 400');
  });

  test('a document that with its parameters exceeds 64 KB', async () => {
    const call = send({ DocumentName: 'AWS-RunShellScript', Parameters: { commands: ['x'.repeat(65_536)] } });
    expect(await codeOf(call)).toBe('MaxDocumentSizeExceeded 400');
  });
});

test('a command aims at tags, and is as good as its worst invocation', async () => {
  instances = [
    { instanceId: idOf(1), pingStatus: 'Online', tags: { Role: 'ci' } },
    { instanceId: idOf(2), pingStatus: 'Online', tags: { Role: 'ci' } },
    { instanceId: idOf(3), pingStatus: 'Online', tags: { Role: 'db' } },
  ];
  ssm.useRunner(({ instanceId }) => ({
    exitCode: instanceId === idOf(2) ? 1 : 0,
    stdout: instanceId,
    stderr: '',
    durationSeconds: 1,
  }));
  const CommandId = await send({ InstanceIds: undefined, Targets: [{ Key: 'tag:Role', Values: ['ci'] }] });
  pass(5);
  const { Commands } = await client.send(new ListCommandsCommand({ CommandId }));
  expect(Commands).toMatchObject([{ Status: 'Failed', TargetCount: 2, CompletedCount: 2, ErrorCount: 1 }]);
  const { CommandInvocations } = await client.send(new ListCommandInvocationsCommand({ CommandId }));
  expect(CommandInvocations?.map(({ InstanceId, Status }) => [InstanceId, Status])).toEqual([
    [idOf(1), 'Success'],
    [idOf(2), 'Failed'],
  ]);
});

test('commands are listed newest first, filtered and in pages', async () => {
  const ids = [await send({ Comment: 'a' }), await send(), await send()];
  const list = (more: object) => client.send(new ListCommandsCommand({ MaxResults: 2, ...more }));
  const first = await list({});
  expect(first.Commands?.map(({ CommandId }) => CommandId)).toEqual([ids[2], ids[1]]);
  const second = await list({ NextToken: first.NextToken });
  expect(second.Commands?.[0]).toMatchObject({ CommandId: ids[0], Comment: 'a', Status: 'Pending' });
  const future = new Date(now + 1000).toISOString();
  expect((await list({ Filters: [{ key: 'InvokedAfter', value: future }] })).Commands).toEqual([]);
});

describe('managed instances', () => {
  test('come in pages of ten, by default', async () => {
    instances = Array.from({ length: 23 }, (_, index) => ({ instanceId: idOf(index), pingStatus: 'Online' }));
    const sizes: (number | undefined)[] = [];
    for await (const page of paginateDescribeInstanceInformation({ client }, {})) {
      sizes.push(page.InstanceInformationList?.length);
    }
    expect(sizes).toEqual([10, 10, 3]);
  });

  test('are found by id, ping status and tag', async () => {
    instances = [
      { instanceId: idOf(1), pingStatus: 'Online', computerName: 'ci.internal', ipAddress: '10.0.1.67' },
      { instanceId: idOf(2), pingStatus: 'ConnectionLost', tags: { Role: 'db' } },
    ];
    const find = async (Key: string, ...Values: string[]) => {
      const answer = await client.send(
        new DescribeInstanceInformationCommand({ Filters: [{ Key, Values }] }),
      );
      return answer.InstanceInformationList?.map(({ InstanceId }) => InstanceId);
    };
    expect(await find('InstanceIds', idOf(2), idOf(7))).toEqual([idOf(2)]);
    expect(await find('PingStatus', 'Online')).toEqual([idOf(1)]);
    expect(await find('tag:Role', 'db')).toEqual([idOf(2)]);
    expect(await codeOf(find('Colour', 'red'))).toBe('InvalidFilterKey 400');
    expect(await codeOf(find('PingStatus', 'Sleeping'))).toBe('InvalidInstanceInformationFilterValue 400');
    const { InstanceInformationList } = await client.send(new DescribeInstanceInformationCommand({}));
    expect(InstanceInformationList?.[0]).toMatchObject({
      ComputerName: 'ci.internal',
      PlatformType: 'Linux',
    });
  });
});

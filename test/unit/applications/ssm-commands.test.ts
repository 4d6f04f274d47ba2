import { createHash } from 'node:crypto';
import {
  CreateDocumentCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  GetDocumentCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
  SSMServiceException,
  UpdateDocumentCommand,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommandDocument, CommandOrder } from '../../../functions/applications/command-port.ts';
import { createSsmCommands } from '../../../functions/applications/ssm-commands.ts';
import type { Clock } from '../../../functions/shared/clock.ts';

const ssm = mockClient(SSMClient);
let slept = 0;
const clock: Clock = {
  now: () => 0,
  sleep: async (milliseconds) => {
    slept += milliseconds;
  },
  whileBusy: (work) => work(),
};
const commandsFor = (mayWriteDocuments: boolean) =>
  createSsmCommands({ ssm: new SSMClient({ region: 'eu-west-1' }), clock, mayWriteDocuments });
let deployed = commandsFor(false);
beforeEach(() => {
  ssm.reset();
  slept = 0;
  deployed = commandsFor(false);
});

const machine = 'i-0123456789abcdef0';
const documentOf = (content: string): CommandDocument => ({
  name: 'prod-eu-circleci-server-rewrite',
  digest: createHash('sha256').update(content).digest('hex'),
  content,
});
const document = documentOf('{"schemaVersion":"2.2","mainSteps":[]}');
const order = (change: Partial<CommandOrder> = {}): CommandOrder => ({
  machine,
  document,
  parameters: { Hostname: 'ci' },
  timeoutSeconds: 900,
  token: 'restore-1/rewrite/1',
  ...change,
});
const refusal = (name: string, message = 'no') =>
  new SSMServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });
const described = (more: object = {}) => ({
  Document: {
    DocumentVersion: '3',
    Hash: document.digest,
    HashType: 'Sha256' as const,
    Status: 'Active' as const,
    ...more,
  },
});

describe('documents', () => {
  it('that stand in exactly our content are found by their hash, and looked at once', async () => {
    ssm.on(DescribeDocumentCommand).resolves(described());
    expect(await deployed.prepare([document])).toEqual([]);
    expect(await deployed.prepare([document])).toEqual([]);
    expect(ssm.commandCalls(DescribeDocumentCommand)).toHaveLength(1);
    expect(ssm.commandCalls(DescribeDocumentCommand)[0]?.args[0].input.DocumentVersion).toBe('$LATEST');
  });

  it('that CloudFormation wrote with other blanks and order are taken by their meaning', async () => {
    ssm.on(DescribeDocumentCommand).resolves(described({ Hash: 'f'.repeat(64) }));
    ssm.on(GetDocumentCommand).resolves({ Content: '{ "mainSteps": [],\n "schemaVersion": "2.2" }' });
    expect(await deployed.prepare([document])).toEqual([]);
    ssm.on(GetDocumentCommand).resolves({ Content: '{ "mainSteps": [1], "schemaVersion": "2.2" }' });
    const [problem] = await commandsFor(false).prepare([document]);
    expect(problem).toContain('is of another version of Snapkeep');
  });

  it('that are missing are named, and never written, by a deployed function', async () => {
    ssm.on(DescribeDocumentCommand).rejects(refusal('InvalidDocument'));
    const other = documentOf('{}');
    const problems = await deployed.prepare([document, other]);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain(`${document.name} does not exist`);
    expect(ssm.commandCalls(CreateDocumentCommand)).toEqual([]);
  });

  it('that are missing are made by a local run, and used when they are active', async () => {
    ssm
      .on(DescribeDocumentCommand)
      .rejectsOnce(refusal('InvalidDocument'))
      .resolvesOnce(described({ DocumentVersion: '1', Status: 'Creating' }))
      .resolvesOnce(described({ DocumentVersion: '1', Status: 'Creating' }))
      .resolves(described({ DocumentVersion: '1' }));
    ssm.on(CreateDocumentCommand).resolves({});
    expect(await commandsFor(true).prepare([document])).toEqual([]);
    expect(slept).toBe(2000);
    expect(ssm.commandCalls(CreateDocumentCommand)[0]?.args[0].input).toMatchObject({
      Name: document.name,
      Content: document.content,
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
    });
  });

  it('that differ get a new version from a local run, also when another run is as fast', async () => {
    for (const answer of [undefined, refusal('DuplicateDocumentContent')]) {
      ssm.reset();
      ssm
        .on(DescribeDocumentCommand)
        .resolvesOnce(described({ Hash: 'f'.repeat(64) }))
        .resolves(described({ DocumentVersion: '4' }));
      ssm.on(GetDocumentCommand).resolves({ Content: '{}' });
      ssm.on(CreateDocumentCommand).rejects(refusal('DocumentAlreadyExists'));
      if (answer) ssm.on(UpdateDocumentCommand).rejects(answer);
      else ssm.on(UpdateDocumentCommand).resolves({});
      expect(await commandsFor(true).prepare([document])).toEqual([]);
      expect(ssm.commandCalls(UpdateDocumentCommand)).toHaveLength(1);
    }
  });

  it('that the service does not take are named with its reason', async () => {
    ssm.on(DescribeDocumentCommand).rejects(refusal('InvalidDocument'));
    ssm.on(CreateDocumentCommand).rejects(refusal('DocumentLimitExceeded', '500 documents'));
    expect(await commandsFor(true).prepare([document])).toEqual([
      expect.stringMatching(/cannot be written: the quota of documents.*500 documents/),
    ]);
    ssm.on(CreateDocumentCommand).rejects(refusal('AccessDeniedException'));
    await expect(commandsFor(true).prepare([document])).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('whose text does not have the digest that is claimed are refused', async () => {
    const forged = { ...document, content: '{"schemaVersion":"2.2","mainSteps":["rm"]}' };
    expect(await commandsFor(true).prepare([forged])).toEqual([expect.stringContaining('digest')]);
    expect(ssm.calls()).toEqual([]);
  });
});

describe('readiness', () => {
  const agent = (more: object) =>
    ssm.on(DescribeInstanceInformationCommand).resolves({
      InstanceInformationList: [
        {
          InstanceId: machine,
          PingStatus: 'Online',
          AgentVersion: '3.3.3050.0',
          PlatformType: 'Linux',
          ...more,
        },
      ],
    });
  const look = () => deployed.readiness({ machine });

  it('is there when a new enough agent is online', async () => {
    for (const AgentVersion of ['3.3.2746.0', '3.3.10000.0', '3.10.0.0', '4.0.0.0']) {
      agent({ AgentVersion });
      expect(await look()).toEqual({ state: 'ready', agentVersion: AgentVersion });
    }
    expect(ssm.commandCalls(DescribeInstanceInformationCommand)[0]?.args[0].input.Filters).toEqual([
      { Key: 'InstanceIds', Values: [machine] },
    ]);
  });

  it('is refused for agents that would put parameters into the script', async () => {
    for (const AgentVersion of ['3.3.2745.9', '3.2.2746.0', '2.3.3000.0', '3.3.1000.0']) {
      agent({ AgentVersion, PingStatus: 'ConnectionLost' });
      const readiness = await look();
      expect(readiness).toMatchObject({ state: 'unsuitable', reason: expect.stringContaining('3.3.2746.0') });
    }
  });

  it('is waited for while the agent is away, and refused on other systems', async () => {
    ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [] });
    expect(await look()).toMatchObject({ state: 'waiting', detail: expect.stringContaining('registered') });
    agent({ PingStatus: 'ConnectionLost' });
    expect(await look()).toMatchObject({
      state: 'waiting',
      detail: expect.stringContaining('ConnectionLost'),
    });
    agent({ AgentVersion: undefined });
    expect(await look()).toMatchObject({ state: 'waiting' });
    agent({ PlatformType: 'Windows' });
    expect(await look()).toMatchObject({ state: 'unsuitable', reason: expect.stringContaining('Windows') });
  });
});

describe('sending', () => {
  beforeEach(() => {
    ssm.on(DescribeDocumentCommand).resolves(described());
    ssm.on(ListCommandsCommand).resolves({});
    ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
  });

  it('names the verified version and its hash, the values as they are, and the token', async () => {
    const parameters = { Hostname: 'a"b$(c)', Empty: '' };
    expect(await deployed.send(order({ parameters }))).toEqual({ id: 'c-1', machine });
    const expected = {
      DocumentName: document.name,
      InstanceIds: [machine],
      Parameters: { Hostname: ['a"b$(c)'], Empty: [''] },
      Comment: 'restore-1/rewrite/1',
      TimeoutSeconds: 600,
      DocumentHash: document.digest,
    };
    expect(ssm.commandCalls(SendCommandCommand)[0]?.args[0].input).toEqual({
      ...expected,
      DocumentVersion: '3',
      DocumentHashType: 'Sha256',
    });
    expect(deployed.describe(order({ parameters }))).toEqual({
      service: 'ssm',
      action: 'SendCommand',
      parameters: expected,
    });
  });

  it('adopts the command of the same token, wherever it is listed, and no other', async () => {
    ssm
      .on(ListCommandsCommand)
      .resolvesOnce({ Commands: [{ CommandId: 'c-9', Comment: 'restore-1/rewrite/2' }], NextToken: 'more' })
      .resolvesOnce({
        Commands: [
          { CommandId: 'c-8', Comment: order().token, DocumentName: 'prod-eu-circleci-server-undo' },
          { CommandId: 'c-7', Comment: order().token, DocumentName: document.name },
        ],
      });
    expect(await deployed.send(order())).toEqual({ id: 'c-7', machine });
    expect(ssm.commandCalls(SendCommandCommand)).toEqual([]);
    expect(ssm.commandCalls(ListCommandsCommand)[0]?.args[0].input).toMatchObject({
      InstanceId: machine,
      Filters: [{ key: 'DocumentName', value: document.name }],
    });
  });

  it('runs nothing when the document is not ours', async () => {
    ssm.on(DescribeDocumentCommand).resolves(described({ Hash: 'f'.repeat(64) }));
    ssm.on(GetDocumentCommand).resolves({ Content: '{"mainSteps":["rm -rf /"]}' });
    await expect(deployed.send(order())).rejects.toThrow('another version of Snapkeep');
    expect(ssm.commandCalls(SendCommandCommand)).toEqual([]);
  });

  it('keeps the delivery time within what the service takes', async () => {
    await deployed.send(order({ timeoutSeconds: 5 }));
    expect(ssm.commandCalls(SendCommandCommand)[0]?.args[0].input.TimeoutSeconds).toBe(30);
  });

  it('refuses what is too long before anything is asked', async () => {
    await expect(deployed.send(order({ token: 'x'.repeat(101) }))).rejects.toThrow('100 characters');
    const parameters = { Map: 'x'.repeat(65_600) };
    await expect(deployed.send(order({ parameters }))).rejects.toThrow('Systems Manager takes 65536');
    expect(ssm.calls()).toEqual([]);
  });

  it.each([
    ['InvalidParameters', 'refuses a parameter'],
    ['InvalidInstanceId', 'is not reachable'],
    ['InvalidDocument', 'does not know the document'],
    ['UnsupportedPlatformType', 'does not run Linux'],
  ])('says what %s means', async (code, words) => {
    ssm.on(SendCommandCommand).rejects(refusal(code, 'the reason'));
    await expect(deployed.send(order())).rejects.toMatchObject({
      name: 'SnapkeepError',
      message: expect.stringContaining(words),
    });
  });

  it('throws on what concerns every call', async () => {
    ssm.on(SendCommandCommand).rejects(refusal('ExpiredTokenException'));
    await expect(deployed.send(order())).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });
});

describe('a command', () => {
  const sent = { id: 'c-1', machine };
  const stand = (invocation: Partial<GetCommandInvocationResult>) => {
    ssm.on(GetCommandInvocationCommand).resolves(invocation);
    return deployed.poll(sent);
  };

  it('is pending before it exists, while it waits and while it runs', async () => {
    ssm.on(GetCommandInvocationCommand).rejects(refusal('InvocationDoesNotExist', ''));
    expect(await deployed.poll(sent)).toEqual({ state: 'pending', detail: 'sent' });
    for (const Status of ['Pending', 'InProgress', 'Delayed', 'Cancelling'] as const)
      expect(await stand({ Status, StatusDetails: Status, ResponseCode: -1 })).toEqual({
        state: 'pending',
        detail: Status,
      });
  });

  it('is done with what it wrote, cut as the service cuts it', async () => {
    expect(
      await stand({
        Status: 'Success',
        ResponseCode: 0,
        StandardOutputContent: 'x'.repeat(30_000),
        StandardErrorContent: 'warning',
      }),
    ).toEqual({ state: 'done', stdout: 'x'.repeat(24_000), stderr: 'warning' });
  });

  it('has failed with its exit code, or without one when it never ended by itself', async () => {
    expect(await stand({ Status: 'Failed', ResponseCode: 3, StandardErrorContent: 'no' })).toEqual({
      state: 'failed',
      reason: 'the script ended with exit code 3',
      exitCode: 3,
      stdout: '',
      stderr: 'no',
    });
    const others = [
      ['TimedOut', 'Execution Timed Out', 'did not end in time'],
      ['TimedOut', 'ExecutionTimedOut', 'did not end in time'],
      ['TimedOut', 'Delivery Timed Out', 'did not fetch'],
      ['Failed', 'Undeliverable', 'could not be delivered'],
      ['Cancelled', 'Cancelled', 'cancelled'],
    ] as const;
    for (const [Status, StatusDetails, words] of others) {
      const standing = await stand({ Status, StatusDetails, ResponseCode: -1 });
      expect(standing).toMatchObject({ state: 'failed', reason: expect.stringContaining(words) });
      expect(standing).not.toHaveProperty('exitCode');
    }
  });
});

import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  paginateListCommands,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { type Clock, systemClock } from '../shared/clock.ts';
import { errorCode, failedError } from '../shared/errors.ts';
import type {
  AgentReadiness,
  CommandOrder,
  CommandOutput,
  CommandPort,
  CommandStanding,
  SentCommand,
} from './command-port.ts';
import { minimumAgentVersion } from './documents.ts';
import { DocumentStore } from './ssm-document-store.ts';

export interface SsmCommandsOptions {
  readonly ssm: SSMClient;
  readonly clock?: Clock;
  /** Local runs write missing documents; deployed functions only look at those that came with the stack. */
  readonly mayWriteDocuments: boolean;
}

/** "Document plus runtime parameters" (Systems Manager service quotas). */
const sizeLimit = 65_536;
/** GetCommandInvocation returns no more of a stream. */
const outputLimit = 24_000;
/** A machine that was ready a moment ago fetches a command at once; 30 s is the least that SendCommand takes. */
const deliverySeconds = { least: 30, most: 600 };
const tokenLimit = 100;

/** Commands on machines by Systems Manager's Run Command. */
export function createSsmCommands({
  ssm,
  clock = systemClock,
  mayWriteDocuments,
}: SsmCommandsOptions): CommandPort {
  const store = new DocumentStore({ ssm, clock, mayWriteDocuments });
  return {
    prepare: async (documents) => {
      const problems: string[] = [];
      for (const document of documents) {
        const outcome = await store.obtain(document);
        if (typeof outcome === 'string') problems.push(outcome);
      }
      return problems;
    },
    describe: (order) => ({
      service: 'ssm',
      action: 'SendCommand',
      parameters: { ...sendInput(order), DocumentHash: order.document.digest },
    }),
    survey: async (documents) => {
      const found = [];
      for (const document of documents) found.push(await store.survey(document));
      return {
        calls: found.filter((each) => typeof each === 'object'),
        problems: found.filter((each) => typeof each === 'string'),
      };
    },
    readiness: ({ machine }) => readiness(ssm, machine),
    send: (order) => send(ssm, store, order),
    poll: (sent) => poll(ssm, sent),
  };
}

async function readiness(ssm: SSMClient, machine: string): Promise<AgentReadiness> {
  const { InstanceInformationList: list = [] } = await ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [machine] }] }),
  );
  const [agent] = list;
  if (!agent) return { state: 'waiting', detail: 'the agent has not registered with Systems Manager yet' };
  if (agent.PlatformType !== undefined && agent.PlatformType !== 'Linux')
    return {
      state: 'unsuitable',
      reason: `the system of ${machine} is ${agent.PlatformType}; restores of applications know Linux only`,
    };
  const version = agent.AgentVersion ?? '';
  if (version !== '' && compareVersions(version, minimumAgentVersion) < 0)
    return {
      state: 'unsuitable',
      reason: `the SSM agent of ${machine} is ${version}, which puts parameters into a script's text; ${minimumAgentVersion} or newer hands them over as environment variables: update the agent on the machine, then resume the restore`,
    };
  if (agent.PingStatus !== 'Online')
    return {
      state: 'waiting',
      detail: `the agent is ${agent.PingStatus ?? 'silent'}, last heard of ${agent.LastPingDateTime?.toISOString() ?? 'never'}`,
    };
  if (version === '') return { state: 'waiting', detail: 'the agent has not told its version yet' };
  return { state: 'ready', agentVersion: version };
}

/** Number by number: `3.3.1000.0` is older than `3.3.2746.0`, which as text it is as well, but `3.10` is not. */
function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function send(ssm: SSMClient, store: DocumentStore, order: CommandOrder): Promise<SentCommand> {
  const { machine, document, token } = order;
  if (token.length > tokenLimit)
    throw failedError(`the name of the command is longer than ${tokenLimit} characters: ${token}`);
  const size = Buffer.byteLength(document.content) + Buffer.byteLength(JSON.stringify(order.parameters));
  if (size > sizeLimit)
    throw failedError(
      `the document ${document.name} and its parameters have ${size} bytes, Systems Manager takes ${sizeLimit}`,
      'restore in two steps, or with fewer addresses',
    );
  const earlier = await findByToken(ssm, order);
  if (earlier !== undefined) return { id: earlier, machine };
  // Looked at again even after `prepare`, which may have run in another process: nothing else is ever run.
  const verified = await store.obtain(document);
  if (typeof verified === 'string') throw failedError(verified);
  try {
    const { Command } = await ssm.send(
      new SendCommandCommand({
        ...sendInput(order),
        DocumentVersion: verified.version,
        DocumentHash: verified.hash,
        DocumentHashType: 'Sha256',
      }),
    );
    if (Command?.CommandId !== undefined) return { id: Command.CommandId, machine };
  } catch (error) {
    throw refusalOf(order, error);
  }
  throw failedError(
    `Systems Manager answered without a command ID for ${document.name}`,
    'resume the restore',
  );
}

/** What the order alone decides; the version of the document is looked up. */
const sendInput = ({ machine, document, parameters, token, timeoutSeconds }: CommandOrder) => ({
  DocumentName: document.name,
  InstanceIds: [machine],
  Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
  Comment: token,
  // Until the script begins; how long it may run stands in the document.
  TimeoutSeconds: Math.max(deliverySeconds.least, Math.min(deliverySeconds.most, Math.trunc(timeoutSeconds))),
});

/** The comment is the only thing that a command of ours can be known by: SendCommand takes no client token. */
async function findByToken(
  ssm: SSMClient,
  { machine, document, token }: CommandOrder,
): Promise<string | undefined> {
  const pages = paginateListCommands(
    { client: ssm, pageSize: 50 },
    { InstanceId: machine, Filters: [{ key: 'DocumentName', value: document.name }] },
  );
  for await (const { Commands = [] } of pages) {
    const found = Commands.find(
      ({ Comment, DocumentName }) => Comment === token && DocumentName === document.name,
    );
    if (found?.CommandId !== undefined) return found.CommandId;
  }
  return undefined;
}

function refusalOf({ machine, document }: CommandOrder, error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  const sentences: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
    InvalidDocument: [
      `Systems Manager does not know the document ${document.name} any more`,
      'deploy the stack, then resume the restore',
    ],
    InvalidDocumentVersion: [
      `the document ${document.name} was changed in this moment`,
      'resume the restore when nobody deploys',
    ],
    InvalidParameters: [
      `Systems Manager refuses a parameter of ${document.name}: ${message}`,
      'correct the value that it names; nothing was run',
    ],
    InvalidInstanceId: [
      `the machine ${machine} is not reachable by Systems Manager: ${message}`,
      'look at its state, its instance profile and its way to the endpoints of Systems Manager',
    ],
    UnsupportedPlatformType: [
      `the machine ${machine} does not run Linux: ${message}`,
      'restore it without its application',
    ],
    MaxDocumentSizeExceeded: [
      `the document ${document.name} and its parameters are too large: ${message}`,
      'restore with fewer addresses',
    ],
  };
  const known = sentences[errorCode(error) ?? ''];
  return known && Object.hasOwn(sentences, errorCode(error) ?? '') ? failedError(...known, error) : error;
}

async function poll(ssm: SSMClient, { id, machine }: SentCommand): Promise<CommandStanding> {
  let invocation: GetCommandInvocationResult;
  try {
    invocation = await ssm.send(new GetCommandInvocationCommand({ CommandId: id, InstanceId: machine }));
  } catch (error) {
    // It does not exist for a moment after SendCommand.
    if (errorCode(error) === 'InvocationDoesNotExist') return { state: 'pending', detail: 'sent' };
    throw error;
  }
  return standingOf(invocation);
}

function standingOf(invocation: GetCommandInvocationResult): CommandStanding {
  const { Status: status, StatusDetails: details = '', ResponseCode: code } = invocation;
  const output: CommandOutput = {
    stdout: (invocation.StandardOutputContent ?? '').slice(0, outputLimit),
    stderr: (invocation.StandardErrorContent ?? '').slice(0, outputLimit),
  };
  // -1 until the script has ended by itself.
  const exitCode = code === undefined || code < 0 ? undefined : code;
  switch (status) {
    case 'Success':
      return { state: 'done', ...output };
    case 'Failed':
    case 'Cancelled':
    case 'TimedOut': {
      const ended = status === 'Failed' && exitCode !== undefined;
      const reason = ended ? `the script ended with exit code ${exitCode}` : why(status, details);
      return { state: 'failed', reason, ...(ended ? { exitCode } : {}), ...output };
    }
    default:
      return { state: 'pending', detail: details || status || 'pending' };
  }
}

/** Status details of "Understanding command statuses"; the API writes them with and without blanks. */
function why(status: string, details: string): string {
  switch (details.replaceAll(' ', '')) {
    case 'DeliveryTimedOut':
      return 'the agent did not fetch the command in time';
    case 'ExecutionTimedOut':
      return 'the script did not end in time and was ended';
    case 'Undeliverable':
      return 'the command could not be delivered to the machine';
    case 'Terminated':
      return 'the command was ended because the machine was terminated';
    default:
      return status === 'Cancelled'
        ? 'somebody cancelled the command'
        : `the command is ${details || status}`;
  }
}

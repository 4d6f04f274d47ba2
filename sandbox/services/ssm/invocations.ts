import type {
  GetCommandInvocationRequest,
  GetCommandInvocationResult,
  ListCommandInvocationsRequest,
  ListCommandInvocationsResult,
  ListCommandsRequest,
  ListCommandsResult,
} from '@aws-sdk/client-ssm';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { between, checkConstraints, lengthBetween, matches } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import type { AgentSettings } from './agents.ts';
import { commandState, type InvocationState, stateOf } from './command-status.ts';
import { commandView } from './commands.ts';
import { invalidCommandId, invalidFilterKey, invalidPluginName, invocationDoesNotExist } from './errors.ts';
import type { Command, Invocation } from './model.ts';
import { pageOf, type SsmState } from './state.ts';

/** What the API keeps of the streams: the rest is in S3 or CloudWatch Logs ("GetCommandInvocation", API Reference). */
const stdoutCharacters = 24_000;
const stderrCharacters = 8_000;
const listedCharacters = 2_500;

/** GetCommandInvocation, ListCommands, ListCommandInvocations. */
export function invocationHandlers(state: SsmState, settings: AgentSettings) {
  const place = (request: RequestContext) =>
    state.at({ account: request.caller.account, region: request.region });

  return {
    async GetCommandInvocation(
      input: Decoded<GetCommandInvocationRequest>,
      request: RequestContext,
    ): Promise<GetCommandInvocationResult> {
      checkConstraints('ValidationException', [
        lengthBetween('commandId', input.CommandId, 36, 36),
        matches('instanceId', input.InstanceId, '(i-(\\w{8}|\\w{17}))|(mi-\\w{17})'),
        lengthBetween('pluginName', input.PluginName, 4, Number.POSITIVE_INFINITY),
      ]);
      const command = place(request).commands.get(input.CommandId);
      const invocation = command?.invocations.find((one) => one.instanceId === input.InstanceId);
      const visible = command && request.now >= command.requestedAt + settings.invisibleSeconds * 1000;
      if (!command || !invocation || !visible) throw invocationDoesNotExist();
      const { steps } = command.version.content;
      const plugin = input.PluginName ?? (steps.length === 1 ? steps[0]?.name : undefined);
      if (plugin !== undefined && !steps.some((step) => step.name === plugin)) {
        throw invalidPluginName(`The plugin name ${plugin} is not valid.`);
      }
      const now = await stateOf(command, invocation, request.now);
      return {
        CommandId: command.id,
        InstanceId: invocation.instanceId,
        Comment: command.comment,
        DocumentName: command.document.name,
        DocumentVersion: String(command.version.number),
        PluginName: plugin ?? '',
        ResponseCode: now.responseCode,
        ...times(now),
        Status: now.status,
        StatusDetails: now.details,
        StandardOutputContent: now.result?.stdout.slice(0, stdoutCharacters) ?? '',
        StandardOutputUrl: '',
        StandardErrorContent: now.result?.stderr.slice(0, stderrCharacters) ?? '',
        StandardErrorUrl: '',
        CloudWatchOutputConfig: { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false },
      };
    },

    async ListCommands(input: ListCommandsRequest, request: RequestContext): Promise<ListCommandsResult> {
      const views = [];
      for (const command of selected(place(request).commands, input)) {
        const view = await commandView(command, request.now);
        if (passes(command, view.Status, input.Filters)) views.push(view);
      }
      const { items, next } = pageOf(views, input.MaxResults ?? 50, input.NextToken);
      return { Commands: [...items], ...(next === undefined ? {} : { NextToken: next }) };
    },

    async ListCommandInvocations(
      input: ListCommandInvocationsRequest,
      request: RequestContext,
    ): Promise<ListCommandInvocationsResult> {
      const views = [];
      for (const command of selected(place(request).commands, input)) {
        const { status } = await commandState(command, request.now);
        if (!passes(command, status, input.Filters)) continue;
        for (const invocation of command.invocations) {
          if ((input.InstanceId ?? invocation.instanceId) !== invocation.instanceId) continue;
          const now = await stateOf(command, invocation, request.now);
          views.push(invocationView(command, invocation, now, input.Details ?? false));
        }
      }
      const { items, next } = pageOf(views, input.MaxResults ?? 50, input.NextToken);
      return { CommandInvocations: [...items], ...(next === undefined ? {} : { NextToken: next }) };
    },
  } satisfies Record<string, AnyHandler>;
}

/** Newest first, as the service lists them. */
function selected(commands: ReadonlyMap<string, Command>, input: ListCommandsRequest): Command[] {
  checkConstraints('ValidationException', [
    lengthBetween('commandId', input.CommandId, 36, 36),
    between('maxResults', input.MaxResults, 1, 50),
  ]);
  const all = [...commands.values()].reverse();
  if (input.CommandId !== undefined && !commands.has(input.CommandId)) {
    throw invalidCommandId(`The command ${input.CommandId} does not exist.`);
  }
  return all.filter(
    (command) =>
      (input.CommandId ?? command.id) === command.id &&
      (input.InstanceId === undefined ||
        command.invocations.some((one) => one.instanceId === input.InstanceId)),
  );
}

function passes(
  command: Command,
  status: string | undefined,
  filters: ListCommandsRequest['Filters'],
): boolean {
  return (filters ?? []).every(({ key, value = '' }) => {
    switch (key) {
      case 'InvokedAfter':
        return command.requestedAt > Date.parse(value);
      case 'InvokedBefore':
        return command.requestedAt < Date.parse(value);
      case 'Status':
        return status === value;
      case 'DocumentName':
        return command.document.name === value;
      case 'ExecutionStage':
        return (status === 'Pending' || status === 'InProgress') === (value === 'Executing');
      default:
        throw invalidFilterKey(`The filter key ${key} is not valid.`);
    }
  });
}

const iso = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());

const times = ({ startedAt, endedAt }: InvocationState) => ({
  ExecutionStartDateTime: iso(startedAt),
  ExecutionElapsedTime:
    startedAt === undefined || endedAt === undefined ? '' : `PT${(endedAt - startedAt) / 1000}S`,
  ExecutionEndDateTime: iso(endedAt),
});

function invocationView(
  command: Command,
  invocation: Invocation,
  now: InvocationState,
  withPlugins: boolean,
) {
  const output = now.result ? `${now.result.stdout}${errorSection(now.result.stderr)}` : '';
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.document.name,
    DocumentVersion: String(command.version.number),
    RequestedDateTime: new Date(command.requestedAt),
    Status: now.status,
    StatusDetails: now.details,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: withPlugins
      ? command.version.content.steps.map((step) => ({
          Name: step.name,
          Status:
            now.status === 'Delayed' || now.status === 'Cancelling' ? ('InProgress' as const) : now.status,
          StatusDetails: now.details,
          ResponseCode: now.responseCode,
          ...(now.startedAt === undefined ? {} : { ResponseStartDateTime: new Date(now.startedAt) }),
          ...(now.endedAt === undefined ? {} : { ResponseFinishDateTime: new Date(now.endedAt) }),
          Output: output.slice(0, listedCharacters),
        }))
      : [],
  };
}

const errorSection = (stderr: string): string => (stderr === '' ? '' : `\n----------ERROR-------\n${stderr}`);

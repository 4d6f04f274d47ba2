import type {
  CancelCommandRequest,
  Command as CommandView,
  SendCommandRequest,
  SendCommandResult,
} from '@aws-sdk/client-ssm';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { World } from '../../world.ts';
import { between, checkConstraints, lengthBetween, matches } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import { type Agents, commandId } from './agents.ts';
import { resolveParameters } from './command-parameters.ts';
import { commandState } from './command-status.ts';
import { platformsOf } from './documents.ts';
import {
  duplicateInstanceId,
  invalidCommandId,
  invalidInstanceId,
  unsupportedPlatformType,
  validationException,
} from './errors.ts';
import type { Command, ManagedInstance } from './model.ts';
import { findDocument, findVersion, type SsmState } from './state.ts';

const instanceIdPattern = '(i-(\\w{8}|\\w{17}))|(mi-\\w{17})';

/** SendCommand and CancelCommand. */
export function commandHandlers(world: World, state: SsmState, agents: Agents) {
  return {
    async SendCommand(
      input: Decoded<SendCommandRequest>,
      request: RequestContext,
    ): Promise<SendCommandResult> {
      const ids = input.InstanceIds ?? [];
      checkConstraints('ValidationException', [
        lengthBetween('instanceIds', ids, 0, 50),
        lengthBetween('targets', input.Targets, 0, 5),
        matches('documentName', input.DocumentName, '[a-zA-Z0-9_\\-.:/]{3,128}'),
        matches('documentVersion', input.DocumentVersion, '[$]LATEST|[$]DEFAULT|[1-9][0-9]*'),
        between('timeoutSeconds', input.TimeoutSeconds, 30, 2_592_000),
        lengthBetween('comment', input.Comment, 0, 100),
        matches('maxConcurrency', input.MaxConcurrency, '[1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%'),
        matches('maxErrors', input.MaxErrors, '[1-9][0-9]*|0|[1-9][0-9]%|[0-9]%|100%'),
        ...ids.map((id, index) => matches(`instanceIds.${index + 1}.member`, id, instanceIdPattern)),
      ]);
      const region = state.at({ account: request.caller.account, region: request.region });
      const document = findDocument(region, input.DocumentName);
      const version = findVersion(document, input.DocumentVersion);
      const targets = input.Targets ?? [];
      if (ids.length > 0 === targets.length > 0) {
        throw validationException(
          'You must specify values for either InstanceIds or Targets, and not for both.',
        );
      }
      if (new Set(ids).size !== ids.length) throw duplicateInstanceId('The instance ids must differ.');
      const managed = agents.managed(region);
      const instances = ids.length > 0 ? byId(managed, ids, region.account) : byTargets(managed, targets);
      const platforms = platformsOf(version);
      for (const { instanceId, platformType = 'Linux' } of instances) {
        if (!platforms.includes(platformType)) {
          throw unsupportedPlatformType(
            `The document ${document.name} does not support ${platformType} (${instanceId}).`,
          );
        }
      }
      // Checked here so that a mistake is told to the sender, not to the machines.
      resolveParameters(version.content, version.text, input.Parameters);
      const command: Command = {
        id: commandId(world),
        requestedAt: request.now,
        document,
        version,
        parameters: input.Parameters ?? {},
        instanceIds: ids,
        targets,
        comment: input.Comment ?? '',
        timeoutSeconds: input.TimeoutSeconds ?? 3600,
        maxConcurrency: input.MaxConcurrency ?? '50',
        maxErrors: input.MaxErrors ?? '0',
        outputBucket: input.OutputS3BucketName,
        outputPrefix: input.OutputS3KeyPrefix,
        invocations: instances.map(({ instanceId }) => ({
          instanceId,
          startedAt: undefined,
          result: undefined,
          settled: undefined,
          ended: undefined,
        })),
      };
      region.commands.set(command.id, command);
      agents.deliver(region, command);
      return { Command: await commandView(command, request.now) };
    },

    /** Stops what has not ended; what a script has done by then stays done. */
    CancelCommand(input: Decoded<CancelCommandRequest>, request: RequestContext): object {
      const region = state.at({ account: request.caller.account, region: request.region });
      const command = region.commands.get(input.CommandId);
      if (!command) throw invalidCommandId(`The command ${input.CommandId} does not exist.`);
      const wanted = input.InstanceIds ?? [];
      for (const invocation of command.invocations) {
        if (wanted.length > 0 && !wanted.includes(invocation.instanceId)) continue;
        if (invocation.ended) continue;
        const { startedAt, settled } = invocation;
        const over =
          startedAt !== undefined && settled && startedAt + settled.durationSeconds * 1000 <= request.now;
        if (!over) invocation.ended = { at: request.now, status: 'Cancelled', details: 'Cancelled' };
      }
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

function byId(
  managed: readonly ManagedInstance[],
  ids: readonly string[],
  account: string,
): ManagedInstance[] {
  const byIds = new Map(managed.map((instance) => [instance.instanceId, instance]));
  const unknown = ids.filter((id) => !byIds.has(id));
  if (unknown.length > 0) {
    throw invalidInstanceId(
      `Instances [[${unknown.join(', ')}]] not in a valid state for account ${account}`,
    );
  }
  return ids.flatMap((id) => byIds.get(id) ?? []);
}

/** Targets narrow each other, values of one target widen it. */
function byTargets(
  managed: readonly ManagedInstance[],
  targets: NonNullable<SendCommandRequest['Targets']>,
): ManagedInstance[] {
  return managed.filter((instance) =>
    targets.every(({ Key: key = '', Values: values = [] }) => {
      if (/^instanceids$/i.test(key)) return values.includes(instance.instanceId);
      if (key === 'tag-key') return values.some((name) => Object.hasOwn(instance.tags ?? {}, name));
      if (key.startsWith('tag:')) return values.includes(instance.tags?.[key.slice(4)] ?? '\0');
      throw validationException(`The target key ${key} is not supported; use InstanceIds or tag:<name>.`);
    }),
  );
}

/** `Command` of SendCommand and ListCommands. */
export async function commandView(command: Command, now: number): Promise<CommandView> {
  const { status, details, completed, errors, deliveryTimedOut } = await commandState(command, now);
  return {
    CommandId: command.id,
    DocumentName: command.document.name,
    DocumentVersion: String(command.version.number),
    Comment: command.comment,
    // The delivery time-out and the time that a run may take, after "Monitoring commands", User Guide.
    ExpiresAfter: new Date(command.requestedAt + (command.timeoutSeconds + 3600) * 1000),
    Parameters: Object.fromEntries(
      Object.entries(command.parameters).map(([name, values]) => [name, [...values]]),
    ),
    InstanceIds: [...command.instanceIds],
    Targets: [...command.targets],
    RequestedDateTime: new Date(command.requestedAt),
    Status: status,
    StatusDetails: details,
    OutputS3BucketName: command.outputBucket ?? '',
    OutputS3KeyPrefix: command.outputPrefix ?? '',
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    TargetCount: command.invocations.length,
    CompletedCount: completed,
    ErrorCount: errors,
    DeliveryTimedOutCount: deliveryTimedOut,
    TimeoutSeconds: command.timeoutSeconds,
  };
}

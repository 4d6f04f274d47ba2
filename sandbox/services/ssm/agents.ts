import type { World } from '../../world.ts';
import { resolveParameters } from './command-parameters.ts';
import type {
  Command,
  CommandResult,
  CommandRunner,
  Invocation,
  ManagedInstance,
  ManagedInstances,
} from './model.ts';
import type { SsmRegion } from './state.ts';

export interface AgentSettings {
  /** How long after SendCommand an invocation does not exist yet, in seconds. */
  invisibleSeconds: number;
  /** How long after SendCommand an agent begins, in seconds. */
  startSeconds: number;
}

export interface Agents {
  managed(region: SsmRegion): readonly ManagedInstance[];
  /** Lets the machines of a command begin, each when it is reachable. */
  deliver(region: SsmRegion, command: Command): void;
}

/** How often an unreachable machine is tried again, in seconds. */
const retrySeconds = 15;

/** The agents of all machines: they begin a command a little later, and only while they are online. */
export function createAgents(
  world: World,
  instances: ManagedInstances,
  runner: () => CommandRunner,
  settings: AgentSettings,
): Agents {
  const managed = (region: SsmRegion) => instances(region.account, region.region);

  const attempt = (region: SsmRegion, command: Command, invocation: Invocation, at: number): void => {
    if (invocation.ended) return;
    const expiresAt = command.requestedAt + command.timeoutSeconds * 1000;
    if (at >= expiresAt) {
      invocation.ended = { at: expiresAt, status: 'TimedOut', details: 'Delivery Timed Out' };
      return;
    }
    const instance = managed(region).find((one) => one.instanceId === invocation.instanceId);
    if (instance?.pingStatus === 'Online') {
      start(region, command, invocation, at);
      return;
    }
    const next = Math.min(at + retrySeconds * 1000, expiresAt);
    world.schedule(next, () => attempt(region, command, invocation, next));
  };

  const start = (region: SsmRegion, command: Command, invocation: Invocation, at: number): void => {
    const { document, version } = command;
    invocation.startedAt = at;
    invocation.result = run(runner(), {
      account: region.account,
      region: region.region,
      commandId: command.id,
      instanceId: invocation.instanceId,
      documentName: document.name,
      documentVersion: String(version.number),
      content: version.content,
      text: version.text,
      parameters: resolveParameters(version.content, version.text, command.parameters),
      startedAt: at,
    }).then((result) => {
      invocation.settled = result;
      return result;
    });
  };

  return {
    managed,
    deliver(region, command) {
      const at = command.requestedAt + settings.startSeconds * 1000;
      for (const invocation of command.invocations) {
        world.schedule(at, () => attempt(region, command, invocation, at));
      }
    },
  };
}

async function run(runner: CommandRunner, request: Parameters<CommandRunner>[0]): Promise<CommandResult> {
  try {
    return await runner(request);
  } catch (error) {
    const stderr = error instanceof Error ? error.message : String(error);
    return { exitCode: 1, stdout: '', stderr, durationSeconds: 0 };
  }
}

/** Used where no machines are: nothing is ever executed, and the answer says so. */
export const refuseToRun: CommandRunner = ({ documentName, instanceId }) => ({
  exitCode: 1,
  stdout: '',
  stderr: `The sandbox has no runner for commands: ${documentName} was not executed on ${instanceId}.\n`,
  durationSeconds: 0,
});

/** A random UUID, from the world's seed. */
export function commandId(world: World): string {
  const hex = (digits: number): string => world.random.hex(digits);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}

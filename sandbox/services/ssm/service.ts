import * as ssm from '@aws-sdk/client-ssm';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { type AgentSettings, createAgents, refuseToRun } from './agents.ts';
import { commandHandlers } from './commands.ts';
import { documentListHandlers } from './document-list.ts';
import { documentHandlers } from './documents.ts';
import { instanceHandlers } from './instances.ts';
import { invocationHandlers } from './invocations.ts';
import type { Command, CommandRunner, DocumentRecord, ManagedInstances } from './model.ts';
import { parameterStoreHandlers } from './parameter-store.ts';
import { SsmState } from './state.ts';

export interface SsmOptions {
  /** Default: no machine is managed. */
  readonly instances?: ManagedInstances;
  /** Default: refuses, so that nothing is ever executed. */
  readonly runner?: CommandRunner;
  /** Default: an invocation shows after half a second and begins after one. */
  readonly settings?: Partial<AgentSettings>;
}

interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Ssm {
  readonly service: Service;
  readonly settings: AgentSettings;
  /** Replaces the runner for invocations that begin from now on. */
  useRunner(runner: CommandRunner): void;
  /** Puts a parameter of any name, also of those that AWS publishes (`/aws/service/...`). */
  seedParameter(place: Place, name: string, value: string): void;
  /** Commands in the order in which they were sent. */
  commands(place: Place): readonly Command[];
  document(place: Place, name: string): DocumentRecord | undefined;
}

/** AWS Systems Manager: documents, Run Command, managed instances, and a little of Parameter Store. */
export function createSsm(world: World, options: SsmOptions = {}): Ssm {
  const state = new SsmState();
  const settings: AgentSettings = { invisibleSeconds: 0.5, startSeconds: 1, ...options.settings };
  const instances = options.instances ?? (() => []);
  let runner = options.runner ?? refuseToRun;
  const agents = createAgents(world, instances, () => runner, settings);
  return {
    service: {
      signingName: 'ssm',
      protocol: 'awsJson1_1',
      clientPackage: ssm,
      handlers: {
        ...documentHandlers(state),
        ...documentListHandlers(state),
        ...instanceHandlers(instances),
        ...commandHandlers(world, state, agents),
        ...invocationHandlers(state, settings),
        ...parameterStoreHandlers(state),
      },
    },
    settings,
    useRunner(next) {
      runner = next;
    },
    seedParameter(place, name, value) {
      state.at(place).parameters.set(name, {
        name,
        type: 'String',
        value,
        version: 1,
        modifiedAt: world.now(),
        dataType: 'text',
      });
    },
    commands: (place) => [...state.at(place).commands.values()],
    document: (place, name) => state.at(place).documents.get(name),
  };
}

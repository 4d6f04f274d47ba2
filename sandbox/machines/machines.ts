import { join } from 'node:path';
import type { MachinePort } from '../services/ec2/model/region.ts';
import type { CommandRunner } from '../services/ssm/model.ts';
import type { World } from '../world.ts';
import { bootMachine, runUnits } from './boot.ts';
import { createCommandRunner } from './command-runner.ts';
import type { ConnectionEvent, MachineEvent, UnitEvent } from './events.ts';
import { Executor } from './executor.ts';
import { MachineHome } from './home.ts';
import type { Machine } from './machine.ts';
import type { Surroundings } from './recorded-events.ts';
import { defaultMachineSettings, type MachineSettings } from './settings.ts';
import { linkTools } from './tools.ts';
import { Trust } from './trust.ts';

/** What the machines need to know of the network around them, and of their own place in it. */
export interface MachineNetwork {
  /** The inside of a running or stopped instance. @throws Error when there is none */
  machine(region: string, instanceId: string): Machine;
  /** As things are now. @throws Error when there is no such instance */
  surroundings(region: string, instanceId: string): Surroundings;
  /** Where an instance is; undefined when there is none. */
  regionOf(instanceId: string): string | undefined;
}

export interface MachinesOptions {
  readonly settings?: Partial<MachineSettings>;
  /** sha256 digests (hex) of documents and boothooks that may run on machines' trees (see Trust). */
  readonly trustedDocuments?: Iterable<string>;
}

/** The insides of all machines of a world: they boot, and they run what Systems Manager sends them. */
export interface Machines {
  readonly port: MachinePort;
  readonly runner: CommandRunner;
  /** May be changed at any time. */
  readonly settings: MachineSettings;
  /** Versions of agents that differ from `settings.agentVersion`, by instance. */
  readonly agentVersions: Map<string, string>;
  /** Vouches for one more document or boothook, by its sha256 digest in hex. */
  trust(digest: string): void;
  /** What happened to a machine up to now, in order of time. */
  events(instanceId: string): readonly MachineEvent[];
  /** The units that were started, and the connections that they tried. */
  unitStarts(instanceId: string): readonly UnitEvent[];
  connections(instanceId: string): readonly ConnectionEvent[];
  /** Names of the units that run now. */
  activeUnits(instanceId: string): readonly string[];
}

export function createMachines(
  world: World,
  network: MachineNetwork,
  options: MachinesOptions = {},
): Machines {
  const settings: MachineSettings = { ...defaultMachineSettings, ...options.settings };
  const trust = new Trust(options.trustedDocuments);
  const agentVersions = new Map<string, string>();
  const homes = new Map<string, MachineHome>();
  const boots = new Map<string, number>();
  let tools: string | undefined;
  const executor = new Executor(() => {
    tools ??= linkTools(join(world.directory, 'machines', 'tools'));
    return tools;
  });

  const homeOf = (instanceId: string): MachineHome => {
    const home = homes.get(instanceId) ?? new MachineHome(join(world.directory, 'machines', instanceId));
    homes.set(instanceId, home);
    return home;
  };

  /** A machine that was there before anybody looked runs what it would have started long ago. */
  const running = (region: string, instanceId: string) => {
    const machine = network.machine(region, instanceId);
    const home = homeOf(instanceId);
    const around = () => network.surroundings(region, instanceId);
    if (home.isNew) {
      home.forget();
      home.setFacts(around().facts);
      runUnits({ machine, home, executor, settings, around }, 'assume-running', world.now());
    }
    return { machine, home, around };
  };

  const port: MachinePort = {
    onBoot({ region, instanceId, machine, userData, at }) {
      // A machine that nobody gave any content costs nothing.
      if (!machine.hasContent) return;
      const boot = (boots.get(instanceId) ?? 0) + 1;
      boots.set(instanceId, boot);
      bootMachine({
        ...{ machine, executor, trust, settings, userData, at, home: homeOf(instanceId) },
        around: () => network.surroundings(region, instanceId),
        later(time, act) {
          world.schedule(time, () => {
            const off = machine.isGone || boots.get(instanceId) !== boot || wasStopped(machine, at, time);
            if (!off) act();
          });
        },
      });
    },
  };

  const events = (instanceId: string): readonly MachineEvent[] => {
    world.settle();
    const region = network.regionOf(instanceId);
    return region === undefined ? [] : network.machine(region, instanceId).events(world.now());
  };

  return {
    port,
    runner: createCommandRunner({
      ...{ executor, trust, settings },
      target: (region, instanceId) => ({
        ...running(region, instanceId),
        agentVersion: agentVersions.get(instanceId) ?? settings.agentVersion,
      }),
    }),
    settings,
    agentVersions,
    trust: (digest) => trust.add(digest),
    events,
    unitStarts: (instanceId) =>
      events(instanceId).filter(
        (event): event is UnitEvent => event.kind === 'unit' && event.action === 'start',
      ),
    connections: (instanceId) => events(instanceId).filter((event) => event.kind === 'connection'),
    activeUnits(instanceId) {
      const power = events(instanceId).findLast(({ kind }) => /^(boot|start|stop)$/.test(kind));
      if (power?.kind === 'stop') return [];
      const region = network.regionOf(instanceId);
      return region === undefined ? [] : running(region, instanceId).home.activeUnits();
    },
  };
}

function wasStopped(machine: Machine, since: number, now: number): boolean {
  return machine.events(now).some((event) => event.kind === 'stop' && event.at > since);
}

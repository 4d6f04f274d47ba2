import type { UnitCause } from './events.ts';
import type { Executor, ScriptOrder } from './executor.ts';
import type { MachineHome } from './home.ts';
import type { Machine } from './machine.ts';
import type { Surroundings } from './recorded-events.ts';
import type { MachineSettings } from './settings.ts';
import type { Trust } from './trust.ts';

export interface BootOrder {
  readonly machine: Machine;
  readonly home: MachineHome;
  readonly executor: Executor;
  readonly trust: Trust;
  readonly settings: MachineSettings;
  /** Base64. */
  readonly userData: string | undefined;
  /** Sandbox time at which the instance reached `running`. */
  readonly at: number;
  /** Asked anew at each stage: security groups and public addresses change. */
  around(): Surroundings;
  /** Does something later, unless the machine was switched off by then. */
  later(at: number, act: () => void): void;
}

/** The part of an order that does not depend on the script. */
export function scriptOrder(
  { machine, home, settings, around }: Pick<BootOrder, 'machine' | 'home' | 'settings' | 'around'>,
  cause: UnitCause,
  at: number,
): Omit<ScriptOrder, 'script' | 'trusted' | 'env'> {
  return {
    home,
    root: machine.root(),
    cause,
    at,
    limitSeconds: 90,
    realSeconds: settings.bootScriptSeconds,
    around: around(),
  };
}

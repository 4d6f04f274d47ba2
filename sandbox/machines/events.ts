/** When, in milliseconds of the sandbox clock. */
interface At {
  readonly at: number;
}

/** Power, and the moment when the content was fixed for an image (`snapshot`). */
export interface PowerEvent extends At {
  readonly kind: 'boot' | 'stop' | 'start' | 'reboot' | 'snapshot';
  readonly detail?: string;
}

/** Something that cloud-init did, or left out and why. */
export interface CloudInitEvent extends At {
  readonly kind: 'cloud-init';
  readonly detail: string;
}

/** A boothook or a shell script of the user data. */
export interface UserDataEvent extends At {
  readonly kind: 'boothook' | 'user-script';
  /** sha256 of the part's text, in hex. */
  readonly digest: string;
  /** Undefined when it was not executed; `detail` says why. */
  readonly exitCode: number | undefined;
  readonly detail: string;
}

/** A file as it was at that moment. */
export interface ReadFile {
  /** As the machine names it. */
  readonly path: string;
  readonly sha256: string;
}

/** What made a unit start or stop: the power-on, the user data, or a command of Systems Manager. */
export type UnitCause = 'boot' | 'boothook' | 'user-script' | 'command';

/**
 * A unit that was started or stopped, or was not: `refused` is masked, `skipped` has a condition that does not hold,
 * `failed` misses a file or a dependency, or cannot run with its configuration.
 */
export interface UnitEvent extends At {
  readonly kind: 'unit';
  readonly action: 'start' | 'stop' | 'refused' | 'skipped' | 'failed';
  readonly unit: string;
  readonly cause: UnitCause;
  /** First `ExecStart` of the unit, for `start`. */
  readonly execStart?: string;
  /** Environment files of the unit and files that its application reads, for `start`. */
  readonly configuration?: readonly ReadFile[];
  /** Addresses and host names found in that configuration, without ports, for `start`. */
  readonly hosts?: readonly string[];
  readonly detail?: string;
}

/** A connection that a started unit tries, since its configuration names another machine. */
export interface ConnectionEvent extends At {
  readonly kind: 'connection';
  readonly unit: string;
  readonly host: string;
  readonly port: number | undefined;
  /** The configuration file that names it. */
  readonly file: string;
  /** Security groups that the machine had at that moment, and whether one of them let the connection out. */
  readonly groups: readonly string[];
  readonly allowed: boolean;
}

/** A command of Systems Manager that has ended. */
export interface CommandEvent extends At {
  readonly kind: 'command';
  /** Name of the document. */
  readonly detail: string;
  readonly commandId: string;
  readonly exitCode: number;
}

/** A call of a program that a sandbox machine has a stand-in for, `replicatedctl app stop`. */
export interface ToolEvent extends At {
  readonly kind: 'tool';
  readonly detail: string;
  readonly cause: UnitCause;
}

/** Something that happened to a machine. */
export type MachineEvent =
  | PowerEvent
  | CloudInitEvent
  | UserDataEvent
  | UnitEvent
  | ConnectionEvent
  | CommandEvent
  | ToolEvent;

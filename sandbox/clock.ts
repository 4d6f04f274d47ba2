/**
 * The time that the sandbox's resources live by. States are derived from it when they are asked for, so anything
 * that can tell the time will do: the wall clock, or a clock that a test moves.
 */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const wallClock: SandboxClock = { now: () => Date.now() };

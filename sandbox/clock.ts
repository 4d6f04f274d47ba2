/**
 * The time that the sandbox's resources live by. States are derived from it when they are asked for, so anything
 * that can tell the time will do: the wall clock, or a clock that a test moves.
 */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const wallClock: SandboxClock = { now: () => Date.now() };

/** Begins at the real time and runs `speed` times as fast: what takes minutes in a real cloud takes seconds. */
export function fastWallClock(speed: number, realNow: () => number = Date.now): SandboxClock {
  const startedAt = realNow();
  return { now: () => Math.floor(startedAt + (realNow() - startedAt) * speed) };
}

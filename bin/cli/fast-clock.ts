import { type Clock, systemClock } from '../../functions/shared/clock.ts';

/**
 * A clock that starts at the real time and runs `factor` times as fast: what takes minutes in a real cloud can be
 * watched in seconds, and durations are shown as they would be.
 */
export function fastClock(factor: number, realNow: () => number = Date.now): Clock {
  const startedAt = realNow();
  return {
    now: () => Math.floor(startedAt + (realNow() - startedAt) * factor),
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / factor, signal),
    whileBusy: (work) => work(),
  };
}

import type { Clock } from '../../functions/shared/clock.ts';

/**
 * A clock that starts at the real time and runs `factor` times as fast: what takes minutes in a real cloud can be
 * watched in seconds, and durations are shown as they would be.
 */
export function fastClock(factor: number, realNow: () => number = Date.now): Clock {
  const startedAt = realNow();
  return {
    now: () => Math.floor(startedAt + (realNow() - startedAt) * factor),
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        }, milliseconds / factor);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    whileBusy: (work) => work(),
  };
}

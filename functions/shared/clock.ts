/** Time as the product sees it. Everything that waits takes a clock, so tests and benches can run hours in moments. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves once `milliseconds` have passed on this clock; rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /**
   * Marks `work` as real activity (a request on the wire). A virtual clock stands still while any is under way;
   * the system clock ignores it.
   */
  whileBusy<T>(work: () => Promise<T>): Promise<T>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
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
      }, milliseconds);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  whileBusy: (work) => work(),
};

/** The time as RFC 3339 in UTC with seconds, the form of every time in the ledger. */
export function toTimestamp(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}

import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';
import type { Clock } from '../shared/clock.ts';

const token = (count: number): RetryToken => ({
  getRetryCount: () => count,
  // The waiting is done below, on our clock; the SDK would do it with a timer of the process.
  getRetryDelay: () => 0,
});

export interface RetryLimits {
  /** Attempts in all for errors of the network or the service. */
  readonly attempts: number;
  /** Attempts in all for throttle answers, which only mean "later". */
  readonly throttledAttempts: number;
}

export const defaultRetryLimits: RetryLimits = { attempts: 4, throttledAttempts: 8 };

/**
 * Retries for the SDK clients that wait on our clock: exponential with full jitter, 100 ms base, 20 s cap.
 * Client errors are never retried.
 */
export function clockRetryStrategy(
  clock: Clock,
  limits: RetryLimits = defaultRetryLimits,
  random: () => number = Math.random,
): RetryStrategyV2 {
  return {
    acquireInitialRetryToken: async () => token(0),
    async refreshRetryTokenForRetry(previous: RetryToken, info: RetryErrorInfo): Promise<RetryToken> {
      const count = previous.getRetryCount() + 1;
      const throttled = info.errorType === 'THROTTLING';
      const allowed = throttled ? limits.throttledAttempts : limits.attempts;
      if (info.errorType === 'CLIENT_ERROR' || count >= allowed) throw info.error;
      const ceiling = Math.min(20_000, (throttled ? 500 : 100) * 2 ** (count - 1));
      await clock.sleep(Math.ceil(random() * ceiling));
      return token(count);
    },
    recordSuccess() {},
  };
}

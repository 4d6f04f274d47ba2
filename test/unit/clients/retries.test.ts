import type { SdkError } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { clockRetryStrategy } from '../../../functions/clients/retries.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

// Sound: everything that SdkError adds to Error is optional.
const error = new Error('no') as SdkError;
const start = Date.parse('2026-11-20T02:00:00Z');

/** Retries the same error until the strategy gives up; answers the waits in milliseconds. */
async function waitsFor(
  errorType: 'THROTTLING' | 'TRANSIENT' | 'CLIENT_ERROR',
  random: number,
): Promise<number[]> {
  const clock = new VirtualClock(start);
  const strategy = clockRetryStrategy(clock, undefined, () => random);
  const waits: number[] = [];
  let token = await strategy.acquireInitialRetryToken('');
  for (;;) {
    const before = clock.now();
    try {
      token = await strategy.refreshRetryTokenForRetry(token, { errorType, error });
    } catch (thrown) {
      expect(thrown).toBe(error);
      return waits;
    }
    waits.push(clock.now() - before);
  }
}

describe('the retry strategy', () => {
  it('waits on our clock, twice as long each time, and gives up after four attempts', async () => {
    expect(await waitsFor('TRANSIENT', 1)).toEqual([100, 200, 400]);
  });

  it('has more patience with throttle answers, up to a ceiling', async () => {
    expect(await waitsFor('THROTTLING', 1)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 20000]);
  });

  it('spreads its waits', async () => {
    expect(await waitsFor('TRANSIENT', 0.5)).toEqual([50, 100, 200]);
  });

  it('never repeats what the service has refused', async () => {
    expect(await waitsFor('CLIENT_ERROR', 1)).toEqual([]);
  });

  it('leaves no waiting to the process timers of the SDK', async () => {
    const strategy = clockRetryStrategy(new VirtualClock(start));
    const token = await strategy.acquireInitialRetryToken('');
    const next = await strategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT', error });
    expect(next.getRetryDelay()).toBe(0);
    expect(next.getRetryCount()).toBe(1);
  });
});

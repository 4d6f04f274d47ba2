import type { FinalizeRequestMiddleware, Pluggable } from '@smithy/types';
import pLimit from 'p-limit';
import type { Clock } from '../shared/clock.ts';
import { errorCode } from '../shared/errors.ts';
import type { Pacing } from '../shared/pacing.ts';
import type { SkewCheck } from './skew.ts';

/** The codes by which EC2, RDS, SSM and S3 say "slower". */
const throttleCodes = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'SlowDown',
  'BandwidthLimitExceeded',
]);

export const isThrottle = (error: unknown): boolean => throttleCodes.has(errorCode(error) ?? '');

/**
 * Calls to one service that are under way at once. Six shards of a large fleet in one process would ask for sixty,
 * which is no faster, and everything that belongs to a call lives the longer the more calls share the processor.
 */
const callsAtOnce = 16;

interface Tools {
  readonly clock: Clock;
  readonly pacing: Pacing;
  readonly skew: SkewCheck;
}

/**
 * Runs inside the SDK's retry loop, so that every attempt takes its token, and before signing, so that a request
 * that waited long is still signed with a fresh date.
 */
export function paceRequests<I extends object, O extends object>(
  service: string,
  { clock, pacing, skew }: Tools,
): Pluggable<I, O> {
  const underWay = pLimit(callsAtOnce);
  const middleware: FinalizeRequestMiddleware<I, O> = (next, context) => async (args) => {
    const action = String(context.commandName ?? '').replace(/Command$/, '');
    const bucket = pacing.bucket(service, action);
    await bucket?.take();
    try {
      const result = await clock.whileBusy(() => underWay(() => next(args)));
      observeDate(skew, result.response);
      bucket?.succeeded();
      return result;
    } catch (error) {
      observeDate(skew, responseOf(error));
      if (isThrottle(error)) bucket?.throttled();
      throw error;
    }
  };
  return {
    applyToStack: (stack) =>
      stack.addRelativeTo(middleware, {
        name: 'snapkeepPacing',
        relation: 'after',
        toMiddleware: 'retryMiddleware',
      }),
  };
}

function responseOf(error: unknown): unknown {
  return error instanceof Error && '$response' in error ? error.$response : undefined;
}

function observeDate(skew: SkewCheck, response: unknown): void {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null) return;
  const strings = Object.entries(headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  skew.observe(Object.fromEntries(strings));
}

import type { Clock } from './clock.ts';

export interface BucketSize {
  /** Calls that may go out at once. */
  readonly size: number;
  /** Calls per second after that. */
  readonly refillPerSecond: number;
}

/**
 * A token bucket that hands out places in line: each `take` reserves the next token, however far ahead, and sleeps
 * until it is there, so callers leave in the order in which they came and nobody wakes up for nothing.
 *
 * Kept as the time at which the bucket will be full again (the "generic cell rate algorithm"), reckoned from the
 * whole milliseconds at which callers really leave: a bucket of the same size at the other end never says no.
 *
 * A throttle answer means that somebody else draws from the same account's bucket: the rate falls by half at once
 * and climbs back with every call that goes through (additive increase, multiplicative decrease).
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #fullRate: number;
  #rate: number;
  /** Milliseconds since the epoch. */
  #fullAt: number;

  constructor(clock: Clock, { size, refillPerSecond }: BucketSize) {
    this.#clock = clock;
    this.#size = size;
    this.#fullRate = refillPerSecond;
    this.#rate = refillPerSecond;
    this.#fullAt = clock.now();
  }

  /** The current rate in calls per second, between an eighth of the full one and the full one. */
  get refillPerSecond(): number {
    return this.#rate;
  }

  async take(signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const tokenMilliseconds = 1000 / this.#rate;
    const oneTokenAt = this.#fullAt - (this.#size - 1) * tokenMilliseconds;
    // What rounding errors add up to must not cost a whole millisecond.
    const leavesAt = Math.max(now, Math.ceil(oneTokenAt - 1e-6));
    this.#fullAt = Math.max(leavesAt, this.#fullAt) + tokenMilliseconds;
    if (leavesAt > now) await this.#clock.sleep(leavesAt - now, signal);
  }

  throttled(): void {
    this.#rate = Math.max(this.#fullRate / 8, this.#rate / 2);
    this.#fullAt = Math.max(this.#fullAt, this.#clock.now() + (this.#size * 1000) / this.#rate);
  }

  succeeded(): void {
    this.#rate = Math.min(this.#fullRate, this.#rate + this.#fullRate / 50);
  }
}

/** Answers `undefined` for an action that is not paced. */
export type BucketSizes = (service: string, action: string) => BucketSize | undefined;

/** The buckets of one account and Region, made as actions are first used. */
export class Pacing {
  readonly #clock: Clock;
  readonly #sizes: BucketSizes;
  readonly #share: number;
  readonly #buckets = new Map<string, TokenBucket | undefined>();

  /** `shards`: how many processes use the account's buckets at the same time; each takes its share. */
  constructor(clock: Clock, sizes: BucketSizes, shards = 1) {
    this.#clock = clock;
    this.#sizes = sizes;
    this.#share = 1 / shards;
  }

  bucket(service: string, action: string): TokenBucket | undefined {
    const key = `${service}:${action}`;
    if (!this.#buckets.has(key)) {
      const full = this.#sizes(service, action);
      this.#buckets.set(
        key,
        full &&
          new TokenBucket(this.#clock, {
            size: Math.max(1, Math.floor(full.size * this.#share)),
            refillPerSecond: full.refillPerSecond * this.#share,
          }),
      );
    }
    return this.#buckets.get(key);
  }
}

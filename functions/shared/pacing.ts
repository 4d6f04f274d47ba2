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
 * A throttle answer means that somebody else draws from the same account's bucket: the rate falls by half at once
 * and climbs back with every call that goes through (additive increase, multiplicative decrease).
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #fullRate: number;
  #rate: number;
  #tokens: number;
  #updatedAt: number;

  constructor(clock: Clock, { size, refillPerSecond }: BucketSize) {
    this.#clock = clock;
    this.#size = size;
    this.#fullRate = refillPerSecond;
    this.#rate = refillPerSecond;
    this.#tokens = size;
    this.#updatedAt = clock.now();
  }

  /** The current rate in calls per second, between an eighth of the full one and the full one. */
  get refillPerSecond(): number {
    return this.#rate;
  }

  async take(signal?: AbortSignal): Promise<void> {
    this.#refill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    // Rounded up: a token that is asked for a fraction of a millisecond early is a throttled call.
    await this.#clock.sleep(Math.ceil((-this.#tokens / this.#rate) * 1000), signal);
  }

  throttled(): void {
    this.#refill();
    this.#rate = Math.max(this.#fullRate / 8, this.#rate / 2);
    this.#tokens = Math.min(this.#tokens, 0);
  }

  succeeded(): void {
    if (this.#rate === this.#fullRate) return;
    this.#refill();
    this.#rate = Math.min(this.#fullRate, this.#rate + this.#fullRate / 50);
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#size, this.#tokens + ((now - this.#updatedAt) / 1000) * this.#rate);
    this.#updatedAt = now;
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

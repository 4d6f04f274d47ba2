/** What has been asked of the sandbox: exact counts, and the last requests in a ring. */
export interface RequestRecord {
  /** Real time, milliseconds since the epoch. */
  readonly time: number;
  readonly service: string;
  readonly action: string;
  readonly status: number;
  /** Error code of the answer; `ConnectionCut` for one that was never sent. */
  readonly code?: string | undefined;
  readonly account?: string | undefined;
}

export interface ActionCounts {
  count: number;
  /** Answered with a throttling code, a part of `failed`. */
  throttled: number;
  failed: number;
}

const THROTTLING = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'SlowDown',
  'TooManyRequestsException',
]);

export class RequestLog {
  readonly #size: number;
  #counts = new Map<string, Map<string, ActionCounts>>();
  #ring: RequestRecord[] = [];
  #next = 0;

  constructor(size = 1000) {
    this.#size = size;
  }

  record(request: RequestRecord): void {
    const { service, action, code } = request;
    let actions = this.#counts.get(service);
    if (!actions) {
      actions = new Map();
      this.#counts.set(service, actions);
    }
    let counts = actions.get(action);
    if (!counts) {
      counts = { count: 0, throttled: 0, failed: 0 };
      actions.set(action, counts);
    }
    counts.count += 1;
    if (request.status >= 400 || code !== undefined) counts.failed += 1;
    if (code !== undefined && THROTTLING.has(code)) counts.throttled += 1;
    if (this.#size === 0) return;
    this.#ring[this.#next] = request;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** Counts of one action since the last reset. */
  countsOf(service: string, action: string): Readonly<ActionCounts> {
    return { ...(this.#counts.get(service)?.get(action) ?? { count: 0, throttled: 0, failed: 0 }) };
  }

  /** Since the last reset, by service and action. */
  counts(): Record<string, Record<string, ActionCounts>> {
    return Object.fromEntries(
      [...this.#counts].map(([service, actions]) => [
        service,
        Object.fromEntries([...actions].map(([action, counts]) => [action, { ...counts }])),
      ]),
    );
  }

  get total(): number {
    let total = 0;
    for (const actions of this.#counts.values()) for (const { count } of actions.values()) total += count;
    return total;
  }

  /** Oldest first, at most as many as the ring holds. */
  recent(limit: number = this.#size): RequestRecord[] {
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    return limit <= 0 ? [] : ordered.slice(-limit);
  }

  reset(): void {
    this.#counts = new Map();
    this.#ring = [];
    this.#next = 0;
  }
}

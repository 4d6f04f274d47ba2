/** Thrown by a crash switch: stands for the process that dies at this very point. */
export class SimulatedCrash extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SimulatedCrash';
  }
}

/**
 * One run of this process over a workflow and all that it invokes.
 *
 * Halted (crash, a limit, a replay that does not fit), the workflow gets no further answer, as if its process had
 * died: none of its `catch` and `finally` blocks runs.
 *
 * Interrupted by a person, it is told: the wait under way, or the next operation that is asked for, rejects with the
 * reason, so that a workflow can put right what must not stay as it is (an application at rest).
 */
export class Session {
  readonly #abort = new AbortController();
  readonly #bodies = new Set<Promise<unknown>>();
  readonly #halted = Promise.withResolvers<never>();
  #error: { readonly value: unknown } | undefined;
  #interruption: { readonly reason: unknown } | undefined;

  constructor(signal?: AbortSignal) {
    // The rejection is observed through `race`; a session that ends well leaves it unobserved.
    this.#halted.promise.catch(() => {});
    const onAbort = () => this.#interrupt(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true, signal: this.#abort.signal });
  }

  get isHalted(): boolean {
    return this.#error !== undefined;
  }

  /** Set once a person has interrupted the run. */
  get interruption(): { readonly reason: unknown } | undefined {
    return this.#interruption;
  }

  /** Aborted when the session is interrupted, halted or has ended: ends sleeping waits. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  halt(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = { value: error };
    this.#abort.abort(error);
    this.#halted.reject(error);
  }

  #interrupt(reason: unknown): void {
    this.#interruption = { reason };
    this.#abort.abort(reason);
  }

  /** What a workflow waits on after the end. */
  never(): Promise<never> {
    return new Promise(() => {});
  }

  /** Runs a step body or check and knows of it until it settles; does not start it once halted. */
  async perform<T>(body: () => Promise<T>): Promise<T> {
    if (this.isHalted) return this.never();
    // A body may throw before its first await; it must still come back as a rejection.
    const running = (async () => body())();
    this.#bodies.add(running);
    const [outcome] = await Promise.allSettled([running]);
    this.#bodies.delete(running);
    if (this.isHalted) return this.never();
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** The result of `work`, or the reason of the halt once nothing of this session is running any more. */
  async finish<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    try {
      return await Promise.race([this.#halted.promise, work]);
    } finally {
      while (this.#bodies.size > 0) await Promise.allSettled(this.#bodies);
      this.#abort.abort();
    }
  }
}

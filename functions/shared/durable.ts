/** What can be checkpointed: plain data that survives a round trip through JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** The answer of one check: wait this long and check again, or done. */
export type NextCheck = { readonly waitSeconds: number } | 'done';

export interface WaitOptions<S extends Json> {
  readonly initial: S;
  /** One look at the world. At least once per poll: a crash repeats it, so it must be idempotent. Must not throw to retry. */
  check(state: S): Promise<S>;
  /** Decides from the state and the number of checks made so far (1 after the first). */
  next(state: S, checks: number): NextCheck;
}

/**
 * The durable port: what a workflow may ask of its engine. Two adapters exist: AWS Lambda durable functions
 * (`handlers/durable-adapter.ts`) and the local engine (`engine/`).
 *
 * Names and order of calls are a contract with executions in flight: never reorder, never rename.
 * A step body runs at least once (a crash repeats it) and its result at most 200 KB of JSON.
 */
export interface DurableContext {
  /**
   * Runs `body` once and remembers its result; replays return the remembered one. What the network or a service's own
   * failure threw is tried again, twice, some seconds later (`engine/step-retries.ts`).
   */
  step<T extends Json>(name: string, body: () => Promise<T>): Promise<T>;
  /** Checks until `next` says done; between checks nothing runs and nothing is paid. */
  waitFor<S extends Json>(name: string, options: WaitOptions<S>): Promise<S>;
  /**
   * Runs another durable function (by the name that the host resolves) once and returns its result. Calls made
   * together, without waiting in between, run at the same time.
   */
  invoke<T extends Json>(name: string, functionName: string, payload: Json): Promise<T>;
  /**
   * Starts all branches, waits for all; each branch has its own names. Their results are one checkpoint: where they
   * may be large, call `invoke` several times and wait for all of those.
   */
  all<T extends Json>(
    name: string,
    branches: readonly ((context: DurableContext) => Promise<T>)[],
  ): Promise<T[]>;
}

export type Workflow<I extends Json, O extends Json> = (input: I, context: DurableContext) => Promise<O>;

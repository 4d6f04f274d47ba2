import type { Clock } from '../shared/clock.ts';
import type { Json, Workflow } from '../shared/durable.ts';
import { usageError } from '../shared/errors.ts';
import { EngineContext, type InvokeChild, type Settled } from './context.ts';
import { type CheckpointSwitch, Execution } from './execution.ts';
import { recordFailure, reviveFailure } from './failure.ts';
import { type DurableLimits, serviceLimits, toPayload } from './limits.ts';
import { Session } from './session.ts';
import { CheckpointStore, type EngineStatistics, type Outcome } from './store.ts';

/** A workflow whose input and output are known to the registry's user only; any `Workflow` is one. */
export type AnyWorkflow = Workflow<never, Json>;

export interface EngineOptions {
  readonly clock: Clock;
  /** Those of AWS Lambda durable functions unless given. */
  readonly limits?: Partial<DurableLimits>;
  /** Workflows that `context.invoke` may name. */
  readonly functions?: Readonly<Record<string, AnyWorkflow>>;
  /** Sees every checkpoint before and after it is written; throwing simulates the death of the process there. */
  readonly onCheckpoint?: CheckpointSwitch;
  /** Give the store of an earlier engine to go on where that one ended; a new one otherwise. */
  readonly store?: CheckpointStore;
}

export interface RunOptions {
  /** The execution's name, `execution` if left out. A name that is known goes on, or answers what it answered. */
  readonly name?: string;
  /**
   * Ends the run: waits stop at once, step bodies under way settle and are remembered, then the workflow is told by a
   * rejection with the signal's reason. What it does about it (steps in a `catch` or `finally`) runs and is not
   * remembered. Run again to go on.
   */
  readonly signal?: AbortSignal;
}

export interface Engine {
  /**
   * Runs a workflow to its end. Rejects with the workflow's own failure, which is remembered like a result; with
   * whatever `onCheckpoint` threw or the signal's reason, after which the same call goes on from the checkpoints; or
   * with a defect of the workflow (`DurableLimitError`, `NotPlainDataError`, `ReplayMismatchError`).
   * No step body is running any more when it settles.
   */
  run<I extends Json, O extends Json>(workflow: Workflow<I, O>, input: I, options?: RunOptions): Promise<O>;
  /** Of one execution, or of all that the store has seen. */
  statistics(name?: string): EngineStatistics;
  readonly store: CheckpointStore;
}

/** Runs durable workflows in this process, with the rules and limits of the service. */
export function createEngine(options: EngineOptions): Engine {
  const { clock, functions = {}, onCheckpoint, store = new CheckpointStore() } = options;
  const limits = { ...serviceLimits, ...options.limits };

  /** `input` is JSON text: a workflow must not share objects with its caller, since the service's cannot. */
  async function execute(
    name: string,
    workflow: AnyWorkflow,
    input: string,
    session: Session,
  ): Promise<Settled> {
    const record = store.find(name) ?? store.create(name, input);
    if (record.input !== input) {
      throw usageError(
        `an execution named '${name}' exists with another input`,
        'use another name, or the same input to go on with it',
      );
    }
    if (record.outcome !== undefined) return record.outcome;
    record.count({ invocations: 1 });
    const execution = new Execution({ record, session, clock, limits, store, onCheckpoint });
    const invokeChild: InvokeChild = async (child, functionName, payload) => {
      const invoked = Object.hasOwn(functions, functionName) ? functions[functionName] : undefined;
      if (invoked === undefined) {
        const known = Object.keys(functions).join(', ') || 'none';
        const message = `no function '${functionName}' to invoke (registered: ${known})`;
        return { state: 'failed', failure: { name: 'ResourceNotFoundException', message } };
      }
      return execute(child, invoked, payload, session);
    };
    const context = new EngineContext(execution, invokeChild);
    let outcome: Outcome;
    let cause: unknown;
    try {
      // Sound: for `run` the text is the JSON of the workflow's own input type; a chained payload is as untyped as on
      // the service, and the workflow validates what it is given.
      const result = await workflow(JSON.parse(input) as never, context);
      outcome = { state: 'done', result: toPayload(name, result, limits.payloadBytes) };
    } catch (error) {
      // Interrupted executions have not ended; the next run goes on with them.
      if (session.interruption) throw session.interruption.reason;
      outcome = { state: 'failed', failure: recordFailure(error) };
      cause = error;
    }
    const text = outcome.state === 'done' ? outcome.result : JSON.stringify(outcome.failure);
    await execution.checkpoint('', text, () => {
      record.outcome = outcome;
    });
    return cause === undefined ? outcome : { ...outcome, cause };
  }

  return {
    store,
    statistics: (name) => store.statistics(name),
    async run<I extends Json, O extends Json>(
      workflow: Workflow<I, O>,
      input: I,
      runOptions: RunOptions = {},
    ) {
      const name = runOptions.name ?? 'execution';
      const session = new Session(runOptions.signal);
      const text = toPayload(name, input, limits.payloadBytes);
      const outcome = await session.finish(execute(name, workflow, text, session));
      if (outcome.state === 'failed') throw reviveFailure(outcome.failure, outcome.cause);
      // Sound: the JSON of the `O` that this workflow returned, now or in an earlier run under this name.
      return JSON.parse(outcome.result) as O;
    },
  };
}

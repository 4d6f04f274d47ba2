import {
  type DurableExecutionClient,
  type DurableLambdaHandler,
  DurableOperationError,
  type DurableContext as ServiceContext,
  withDurableExecution,
} from '@aws/durable-execution-sdk-js';
import { type Condition, checkOnce } from '../engine/condition.ts';
import { parseFailure, type RecordedFailure, recordFailure, reviveFailure } from '../engine/failure.ts';
import { serviceLimits, toPayload } from '../engine/limits.ts';
import { pauseBeforeRetry } from '../engine/step-retries.ts';
import type { DurableContext, Json, NextCheck, WaitOptions, Workflow } from '../shared/durable.ts';

export interface DurableHandlerOptions {
  /** The qualified ARN (version or alias) of a function that a workflow invokes by its short name. */
  readonly resolveFunction: (functionName: string) => string;
  /** The service's own unless a test brings another. */
  readonly client?: DurableExecutionClient;
}

/** A Lambda handler that runs `workflow` as an AWS Lambda durable function. The function needs a `durableConfig`. */
export function durableHandler<I extends Json, O extends Json>(
  workflow: Workflow<I, O>,
  options: DurableHandlerOptions,
): DurableLambdaHandler {
  return withDurableExecution<I, O>(
    async (event, context) => {
      try {
        return await workflow(event, new LambdaDurableContext(context, options.resolveFunction));
      } catch (error) {
        // So that whoever invoked this execution gets kind and remedy, not the message alone.
        throw new OperationFailure(recordFailure(error), error);
      }
    },
    options.client === undefined ? {} : { durableExecutionClient: options.client },
  );
}

/** Carries a recorded failure through the service, as `ErrorData`; the console shows the name as the error's type. */
class OperationFailure extends DurableOperationError {
  override readonly errorType: string;

  constructor(failure: RecordedFailure, cause: unknown) {
    super(failure.message, cause instanceof Error ? cause : undefined, JSON.stringify(failure));
    this.errorType = failure.name;
  }
}

/** The port over the durable execution SDK 2.4. Semantics that differ from the SDK's are those of the port's contract. */
class LambdaDurableContext implements DurableContext {
  readonly #context: ServiceContext;
  readonly #resolveFunction: (functionName: string) => string;

  constructor(context: ServiceContext, resolveFunction: (functionName: string) => string) {
    this.#context = context;
    this.#resolveFunction = resolveFunction;
  }

  async step<T extends Json>(name: string, body: () => Promise<T>): Promise<T> {
    return this.#translated(() =>
      this.#context.step(
        name,
        async () => {
          try {
            return checked(name, await body());
          } catch (error) {
            throw new OperationFailure(recordFailure(error), error);
          }
        },
        // Left to itself the SDK would repeat a refusal five times over minutes.
        {
          retryStrategy: (error, tries) => {
            const seconds = pauseBeforeRetry(error.cause, tries);
            return seconds === undefined ? { shouldRetry: false } : { shouldRetry: true, delay: { seconds } };
          },
        },
      ),
    );
  }

  async waitFor<S extends Json>(name: string, options: WaitOptions<S>): Promise<S> {
    const initialState: ConditionWithNext<S> = {
      condition: { state: options.initial, checks: 0, failures: 0 },
      next: { waitSeconds: 0 },
    };
    const last = await this.#translated(() =>
      this.#context.waitForCondition<ConditionWithNext<S>>(
        name,
        async ({ condition }) => {
          const answer = await checkOnce(options, condition);
          if ('failure' in answer) throw new OperationFailure(answer.failure, answer.cause);
          checked(name, answer.condition.state);
          return answer;
        },
        {
          initialState,
          waitStrategy: ({ next }) =>
            next === 'done'
              ? { shouldContinue: false }
              : // The service counts in whole seconds, at least one.
                { shouldContinue: true, delay: { seconds: Math.max(1, Math.ceil(next.waitSeconds)) } },
        },
      ),
    );
    return last.condition.state;
  }

  async invoke<T extends Json>(name: string, functionName: string, payload: Json): Promise<T> {
    const target = this.#resolveFunction(functionName);
    return this.#translated(() => this.#context.invoke<Json, T>(name, target, checked(name, payload)));
  }

  async all<T extends Json>(
    name: string,
    branches: readonly ((context: DurableContext) => Promise<T>)[],
  ): Promise<T[]> {
    const batch = await this.#translated(() =>
      this.#context.parallel<T>(
        name,
        branches.map((branch, index) => ({
          name: `${name}-${index}`,
          func: async (context) => {
            try {
              return checked(name, await branch(new LambdaDurableContext(context, this.#resolveFunction)));
            } catch (error) {
              throw new OperationFailure(recordFailure(error), error);
            }
          },
        })),
        // The SDK stops at the first failure otherwise, and leaves the other branches to run on unseen.
        { completionConfig: { toleratedFailurePercentage: 100 } },
      ),
    );
    const items = batch.all.toSorted((a, b) => a.index - b.index);
    return items.map((item) => {
      if (item.error !== undefined) throw toFailure(item.error);
      if (item.result === undefined) {
        throw new TypeError(`branch ${item.index} of '${name}' ended without a result`);
      }
      return item.result;
    });
  }

  async #translated<T>(operation: () => PromiseLike<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw toFailure(error);
    }
  }
}

type ConditionWithNext<S extends Json> = { readonly condition: Condition<S>; readonly next: NextCheck };

/** The value itself, once it is known to be plain and small enough; the SDK serializes it. */
function checked<T extends Json>(operation: string, value: T): T {
  toPayload(operation, value, serviceLimits.payloadBytes);
  return value;
}

/** The failure that an SDK error carries: our own record if there is one, else what the service said. */
function toFailure(error: unknown): unknown {
  if (!(error instanceof DurableOperationError)) return error;
  const recorded = parseFailure(error.toErrorObject().ErrorData);
  if (recorded !== undefined) return reviveFailure(recorded, error);
  const name = error.cause?.name ?? error.name;
  return reviveFailure({ name: name === 'Error' ? error.name : name, message: error.message }, error);
}

import type { World } from '../../world.ts';
import { runtimeError } from './durable/answers.ts';
import type { FunctionCode, FunctionHandler, FunctionRecord, Outcome } from './state.ts';

/** An asynchronous invocation. */
export interface EventInvocation {
  readonly functionName: string;
  readonly qualifier: string;
  readonly payload: string;
  /** Sandbox time in milliseconds. */
  readonly acceptedAt: number;
  readonly outcome: Outcome | undefined;
}

export interface Invoker {
  readonly events: readonly EventInvocation[];
  /** Accepts an invocation and lets it run beside the answer. */
  runLater(record: FunctionRecord, qualifier: string, payload: string, outcome: () => Promise<Outcome>): void;
  idle(): Promise<void>;
}

const keptEvents = 1000;
/** Lambda repeats a failed asynchronous invocation twice, but never that of a durable function. */
const attempts = 3;

export function createInvoker(world: World): Invoker {
  const events: EventInvocation[] = [];
  const running = new Set<Promise<void>>();
  return {
    events,
    runLater(record, qualifier, payload, outcome) {
      const event = {
        functionName: record.name,
        qualifier,
        payload,
        acceptedAt: world.now(),
        outcome: undefined,
      };
      let shown: EventInvocation = event;
      events.push(shown);
      if (events.length > keptEvents) events.shift();
      const work = async (): Promise<void> => {
        for (let attempt = 1; attempt <= (record.durable ? 1 : attempts); attempt++) {
          const result = await outcome();
          const at = events.indexOf(shown);
          shown = { ...event, outcome: result };
          if (at >= 0) events[at] = shown;
          if (!result.functionError) return;
        }
        if (shown.outcome) record.giveUp?.(payload, shown.outcome);
      };
      const promise = work().finally(() => running.delete(promise));
      running.add(promise);
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Code that is a handler in this process. */
export const inProcess =
  (handler: FunctionHandler): FunctionCode =>
  async (payload, context) => {
    try {
      const event: unknown = payload === '' ? {} : JSON.parse(payload);
      const result = await handler(event, context);
      // JSON.stringify leaves `undefined` and functions out, where the runtime answers null.
      return { payload: JSON.stringify(result) ?? 'null', functionError: undefined };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const told = {
        errorType: error.name,
        errorMessage: error.message,
        trace: (error.stack ?? '').split('\n'),
      };
      return { payload: JSON.stringify(told), functionError: 'Unhandled' };
    }
  };

/** How an execution of a function without checkpoints ended: its one invocation is the whole of it. */
export const endOf = (outcome: Outcome, at: number) =>
  outcome.functionError
    ? ({ at, outcome, status: 'FAILED', error: runtimeError(outcome.payload) } as const)
    : ({ at, outcome, status: 'SUCCEEDED', error: undefined } as const);

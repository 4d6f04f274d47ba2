import type { RecordedFailure } from './failure.ts';

/** How an operation ended; `result` is JSON text. */
export type Outcome =
  | { readonly state: 'done'; readonly result: string }
  | { readonly state: 'failed'; readonly failure: RecordedFailure };

export type OperationKind = 'step' | 'wait' | 'invoke' | 'all';

/** One operation of an execution, by its position. */
export interface OperationRecord {
  readonly kind: OperationKind;
  readonly name: string;
  /** A wait between two checks: the condition as JSON, and when the next check is due (ms since the epoch). */
  readonly waiting?: { readonly condition: string; readonly dueAt: number };
  readonly outcome?: Outcome;
}

export interface EngineStatistics {
  /** As the service meters them, see `DurableLimits.operations`. */
  readonly operations: number;
  /** Attempts to write, those that crashed included. */
  readonly checkpoints: number;
  /** How often the service would have invoked the function: starts, restarts and the ends of waits. */
  readonly invocations: number;
  /** Of all results, states and payloads that were written. */
  readonly bytes: number;
}

export const noStatistics: EngineStatistics = { operations: 0, checkpoints: 0, invocations: 0, bytes: 0 };

/** One durable execution: its input, its operations by position (`3`, or `3.0.1` in a branch), how it ended. */
export class ExecutionRecord {
  readonly name: string;
  readonly input: string;
  readonly operations = new Map<string, OperationRecord>();
  statistics: EngineStatistics = { ...noStatistics, operations: 1 };
  outcome: Outcome | undefined;

  constructor(name: string, input: string) {
    this.name = name;
    this.input = input;
    this.count({ bytes: Buffer.byteLength(input) });
  }

  count(more: Partial<EngineStatistics>): void {
    this.statistics = addStatistics(this.statistics, { ...noStatistics, ...more });
  }
}

/** Checkpoints in memory. It outlives a simulated crash, and two engines may share it one after the other. */
export class CheckpointStore {
  readonly #executions = new Map<string, ExecutionRecord>();
  #checkpoints = 0;

  find(name: string): ExecutionRecord | undefined {
    return this.#executions.get(name);
  }

  create(name: string, input: string): ExecutionRecord {
    const execution = new ExecutionRecord(name, input);
    this.#executions.set(name, execution);
    return execution;
  }

  /** The number of the next checkpoint, counted over all executions, from 1. */
  nextIndex(): number {
    this.#checkpoints += 1;
    return this.#checkpoints;
  }

  /** Of one execution, or of all together. */
  statistics(execution?: string): EngineStatistics {
    if (execution !== undefined) return this.find(execution)?.statistics ?? noStatistics;
    return [...this.#executions.values()].map((each) => each.statistics).reduce(addStatistics, noStatistics);
  }
}

function addStatistics(a: EngineStatistics, b: EngineStatistics): EngineStatistics {
  return {
    operations: a.operations + b.operations,
    checkpoints: a.checkpoints + b.checkpoints,
    invocations: a.invocations + b.invocations,
    bytes: a.bytes + b.bytes,
  };
}

import type { Clock } from '../shared/clock.ts';
import type { Json } from '../shared/durable.ts';
import { DurableLimitError, type DurableLimits, toPayload as encode } from './limits.ts';
import type { Session } from './session.ts';
import type {
  CheckpointStore,
  EngineStatistics,
  ExecutionRecord,
  OperationKind,
  OperationRecord,
} from './store.ts';

/** A checkpoint about to be written, or just written. Throwing from the switch is the crash of the process. */
export interface CheckpointEvent {
  /** Counted over everything that one store ever saw, from 1; a repeated write has a new number. */
  readonly index: number;
  /** Execution and operation, for example `ci-20260101t0200/start-0`. */
  readonly name: string;
  readonly phase: 'before' | 'after';
}

export type CheckpointSwitch = (event: CheckpointEvent) => void;

/** The workflow asks for another operation than the one that an earlier run made at this position. */
export class ReplayMismatchError extends Error {
  readonly position: string;

  constructor(execution: string, position: string, recorded: string, asked: string) {
    super(
      `the workflow of '${execution}' asks for ${asked} at position ${position} where its checkpoints hold ${recorded}: names and order of operations must not change while an execution is under way`,
    );
    this.name = 'ReplayMismatchError';
    this.position = position;
  }
}

/** One execution under way: its record, and the rules by which the record may be read and written. */
export class Execution {
  readonly record: ExecutionRecord;
  readonly session: Session;
  readonly clock: Clock;
  readonly #limits: DurableLimits;
  readonly #store: CheckpointStore;
  readonly #onCheckpoint: CheckpointSwitch | undefined;

  constructor(options: {
    readonly record: ExecutionRecord;
    readonly session: Session;
    readonly clock: Clock;
    readonly limits: DurableLimits;
    readonly store: CheckpointStore;
    readonly onCheckpoint: CheckpointSwitch | undefined;
  }) {
    this.record = options.record;
    this.session = options.session;
    this.clock = options.clock;
    this.#limits = options.limits;
    this.#store = options.store;
    this.#onCheckpoint = options.onCheckpoint;
  }

  /**
   * What an earlier run left at this position, after checking that it is the same operation; a new one is metered
   * as `operations`.
   */
  open(position: string, kind: OperationKind, name: string, operations: number): OperationRecord {
    const found = this.record.operations.get(position);
    if (found === undefined) {
      const fresh = { kind, name };
      this.record.operations.set(position, fresh);
      this.count(name, { operations });
      return fresh;
    }
    if (found.kind !== kind || found.name !== name) {
      throw new ReplayMismatchError(this.record.name, position, label(found), label({ kind, name }));
    }
    return found;
  }

  /** The JSON of a value, within the limit of one payload. */
  encode(operation: string, value: Json): string {
    return encode(operation, value, this.#limits.payloadBytes);
  }

  count(operation: string, more: Partial<EngineStatistics>): void {
    this.record.count(more);
    const { operations, bytes } = this.record.statistics;
    if (operations > this.#limits.operations) {
      throw new DurableLimitError(operation, 'operations', this.#limits.operations, operations);
    }
    if (bytes > this.#limits.totalBytes) {
      throw new DurableLimitError(operation, 'totalBytes', this.#limits.totalBytes, bytes);
    }
  }

  /** Runs `write` as one checkpoint; a switch that throws kills the session before or after it. */
  async checkpoint(operation: string, text: string, write: () => void): Promise<void> {
    // Also gives other branches their turn, as the network does.
    await Promise.resolve();
    if (this.session.isHalted) return this.session.never();
    const index = this.#store.nextIndex();
    const name = operation === '' ? this.record.name : `${this.record.name}/${operation}`;
    this.record.count({ checkpoints: 1 });
    try {
      this.#onCheckpoint?.({ index, name, phase: 'before' });
      this.count(name, { bytes: Buffer.byteLength(text) });
      write();
      this.#onCheckpoint?.({ index, name, phase: 'after' });
    } catch (error) {
      this.session.halt(error);
      return this.session.never();
    }
  }
}

const label = (operation: { readonly kind: string; readonly name: string }): string =>
  `${operation.kind} '${operation.name}'`;

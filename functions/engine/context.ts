import type { DurableContext, Json, WaitOptions } from '../shared/durable.ts';
import { type Condition, checkOnce } from './condition.ts';
import type { Execution } from './execution.ts';
import { recordFailure, reviveFailure } from './failure.ts';
import { pauseBeforeRetry } from './step-retries.ts';
import type { OperationKind, OperationRecord, Outcome } from './store.ts';

/** Runs a registered workflow as an execution of its own and tells how it ended. */
export type InvokeChild = (execution: string, functionName: string, payload: string) => Promise<Settled>;

/** How something ended, with the original error where this process still has it. */
export type Settled = Outcome & { readonly cause?: unknown };

interface Slot {
  readonly position: string;
  readonly path: string;
  readonly record: OperationRecord;
  /** False while an interrupted workflow puts things right: a later run must do so again. */
  readonly recorded: boolean;
}

/** The durable port over checkpoints in memory. Positions count the calls of one context, in the order they are made. */
export class EngineContext implements DurableContext {
  readonly #execution: Execution;
  readonly #invokeChild: InvokeChild;
  readonly #prefix: { readonly position: string; readonly path: string };
  #calls = 0;
  #unwinding = false;

  constructor(execution: Execution, invokeChild: InvokeChild, prefix = { position: '', path: '' }) {
    this.#execution = execution;
    this.#invokeChild = invokeChild;
    this.#prefix = prefix;
  }

  step<T extends Json>(name: string, body: () => Promise<T>): Promise<T> {
    return this.#operate('step', name, async (slot) => {
      const { clock, session } = this.#execution;
      for (let tries = 1; ; tries += 1) {
        let result: T;
        try {
          result = await session.perform(body);
        } catch (error) {
          const seconds = pauseBeforeRetry(error, tries);
          // What puts things right after an interrupt does not wait.
          if (seconds === undefined || !slot.recorded)
            return this.#close(slot, { state: 'failed', failure: recordFailure(error) }, error);
          await this.#sleepUntil(clock.now() + seconds * 1000);
          continue;
        }
        return this.#close(slot, { state: 'done', result: this.#execution.encode(slot.path, result) });
      }
    });
  }

  waitFor<S extends Json>(name: string, options: WaitOptions<S>): Promise<S> {
    return this.#operate('wait', name, async (slot) => {
      const { clock, session } = this.#execution;
      let condition: Condition<S> = { state: options.initial, checks: 0, failures: 0 };
      if (slot.record.waiting !== undefined) {
        // Sound: this operation wrote it, as a condition over the same `S` (the names were compared).
        condition = JSON.parse(slot.record.waiting.condition) as Condition<S>;
        await this.#sleepUntil(slot.record.waiting.dueAt);
      }
      for (;;) {
        const checked = await session.perform(() => checkOnce(options, condition));
        if ('failure' in checked) {
          return this.#close(slot, { state: 'failed', failure: checked.failure }, checked.cause);
        }
        const { state, checks, failures } = checked.condition;
        const text = this.#execution.encode(slot.path, state);
        if (checked.next === 'done') return this.#close(slot, { state: 'done', result: text });
        const dueAt = clock.now() + checked.next.waitSeconds * 1000;
        const waiting = { condition: `{"state":${text},"checks":${checks},"failures":${failures}}`, dueAt };
        this.#execution.count(slot.path, { operations: 1 });
        await this.#execution.checkpoint(slot.path, text, () =>
          this.#write(slot, { ...slot.record, waiting }),
        );
        await this.#sleepUntil(dueAt);
        this.#execution.record.count({ invocations: 1 });
        // The next check gets its own copy: a check may not rely on objects that a crash would take away.
        condition = JSON.parse(waiting.condition) as Condition<S>;
      }
    });
  }

  invoke<T extends Json>(name: string, functionName: string, payload: Json): Promise<T> {
    return this.#operate('invoke', name, async (slot) => {
      const text = this.#execution.encode(slot.path, payload);
      // By position, since a workflow may use one name twice; so each position invokes once, also after a crash.
      const child = `${this.#execution.record.name}/${slot.position}-${name}`;
      const outcome = await this.#invokeChild(child, functionName, text);
      this.#execution.record.count({ invocations: 1 });
      return this.#close(slot, outcome);
    });
  }

  all<T extends Json>(
    name: string,
    branches: readonly ((context: DurableContext) => Promise<T>)[],
  ): Promise<T[]> {
    const run = async (slot: Slot): Promise<Settled> => {
      const settled = await Promise.allSettled(
        branches.map(async (branch, index) => {
          const prefix = { position: `${slot.position}.${index}.`, path: `${slot.path}/${index}/` };
          return branch(new EngineContext(this.#execution, this.#invokeChild, prefix));
        }),
      );
      const { interruption } = this.#execution.session;
      if (interruption && settled.some(({ status }) => status === 'rejected')) throw interruption.reason;
      const results: T[] = [];
      for (const each of settled) {
        if (each.status === 'fulfilled') results.push(each.value);
        else return this.#close(slot, { state: 'failed', failure: recordFailure(each.reason) }, each.reason);
      }
      return this.#close(slot, { state: 'done', result: this.#execution.encode(slot.path, results) });
    };
    return this.#operate('all', name, run, 1 + branches.length);
  }

  /** Claims the next position before anything is awaited, so that calls made together keep their order. */
  #operate<T extends Json>(
    kind: OperationKind,
    name: string,
    run: (slot: Slot) => Promise<Settled>,
    operations = 1,
  ): Promise<T> {
    this.#calls += 1;
    const position = `${this.#prefix.position}${this.#calls}`;
    const path = `${this.#prefix.path}${name}`;
    const { session } = this.#execution;
    const operate = async (): Promise<T> => {
      if (session.isHalted) return session.never();
      const { interruption } = session;
      if (interruption && (!this.#unwinding || kind !== 'step')) throw this.#interrupted(interruption.reason);
      const recorded = interruption === undefined;
      let outcome: Settled;
      try {
        const record = recorded ? this.#execution.open(position, kind, name, operations) : { kind, name };
        outcome = record.outcome ?? (await run({ position, path, record, recorded }));
      } catch (error) {
        if (session.interruption?.reason === error && !session.isHalted) throw this.#interrupted(error);
        // Limits, mismatches and impossible results: the service would end the execution here.
        session.halt(error);
        return session.never();
      }
      if (outcome.state === 'failed') throw reviveFailure(outcome.failure, outcome.cause);
      // Sound: it is the JSON of a `T` that this operation returned, now or in an earlier run.
      return JSON.parse(outcome.result) as T;
    };
    return operate();
  }

  /** Each context is told once; from then on its steps run unrecorded, and everything else is refused. */
  #interrupted(reason: unknown): unknown {
    this.#unwinding = true;
    return reason;
  }

  async #close(
    slot: Slot,
    outcome: Outcome,
    cause?: unknown,
  ): Promise<Outcome & { readonly cause?: unknown }> {
    const text = outcome.state === 'done' ? outcome.result : JSON.stringify(outcome.failure);
    const { kind, name } = slot.record;
    if (slot.recorded) {
      await this.#execution.checkpoint(slot.path, text, () => this.#write(slot, { kind, name, outcome }));
    }
    return cause === undefined ? outcome : { ...outcome, cause };
  }

  #write(slot: Slot, record: OperationRecord): void {
    this.#execution.record.operations.set(slot.position, record);
  }

  async #sleepUntil(dueAt: number): Promise<void> {
    const { clock, session } = this.#execution;
    const milliseconds = dueAt - clock.now();
    try {
      if (milliseconds > 0) await clock.sleep(milliseconds, session.signal);
    } catch (error) {
      if (session.isHalted) return session.never();
      throw error;
    }
  }
}

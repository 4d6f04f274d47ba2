/** What the service remembers of one durable execution: its operations, its history, and who may write next. */
import type { Event, Operation, OperationUpdate } from '@aws-sdk/client-lambda';
import { callbackIdOf } from './callback-ids.ts';
import {
  callbackEnded,
  chainedInvokeEnded,
  executionEnded,
  executionStarted,
  type Happening,
  happeningOf,
  type InvocationRecord,
  invocationCompleted,
  waitEnded,
} from './history.ts';
import type { DurableLimits } from './limits.ts';
import {
  applyUpdate,
  type ChainedEnd,
  checkUpdate,
  hasEnded,
  invalidParameter,
  whenAnswered,
  whenDue,
} from './transitions.ts';

export interface JournalOptions {
  readonly operationId: string;
  readonly name: string;
  readonly payload: string;
  readonly timeoutSeconds: number;
  readonly now: number;
  readonly limits: DurableLimits;
  /** Unique in the sandbox; begins the checkpoint tokens. */
  readonly arn: string;
}

/** An update that was taken, with the operation that came of it. */
export interface Taken {
  readonly update: OperationUpdate;
  readonly operation: Operation;
}

/** A function that was invoked by an execution. */
export interface Chained {
  readonly version: string;
  /** Of a durable function. */
  readonly executionArn: string | undefined;
}

export class Journal {
  readonly #options: JournalOptions;
  /** In the order of their start. */
  readonly #operations = new Map<string, Operation>();
  readonly #events: Event[] = [];
  /** Operations that changed since the function last heard of them. */
  readonly #changed = new Set<string>();
  #writes = 0;
  #open = false;
  #count = 1;
  #bytes = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    const { operationId: Id, name: Name, payload, timeoutSeconds, now } = options;
    const execution: Operation = {
      ...{ Id, Name, Type: 'EXECUTION', Status: 'STARTED', StartTimestamp: new Date(now) },
      ExecutionDetails: { InputPayload: payload },
    };
    this.#operations.set(Id, execution);
    this.note(executionStarted(execution, timeoutSeconds), now);
  }

  /** Only the invocation that is under way has a token that counts; each checkpoint hands out another one. */
  get token(): string {
    return Buffer.from(`${this.#options.arn.split('/').at(-1)}:${this.#writes}`).toString('base64');
  }

  get events(): readonly Event[] {
    return this.#events;
  }

  get hasNews(): boolean {
    return this.#changed.size > 0;
  }

  /** Whether anything is under way that will change by itself: a timer, a chained invoke. */
  get isWaiting(): boolean {
    return [...this.#operations.values()].some(
      ({ Type, Status }) =>
        Status === 'PENDING' || (Status === 'STARTED' && waitsByItself.includes(Type ?? '')),
    );
  }

  operation(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  /** The result that an execution checkpointed because it was too large to be returned. */
  storedResult: string | undefined;

  /** Begins an invocation: older tokens are void. Answers what changed since the last one heard of it. */
  open(): readonly string[] {
    this.#writes += 1;
    this.#open = true;
    const news = [...this.#changed];
    this.#changed.clear();
    return news;
  }

  close(): void {
    this.#writes += 1;
    this.#open = false;
  }

  /** @throws ServiceError for a token that is not the latest one; the message is the one that the SDK looks for. */
  requireToken(token: string): void {
    if (this.#open && token === this.token) return;
    throw invalidParameter('Invalid Checkpoint Token: it was used, or its invocation is over.');
  }

  /**
   * Takes all updates or none. `dueAt` answers when a timer of so many seconds ends, in milliseconds.
   * @throws ServiceError for what an operation cannot take, and beyond the limits
   */
  write(
    updates: readonly OperationUpdate[],
    now: number,
    dueAt: (seconds: number) => number,
  ): readonly Taken[] {
    const drafts = new Map<string, Operation>();
    const taken = updates.map((update) => {
      const id = update.Id ?? '';
      const current = drafts.get(id) ?? this.#operations.get(id);
      this.#check(update, drafts, current);
      const seconds = update.WaitOptions?.WaitSeconds ?? update.StepOptions?.NextAttemptDelaySeconds ?? 0;
      const moment = { now, dueAt: dueAt(seconds), callbackId: callbackIdOf(this.#options.arn, id) };
      const operation = applyUpdate(update, current, moment);
      drafts.set(id, operation);
      return { update, operation, happening: happeningOf(update, operation, moment.dueAt) };
    });
    this.#checkTotals(updates, drafts);
    for (const { update, operation, happening } of taken) {
      if (update.Type === 'EXECUTION') {
        this.storedResult = update.Payload;
        continue;
      }
      this.#operations.set(operation.Id ?? '', operation);
      this.#changed.add(operation.Id ?? '');
      this.note(happening, now);
    }
    this.#writes += 1;
    return taken;
  }

  /** What the answer to a checkpoint tells: all that changed since the function last heard. */
  news(): readonly Operation[] {
    const news = [...this.#changed].flatMap((id) => this.#operations.get(id) ?? []);
    this.#changed.clear();
    return news;
  }

  /** For the replay: without what happened inside of contexts that are complete, unless those asked for it. */
  state(): readonly Operation[] {
    return [...this.#operations.values()].filter((each) => !this.#isHidden(each));
  }

  /** A timer ended: true when the operation still waited for that moment. */
  timerEnded(id: string, dueAt: number, now: number): boolean {
    const operation = this.#operations.get(id);
    if (!operation || hasEnded(operation) || dueTime(operation) !== dueAt) return false;
    const next = whenDue(operation, now);
    this.#operations.set(id, next);
    this.#changed.add(id);
    if (next.Type === 'WAIT') this.note(waitEnded(next), now);
    return true;
  }

  /** What a chained invoke has become, once that is known. */
  chained(id: string, begun: Chained): void {
    const at = this.#events.findLastIndex((each) => each.Id === id && each.ChainedInvokeStartedDetails);
    const { ChainedInvokeStartedDetails: details, ...event } = this.#events[at] ?? {};
    if (!details) return;
    this.#events[at] = {
      ...event,
      ChainedInvokeStartedDetails: {
        ...details,
        ExecutedVersion: begun.version,
        ...(begun.executionArn === undefined ? {} : { DurableExecutionArn: begun.executionArn }),
      },
    };
  }

  /** A chained invoke or a callback has its answer: true when the operation still waited for one. */
  answered(id: string, end: ChainedEnd, now: number): boolean {
    const operation = this.#operations.get(id);
    if (!operation || hasEnded(operation)) return false;
    const next = whenAnswered(operation, end, now);
    this.#operations.set(id, next);
    this.#changed.add(id);
    this.note(next.Type === 'CALLBACK' ? callbackEnded(next, end) : chainedInvokeEnded(next, end), now);
    return true;
  }

  invoked(record: InvocationRecord): void {
    this.note(invocationCompleted(record), record.endedAt);
  }

  ended(end: ChainedEnd, now: number): void {
    const id = this.#options.operationId;
    const execution = this.#operations.get(id);
    if (!execution) return;
    const next: Operation = { ...execution, Status: end.status, EndTimestamp: new Date(now) };
    this.#operations.set(id, next);
    this.note(executionEnded(next, end), now);
    this.close();
  }

  note(happening: Happening, now: number): void {
    this.#events.push({ ...happening, EventId: this.#events.length + 1, EventTimestamp: new Date(now) });
  }

  #check(
    update: OperationUpdate,
    drafts: ReadonlyMap<string, Operation>,
    current: Operation | undefined,
  ): void {
    checkUpdate(update, current);
    const { ParentId: parentId, Payload = '' } = update;
    const parent =
      parentId === undefined ? undefined : (drafts.get(parentId) ?? this.#operations.get(parentId));
    if (parentId !== undefined && parent?.Type !== 'CONTEXT')
      throw invalidParameter('Invalid parent operation id.');
    const { payloadBytes } = this.#options.limits;
    if (update.Type !== 'EXECUTION' && Buffer.byteLength(Payload) > payloadBytes)
      throw invalidParameter(`Payload must have at most ${payloadBytes} bytes.`);
  }

  #checkTotals(updates: readonly OperationUpdate[], drafts: ReadonlyMap<string, Operation>): void {
    const { operations, storedBytes } = this.#options.limits;
    const fresh = [...drafts.keys()].filter((id) => !this.#operations.has(id)).length;
    const count = this.#count + fresh + updates.filter(({ Action }) => Action === 'RETRY').length;
    if (count > operations)
      throw invalidParameter(`A durable execution has at most ${operations} operations.`);
    const bytes = updates.reduce((sum, { Payload = '' }) => sum + Buffer.byteLength(Payload), this.#bytes);
    if (bytes > storedBytes)
      throw invalidParameter(`A durable execution stores at most ${storedBytes} bytes.`);
    this.#count = count;
    this.#bytes = bytes;
  }

  #isHidden({ ParentId }: Operation): boolean {
    const parent = ParentId === undefined ? undefined : this.#operations.get(ParentId);
    if (!parent) return false;
    return (hasEnded(parent) && !parent.ContextDetails?.ReplayChildren) || this.#isHidden(parent);
  }
}

/** Operations that begin to wait as soon as they are started. */
const waitsByItself: readonly string[] = ['WAIT', 'CHAINED_INVOKE', 'CALLBACK'];

const dueTime = ({ StepDetails, WaitDetails }: Operation): number | undefined =>
  (StepDetails?.NextAttemptTimestamp ?? WaitDetails?.ScheduledEndTimestamp)?.getTime();

/**
 * Runs executions of functions that checkpoint: invokes the code, and invokes it again when a timer ended, a chained
 * invoke answered or the process died, until the execution has ended.
 */
import type { CallbackOptions, ErrorObject, Operation, OperationUpdate } from '@aws-sdk/client-lambda';
import type { World } from '../../../world.ts';
import type { DurableExecution, DurableSettings, ExecutionEnd, Outcome } from '../state.ts';
import { failedOutcome, readAnswer, type Said } from './answers.ts';
import { type Chained, Journal } from './journal.ts';
import { type DurableLimits, defaultPage, documentedLimits } from './limits.ts';
import type { ChainedEnd } from './transitions.ts';

/** One execution to run. */
export interface Assignment {
  readonly arn: string;
  readonly name: string;
  readonly payload: string;
  readonly settings: DurableSettings;
  readonly limits?: Partial<DurableLimits>;
  /** Operations that come with an invocation; the function asks for the others. */
  readonly statePage?: number | undefined;
  /** Invokes the function's code once with the event of the runtime. */
  readonly invoke: (event: string) => Promise<{ readonly outcome: Outcome; readonly requestId: string }>;
  /** Invokes another function; tells what was invoked as soon as that is known, and how it ended. */
  readonly chain: (
    functionName: string,
    payload: string,
    begun: (what: Chained) => void,
  ) => Promise<ChainedEnd>;
}

/** Invocations in a row that may fail without a checkpoint in between. The documents name no figure. */
const failuresInARow = 5;
/** Before the function is invoked again after such a failure; doubles each time. */
const firstPauseSeconds = 1;

export function runExecution(world: World, job: Assignment): CheckpointedExecution {
  const { arn, name, payload, settings, statePage = defaultPage } = job;
  const limits = { ...documentedLimits, ...job.limits };
  const startedAt = world.now();
  const journal = new Journal({
    ...{ operationId: world.random.hex(32), arn, name, payload, limits, now: startedAt },
    timeoutSeconds: settings.executionTimeoutSeconds,
  });
  /** When somebody last said that a callback is still to come. */
  const heartbeats = new Map<string, number>();
  let invoking = false;
  let failures = 0;
  let settle: (outcome: Outcome) => void = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });

  const end = (
    status: ExecutionEnd['status'],
    result: string | undefined,
    error: ErrorObject | undefined,
  ) => {
    if (execution.ended) return;
    const at = world.now();
    const answer: Outcome =
      status === 'SUCCEEDED'
        ? { payload: result ?? 'null', functionError: undefined }
        : failedOutcome(error ?? {});
    execution.ended = { at, outcome: answer, status, error };
    journal.ended({ status, result, error }, at);
    settle(answer);
  };
  const fail = (error: ErrorObject): void => end('FAILED', undefined, error);

  const dueIn = (seconds: number): number => world.now() + seconds * 1000;

  /** Something changed that the function should know. While it runs it hears of it with its next checkpoint, or after. */
  const wake = (): void => {
    if (!execution.ended && !invoking) void invokeOnce();
  };

  async function invokeOnce(): Promise<void> {
    invoking = true;
    const began = world.now();
    const event = eventOf(arn, journal, statePage);
    const writes = journal.events.length;
    const { outcome: output, requestId } = await job.invoke(event);
    invoking = false;
    const said = readAnswer(output);
    const error = said.status === 'DIED' ? said.error : undefined;
    if (execution.ended) return;
    const progressed = journal.events.length > writes;
    journal.close();
    journal.invoked({ startedAt: began, endedAt: world.now(), requestId, error });
    failures = said.status === 'DIED' && !progressed ? failures + 1 : 0;
    judge(said);
  }

  function judge(said: Said): void {
    if (said.status === 'SUCCEEDED') {
      succeed(said.result === '' ? (journal.storedResult ?? '') : said.result);
    } else if (said.status === 'FAILED' || (said.status === 'DIED' && failures >= failuresInARow)) {
      fail(said.error);
    } else if (said.status === 'DIED') {
      world.schedule(dueIn(firstPauseSeconds * 2 ** failures), wake);
    } else if (journal.hasNews) {
      wake();
    } else if (!journal.isWaiting) {
      const ErrorMessage = 'Cannot return PENDING status with no pending operations.';
      fail({ ErrorType: 'InvalidParameterValueException', ErrorMessage });
    }
  }

  function succeed(result: string): void {
    const bytes = Buffer.byteLength(result);
    const ErrorMessage = `The result has ${bytes} bytes, of ${limits.resultBytes} allowed.`;
    if (bytes <= limits.resultBytes) end('SUCCEEDED', result, undefined);
    else fail({ ErrorType: 'Lambda.ResponseSizeTooLarge', ErrorMessage });
  }

  function arm(operation: Operation): void {
    const { Id = '', StepDetails, WaitDetails } = operation;
    const due = (StepDetails?.NextAttemptTimestamp ?? WaitDetails?.ScheduledEndTimestamp)?.getTime();
    if (due === undefined) return;
    world.schedule(due, () => {
      if (!execution.ended && journal.timerEnded(Id, due, world.now())) wake();
    });
  }

  const answer = (id: string, given: ChainedEnd): void => {
    if (!execution.ended && journal.answered(id, given, world.now())) wake();
  };

  /** A callback ends by itself when nobody calls back in time, or when heartbeats stay away. Zero means never. */
  function armCallback(
    id: string,
    { TimeoutSeconds = 0, HeartbeatTimeoutSeconds = 0 }: CallbackOptions,
  ): void {
    const timedOut = (ErrorMessage: string): void =>
      answer(id, { status: 'TIMED_OUT', error: { ErrorType: 'Callback.Timeout', ErrorMessage } });
    if (TimeoutSeconds > 0)
      world.schedule(dueIn(TimeoutSeconds), () => timedOut(`No callback within ${TimeoutSeconds} seconds.`));
    if (HeartbeatTimeoutSeconds === 0) return;
    const pause = HeartbeatTimeoutSeconds * 1000;
    const listen = (since: number): void =>
      world.schedule(since + pause, () => {
        const last = heartbeats.get(id) ?? since;
        if (last > since) listen(last);
        else timedOut(`No heartbeat within ${HeartbeatTimeoutSeconds} seconds.`);
      });
    listen(world.now());
  }

  async function chain(id: string, functionName: string, input: string): Promise<void> {
    answer(id, await job.chain(functionName, input, (begun) => journal.chained(id, begun)));
  }

  const execution: CheckpointedExecution = {
    ...{ arn, name, payload, startedAt, outcome, journal, ended: undefined },
    checkpoint(token, updates) {
      // The journal of an execution that has ended is closed: no token counts any more.
      journal.requireToken(token);
      for (const { operation, update } of journal.write(updates, world.now(), dueIn)) {
        if (operation.Status === 'PENDING' || (operation.Type === 'WAIT' && operation.Status === 'STARTED'))
          arm(operation);
        if (operation.Type === 'CALLBACK' && update.Action === 'START')
          armCallback(operation.Id ?? '', update.CallbackOptions ?? {});
        if (operation.Type === 'CHAINED_INVOKE' && update.Action === 'START')
          void chain(
            operation.Id ?? '',
            update.ChainedInvokeOptions?.FunctionName ?? '',
            update.Payload ?? '',
          );
      }
    },
    callBack: answer,
    heartbeat: (id) => {
      heartbeats.set(id, world.now());
    },
    stop(error) {
      end('STOPPED', undefined, error);
      return execution.ended?.at ?? world.now();
    },
  };
  world.schedule(startedAt + settings.executionTimeoutSeconds * 1000, () => {
    const seconds = settings.executionTimeoutSeconds;
    end('TIMED_OUT', undefined, {
      ErrorType: 'Lambda.ExecutionTimeout',
      ErrorMessage: `Execution timed out after ${seconds} seconds.`,
    });
  });
  wake();
  return execution;
}

/** An execution whose function writes checkpoints. */
export interface CheckpointedExecution extends DurableExecution {
  readonly journal: Journal;
  readonly stop: (error: ErrorObject) => number;
  /** @throws ServiceError for a token that is void, and for what the operations cannot take; then nothing is taken. */
  checkpoint(token: string, updates: readonly OperationUpdate[]): void;
  /** Ends a callback that the execution waits for; nothing happens to one that has ended. */
  callBack(operationId: string, end: ChainedEnd): void;
  heartbeat(operationId: string): void;
}

export const isCheckpointed = (execution: DurableExecution): execution is CheckpointedExecution =>
  execution.journal !== undefined && execution.stop !== undefined && 'callBack' in execution;

/** What the runtime hands to the code: the state to replay, and the token for its first checkpoint. */
function eventOf(arn: string, journal: Journal, statePage: number): string {
  const UpdatedOperationIds = journal.open();
  const state = journal.state();
  const more = state.length > statePage;
  return JSON.stringify({
    DurableExecutionArn: arn,
    CheckpointToken: journal.token,
    UpdatedOperationIds,
    InitialExecutionState: {
      // Times become text of ISO 8601 in JSON, as the runtime sends them.
      Operations: state.slice(0, statePage),
      NextMarker: more ? String(statePage) : '',
    },
  });
}

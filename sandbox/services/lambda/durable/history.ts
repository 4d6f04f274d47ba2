/** The history of a durable execution, as GetDurableExecutionHistory tells it: one event for every change. */
import type { ErrorObject, Event, Operation, OperationUpdate } from '@aws-sdk/client-lambda';
import type { ChainedEnd } from './transitions.ts';

/** An event before it has its number and its time. */
export type Happening = Omit<Event, 'EventId' | 'EventTimestamp'>;

const result = (Payload: string | undefined) => ({ Payload, Truncated: false });
const failure = (Payload: ErrorObject | undefined) => ({ Payload: Payload ?? {}, Truncated: false });

const ofOperation = ({ Id, ParentId, Name, SubType }: Operation): Happening => ({
  Id,
  ...(ParentId === undefined ? {} : { ParentId }),
  ...(Name === undefined ? {} : { Name }),
  ...(SubType === undefined ? {} : { SubType }),
});

/** What an update of an operation means for the history. `dueAt` in milliseconds, for the start of a wait. */
export function happeningOf(update: OperationUpdate, operation: Operation, dueAt: number): Happening {
  const base = ofOperation(operation);
  const { Type: type, Action: action, Payload: payload, Error: error } = update;
  switch (type) {
    case 'CONTEXT':
      if (action === 'START') return { ...base, EventType: 'ContextStarted', ContextStartedDetails: {} };
      return action === 'SUCCEED'
        ? { ...base, EventType: 'ContextSucceeded', ContextSucceededDetails: { Result: result(payload) } }
        : { ...base, EventType: 'ContextFailed', ContextFailedDetails: { Error: failure(error) } };
    case 'WAIT': {
      const Duration = update.WaitOptions?.WaitSeconds ?? 0;
      return action === 'START'
        ? {
            ...base,
            EventType: 'WaitStarted',
            WaitStartedDetails: { Duration, ScheduledEndTimestamp: new Date(dueAt) },
          }
        : { ...base, EventType: 'WaitCancelled', WaitCancelledDetails: {} };
    }
    case 'CHAINED_INVOKE':
      return {
        ...base,
        EventType: 'ChainedInvokeStarted',
        ChainedInvokeStartedDetails: {
          FunctionName: update.ChainedInvokeOptions?.FunctionName ?? '',
          Input: { Payload: payload, Truncated: false },
        },
      };
    case 'CALLBACK': {
      const { TimeoutSeconds: Timeout, HeartbeatTimeoutSeconds: HeartbeatTimeout } =
        update.CallbackOptions ?? {};
      const CallbackId = operation.CallbackDetails?.CallbackId;
      return {
        ...base,
        EventType: 'CallbackStarted',
        CallbackStartedDetails: { CallbackId, Timeout, HeartbeatTimeout },
      };
    }
    default:
      return stepHappening(base, update, operation);
  }
}

/** A check that has to be repeated is an attempt that succeeded: the enumeration of events knows no other word. */
function stepHappening(base: Happening, update: OperationUpdate, operation: Operation): Happening {
  if (update.Action === 'START') return { ...base, EventType: 'StepStarted', StepStartedDetails: {} };
  const delay = update.StepOptions?.NextAttemptDelaySeconds;
  const RetryDetails = {
    CurrentAttempt: operation.StepDetails?.Attempt ?? 1,
    ...(delay === undefined ? {} : { NextAttemptDelaySeconds: delay }),
  };
  if (update.Error !== undefined || update.Action === 'FAIL')
    return {
      ...base,
      EventType: 'StepFailed',
      StepFailedDetails: { Error: failure(update.Error), RetryDetails },
    };
  return {
    ...base,
    EventType: 'StepSucceeded',
    StepSucceededDetails: { Result: result(update.Payload), RetryDetails },
  };
}

export function waitEnded(operation: Operation): Happening {
  const { StartTimestamp: from, WaitDetails } = operation;
  const until = WaitDetails?.ScheduledEndTimestamp;
  const Duration = from && until ? Math.round((until.getTime() - from.getTime()) / 1000) : 0;
  return { ...ofOperation(operation), EventType: 'WaitSucceeded', WaitSucceededDetails: { Duration } };
}

const endings = {
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  TIMED_OUT: 'TimedOut',
  STOPPED: 'Stopped',
} as const;

/** The end of what ends in each of these ways; the history names the event after what ended and how. */
function endedAs(what: 'Execution' | 'ChainedInvoke', operation: Operation, end: ChainedEnd): Happening {
  const EventType = `${what}${endings[end.status]}` as const;
  const details = end.status === 'SUCCEEDED' ? { Result: result(end.result) } : { Error: failure(end.error) };
  return { ...ofOperation(operation), EventType, [`${EventType}Details`]: details };
}

export const chainedInvokeEnded = (operation: Operation, end: ChainedEnd): Happening =>
  endedAs('ChainedInvoke', operation, end);

export const executionEnded = (operation: Operation, end: ChainedEnd): Happening =>
  endedAs('Execution', operation, end);

export function callbackEnded(operation: Operation, end: ChainedEnd): Happening {
  const base = ofOperation(operation);
  const told = { Error: failure(end.error) };
  if (end.status === 'SUCCEEDED')
    return {
      ...base,
      EventType: 'CallbackSucceeded',
      CallbackSucceededDetails: { Result: result(end.result) },
    };
  return end.status === 'TIMED_OUT'
    ? { ...base, EventType: 'CallbackTimedOut', CallbackTimedOutDetails: told }
    : { ...base, EventType: 'CallbackFailed', CallbackFailedDetails: told };
}

export function executionStarted(operation: Operation, ExecutionTimeout: number): Happening {
  const Input = { Payload: operation.ExecutionDetails?.InputPayload, Truncated: false };
  return {
    ...ofOperation(operation),
    EventType: 'ExecutionStarted',
    ExecutionStartedDetails: { Input, ExecutionTimeout },
  };
}

/** One invocation of the function's code. Times in milliseconds. */
export interface InvocationRecord {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly requestId: string;
  readonly error?: ErrorObject | undefined;
}

export const invocationCompleted = ({
  startedAt,
  endedAt,
  requestId,
  error,
}: InvocationRecord): Happening => ({
  EventType: 'InvocationCompleted',
  InvocationCompletedDetails: {
    StartTimestamp: new Date(startedAt),
    EndTimestamp: new Date(endedAt),
    RequestId: requestId,
    ...(error === undefined ? {} : { Error: failure(error) }),
  },
});

/** The event without inputs, results and errors, for a request that does not want them. */
export function withoutData(event: Event): Event {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      name.endsWith('Details') && typeof value === 'object' && value !== null ? bare(value) : value,
    ]),
  );
}

const bare = (details: object): object =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) =>
      ['Input', 'Result', 'Error'].includes(name) ? [name, { Truncated: true }] : [name, value],
    ),
  );

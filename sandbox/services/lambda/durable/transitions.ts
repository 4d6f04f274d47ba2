/** What an update does to an operation of a durable execution: pure, and refused where the service refuses it. */
import type { ErrorObject, Operation, OperationUpdate } from '@aws-sdk/client-lambda';
import { ServiceError } from '../../../service.ts';

/** A request that no execution can take. The SDK of durable functions fails the execution for it. */
export const invalidParameter = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message, 400, { Type: 'User' });

type Kind = NonNullable<OperationUpdate['Type']>;
type Action = NonNullable<OperationUpdate['Action']>;

/** "OperationUpdate" of the Lambda API reference: which actions each type of operation has. */
const actions: Readonly<Record<Kind, readonly Action[]>> = {
  EXECUTION: ['SUCCEED', 'FAIL'],
  CONTEXT: ['START', 'SUCCEED', 'FAIL'],
  STEP: ['START', 'RETRY', 'SUCCEED', 'FAIL'],
  WAIT: ['START', 'CANCEL'],
  CALLBACK: ['START', 'CANCEL'],
  CHAINED_INVOKE: ['START', 'CANCEL'],
};

export const hasEnded = ({ Status }: Operation): boolean =>
  Status !== 'STARTED' && Status !== 'PENDING' && Status !== 'READY';

/** Refuses an update that its operation cannot take in the state that it is in. */
export function checkUpdate(update: OperationUpdate, current: Operation | undefined): void {
  const { Id: id, Type: type, Action: action } = update;
  if (type === undefined || action === undefined || !actions[type]?.includes(action))
    throw invalidParameter(`Invalid ${type} action ${action}.`);
  if (current && current.Type !== type)
    throw invalidParameter(`Operation ${id} is of type ${current.Type}, not ${type}.`);
  if (current && current.ParentId !== update.ParentId)
    throw invalidParameter(`Operation ${id} has another parent.`);
  if (current && hasEnded(current)) throw invalidParameter(`Invalid current ${type} state to ${action}.`);
  if (action === 'START' && current && current.Status !== 'READY')
    throw invalidParameter(`Invalid current ${type} state to start.`);
  if (current?.Status === 'PENDING' && action !== 'CANCEL')
    throw invalidParameter(`Invalid current ${type} state to ${action}: its next attempt is not due.`);
  if (action === 'CANCEL' && !current) throw invalidParameter(`There is no operation ${id} to cancel.`);
  if (action === 'FAIL' && update.Payload !== undefined)
    throw invalidParameter('Cannot provide a Payload for FAIL action.');
  if (action === 'SUCCEED' && update.Error !== undefined)
    throw invalidParameter('Cannot provide an Error for SUCCEED action.');
  if (action === 'RETRY') checkRetry(update);
  if (type === 'WAIT' && action === 'START')
    checkSeconds('WaitOptions.WaitSeconds', update.WaitOptions?.WaitSeconds);
  if (type === 'CHAINED_INVOKE' && action === 'START' && !update.ChainedInvokeOptions?.FunctionName)
    throw invalidParameter('A CHAINED_INVOKE needs ChainedInvokeOptions with a FunctionName.');
}

function checkRetry({ StepOptions, Error: error, Payload }: OperationUpdate): void {
  checkSeconds('StepOptions.NextAttemptDelaySeconds', StepOptions?.NextAttemptDelaySeconds);
  if (error !== undefined && Payload !== undefined)
    throw invalidParameter('Cannot provide both error and payload to RETRY a STEP.');
}

/** A year and a day at most, by the model. */
function checkSeconds(member: string, seconds: number | undefined): void {
  if (seconds === undefined || seconds < 1 || seconds > 31_622_400)
    throw invalidParameter(`${member} must be from 1 to 31622400 seconds, not ${seconds}.`);
}

/** Times of an operation, in milliseconds since the epoch. */
export interface Moment {
  readonly now: number;
  /** When the timer that the update asks for ends; only of RETRY and of the start of a WAIT. */
  readonly dueAt: number;
  /** Names the operation to whoever calls back; only of the start of a CALLBACK. */
  readonly callbackId: string;
}

/** The operation after an update that `checkUpdate` let pass. */
export function applyUpdate(
  update: OperationUpdate,
  current: Operation | undefined,
  { now, dueAt, callbackId }: Moment,
): Operation {
  const { Type: type, Action: action, Payload: Result, Error: error } = update;
  const operation: Operation = current ?? {
    Id: update.Id,
    ...(update.ParentId === undefined ? {} : { ParentId: update.ParentId }),
    ...(update.Name === undefined ? {} : { Name: update.Name }),
    Type: type,
    ...(update.SubType === undefined ? {} : { SubType: update.SubType }),
    StartTimestamp: new Date(now),
    Status: 'STARTED',
  };
  const outcome = {
    ...(Result === undefined ? {} : { Result }),
    ...(error === undefined ? {} : { Error: error }),
  };
  if (action === 'START')
    return { ...operation, Status: 'STARTED', ...startDetails(operation, dueAt, callbackId) };
  const attempt = (operation.StepDetails?.Attempt ?? 0) + 1;
  if (action === 'RETRY') {
    const StepDetails = { Attempt: attempt, NextAttemptTimestamp: new Date(dueAt), ...outcome };
    return { ...operation, Status: 'PENDING', StepDetails };
  }
  const ended = { ...operation, EndTimestamp: new Date(now) };
  if (action === 'CANCEL') return { ...ended, Status: 'CANCELLED' };
  const Status = action === 'SUCCEED' ? 'SUCCEEDED' : 'FAILED';
  if (type === 'STEP') return { ...ended, Status, StepDetails: { Attempt: attempt, ...outcome } };
  if (type === 'CONTEXT') {
    const ReplayChildren = update.ContextOptions?.ReplayChildren ?? false;
    return { ...ended, Status, ContextDetails: { ReplayChildren, ...outcome } };
  }
  return { ...ended, Status };
}

function startDetails(
  { Type, StepDetails }: Operation,
  dueAt: number,
  CallbackId: string,
): Partial<Operation> {
  if (Type === 'WAIT') return { WaitDetails: { ScheduledEndTimestamp: new Date(dueAt) } };
  if (Type === 'CHAINED_INVOKE') return { ChainedInvokeDetails: {} };
  if (Type === 'CALLBACK') return { CallbackDetails: { CallbackId } };
  if (Type !== 'STEP') return {};
  // The state that a check has reached stays with the operation; the time of the attempt that began does not.
  const { NextAttemptTimestamp: _, ...kept } = StepDetails ?? { Attempt: 0 };
  return { StepDetails: kept };
}

/** Of an operation whose timer has ended. */
export function whenDue(operation: Operation, now: number): Operation {
  if (operation.Type === 'WAIT') return { ...operation, Status: 'SUCCEEDED', EndTimestamp: new Date(now) };
  const { NextAttemptTimestamp: _, ...StepDetails } = operation.StepDetails ?? {};
  return { ...operation, Status: 'READY', StepDetails };
}

/** How a chained invoke, a callback or a whole execution came to its end. */
export interface ChainedEnd {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';
  readonly result?: string | undefined;
  readonly error?: ErrorObject | undefined;
}

/** Of a chained invoke or a callback whose answer has come. */
export function whenAnswered(operation: Operation, end: ChainedEnd, now: number): Operation {
  const outcome = {
    ...(end.result === undefined ? {} : { Result: end.result }),
    ...(end.error === undefined ? {} : { Error: end.error }),
  };
  const ended = { ...operation, Status: end.status, EndTimestamp: new Date(now) };
  return operation.Type === 'CALLBACK'
    ? { ...ended, CallbackDetails: { ...operation.CallbackDetails, ...outcome } }
    : { ...ended, ChainedInvokeDetails: outcome };
}

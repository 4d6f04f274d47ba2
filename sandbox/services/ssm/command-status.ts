import type { CommandInvocationStatus, CommandStatus } from '@aws-sdk/client-ssm';
import type { Command, CommandResult, Invocation } from './model.ts';

export interface InvocationState {
  readonly status: CommandInvocationStatus;
  /** Tells the kinds of time-out apart: `Delivery Timed Out`, `Execution Timed Out`. */
  readonly details: string;
  readonly responseCode: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** Undefined until the run has ended. */
  readonly result: CommandResult | undefined;
}

/**
 * Where an invocation stands at sandbox time `now`. It waits for the runner, so that what is told depends on the
 * sandbox clock alone and not on how fast a script happens to be.
 */
export async function stateOf(
  command: Command,
  invocation: Invocation,
  now: number,
): Promise<InvocationState> {
  const { startedAt, ended } = invocation;
  if (ended) {
    const { status, details, at } = ended;
    return { status, details, responseCode: -1, startedAt, endedAt: at, result: undefined };
  }
  if (startedAt === undefined || !invocation.result) {
    return {
      status: 'Pending',
      details: 'Pending',
      responseCode: -1,
      startedAt: undefined,
      endedAt: undefined,
      result: undefined,
    };
  }
  const result = await invocation.result;
  const limit = executionTimeout(command);
  const endedAt = startedAt + Math.min(result.durationSeconds, limit) * 1000;
  if (now < endedAt) {
    return {
      status: 'InProgress',
      details: 'InProgress',
      responseCode: -1,
      startedAt,
      endedAt: undefined,
      result: undefined,
    };
  }
  if (result.durationSeconds > limit) {
    return {
      status: 'TimedOut',
      details: 'Execution Timed Out',
      responseCode: -1,
      startedAt,
      endedAt,
      result,
    };
  }
  const status = result.exitCode === 0 ? 'Success' : 'Failed';
  return { status, details: status, responseCode: result.exitCode, startedAt, endedAt, result };
}

/** Seconds that a step may take: `timeoutSeconds` of its inputs, maybe by way of a parameter; 3,600 by default. */
export function executionTimeout({ version, parameters }: Command): number {
  const input = version.content.steps.find((step) => step.inputs.timeoutSeconds !== undefined)?.inputs
    .timeoutSeconds;
  if (input === undefined) return 3600;
  const name = /^\{\{\s*(\S+?)\s*\}\}$/.exec(String(input))?.[1];
  const value =
    name === undefined ? input : (parameters[name] ?? version.content.parameters[name]?.default)?.[0];
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 3600;
}

export interface CommandState {
  readonly status: CommandStatus;
  readonly details: string;
  readonly completed: number;
  readonly errors: number;
  readonly deliveryTimedOut: number;
}

/** A command is as far as its slowest invocation and as good as its worst. */
export async function commandState(command: Command, now: number): Promise<CommandState> {
  const states = await Promise.all(command.invocations.map((one) => stateOf(command, one, now)));
  const count = (...statuses: CommandInvocationStatus[]): number =>
    states.filter((state) => statuses.includes(state.status)).length;
  const timedOut = states.filter((state) => state.details === 'Delivery Timed Out').length;
  const open = count('Pending', 'InProgress', 'Delayed', 'Cancelling');
  const counts = {
    completed: states.length - open,
    errors: count('Failed', 'TimedOut') - timedOut,
    deliveryTimedOut: timedOut,
  };
  const result = (status: CommandStatus, details: string = status): CommandState => ({
    status,
    details,
    ...counts,
  });
  if (states.length === 0) return result('Success', 'NoInstancesInTag');
  if (open === states.length && count('Pending') === states.length) return result('Pending');
  if (open > 0) return result('InProgress');
  if (count('Failed') > 0) return result('Failed');
  if (count('TimedOut') > 0)
    return result('TimedOut', states.length === timedOut ? 'Delivery Timed Out' : 'TimedOut');
  if (count('Cancelled') > 0) return result('Cancelled');
  return result('Success');
}

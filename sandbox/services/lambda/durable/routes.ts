import type {
  CheckpointDurableExecutionRequest,
  CheckpointDurableExecutionResponse,
  GetDurableExecutionHistoryRequest,
  GetDurableExecutionHistoryResponse,
  GetDurableExecutionStateRequest,
  GetDurableExecutionStateResponse,
  StopDurableExecutionRequest,
  StopDurableExecutionResponse,
} from '@aws-sdk/client-lambda';
import { type AnyHandler, type RequestContext, ServiceError } from '../../../service.ts';
import { between, checkConstraints, lengthBetween, matches } from '../../constraints.ts';
import type { Decoded } from '../../decoded.ts';
import type { LambdaState } from '../state.ts';
import { withoutData } from './history.ts';
import { clientTokenMilliseconds, defaultPage, largestPage } from './limits.ts';
import { type CheckpointedExecution, isCheckpointed } from './runner.ts';
import { invalidParameter } from './transitions.ts';

interface Answered {
  readonly at: number;
  readonly request: string;
  readonly response: CheckpointDurableExecutionResponse;
}

/** CheckpointDurableExecution, GetDurableExecutionState, GetDurableExecutionHistory and StopDurableExecution. */
export function durableHandlers(state: LambdaState) {
  /** By execution and client token. */
  const answered = new Map<string, Answered>();
  const find = (arn: string, { caller, region }: RequestContext) =>
    state.execution(arn, { account: caller.account, region }).execution;

  return {
    CheckpointDurableExecution(
      input: Decoded<CheckpointDurableExecutionRequest>,
      request: RequestContext,
    ): CheckpointDurableExecutionResponse {
      const { DurableExecutionArn: arn, CheckpointToken: token, ClientToken: client, Updates = [] } = input;
      checkConstraints('ValidationException', [
        lengthBetween('checkpointToken', token, 1, 2048),
        lengthBetween('clientToken', client, 1, 64),
        matches('clientToken', client, '[\\x21-\\x7E]+'),
        ...Updates.flatMap(({ Id, Name }, index) => [
          matches(`updates.${index + 1}.member.id`, Id, '[a-zA-Z0-9-_]{1,64}'),
          matches(`updates.${index + 1}.member.name`, Name, '[\\x20-\\x7E]{1,256}'),
        ]),
      ]);
      const execution = checkpointed(arn, request);
      const key = `${arn} ${client ?? request.requestId}`;
      const text = JSON.stringify([token, Updates]);
      const before = answered.get(key);
      if (before && request.now - before.at <= clientTokenMilliseconds) {
        if (before.request === text) return before.response;
        throw invalidParameter('The ClientToken was used with another request.');
      }
      execution.checkpoint(token, Updates);
      const { journal } = execution;
      const NewExecutionState = { Operations: [...journal.news()] };
      const response = { CheckpointToken: journal.token, NewExecutionState };
      answered.set(key, { at: request.now, request: text, response });
      // Older ones answer nobody any more: only the latest token of an execution can be in flight.
      if (answered.size > 500) answered.delete([...answered.keys()][0] ?? '');
      return response;
    },

    GetDurableExecutionState(
      input: Decoded<GetDurableExecutionStateRequest>,
      request: RequestContext,
    ): GetDurableExecutionStateResponse {
      const { DurableExecutionArn: arn, CheckpointToken: token, Marker, MaxItems } = input;
      const { journal } = checkpointed(arn, request);
      journal.requireToken(token);
      const { items, next } = pageOf(journal.state(), Marker, MaxItems);
      return { Operations: [...items], ...next };
    },

    GetDurableExecutionHistory(
      input: Decoded<GetDurableExecutionHistoryRequest>,
      request: RequestContext,
    ): GetDurableExecutionHistoryResponse {
      const { IncludeExecutionData: withData = true, Marker, MaxItems, ReverseOrder } = input;
      const execution = find(input.DurableExecutionArn, request);
      const all = execution.journal?.events ?? [];
      const { items, next } = pageOf(ReverseOrder ? all.toReversed() : all, Marker, MaxItems);
      return { Events: withData ? [...items] : items.map(withoutData), ...next };
    },

    StopDurableExecution(
      input: Decoded<StopDurableExecutionRequest>,
      request: RequestContext,
    ): StopDurableExecutionResponse {
      const { ended, stop } = find(input.DurableExecutionArn, request);
      if (ended) throw invalidParameter(`The durable execution has already ended as ${ended.status}.`);
      if (!stop)
        throw new ServiceError(
          'ServiceException',
          'The sandbox cannot stop an execution without checkpoints.',
          500,
        );
      const ErrorMessage = 'Execution stopped by user request';
      return { StopTimestamp: new Date(stop(input.Error ?? { ErrorType: 'Lambda.Stopped', ErrorMessage })) };
    },
  } satisfies Record<string, AnyHandler>;

  /** The operations of the runtime know no ResourceNotFoundException. */
  function checkpointed(arn: string, { caller, region }: RequestContext): CheckpointedExecution {
    const execution = state.findExecution(arn, { account: caller.account, region })?.execution;
    if (!execution) throw invalidParameter(`Execution not found: ${arn}`);
    if (isCheckpointed(execution)) return execution;
    throw invalidParameter('The durable execution has no checkpoints.');
  }

  function pageOf<T>(all: readonly T[], marker: string | undefined, asked: number | undefined) {
    checkConstraints('ValidationException', [between('maxItems', asked, 0, largestPage)]);
    const from = Number(marker ?? 0);
    if (!Number.isInteger(from) || from < 0) throw invalidParameter('Invalid Marker.');
    const to = from + (asked || defaultPage);
    return { items: all.slice(from, to), next: to < all.length ? { NextMarker: String(to) } : {} };
  }
}

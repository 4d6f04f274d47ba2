import type {
  SendDurableExecutionCallbackFailureRequest,
  SendDurableExecutionCallbackHeartbeatRequest,
  SendDurableExecutionCallbackSuccessRequest,
} from '@aws-sdk/client-lambda';
import { type AnyHandler, type RequestContext, ServiceError } from '../../../service.ts';
import { checkConstraints, lengthBetween, matches } from '../../constraints.ts';
import type { Decoded } from '../../decoded.ts';
import type { LambdaState } from '../state.ts';
import { placeOfCallback } from './callback-ids.ts';
import { isCheckpointed } from './runner.ts';
import { invalidParameter } from './transitions.ts';

/** SendDurableExecutionCallbackSuccess, ...Failure and ...Heartbeat. */
export function callbackHandlers(state: LambdaState) {
  const find = (callbackId: string, { caller, region }: RequestContext) => {
    checkConstraints('ValidationException', [
      lengthBetween('callbackId', callbackId, 1, 1024),
      matches('callbackId', callbackId, '[A-Za-z0-9+/]+={0,2}'),
    ]);
    const place = placeOfCallback(callbackId);
    const unknown = invalidParameter('Invalid callback ID.');
    if (!place) throw unknown;
    const execution = state.findExecution(place.executionArn, { account: caller.account, region })?.execution;
    const operation = execution?.journal?.operation(place.operationId);
    if (!execution || !isCheckpointed(execution) || operation?.Type !== 'CALLBACK') throw unknown;
    if (operation.Status === 'TIMED_OUT' || execution.ended?.status === 'TIMED_OUT')
      throw new ServiceError('CallbackTimeoutException', 'The callback has timed out.', 400, {
        Type: 'User',
      });
    if (operation.Status !== 'STARTED' || execution.ended)
      throw invalidParameter('The callback has ended already.');
    return { execution, id: place.operationId };
  };

  return {
    SendDurableExecutionCallbackSuccess(
      { CallbackId, Result }: Decoded<SendDurableExecutionCallbackSuccessRequest>,
      request: RequestContext,
    ): object {
      checkConstraints('ValidationException', [lengthBetween('result', Result, 0, 262_144)]);
      const { execution, id } = find(CallbackId, request);
      const result = Result === undefined ? undefined : Buffer.from(Result).toString();
      execution.callBack(id, { status: 'SUCCEEDED', result });
      return {};
    },

    SendDurableExecutionCallbackFailure(
      { CallbackId, Error: error = {} }: Decoded<SendDurableExecutionCallbackFailureRequest>,
      request: RequestContext,
    ): object {
      const { execution, id } = find(CallbackId, request);
      execution.callBack(id, { status: 'FAILED', error });
      return {};
    },

    SendDurableExecutionCallbackHeartbeat(
      { CallbackId }: Decoded<SendDurableExecutionCallbackHeartbeatRequest>,
      request: RequestContext,
    ): object {
      const { execution, id } = find(CallbackId, request);
      execution.heartbeat(id);
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

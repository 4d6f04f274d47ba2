import type { InvocationRequest, InvocationResponse } from '@aws-sdk/client-lambda';
import * as lambda from '@aws-sdk/client-lambda';
import type { RequestContext, Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { callbackHandlers } from './durable/callbacks.ts';
import { durableHandlers } from './durable/routes.ts';
import { executionHandlers } from './executions.ts';
import { createInvoker, type EventInvocation, inProcess } from './invoker.ts';
import { lambdaHandlers } from './routes.ts';
import { createStarter, type LambdaSettings } from './starts.ts';
import { type FunctionCode, type FunctionRecord, type FunctionRegistration, LambdaState } from './state.ts';

export interface Lambda {
  readonly service: Service;
  /** Makes a function that runs in this process. Registering a name again replaces its code. Returns its ARN. */
  registerFunction(
    name: string,
    handler: FunctionRegistration['handler'],
    options?: Partial<FunctionRegistration>,
  ): string;
  /** The same for any code, such as the processes that run a bundle. */
  deployFunction(
    name: string,
    options: Partial<Omit<FunctionRegistration, 'handler'>> & { readonly code: FunctionCode },
  ): string;
  /** Invoke, from inside: for services that call functions. Throws what Invoke answers as an error. */
  invoke(
    input: Pick<InvocationRequest, 'InvocationType'> & {
      readonly FunctionName: string;
      readonly payload: string;
    },
    request: RequestContext,
  ): Promise<InvocationResponse>;
  /** Every function, in the order in which they were made. */
  functions(): readonly FunctionRecord[];
  /** Asynchronous invocations so far, oldest first (the last 1,000), with their outcome once they have one. */
  events(): readonly EventInvocation[];
  /** Resolves when no asynchronous invocation is under way any more. */
  idle(): Promise<void>;
}

/**
 * AWS Lambda: functions that are handlers in this process or processes of their own, and durable executions with all
 * that their runtime and their readers ask for.
 */
export function createLambda(world: World, settings: LambdaSettings = {}): Lambda {
  const state = new LambdaState();
  const invoker = createInvoker(world);
  const starter = createStarter(world, state, settings);
  const invocations = lambdaHandlers(state, invoker, starter);
  return {
    service: {
      signingName: 'lambda',
      protocol: 'restJson1',
      clientPackage: lambda,
      handlers: {
        ...invocations,
        ...executionHandlers(state),
        ...durableHandlers(state),
        ...callbackHandlers(state),
      },
    },
    registerFunction: (name, handler, options = {}) =>
      state.register(name, { ...options, code: inProcess(handler) }, world.now()).arn,
    deployFunction: (name, options) => state.register(name, options, world.now()).arn,
    invoke: ({ payload, ...input }, request) =>
      invocations.Invoke({ ...input, Payload: Buffer.from(payload) }, request),
    functions: () => [...state.functions],
    events: () => invoker.events,
    idle: () => invoker.idle(),
  };
}

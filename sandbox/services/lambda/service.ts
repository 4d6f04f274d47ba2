import * as lambda from '@aws-sdk/client-lambda';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { executionHandlers } from './executions.ts';
import { createInvoker, type EventInvocation } from './invoker.ts';
import { lambdaHandlers } from './routes.ts';
import { type FunctionRegistration, LambdaState } from './state.ts';

export interface Lambda {
  readonly service: Service;
  /** Makes a function that runs in this process. Registering a name again replaces its code. Returns its ARN. */
  registerFunction(
    name: string,
    handler: FunctionRegistration['handler'],
    options?: Partial<FunctionRegistration>,
  ): string;
  /** Asynchronous invocations so far, oldest first (the last 1,000), with their outcome once they have one. */
  events(): readonly EventInvocation[];
  /** Resolves when no asynchronous invocation is under way any more. */
  idle(): Promise<void>;
}

/**
 * AWS Lambda: Invoke and GetFunction of functions registered in this process. Durable executions are kept by name and
 * can be listed and looked at; their checkpoint API is not here.
 */
export function createLambda(world: World): Lambda {
  const state = new LambdaState();
  const invoker = createInvoker(world);
  return {
    service: {
      signingName: 'lambda',
      protocol: 'restJson1',
      clientPackage: lambda,
      handlers: { ...lambdaHandlers(world, state, invoker), ...executionHandlers(state) },
    },
    registerFunction: (name, handler, options = {}) =>
      state.register(name, { ...options, handler }, world.now()).arn,
    events: () => invoker.events,
    idle: () => invoker.idle(),
  };
}

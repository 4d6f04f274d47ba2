/** Durable functions in this process over the sandbox's own Lambda: checkpoints go over the wire, on virtual time. */
import {
  DurableExecutionApiClient,
  type DurableExecutionClient,
  type DurableLambdaHandler,
} from '@aws/durable-execution-sdk-js';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import { createLambda, type Lambda } from '../../sandbox/services/lambda/service.ts';
import type { FunctionRegistration } from '../../sandbox/services/lambda/state.ts';
import { World } from '../../sandbox/world.ts';
import { startSandbox } from './sandbox-server.ts';

export const start = Date.UTC(2026, 10, 20);

export interface DurableLambda extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly lambda: Lambda;
  readonly client: LambdaClient;
  /** Invocations of code so far. */
  readonly invocations: () => number;
  addFunction(
    name: string,
    make: (client: DurableExecutionClient) => DurableLambdaHandler,
    options?: Partial<FunctionRegistration>,
  ): void;
  /** Lets time pass until `over` says so, jumping to whatever is due whenever no code runs. */
  until(over: () => boolean): Promise<void>;
}

export async function startDurableLambda(
  wrap: (client: DurableExecutionClient) => DurableExecutionClient = (client) => client,
): Promise<DurableLambda> {
  const clock = new VirtualClock(start);
  const world = new World({ clock });
  let busy = 0;
  let invocations = 0;
  const made: { lambda?: Lambda } = {};
  const server = await startSandbox(
    () => {
      made.lambda = createLambda(world);
      return [made.lambda.service];
    },
    { world },
  );
  const { lambda } = made;
  if (!lambda) throw new Error('the server asked for no services');
  const client = new LambdaClient(server.clientConfig);
  const durable = wrap(new DurableExecutionApiClient(client));
  return {
    clock,
    lambda,
    client,
    invocations: () => invocations,
    addFunction(name, make, options = {}) {
      const handler = make(durable);
      lambda.registerFunction(
        name,
        async (event, context) => {
          busy += 1;
          invocations += 1;
          try {
            // Sound: the SDK reads of the event what the service put there, and of the context what stands here.
            return await handler(
              event as never,
              { ...context, callbackWaitsForEmptyEventLoop: false } as never,
            );
          } finally {
            busy -= 1;
          }
        },
        {
          checkpoints: { executionTimeoutSeconds: 7 * 24 * 3600, retentionDays: 14 },
          durable: true,
          ...options,
        },
      );
    },
    async until(over) {
      while (!over()) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (busy > 0 || over()) continue;
        const next = world.nextAt;
        if (next !== undefined) clock.advance(Math.max(0, next - clock.now()));
        world.settle();
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.close();
    },
  };
}

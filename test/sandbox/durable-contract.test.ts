/** The durable port over the sandbox's own API, checkpoints on the wire: the same contract as every other engine. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { parseFailure, reviveFailure } from '../../functions/engine/failure.ts';
import { durableHandler } from '../../functions/handlers/durable-adapter.ts';
import type { Json, Workflow } from '../../functions/shared/durable.ts';
import { type DurableHost, type DurableHostOptions, durableContract } from '../contract/durable-contract.ts';
import { durableCrashContract } from '../contract/durable-crash-contract.ts';
import { startDurableLambda } from '../support/durable-over-the-wire.ts';

const qualified = (name: string): string => `arn:aws:lambda:eu-west-1:123456789012:function:${name}:live`;

const makeHost = ({ functions = {}, crash = () => false }: DurableHostOptions = {}): DurableHost => {
  let elapsed = 0;
  return {
    elapsed: () => elapsed,
    run: async <I extends Json, O extends Json>(workflow: Workflow<I, O>, input: I): Promise<O> => {
      let checkpoints = 0;
      await using host = await startDurableLambda((client) => ({
        ...{ getExecutionState: (request) => client.getExecutionState(request) },
        async checkpoint(request) {
          checkpoints += 1;
          const index = checkpoints;
          if (crash(index, 'before')) throw new Error(`died before checkpoint ${index}`);
          const answer = await client.checkpoint(request);
          if (crash(index, 'after')) throw new Error(`died after checkpoint ${index}`);
          return answer;
        },
      }));
      const began = host.clock.now();
      // Sound: a chained payload is as untyped as on the service; the tests send what the workflow expects.
      const all = { ...functions, test: workflow as unknown as Workflow<Json, Json> };
      for (const [name, each] of Object.entries(all)) {
        host.addFunction(name, (client) =>
          durableHandler((event: Json, context) => each(event as never, context), {
            resolveFunction: qualified,
            client,
          }),
        );
      }
      const Payload = Buffer.from(JSON.stringify(input));
      await host.client.send(
        new InvokeCommand({
          ...{ FunctionName: 'test:live', InvocationType: 'Event', DurableExecutionName: 'run', Payload },
        }),
      );
      const execution = host.lambda
        .functions()
        .find(({ name }) => name === 'test')
        ?.executions.get('run');
      await host.until(() => execution?.ended !== undefined);
      elapsed = host.clock.now() - began;
      const { status, outcome, error } = execution?.ended ?? {};
      // Sound: the JSON of what the workflow returned.
      if (status === 'SUCCEEDED') return JSON.parse(outcome?.payload ?? 'null') as O;
      const { ErrorData, ErrorMessage = '', ErrorType = 'Error' } = error ?? {};
      throw reviveFailure(parseFailure(ErrorData) ?? { name: ErrorType, message: ErrorMessage });
    },
  };
};

durableContract('the sandbox', makeHost);
durableCrashContract('the sandbox', makeHost);

import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { parseFailure, reviveFailure } from '../../../functions/engine/failure.ts';
import { durableHandler } from '../../../functions/handlers/durable-adapter.ts';
import type { Json, Workflow } from '../../../functions/shared/durable.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import {
  type DurableHost,
  type DurableHostOptions,
  durableContract,
} from '../../contract/durable-contract.ts';
import { durableCrashContract } from '../../contract/durable-crash-contract.ts';
import { DurableBackend } from '../../support/durable-backend.ts';

const qualified = (name: string): string => `arn:aws:lambda:eu-west-1:123456789012:function:${name}:live`;

const makeHost = ({ functions = {}, crash }: DurableHostOptions = {}): DurableHost => {
  const start = Date.UTC(2026, 10, 20);
  const clock = new VirtualClock(start);
  const handlers = new Map<string, DurableLambdaHandler>();
  const backend = new DurableBackend({ clock, functions: handlers, ...(crash ? { crash } : {}) });
  const wrap = <I extends Json, O extends Json>(workflow: Workflow<I, O>): DurableLambdaHandler =>
    durableHandler(workflow, { resolveFunction: qualified, client: backend.client });
  for (const [name, workflow] of Object.entries(functions)) {
    // Sound: a chained payload is as untyped as on the service; the tests send what the workflow expects.
    handlers.set(
      qualified(name),
      wrap((input, context) => workflow(input as never, context)),
    );
  }
  return {
    elapsed: () => clock.now() - start,
    run: async <I extends Json, O extends Json>(workflow: Workflow<I, O>, input: I): Promise<O> => {
      const ended = await backend.run(wrap(workflow), 'test', JSON.stringify(input));
      // Sound: the JSON of what the workflow returned.
      if (ended.status === 'SUCCEEDED') return JSON.parse(ended.result) as O;
      const { ErrorData, ErrorMessage = '', ErrorType = 'Error' } = ended.error;
      throw reviveFailure(parseFailure(ErrorData) ?? { name: ErrorType, message: ErrorMessage });
    },
  };
};

durableContract('AWS Lambda adapter', makeHost);
durableCrashContract('AWS Lambda adapter', makeHost);

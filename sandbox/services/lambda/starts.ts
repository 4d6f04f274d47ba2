/** Starting durable executions, by name, and answering chained invokes. */
import type { World } from '../../world.ts';
import { runtimeError } from './durable/answers.ts';
import type { Chained } from './durable/journal.ts';
import { type CheckpointedExecution, runExecution } from './durable/runner.ts';
import type { ChainedEnd } from './durable/transitions.ts';
import { endOf } from './invoker.ts';
import type { DurableExecution, FunctionRecord, InvocationContext, LambdaState, Outcome } from './state.ts';

export interface LambdaSettings {
  /** Operations of a durable execution that come with an invocation; 100 when left out. The function asks for more. */
  readonly statePage?: number;
}

/** One order to run a durable function. */
export interface StartOrder {
  readonly record: FunctionRecord;
  readonly name: string;
  readonly version: string;
  readonly qualifier: string;
  readonly payload: string;
}

export interface Starter {
  start(order: StartOrder): DurableExecution;
  /** What every invocation of the function's code is told. */
  contextOf(order: Omit<StartOrder, 'name' | 'payload'>, requestId: string): InvocationContext;
}

export function createStarter(world: World, state: LambdaState, settings: LambdaSettings): Starter {
  const requestId = (): string => {
    const hex = (digits: number): string => world.random.hex(digits);
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  };

  const starter: Starter = {
    start(order) {
      const { record, name, version } = order;
      const arn = `${record.arn}:${version}/durable-execution/${name}/${world.random.hex(32)}`;
      const execution = record.checkpoints
        ? startCheckpointed(order, arn, record.checkpoints)
        : startWhole(order, arn);
      record.executions.set(name, execution);
      return execution;
    },
    contextOf({ record, version, qualifier }, awsRequestId) {
      const began = Date.now();
      const timeout = (record.configuration.Timeout ?? 900) * 1000;
      return {
        awsRequestId,
        functionName: record.name,
        functionVersion: version,
        invokedFunctionArn: qualifier === '$LATEST' ? record.arn : `${record.arn}:${qualifier}`,
        durableExecutionArn: undefined,
        getRemainingTimeInMillis: () => Math.max(0, began + timeout - Date.now()),
      };
    },
  };
  return starter;

  function startWhole({ name, payload, ...order }: StartOrder, arn: string): DurableExecution {
    const context = { ...starter.contextOf(order, requestId()), durableExecutionArn: arn };
    const execution: DurableExecution = {
      ...{ arn, name, payload, startedAt: world.now(), ended: undefined },
      ...{ journal: undefined, stop: undefined },
      outcome: order.record.code(payload, context).then((outcome) => {
        execution.ended = endOf(outcome, world.now());
        return outcome;
      }),
    };
    return execution;
  }

  function startCheckpointed(
    { record, name, payload, version, qualifier }: StartOrder,
    arn: string,
    durable: NonNullable<FunctionRecord['checkpoints']>,
  ): CheckpointedExecution {
    return runExecution(world, {
      ...{ arn, name, payload, settings: durable, statePage: settings.statePage },
      async invoke(event) {
        const id = requestId();
        const context = starter.contextOf({ record, version, qualifier }, id);
        return { outcome: await record.code(event, { ...context, durableExecutionArn: arn }), requestId: id };
      },
      chain: (functionName, input, begun) => chain(record, functionName, input, begun),
    });
  }

  /** A chained invoke waits for a durable function's whole execution, and for any other's answer. */
  async function chain(
    from: FunctionRecord,
    functionName: string,
    payload: string,
    begun: (what: Chained) => void,
  ): Promise<ChainedEnd> {
    let found: ReturnType<LambdaState['find']>;
    try {
      found = state.find(functionName, undefined, from);
    } catch (error) {
      const ErrorMessage = error instanceof Error ? error.message : String(error);
      return { status: 'FAILED', error: { ErrorType: 'ResourceNotFoundException', ErrorMessage } };
    }
    const { record, qualifier } = found;
    const order = { record, qualifier, version: versionOf(qualifier), payload };
    if (!record.durable) {
      begun({ version: order.version, executionArn: undefined });
      return ofOutcome(await record.code(payload, starter.contextOf(order, requestId())));
    }
    const execution = starter.start({ ...order, name: requestId() });
    begun({ version: order.version, executionArn: execution.arn });
    const outcome = await execution.outcome;
    if (!execution.ended) return ofOutcome(outcome);
    const { status, error } = execution.ended;
    return status === 'SUCCEEDED' ? { status, result: outcome.payload } : { status, error };
  }
}

const ofOutcome = ({ payload, functionError }: Outcome): ChainedEnd =>
  functionError
    ? { status: 'FAILED', error: runtimeError(payload) }
    : { status: 'SUCCEEDED', result: payload };

/** Everything is in its first version. */
export const versionOf = (qualifier: string): string =>
  qualifier === '$LATEST' || /^\d+$/.test(qualifier) ? qualifier : '1';

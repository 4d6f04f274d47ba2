import type {
  GetDurableExecutionRequest,
  GetDurableExecutionResponse,
  ListDurableExecutionsByFunctionRequest,
  ListDurableExecutionsByFunctionResponse,
} from '@aws-sdk/client-lambda';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import { between, checkConstraints } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import type { DurableExecution, FunctionRecord, LambdaState } from './state.ts';

/** ListDurableExecutionsByFunction and GetDurableExecution. */
export function executionHandlers(state: LambdaState) {
  return {
    /** Of all versions when the function is named without one. */
    ListDurableExecutionsByFunction(
      input: Decoded<ListDurableExecutionsByFunctionRequest>,
      { caller, region }: RequestContext,
    ): ListDurableExecutionsByFunctionResponse {
      const { MaxItems: limit = 100, Statuses: statuses, DurableExecutionName: wanted = '' } = input;
      checkConstraints('ValidationException', [between('maxItems', limit, 0, 1000)]);
      const place = { account: caller.account, region };
      const { record } = state.find(input.FunctionName, input.Qualifier, place);
      const from = Number(input.Marker ?? 0);
      const matching = [...record.executions.values()]
        .filter((each) => each.name.startsWith(wanted))
        .filter((each) => statuses === undefined || statuses.includes(statusOf(each)))
        // The newest first, unless the request turns it around.
        .toSorted((a, b) => (input.ReverseOrder ? a.startedAt - b.startedAt : b.startedAt - a.startedAt));
      const size = limit === 0 ? 100 : limit;
      return {
        DurableExecutions: matching.slice(from, from + size).map((each) => view(record, each)),
        ...(from + size < matching.length ? { NextMarker: String(from + size) } : {}),
      };
    },

    GetDurableExecution(
      input: Decoded<GetDurableExecutionRequest>,
      { caller, region }: RequestContext,
    ): GetDurableExecutionResponse {
      const { DurableExecutionArn: arn } = input;
      const [functionArn = '', rest = ''] = arn.split(/:(?=[^:/]+\/durable-execution\/)/);
      const name = rest.split('/')[2];
      const missing = new ServiceError('ResourceNotFoundException', `Execution not found: ${arn}`, 404, {
        Type: 'User',
      });
      if (name === undefined) throw missing;
      const { record } = state.find(functionArn, undefined, { account: caller.account, region });
      const execution = record.executions.get(name);
      if (execution?.arn !== arn || record.account !== caller.account) throw missing;
      return {
        ...view(record, execution),
        Version: rest.split('/')[0],
        ...(input.IncludeExecutionData ? { InputPayload: execution.payload, ...resultOf(execution) } : {}),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

const statusOf = ({ ended }: DurableExecution): 'RUNNING' | 'SUCCEEDED' | 'FAILED' => {
  if (!ended) return 'RUNNING';
  return ended.outcome.functionError ? 'FAILED' : 'SUCCEEDED';
};

const view = (record: FunctionRecord, execution: DurableExecution) => ({
  DurableExecutionArn: execution.arn,
  DurableExecutionName: execution.name,
  FunctionArn: record.arn,
  Status: statusOf(execution),
  StartTimestamp: new Date(execution.startedAt),
  ...(execution.ended ? { EndTimestamp: new Date(execution.ended.at) } : {}),
});

function resultOf({ ended }: DurableExecution): Pick<GetDurableExecutionResponse, 'Result' | 'Error'> {
  if (!ended) return {};
  const { payload, functionError } = ended.outcome;
  if (!functionError) return { Result: payload };
  const told: unknown = JSON.parse(payload);
  const error = typeof told === 'object' && told !== null ? told : {};
  const text = (name: string): string =>
    String(new Map<string, unknown>(Object.entries(error)).get(name) ?? '');
  return { Error: { ErrorType: text('errorType'), ErrorMessage: text('errorMessage') } };
}

import type {
  GetDurableExecutionRequest,
  GetDurableExecutionResponse,
  ListDurableExecutionsByFunctionRequest,
  ListDurableExecutionsByFunctionResponse,
} from '@aws-sdk/client-lambda';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { between, checkConstraints, oneOf } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import { versionOf } from './starts.ts';
import type {
  DurableExecution,
  DurableSettings,
  ExecutionEnd,
  FunctionRecord,
  LambdaState,
} from './state.ts';

/** ListDurableExecutionsByFunction and GetDurableExecution. */
export function executionHandlers(state: LambdaState) {
  return {
    /**
     * Of one version when the function is named with it or with its alias, else of all. The newest first, unless the
     * request turns it around, as the client of 2026 documents both; the API's first documents said the opposite.
     */
    ListDurableExecutionsByFunction(
      input: Decoded<ListDurableExecutionsByFunctionRequest>,
      { caller, region }: RequestContext,
    ): ListDurableExecutionsByFunctionResponse {
      const { MaxItems: limit = 100, Statuses: statuses, DurableExecutionName: wanted = '' } = input;
      checkConstraints('ValidationException', [
        between('maxItems', limit, 0, 1000),
        ...(statuses ?? []).map((status) => oneOf('statuses', status, executionStatuses)),
      ]);
      const place = { account: caller.account, region };
      const { record, qualifier, qualified } = state.find(input.FunctionName, input.Qualifier, place);
      const from = Number(input.Marker ?? 0);
      const after = input.StartedAfter?.getTime() ?? Number.NEGATIVE_INFINITY;
      const before = input.StartedBefore?.getTime() ?? Number.POSITIVE_INFINITY;
      const matching = [...record.executions.values()]
        .filter((each) => each.name.startsWith(wanted))
        .filter((each) => statuses === undefined || statuses.includes(statusOf(each)))
        .filter(({ startedAt }) => startedAt > after && startedAt < before)
        .filter(({ arn }) => !qualified || arn.startsWith(`${record.arn}:${versionOf(qualifier)}/`))
        .toSorted((a, b) => a.startedAt - b.startedAt);
      if (!input.ReverseOrder) matching.reverse();
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
      const place = { account: caller.account, region };
      const { record, execution, version } = state.execution(input.DurableExecutionArn, place);
      const { IncludeExecutionData: withData = true } = input;
      const { checkpoints } = record;
      return {
        ...view(record, execution),
        Version: version,
        ...(withData ? { InputPayload: execution.payload, ...resultOf(execution) } : {}),
        ExecutionDataIncluded: withData,
        ...(checkpoints === undefined ? {} : { DurableConfig: durableConfigOf(checkpoints) }),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

const executionStatuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'STOPPED'];

const statusOf = ({ ended }: DurableExecution): ExecutionEnd['status'] | 'RUNNING' =>
  ended?.status ?? 'RUNNING';

export const durableConfigOf = (settings: DurableSettings) => ({
  ExecutionTimeout: settings.executionTimeoutSeconds,
  RetentionPeriodInDays: settings.retentionDays,
});

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
  return ended.status === 'SUCCEEDED' ? { Result: ended.outcome.payload } : { Error: ended.error ?? {} };
}

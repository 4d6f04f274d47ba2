import type {
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { invalidCombination, invalidNextToken, invalidValue, missingParameter } from './errors.ts';
import { isStatistic, type Metric, type MetricStore, periods, statisticOf } from './store.ts';

/** GetMetricStatistics, GetMetricData (plain metrics, no expressions), ListMetrics. */
export function getDataHandlers(storeOf: (request: RequestContext) => MetricStore) {
  return {
    GetMetricStatistics(
      input: Decoded<GetMetricStatisticsInput>,
      request: RequestContext,
    ): GetMetricStatisticsOutput {
      const statistics = input.Statistics ?? [];
      if (input.ExtendedStatistics?.length) {
        throw invalidValue('The sandbox keeps no percentiles: use Statistics.');
      }
      if (statistics.length === 0) {
        throw missingParameter(
          'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
        );
      }
      const unknown = statistics.find((name) => !isStatistic(name));
      if (unknown !== undefined)
        throw invalidValue(`The value ${unknown} for parameter Statistics is invalid.`);
      const range = rangeOf(input.StartTime, input.EndTime, input.Period);
      // "GetMetricStatistics", API Reference: 1,440 datapoints per request.
      if ((range.end - range.start) / (range.periodSeconds * 1000) > 1440) {
        throw invalidCombination(
          'You have requested more datapoints than the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
        );
      }
      const metric = storeOf(request).find(input.Namespace, input.MetricName, input.Dimensions ?? []);
      return {
        Label: input.MetricName,
        Datapoints: periods(metric, range, input.Unit).map((period) => ({
          Timestamp: new Date(period.at),
          Unit: period.unit,
          ...Object.fromEntries(statistics.map((name) => [name, statisticOf(name, period)])),
        })),
      };
    },

    GetMetricData(input: Decoded<GetMetricDataInput>, request: RequestContext): GetMetricDataOutput {
      const queries = input.MetricDataQueries;
      if (queries.length > 500)
        throw invalidValue('At most 500 metric data queries are possible in a request.');
      const ids = queries.map(({ Id }) => Id ?? '');
      const badId = ids.find((id) => !/^[a-z]\w{0,254}$/.test(id));
      if (badId !== undefined)
        throw validationError(`The value ${badId} for parameter MetricDataQueries.Id is invalid.`);
      if (new Set(ids).size !== ids.length)
        throw validationError('The ids of MetricDataQueries must differ.');
      const store = storeOf(request);
      const newestFirst = (input.ScanBy ?? 'TimestampDescending') === 'TimestampDescending';
      return {
        MetricDataResults: queries
          .filter((query) => query.ReturnData ?? true)
          .map((query) => {
            const found = queryPeriods(store, query, input);
            if (newestFirst) found.reverse();
            return {
              Id: query.Id,
              Label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? query.Id,
              Timestamps: found.map(({ at }) => new Date(at)),
              Values: found.map(({ value }) => value),
              StatusCode: 'Complete' as const,
            };
          }),
        Messages: [],
      };
    },

    ListMetrics(input: ListMetricsInput, request: RequestContext): ListMetricsOutput {
      const start = input.NextToken ? Number(Buffer.from(input.NextToken, 'base64').toString()) : 0;
      if (!Number.isInteger(start)) throw invalidNextToken();
      const found = [...storeOf(request).metrics].filter((metric) => selects(metric, input));
      const end = start + 500;
      return {
        Metrics: found.slice(start, end).map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: [...dimensions],
        })),
        ...(end < found.length ? { NextToken: Buffer.from(String(end)).toString('base64') } : {}),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

const validationError = (message: string): ServiceError => new ServiceError('ValidationError', message, 400);

function rangeOf(start: Date, end: Date, periodSeconds: number) {
  if (start.getTime() >= end.getTime()) {
    throw invalidCombination('The parameter StartTime must be less than the parameter EndTime.');
  }
  if (![1, 5, 10, 20, 30].includes(periodSeconds) && (periodSeconds % 60 !== 0 || periodSeconds <= 0)) {
    throw invalidValue(
      `The value ${periodSeconds} for parameter Period is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60.`,
    );
  }
  return { start: start.getTime(), end: end.getTime(), periodSeconds };
}

function queryPeriods(store: MetricStore, query: MetricDataQuery, input: Decoded<GetMetricDataInput>) {
  const { MetricStat: stat } = query;
  if (!stat?.Metric || query.Expression !== undefined) {
    throw validationError('The sandbox answers queries with a MetricStat only, no expressions.');
  }
  const { Stat: name = '', Period: period = 0 } = stat;
  if (!isStatistic(name))
    throw validationError(`The value ${name} for parameter Stat is not kept by the sandbox.`);
  const { Namespace: namespace = '', MetricName: metricName = '', Dimensions: dimensions = [] } = stat.Metric;
  const metric = store.find(namespace, metricName, dimensions);
  const range = rangeOf(input.StartTime, input.EndTime, period);
  return periods(metric, range, stat.Unit).map((one) => ({ at: one.at, value: statisticOf(name, one) }));
}

/** A dimension without a value matches every value. */
const selects = (metric: Metric, input: ListMetricsInput): boolean =>
  (input.Namespace ?? metric.namespace) === metric.namespace &&
  (input.MetricName ?? metric.name) === metric.name &&
  (input.Dimensions ?? []).every((wanted) =>
    metric.dimensions.some(({ Name, Value }) => Name === wanted.Name && (wanted.Value ?? Value) === Value),
  );

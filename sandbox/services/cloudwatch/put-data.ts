import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { StandardUnit } from '@aws-sdk/client-cloudwatch';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { invalidCombination, invalidValue, missingParameter } from './errors.ts';
import type { MetricStore, Summary } from './store.ts';

const day = 86_400_000;

/** PutMetricData, with the limits of its page in the API Reference: all or nothing. */
export function putDataHandlers(storeOf: (request: RequestContext) => MetricStore) {
  return {
    PutMetricData(input: Decoded<PutMetricDataInput>, request: RequestContext): object {
      const { Namespace: namespace } = input;
      if (!/^[A-Za-z0-9._/#: -]{1,255}$/.test(namespace) || namespace.startsWith(':')) {
        throw invalidValue('The value for parameter Namespace contains characters that are not valid.');
      }
      if (namespace.startsWith('AWS/')) {
        throw invalidValue('The value AWS/ for parameter Namespace is invalid.');
      }
      const data = [
        ...(input.MetricData ?? []),
        ...(input.EntityMetricData ?? []).flatMap((entity) => entity.MetricData ?? []),
      ];
      if (data.length === 0) throw missingParameter('The parameter MetricData is required.');
      if (data.length > 1000) {
        throw invalidValue('The collection MetricData must not have a size greater than 1000.');
      }
      const checked = data.map((datum, index) => check(datum, `MetricData.member.${index + 1}`, request.now));
      const store = storeOf(request);
      for (const { name, dimensions, ...rest } of checked) store.add(namespace, name, dimensions, rest);
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

function check(datum: MetricDatum, path: string, now: number) {
  const name = datum.MetricName ?? '';
  if (name === '' || name.length > 255)
    throw invalidValue(`The parameter ${path}.MetricName must have 1 to 255 characters.`);
  const dimensions = datum.Dimensions ?? [];
  if (dimensions.length > 30) {
    throw invalidValue(`The collection ${path}.Dimensions must not have a size greater than 30.`);
  }
  for (const { Name: key = '', Value: value = '' } of dimensions) {
    if (key === '' || key.length > 255 || key.startsWith(':'))
      throw invalidValue(`The parameter ${path}.Dimensions has an invalid name.`);
    if (value === '' || value.length > 1024)
      throw invalidValue(`The parameter ${path}.Dimensions has an invalid value.`);
  }
  if (datum.Unit !== undefined && !Object.values(StandardUnit).includes(datum.Unit)) {
    throw invalidValue(
      `The parameter ${path}.Unit must be a value in the set [${Object.values(StandardUnit).join(', ')}].`,
    );
  }
  const resolution = datum.StorageResolution ?? 60;
  if (resolution !== 1 && resolution !== 60) {
    throw invalidValue(`The parameter ${path}.StorageResolution must be 1 or 60.`);
  }
  const at = datum.Timestamp?.getTime() ?? now;
  if (at < now - 14 * day || at > now + 2 * 3_600_000) {
    throw invalidValue(
      `The parameter ${path}.Timestamp must be specified within the last two weeks and the next two hours.`,
    );
  }
  return {
    name,
    dimensions,
    at,
    unit: datum.Unit ?? 'None',
    resolutionSeconds: resolution,
    ...summarize(datum, path),
  };
}

/** A value, a statistic set, or values with their counts: exactly one of the three. */
function summarize(datum: MetricDatum, path: string): Summary {
  const { Value: value, StatisticValues: set, Values: values } = datum;
  const given = (['Value', 'StatisticValues', 'Values'] as const).filter((name) => datum[name] !== undefined);
  if (given.length === 0) throw missingParameter(`The parameter ${path}.Value is required.`);
  if (given.length > 1) {
    const [one, two] = given.map((name) => `${path}.${name}`);
    throw invalidCombination(
      `The parameters ${one} and ${two} are mutually exclusive and you have specified both.`,
    );
  }
  if (value !== undefined) {
    checkNumber(value, `${path}.Value`);
    return { count: 1, sum: value, minimum: value, maximum: value };
  }
  if (set) {
    const { SampleCount: count = 0, Sum: sum = 0, Minimum: minimum = 0, Maximum: maximum = 0 } = set;
    for (const one of [count, sum, minimum, maximum]) checkNumber(one, `${path}.StatisticValues`);
    if (count <= 0 || minimum > maximum)
      throw invalidValue(`The parameter ${path}.StatisticValues is not a possible set of statistics.`);
    return { count, sum, minimum, maximum };
  }
  const list = values ?? [];
  const counts = datum.Counts ?? list.map(() => 1);
  if (list.length === 0 || list.length > 150)
    throw invalidValue(`The collection ${path}.Values must have 1 to 150 members.`);
  if (counts.length !== list.length) {
    throw invalidValue(`The parameters ${path}.Values and ${path}.Counts must be of the same size.`);
  }
  for (const one of [...list, ...counts]) checkNumber(one, `${path}.Values`);
  return {
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: list.reduce((sum, one, index) => sum + one * (counts[index] ?? 1), 0),
    minimum: Math.min(...list),
    maximum: Math.max(...list),
  };
}

function checkNumber(value: number, path: string): void {
  if (!Number.isFinite(value) || Math.abs(value) > 2 ** 360) {
    throw invalidValue(`The value ${value} for parameter ${path} is invalid.`);
  }
}

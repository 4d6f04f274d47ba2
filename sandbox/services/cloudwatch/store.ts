import type { Dimension, StandardUnit } from '@aws-sdk/client-cloudwatch';

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** All values of one metric in one second or, for standard resolution, one minute. */
export interface Bucket extends Summary {
  /** Milliseconds since the epoch, start of the second or minute. */
  readonly at: number;
  readonly unit: StandardUnit;
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  /** Sorted by name: the set of dimensions is part of what a metric is. */
  readonly dimensions: readonly Required<Dimension>[];
  /** By time and unit. */
  readonly buckets: Map<string, Bucket>;
}

export const merge = (left: Summary, right: Summary): Summary => ({
  count: left.count + right.count,
  sum: left.sum + right.sum,
  minimum: Math.min(left.minimum, right.minimum),
  maximum: Math.max(left.maximum, right.maximum),
});

/** Metrics of one account in one Region, in the order in which they first appeared. */
export class MetricStore {
  readonly #metrics = new Map<string, Metric>();

  get metrics(): Iterable<Metric> {
    return this.#metrics.values();
  }

  find(namespace: string, name: string, dimensions: readonly Dimension[]): Metric | undefined {
    return this.#metrics.get(keyOf(namespace, name, sorted(dimensions)));
  }

  add(
    namespace: string,
    name: string,
    dimensions: readonly Dimension[],
    datum: Summary & { readonly at: number; readonly unit: StandardUnit; readonly resolutionSeconds: number },
  ): void {
    const order = sorted(dimensions);
    const key = keyOf(namespace, name, order);
    const metric = this.#metrics.get(key) ?? { namespace, name, dimensions: order, buckets: new Map() };
    this.#metrics.set(key, metric);
    const step = datum.resolutionSeconds * 1000;
    const at = Math.floor(datum.at / step) * step;
    const bucketKey = `${at} ${datum.unit}`;
    const before = metric.buckets.get(bucketKey);
    metric.buckets.set(bucketKey, {
      at,
      unit: datum.unit,
      ...(before ? merge(before, datum) : summaryOf(datum)),
    });
  }
}

const summaryOf = ({ count, sum, minimum, maximum }: Summary): Summary => ({ count, sum, minimum, maximum });

const sorted = (dimensions: readonly Dimension[]): Required<Dimension>[] =>
  dimensions
    .map(({ Name = '', Value = '' }) => ({ Name, Value }))
    .sort((left, right) => (left.Name < right.Name ? -1 : 1));

const keyOf = (namespace: string, name: string, dimensions: readonly Required<Dimension>[]): string =>
  JSON.stringify([namespace, name, dimensions.map(({ Name, Value }) => [Name, Value])]);

export type StatisticName = 'SampleCount' | 'Average' | 'Sum' | 'Minimum' | 'Maximum';
export const statisticNames: readonly string[] = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
export const isStatistic = (name: string): name is StatisticName => statisticNames.includes(name);

export function statisticOf(name: StatisticName, summary: Summary): number {
  switch (name) {
    case 'SampleCount':
      return summary.count;
    case 'Average':
      return summary.sum / summary.count;
    case 'Sum':
      return summary.sum;
    case 'Minimum':
      return summary.minimum;
    case 'Maximum':
      return summary.maximum;
  }
}

/**
 * The values of a metric in periods of `periodSeconds`, oldest first, per unit. Periods lie on multiples of
 * their length; the start belongs to the range, the end does not.
 */
export function periods(
  metric: Metric | undefined,
  range: { readonly start: number; readonly end: number; readonly periodSeconds: number },
  unit: StandardUnit | undefined,
): Bucket[] {
  const step = range.periodSeconds * 1000;
  const found = new Map<string, Bucket>();
  for (const bucket of metric?.buckets.values() ?? []) {
    if (bucket.at < range.start || bucket.at >= range.end || (unit ?? bucket.unit) !== bucket.unit) continue;
    const at = Math.floor(bucket.at / step) * step;
    const key = `${at} ${bucket.unit}`;
    const before = found.get(key);
    found.set(key, { at, unit: bucket.unit, ...(before ? merge(before, bucket) : summaryOf(bucket)) });
  }
  return [...found.values()].sort((left, right) => left.at - right.at);
}

import type { Dimension, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { StandardUnit } from '@aws-sdk/client-cloudwatch';
import type { RequestContext, Service } from '../../service.ts';
import { type Alarms, alarmHandlers } from './alarms.ts';
import { getDataHandlers } from './get-data.ts';
import { putDataHandlers } from './put-data.ts';
import { type Metric, MetricStore } from './store.ts';

interface Place {
  readonly account: string;
  readonly region: string;
}

export interface CloudWatch {
  readonly service: Service;
  metrics(place: Place): readonly Metric[];
  /** Total of all values of a metric, whatever their time; 0 when there are none. */
  sum(place: Place, namespace: string, name: string, dimensions?: Readonly<Record<string, string>>): number;
  alarms(place: Place): readonly MetricAlarm[];
  /** Takes a value that stood in a log line, in standard resolution. `at` in milliseconds since the epoch. */
  record(place: Place, namespace: string, name: string, datum: RecordedValue): void;
}

export interface RecordedValue {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: string | undefined;
  readonly at: number;
}

/** Amazon CloudWatch: metrics as statistic sets per minute or second, and alarms that are kept but not evaluated. */
export function createCloudWatch(): CloudWatch {
  const regions = new Map<string, { readonly store: MetricStore; readonly alarms: Alarms }>();
  const at = ({ account, region }: Place) => {
    const key = `${account}/${region}`;
    const found = regions.get(key) ?? { store: new MetricStore(), alarms: new Map() };
    regions.set(key, found);
    return found;
  };
  const ofRequest = ({ caller, region }: RequestContext) => at({ account: caller.account, region });
  const storeOf = (request: RequestContext) => ofRequest(request).store;
  return {
    service: {
      signingName: 'monitoring',
      // The JavaScript client speaks this one; others are told by the request itself.
      protocol: 'awsJson1_0',
      clientPackage: cloudwatch,
      xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
      handlers: {
        ...putDataHandlers(storeOf),
        ...getDataHandlers(storeOf),
        ...alarmHandlers((request) => ofRequest(request).alarms),
      },
    },
    metrics: (place) => [...at(place).store.metrics],
    sum(place, namespace, name, dimensions = {}) {
      const list: Dimension[] = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      const metric = at(place).store.find(namespace, name, list);
      return [...(metric?.buckets.values() ?? [])].reduce((sum, bucket) => sum + bucket.sum, 0);
    },
    alarms: (place) => [...at(place).alarms.values()],
    record(place, namespace, name, { dimensions, value, unit, at: time }) {
      const list: Dimension[] = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      const known = Object.values(StandardUnit).find((each) => each === unit) ?? 'None';
      const summary = { count: 1, sum: value, minimum: value, maximum: value };
      at(place).store.add(namespace, name, list, {
        ...summary,
        at: time,
        unit: known,
        resolutionSeconds: 60,
      });
    },
  };
}

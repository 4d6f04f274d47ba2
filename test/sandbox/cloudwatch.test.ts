import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDatum,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { type CloudWatch, createCloudWatch } from '../../sandbox/services/cloudwatch/service.ts';
import { World } from '../../sandbox/world.ts';
import { codeOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const place = { account: DEFAULT_IDENTITY.account, region: 'eu-west-1' };
const now = Date.UTC(2026, 0, 1, 2, 0, 30);
const at = (seconds: number) => new Date(now + seconds * 1000);
let sandbox: StartedSandbox;
let cloudwatch: CloudWatch;
let client: CloudWatchClient;
let count = 0;

beforeAll(async () => {
  sandbox = await startSandbox(
    () => {
      cloudwatch = createCloudWatch();
      return [cloudwatch.service];
    },
    { world: new World({ clock: { now: () => now } }) },
  );
  client = new CloudWatchClient(sandbox.clientConfig);
});
afterAll(() => sandbox.close());

const put = (Namespace: string, ...MetricData: MetricDatum[]) =>
  client.send(new PutMetricDataCommand({ Namespace, MetricData }));
const Dimensions = [
  { Name: 'Plan', Value: 'ci' },
  { Name: 'Deployment', Value: 'prod-eu' },
];

test('values are added up per minute and dimension set, in whatever form they come', async () => {
  const Namespace = `Snapkeep${++count}`;
  await put(
    Namespace,
    { MetricName: 'Sources', Value: 3, Unit: 'Count', Dimensions },
    {
      MetricName: 'Sources',
      Values: [1, 2],
      Counts: [2, 1],
      Unit: 'Count',
      Dimensions: [...Dimensions].reverse(),
    },
    {
      MetricName: 'Sources',
      StatisticValues: { SampleCount: 2, Sum: 20, Minimum: 5, Maximum: 15 },
      Unit: 'Count',
      Dimensions,
      Timestamp: at(60),
    },
  );
  const { Datapoints, Label } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName: 'Sources',
      Dimensions,
      StartTime: at(-60),
      EndTime: at(120),
      Period: 60,
      Statistics: ['Sum', 'SampleCount', 'Minimum', 'Maximum', 'Average'],
    }),
  );
  expect(Label).toBe('Sources');
  expect(Datapoints).toEqual([
    { Timestamp: at(-30), Unit: 'Count', Sum: 7, SampleCount: 4, Minimum: 1, Maximum: 3, Average: 1.75 },
    { Timestamp: at(30), Unit: 'Count', Sum: 20, SampleCount: 2, Minimum: 5, Maximum: 15, Average: 10 },
  ]);
  expect(cloudwatch.sum(place, Namespace, 'Sources', { Plan: 'ci', Deployment: 'prod-eu' })).toBe(27);
  expect(cloudwatch.sum(place, Namespace, 'Sources')).toBe(0);
});

test('data comes newest first unless asked otherwise', async () => {
  const Namespace = `Snapkeep${++count}`;
  await put(
    Namespace,
    { MetricName: 'M', Value: 1, Timestamp: at(0) },
    { MetricName: 'M', Value: 2, Timestamp: at(60) },
  );
  const query = (more: object) =>
    client.send(
      new GetMetricDataCommand({
        StartTime: at(-300),
        EndTime: at(300),
        MetricDataQueries: [
          { Id: 'm1', MetricStat: { Metric: { Namespace, MetricName: 'M' }, Period: 60, Stat: 'Sum' } },
        ],
        ...more,
      }),
    );
  expect((await query({})).MetricDataResults).toMatchObject([
    { Id: 'm1', Values: [2, 1], StatusCode: 'Complete' },
  ]);
  expect((await query({ ScanBy: 'TimestampAscending' })).MetricDataResults?.[0]?.Values).toEqual([1, 2]);
});

test('metrics are listed by namespace, name and dimension', async () => {
  const Namespace = `Snapkeep${++count}`;
  await put(Namespace, { MetricName: 'A', Value: 1, Dimensions }, { MetricName: 'B', Value: 1 });
  const list = async (more: object) =>
    ((await client.send(new ListMetricsCommand({ Namespace, ...more }))).Metrics ?? []).map(
      (one) => one.MetricName,
    );
  expect(await list({})).toEqual(['A', 'B']);
  expect(await list({ Dimensions: [{ Name: 'Plan' }] })).toEqual(['A']);
  expect(await list({ Dimensions: [{ Name: 'Plan', Value: 'other' }] })).toEqual([]);
  expect(await list({ MetricName: 'B' })).toEqual(['B']);
});

test('a request over the limits stores nothing', async () => {
  const Namespace = `Snapkeep${++count}`;
  const good: MetricDatum = { MetricName: 'M', Value: 1 };
  const refused = async (...data: MetricDatum[]) => codeOf(put(Namespace, good, ...data));
  expect(await refused({ MetricName: 'M', Value: 1, Values: [1] })).toBe(
    'InvalidParameterCombinationException 400',
  );
  expect(await refused({ MetricName: 'M' })).toBe('MissingRequiredParameterException 400');
  expect(await refused({ ...good, Timestamp: at(-15 * 86_400) })).toBe('InvalidParameterValueException 400');
  expect(await refused({ ...good, Timestamp: at(3 * 3600) })).toBe('InvalidParameterValueException 400');
  expect(await refused({ ...good, StorageResolution: 30 })).toBe('InvalidParameterValueException 400');
  expect(await refused({ ...good, Dimensions: [{ Name: 'Plan', Value: '' }] })).toBe(
    'InvalidParameterValueException 400',
  );
  expect(await refused(...Array.from({ length: 1000 }, () => good))).toBe(
    'InvalidParameterValueException 400',
  );
  expect(await codeOf(put('AWS/EC2', good))).toBe('InvalidParameterValueException 400');
  expect(cloudwatch.sum(place, Namespace, 'M')).toBe(0);
});

test('too many datapoints and a senseless period are refused', async () => {
  const ask = (more: object) =>
    codeOf(
      client.send(
        new GetMetricStatisticsCommand({
          Namespace: 'Snapkeep',
          MetricName: 'M',
          StartTime: at(-2 * 86_400),
          EndTime: at(0),
          Period: 60,
          Statistics: ['Sum'],
          ...more,
        }),
      ),
    );
  expect(await ask({})).toBe('InvalidParameterCombinationException 400');
  expect(await ask({ Period: 61 })).toBe('InvalidParameterValueException 400');
  expect(await ask({ EndTime: at(-3 * 86_400) })).toBe('InvalidParameterCombinationException 400');
});

test('alarms are kept with their state', async () => {
  const AlarmName = 'snapkeep-missed-run';
  const putAlarm = () =>
    client.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace: 'Snapkeep',
        MetricName: 'Sealed',
        Statistic: 'Sum',
        Period: 3600,
        EvaluationPeriods: 24,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      }),
    );
  await putAlarm();
  const describe = async () =>
    (await client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'snapkeep-' }))).MetricAlarms?.[0];
  expect(await describe()).toMatchObject({
    AlarmArn: `arn:aws:cloudwatch:eu-west-1:${place.account}:alarm:${AlarmName}`,
    StateValue: 'INSUFFICIENT_DATA',
    TreatMissingData: 'breaching',
  });
  await client.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'drill' }));
  await putAlarm();
  expect((await describe())?.StateValue).toBe('ALARM');
  await client.send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] }));
  expect(await describe()).toBeUndefined();
});

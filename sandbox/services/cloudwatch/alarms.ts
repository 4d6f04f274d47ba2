import type {
  DeleteAlarmsInput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  MetricAlarm,
  PutMetricAlarmInput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { between, checkConstraints, lengthBetween } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import { invalidNextToken, missingParameter, resourceNotFound } from './errors.ts';

/** Alarms of one account in one Region, by name. */
export type Alarms = Map<string, MetricAlarm>;

/** PutMetricAlarm, DescribeAlarms, SetAlarmState, DeleteAlarms. Alarms are kept, not evaluated. */
export function alarmHandlers(alarmsOf: (request: RequestContext) => Alarms) {
  return {
    PutMetricAlarm(input: Decoded<PutMetricAlarmInput>, request: RequestContext): object {
      checkConstraints('ValidationError', [
        lengthBetween('alarmName', input.AlarmName, 1, 255),
        lengthBetween('alarmDescription', input.AlarmDescription, 0, 1024),
        lengthBetween('alarmActions', input.AlarmActions, 0, 5),
        between('evaluationPeriods', input.EvaluationPeriods, 1, Number.MAX_SAFE_INTEGER),
      ]);
      if (input.MetricName === undefined && !input.Metrics?.length) {
        throw missingParameter('Either MetricName or Metrics must be specified.');
      }
      for (const name of ['EvaluationPeriods', 'ComparisonOperator'] as const) {
        if (input[name] === undefined) throw missingParameter(`The parameter ${name} is required.`);
      }
      // At most 7 days: seconds times periods ("PutMetricAlarm", API Reference).
      const seconds = (input.Period ?? 0) * (input.EvaluationPeriods ?? 0);
      checkConstraints('ValidationError', [
        between('period times evaluationPeriods', seconds, 0, 7 * 86_400),
      ]);
      const alarms = alarmsOf(request);
      const before = alarms.get(input.AlarmName);
      const now = new Date(request.now);
      const { Tags: _tags, ...configuration } = input;
      alarms.set(input.AlarmName, {
        ...{ OKActions: [], AlarmActions: [], InsufficientDataActions: [], Dimensions: [] },
        ...configuration,
        AlarmArn: `arn:aws:cloudwatch:${request.region}:${request.caller.account}:alarm:${input.AlarmName}`,
        ActionsEnabled: input.ActionsEnabled ?? true,
        AlarmConfigurationUpdatedTimestamp: now,
        StateValue: before?.StateValue ?? 'INSUFFICIENT_DATA',
        StateReason: before?.StateReason ?? 'Unchecked: Initial alarm creation',
        StateUpdatedTimestamp: before?.StateUpdatedTimestamp ?? now,
      });
      return {};
    },

    DescribeAlarms(input: DescribeAlarmsInput, request: RequestContext): DescribeAlarmsOutput {
      checkConstraints('ValidationError', [between('maxRecords', input.MaxRecords, 1, 100)]);
      const start = input.NextToken ? Number(Buffer.from(input.NextToken, 'base64').toString()) : 0;
      if (!Number.isInteger(start)) throw invalidNextToken();
      const found = [...alarmsOf(request).values()]
        .filter(
          ({ AlarmName: name = '', StateValue: state, AlarmActions: actions = [] }) =>
            (input.AlarmNames?.includes(name) ?? true) &&
            name.startsWith(input.AlarmNamePrefix ?? '') &&
            (input.StateValue ?? state) === state &&
            (input.ActionPrefix === undefined ||
              actions.some((one) => one.startsWith(input.ActionPrefix ?? ''))),
        )
        .sort((left, right) => ((left.AlarmName ?? '') < (right.AlarmName ?? '') ? -1 : 1));
      const end = start + (input.MaxRecords ?? 50);
      return {
        MetricAlarms: found.slice(start, end),
        CompositeAlarms: [],
        ...(end < found.length ? { NextToken: Buffer.from(String(end)).toString('base64') } : {}),
      };
    },

    SetAlarmState(input: Decoded<SetAlarmStateInput>, request: RequestContext): object {
      const alarms = alarmsOf(request);
      const alarm = alarms.get(input.AlarmName);
      if (!alarm) throw resourceNotFound(`The alarm ${input.AlarmName} does not exist.`);
      alarms.set(input.AlarmName, {
        ...alarm,
        StateValue: input.StateValue,
        StateReason: input.StateReason,
        StateUpdatedTimestamp: new Date(request.now),
      });
      return {};
    },

    /** Either all of them or none. */
    DeleteAlarms(input: Decoded<DeleteAlarmsInput>, request: RequestContext): object {
      const alarms = alarmsOf(request);
      const unknown = input.AlarmNames.find((name) => !alarms.has(name));
      if (unknown !== undefined) throw resourceNotFound(`The alarm ${unknown} does not exist.`);
      for (const name of input.AlarmNames) alarms.delete(name);
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

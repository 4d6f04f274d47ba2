import { Arn, ArnFormat, Aws, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config, Plan, Schedule } from '../functions/plan/config.ts';
import { nextRuns } from '../functions/plan/schedule.ts';
import { SnapkeepFunction } from './functions.ts';

/** The same as `metricNamespace` of the handlers, which would bring their clients along. */
const namespace = 'Snapkeep';
const daySeconds = 86_400;
/** Half an interval more leaves time for a backup that takes long. */
const ageFactor = 1.5;
/** Trouble is counted over so long. */
const troublePeriod = Duration.minutes(5);

export interface AlarmsProps {
  readonly config: Config;
  /** Every alarm goes there, and its policy is told to let them in. */
  readonly topic: Topic;
}

/** A metric that the functions measure of a plan, see `createNotices`. */
export function planMetric(
  { deployment }: Config,
  plan: string,
  metricName: string,
  { statistic, period }: { readonly statistic: string; readonly period: Duration },
): Metric {
  return new Metric({ namespace, metricName, dimensionsMap: { deployment, plan }, statistic, period });
}

/** Runs are looked at up to this many: eleven days of a run every minute. */
const mostRuns = 16_384;
/** A fixed moment, since the template must not change with the day on which it is made; a leap year follows it. */
const reference = Date.parse('2027-12-31T00:00:00Z');

/**
 * Seconds between two runs of a schedule, the longest pause within a year: a plan of workdays pauses for the weekend.
 * Undefined when the schedule has one run or none, so that its backups get old by intention.
 */
export function intervalSeconds(schedule: Pick<Schedule, 'expression' | 'timezone'>): number | undefined {
  let runs: readonly number[] = [];
  for (let count = 64; count <= mostRuns; count *= 4) {
    runs = nextRuns(schedule, { after: reference, count });
    const [first = 0] = runs;
    if (runs.length < count || (runs.at(-1) ?? 0) - first > 366 * daySeconds * 1000) break;
  }
  const pauses = runs.slice(1).map((run, index) => run - (runs[index] ?? run));
  return pauses.length === 0 ? undefined : Math.max(...pauses) / 1000;
}

interface AlarmOptions {
  /** What follows the name of the deployment, such as `ci/backup-age`. */
  readonly name: string;
  readonly description: string;
  readonly metric: Metric;
  /** The highest value that is still good; 0 unless given. */
  readonly threshold?: number;
  /** Also says when it is over. */
  readonly tellsEnd?: true;
  readonly missing?: TreatMissingData;
}

/**
 * Alarms of every plan and function, all to the topic. Names are `snapkeep/<deployment>/<plan>/<what>` and
 * `snapkeep/<deployment>/<function>-<what>`; the slashes keep deployments apart of which one's name begins another's.
 */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #topicArn: string;
  readonly #prefix: string;

  constructor(scope: Construct, id: string, { config, topic }: AlarmsProps) {
    super(scope, id);
    this.#topicArn = topic.topicArn;
    this.#prefix = `snapkeep/${config.deployment}`;
    topic.addToResourcePolicy(this.#publish(topic.topicArn));
    for (const plan of Object.values(config.plans)) this.#watchPlan(config, plan);
    const functions = Stack.of(this)
      .node.findAll()
      .filter((each) => each instanceof SnapkeepFunction);
    for (const each of functions) this.#watchFunction(each);
  }

  #watchPlan(config: Config, { name: plan, schedule }: Plan): void {
    this.#watchAge(config, plan, schedule);
    const troubles = [
      ['BackupFailed', 'backup-failed', 'A backup failed: there is no new recovery point of any source'],
      ['BackupPartial', 'backup-partial', 'A backup is partial: some sources have no new recovery point'],
      ['LostSources', 'sources-lost', 'A backup covers fewer sources than the one before it'],
      ['RotationRefused', 'rotation-refused', 'A rotation was refused and waits for a confirmation'],
      ['RotationFailed', 'rotation-failed', 'A rotation ended without a result'],
      ['RestoreFailed', 'restore-failed', 'A restore failed; it can go on from the step at which it ended'],
    ] as const;
    for (const [metricName, what, description] of troubles) {
      this.#add(`Plan-${plan}-${metricName}`, {
        name: `${plan}/${what}`,
        description: `Plan ${plan}: ${description}`,
        metric: planMetric(config, plan, metricName, { statistic: Stats.SUM, period: troublePeriod }),
      });
    }
  }

  /**
   * The age is measured once a day and after every backup. One period of at most a day is far within the seven days
   * that an alarm may look back ("PutMetricAlarm", Period), however rarely the plan runs; a plan that runs more often
   * is missed sooner.
   */
  #watchAge(config: Config, plan: string, schedule: Schedule): void {
    const interval = intervalSeconds(schedule);
    if (interval === undefined) return;
    const threshold = interval * ageFactor;
    const period = Duration.seconds(Math.min(daySeconds, Math.ceil(threshold / 60) * 60));
    this.#add(`Plan-${plan}-BackupAge`, {
      name: `${plan}/backup-age`,
      description: `Plan ${plan}: the last complete backup is older than one and a half intervals, or nobody measures it`,
      metric: planMetric(config, plan, 'LastCompleteBackupAge', { statistic: Stats.MAXIMUM, period }),
      threshold,
      tellsEnd: true,
      missing: TreatMissingData.BREACHING,
    });
  }

  #watchFunction({ node: { id }, alias, deadLetters }: SnapkeepFunction): void {
    const name = id.replaceAll(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    const sum = (metricName: string): Metric =>
      new Metric({
        ...{ namespace: 'AWS/Lambda', metricName, statistic: Stats.SUM, period: troublePeriod },
        dimensionsMap: { FunctionName: alias.lambda.functionName },
      });
    this.#add(`${id}-Errors`, {
      name: `${name}-errors`,
      description: `The function ${name} ended with an error`,
      metric: sum('Errors'),
    });
    if (id.endsWith('Worker')) {
      // The service ends such an execution, so that nothing of ours can tell of it ("Monitoring durable functions").
      this.#add(`${id}-TimedOut`, {
        name: `${name}-timed-out`,
        description: `An execution of ${name} took longer than it may, and was ended`,
        metric: sum('DurableExecutionTimedOut'),
      });
    }
    this.#add(`${id}-DeadLetters`, {
      name: `${name}-dead-letters`,
      description: `Events of the function ${name} were given up and wait in its dead-letter queue`,
      metric: new Metric({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName: deadLetters.queueName },
        statistic: Stats.MAXIMUM,
        period: troublePeriod,
      }),
      tellsEnd: true,
    });
  }

  #add(id: string, { name, description, metric, ...options }: AlarmOptions): void {
    const alarm = new Alarm(this, id, {
      alarmName: `${this.#prefix}/${name}`,
      alarmDescription: description,
      metric,
      threshold: options.threshold ?? 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: options.missing ?? TreatMissingData.NOT_BREACHING,
    });
    const action = { bind: () => ({ alarmActionArn: this.#topicArn }) };
    alarm.addAlarmAction(action);
    if (options.tellsEnd) alarm.addOkAction(action);
    this.all.push(alarm);
  }

  /** A topic with a policy of its own lets nobody in who is not named, not even alarms of the same account. */
  #publish(topicArn: string): PolicyStatement {
    return new PolicyStatement({
      sid: 'AlarmsOfThisDeployment',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: {
          'aws:SourceArn': Arn.format(
            {
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: `${this.#prefix}/*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            },
            Stack.of(this),
          ),
        },
      },
    });
  }
}

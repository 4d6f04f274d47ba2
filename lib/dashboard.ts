import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  type Metric,
  PeriodOverride,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Config } from '../functions/plan/config.ts';
import { planMetric } from './alarms.ts';
import { functionNames } from './names.ts';

/** Columns of a dashboard. */
const fullWidth = 24;
/** An alarm widget shows at most so many ("Dashboard body structure and syntax"). */
const shownAlarms = 100;

export interface DashboardProps {
  readonly config: Config;
  readonly alarms: readonly Alarm[];
}

/** One page on which an operator sees whether there are backups, how old they are, and what became of rotations and restores. */
export class BackupDashboard extends Construct {
  constructor(scope: Construct, id: string, { config, alarms }: DashboardProps) {
    super(scope, id);
    const plans = Object.keys(config.plans);
    const ages = plans.map((plan) => ageInHours(config, plan));
    /** A metric of every plan, by the plan's name. */
    const perPlan = (metricName: string, statistic: string): Metric[] =>
      plans.map((plan) =>
        planMetric(config, plan, metricName, { statistic, period: Duration.hours(1) }).with({ label: plan }),
      );
    const graph = (title: string, left: IMetric[], width: number): GraphWidget =>
      new GraphWidget({ title, left, width, leftYAxis: { min: 0 } });

    new Dashboard(this, 'Dashboard', {
      // Names of dashboards are those of an account, whatever the Region.
      dashboardName: `snapkeep-${config.deployment}-${config.region}`,
      defaultInterval: Duration.days(35),
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [
          new AlarmStatusWidget({
            title: 'Alarms',
            alarms: alarms.slice(0, shownAlarms),
            width: fullWidth,
            height: 6,
          }),
        ],
        [
          new SingleValueWidget({
            title: 'Age of the last complete backup, in hours',
            metrics: ages,
            width: fullWidth / 2,
          }),
          new LogQueryWidget({
            title: 'Last good backup',
            view: LogQueryVisualizationType.TABLE,
            logGroupNames: [`/aws/lambda/${functionNames(config.deployment).backupWorker}`],
            // The message of `createCloudReporter` and its fields.
            queryLines: [
              'filter message = "backup sealed" and status = "completed"',
              'stats latest(backupId) as backup, latest(available) as recoveryPoints, max(@timestamp) as sealed by plan',
              'sort plan asc',
            ],
            width: fullWidth / 2,
          }),
        ],
        [
          graph('Age of the last complete backup, in hours', ages, fullWidth / 2),
          graph('Duration of backups, in seconds', perPlan('DurationSeconds', Stats.MAXIMUM), fullWidth / 2),
        ],
        [
          graph('Recovery points', perPlan('RecoveryPoints', Stats.MAXIMUM), fullWidth / 4),
          graph('Failed sources', perPlan('FailedSources', Stats.SUM), fullWidth / 4),
          graph('Lost sources', perPlan('LostSources', Stats.SUM), fullWidth / 4),
          graph('Failed and partial backups', troubles(perPlan), fullWidth / 4),
        ],
        [
          graph('Copies that rotation removed', perPlan('RotationRemoved', Stats.SUM), fullWidth / 3),
          graph(
            'Copies that rotation had to keep, of those decided to go',
            perPlan('RotationKept', Stats.SUM),
            fullWidth / 3,
          ),
          graph('Refused rotations', perPlan('RotationRefused', Stats.SUM), fullWidth / 3),
        ],
        [
          graph('Time of restores, in seconds', perPlan('RecoverySeconds', Stats.MAXIMUM), fullWidth / 2),
          graph('Failed restores', perPlan('RestoreFailed', Stats.SUM), fullWidth / 2),
        ],
      ],
    });
  }
}

type PerPlan = (metricName: string, statistic: string) => Metric[];

const troubles = (perPlan: PerPlan): IMetric[] =>
  (['Failed', 'Partial'] as const).flatMap((what) =>
    perPlan(`Backup${what}`, Stats.SUM).map((metric) =>
      metric.with({ label: `${metric.label}, ${what.toLowerCase()}` }),
    ),
  );

/** Measured in seconds, which nobody reads. */
function ageInHours(config: Config, plan: string): MathExpression {
  const period = Duration.hours(1);
  const age = planMetric(config, plan, 'LastCompleteBackupAge', { statistic: Stats.MINIMUM, period });
  // Expressions of one widget share their names.
  const variable = `age_${plan.replaceAll(/[^a-z0-9]/gi, '_')}`;
  return new MathExpression({
    expression: `${variable} / 3600`,
    usingMetrics: { [variable]: age },
    label: plan,
    period,
  });
}

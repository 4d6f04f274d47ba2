import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Manifest } from '../catalog/documents.ts';
import { describeError, SnapkeepError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { backupIdOf } from '../shared/names.ts';
import { sourceKey } from '../shared/source.ts';
import type { BackupReporter } from '../workflows/backup/ports.ts';
import type { BackupOrder } from './events.ts';

export const metricNamespace = 'Snapkeep';

/** Subjects of SNS e-mails have at most 100 characters of ASCII. */
const subjectLimit = 100;
/** Errors that a message lists; the manifest has all of them. */
const listedErrors = 20;

export interface CloudReporterOptions {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly deployment: string;
  readonly bucket: string;
  readonly logger: Logger;
  /** Where metrics in Embedded Metric Format are written; Lambda hands what is on stdout to CloudWatch. */
  readonly metrics?: () => Metrics;
}

export interface CloudReporter extends BackupReporter {
  /** A run that ended without a sealed backup. */
  runFailed(order: BackupOrder, error: unknown): Promise<void>;
}

/** Metrics of every run, and a message to people when a backup is not complete. */
export function createCloudReporter(options: CloudReporterOptions): CloudReporter {
  const { sns, topicArn, deployment, bucket, logger } = options;
  const makeMetrics = options.metrics ?? (() => new Metrics({ namespace: metricNamespace }));

  function publishMetrics(plan: string, counts: Readonly<Record<string, number>>, seconds?: number): void {
    const metrics = makeMetrics();
    // Powertools adds the dimension `service` on its own; alarms name deployment and plan only.
    metrics.clearDefaultDimensions();
    metrics.addDimensions({ deployment, plan });
    for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, value);
    if (seconds !== undefined) metrics.addMetric('DurationSeconds', MetricUnit.Seconds, seconds);
    metrics.publishStoredMetrics();
  }

  async function tell(subject: string, lines: readonly string[]): Promise<void> {
    const plain = subject.replace(/[^\x20-\x7e]/g, '?').slice(0, subjectLimit);
    await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: plain, Message: lines.join('\n') }));
  }

  return {
    begun({ plan, backup_id, sources, missing }) {
      logger.info('backup begun', {
        plan,
        backupId: backup_id,
        sources: sources.length,
        missing: missing.length,
      });
    },

    progress(tally) {
      logger.info('backup under way', { ...tally });
    },

    async sealed(manifest) {
      const { plan, status, backup_id: backupId } = manifest;
      const points = manifest.recovery_points;
      const available = points.filter((point) => point.status === 'available').length;
      logger.info('backup sealed', { plan, backupId, status, available, failed: points.length - available });
      publishMetrics(
        plan,
        {
          BackupCompleted: status === 'completed' ? 1 : 0,
          BackupPartial: status === 'partial' ? 1 : 0,
          BackupFailed: status === 'failed' ? 1 : 0,
          RecoveryPoints: available,
          FailedSources: points.length - available,
        },
        Math.max(0, (Date.parse(manifest.completed_at) - Date.parse(manifest.started_at)) / 1000),
      );
      if (status === 'completed') return;
      await tell(`Snapkeep ${deployment}: backup of ${plan} is ${status}`, [
        ...describeManifest(manifest, available),
        '',
        `Manifest: s3://${bucket}/ledger/${plan}/${backupId}/backup_information.json`,
        `Look closer: snapkeep show ${backupId}`,
      ]);
    },

    async runFailed({ plan, slot }, error) {
      logger.error('run ended without a backup', { plan, slot, error: describeError(error) });
      publishMetrics(plan, { BackupCompleted: 0, BackupPartial: 0, BackupFailed: 1 });
      const remedy = error instanceof SnapkeepError ? error.remedy : undefined;
      await tell(`Snapkeep ${deployment}: backup of ${plan} failed`, [
        `The run of plan ${plan} for ${slot} (${backupIdOf(slot, plan)}) ended without a backup:`,
        describeError(error),
        ...(remedy === undefined ? [] : [`What to do: ${remedy}`]),
        '',
        `Try again: snapkeep backup ${plan} --slot ${slot}`,
      ]);
    },
  };
}

function describeManifest(manifest: Manifest, available: number): string[] {
  const points = manifest.recovery_points;
  const failed = points.flatMap((point) =>
    point.status === 'failed' ? [`- ${sourceKey(point.source)}: ${point.reason}`] : [],
  );
  const hidden = failed.length - listedErrors;
  return [
    `Backup ${manifest.backup_id} is ${manifest.status}: ${available} of ${points.length} sources have a recovery point.`,
    ...failed.slice(0, listedErrors),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ...manifest.warnings.map((warning) => `Warning: ${warning}`),
  ];
}

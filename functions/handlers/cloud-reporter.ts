import type { BackupStatus, Manifest } from '../catalog/documents.ts';
import { describeError, SnapkeepError } from '../shared/errors.ts';
import type { EventType } from '../shared/event-types.ts';
import type { Logger } from '../shared/logger.ts';
import { backupIdOf } from '../shared/names.ts';
import { sourceKey } from '../shared/source.ts';
import type { BackupReporter } from '../workflows/backup/ports.ts';
import { backupFacts, failureFacts } from './event-details.ts';
import type { BackupOrder } from './events.ts';
import type { Notices } from './notices.ts';

/** Errors that a message lists; the manifest has all of them. */
const listedErrors = 20;

const typesByStatus = {
  completed: 'Snapkeep Backup Completed',
  partial: 'Snapkeep Backup Partial',
  failed: 'Snapkeep Backup Failed',
} as const satisfies Record<BackupStatus, EventType>;

export interface CloudReporterOptions {
  readonly notices: Notices;
  readonly deployment: string;
  readonly bucket: string;
  readonly logger: Logger;
}

export interface CloudReporter extends BackupReporter {
  /** A run that ended without a sealed backup. */
  runFailed(order: BackupOrder, error: unknown): Promise<void>;
}

/** Metrics and an event of every run, and a message to people when a backup is not complete or covers less than before. */
export function createCloudReporter(options: CloudReporterOptions): CloudReporter {
  const { notices, deployment, bucket, logger } = options;
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
      const lost = manifest.lost_sources?.length ?? 0;
      const failed = points.length - available;
      logger.info('backup sealed', { plan, backupId, status, available, failed, lost });
      for (const { source, reason } of failuresIn(manifest).slice(0, listedErrors))
        logger.warn('no recovery point', { plan, backupId, source: sourceKey(source), reason });
      notices.measure(
        plan,
        {
          BackupCompleted: status === 'completed' ? 1 : 0,
          BackupPartial: status === 'partial' ? 1 : 0,
          BackupFailed: status === 'failed' ? 1 : 0,
          RecoveryPoints: available,
          FailedSources: failed,
          LostSources: lost,
        },
        {
          DurationSeconds: Math.max(
            0,
            (Date.parse(manifest.completed_at) - Date.parse(manifest.started_at)) / 1000,
          ),
        },
      );
      await notices.announce(typesByStatus[status], plan, backupId, backupFacts(manifest, bucket));
      const unprotected = points.filter((point) => point.status === 'available' && point.unprotected).length;
      if (status === 'completed' && lost + unprotected === 0) return;
      const complete = lost > 0 ? 'has lost sources' : 'is not protected as asked';
      const news = status === 'completed' ? complete : `is ${status}`;
      await notices.tell(`Snapkeep ${deployment}: backup of ${plan} ${news}`, [
        ...describeManifest(manifest, available),
        '',
        `Manifest: s3://${bucket}/ledger/${plan}/${backupId}/backup_information.json`,
        `Look closer: snapkeep show ${backupId}`,
      ]);
    },

    async runFailed({ plan, slot }, error) {
      logger.error('run ended without a backup', { plan, slot, error: describeError(error) });
      notices.measure(plan, { BackupCompleted: 0, BackupPartial: 0, BackupFailed: 1 });
      const remedy = error instanceof SnapkeepError ? error.remedy : undefined;
      const backupId = backupIdOf(slot, plan);
      await notices.announce('Snapkeep Backup Failed', plan, backupId, {
        ...{ backup_id: backupId, slot, status: 'failed' },
        ...failureFacts(describeError(error), remedy),
      });
      await notices.tell(`Snapkeep ${deployment}: backup of ${plan} failed`, [
        `The run of plan ${plan} for ${slot} (${backupId}) ended without a backup:`,
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
  const failed = failuresIn(manifest).map(({ source, reason }) => `- ${sourceKey(source)}: ${reason}`);
  const hidden = failed.length - listedErrors;
  return [
    `Backup ${manifest.backup_id} is ${manifest.status}: ${available} of ${points.length} sources have a recovery point.`,
    ...failed.slice(0, listedErrors),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
    ...manifest.warnings.map((warning) => `Warning: ${warning}`),
  ];
}

const failuresIn = ({ recovery_points: points }: Manifest) =>
  points.flatMap((point) => (point.status === 'failed' ? [point] : []));

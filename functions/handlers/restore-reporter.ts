import type { RestoreReport } from '../catalog/restore-documents.ts';
import { describeError, SnapkeepError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { sourceKey } from '../shared/source.ts';
import type { RestoreReporter } from '../workflows/restore/ports.ts';
import { failureFacts, restoreFacts } from './event-details.ts';
import type { Notices } from './notices.ts';

export interface RestoreNoticesOptions {
  readonly notices: Notices;
  readonly deployment: string;
  readonly bucket: string;
  readonly logger: Logger;
}

export interface CloudRestoreReporter extends RestoreReporter {
  /** An attempt that ended without a report. */
  runFailed(asked: { readonly plan: string; readonly requestId: string }, error: unknown): Promise<void>;
}

/** Metrics and an event of every restore, and a message to people when it is over. */
export function createRestoreReporter(options: RestoreNoticesOptions): CloudRestoreReporter {
  const { notices, deployment, bucket, logger } = options;
  return {
    begun({ request_id: requestId, plan, backup_id: backupId, sources }) {
      logger.info('restore begun', { requestId, plan, backupId, sources });
    },

    progress(step, detail) {
      logger.info('restore under way', { step, detail });
    },

    async finished(report) {
      const { plan, status, request_id: requestId, recovery_seconds: seconds } = report;
      logger.info('restore finished', { requestId, plan, status, seconds });
      notices.measure(
        plan,
        { RestoreCompleted: status === 'completed' ? 1 : 0, RestoreFailed: status === 'failed' ? 1 : 0 },
        seconds === null ? {} : { RecoverySeconds: seconds },
      );
      await notices.announce(
        status === 'completed' ? 'Snapkeep Restore Completed' : 'Snapkeep Restore Failed',
        plan,
        `restores/${requestId}/${report.attempt}`,
        restoreFacts(report, bucket),
      );
      await notices.tell(`Snapkeep ${deployment}: restore of ${plan} ${status}`, [
        ...describeReport(report, deployment),
        '',
        `Report: s3://${bucket}/ledger/${plan}/restores/${requestId}/report-${report.attempt}.json`,
      ]);
    },

    async runFailed({ plan, requestId }, error) {
      logger.error('restore ended without a report', { plan, requestId, error: describeError(error) });
      notices.measure(plan, { RestoreCompleted: 0, RestoreFailed: 1 });
      const remedy = error instanceof SnapkeepError ? error.remedy : undefined;
      await notices.announce('Snapkeep Restore Failed', plan, `restores/${requestId}`, {
        ...{ request_id: requestId, status: 'failed' },
        ...failureFacts(describeError(error), remedy),
      });
      await notices.tell(`Snapkeep ${deployment}: restore of ${plan} failed`, [
        `Restore ${requestId} of plan ${plan} ended without a report:`,
        describeError(error),
        ...(remedy === undefined ? [] : [`What to do: ${remedy}`]),
      ]);
    },
  };
}

function describeReport(report: RestoreReport, deployment: string): string[] {
  const { request_id: requestId, plan, backup_id: backupId, status, failure } = report;
  return [
    `Restore ${requestId} of backup ${backupId} is ${status}.`,
    ...report.machines.map(({ source, old, new: made }) =>
      made === null
        ? `- ${sourceKey(source)}: no machine was launched`
        : `- ${old.id} (${old.private_ip ?? '?'}) is now ${made.id} (${made.private_ip ?? '?'})`,
    ),
    ...report.databases.map(({ source, new_id: id }) => `- ${sourceKey(source)} is now ${id}`),
    ...(failure === null
      ? []
      : [
          `It ended in step ${failure.step}: ${failure.reason}`,
          ...failure.output.map((line) => `  ${line}`),
          'Everything was left as it is. When the cause is removed, it goes on from that step:',
          `  the function ${deployment}-restore with ${JSON.stringify({ resume: requestId, plan })}`,
        ]),
    ...report.warnings.map((warning) => `Warning: ${warning}`),
    ...(report.remains.length === 0 ? [] : ['', 'What remains to be done:']),
    ...report.remains.map((each) => `- ${each}`),
  ];
}

import { epochOf } from '../../../functions/catalog/keys.ts';
import type { RotationIntent } from '../../../functions/catalog/rotation-documents.ts';
import type { RotationOutlook } from '../../../functions/handlers/rotate-outlook.ts';
import type { JudgedRotation } from '../rotation-report.ts';

/** What a worker answered to a dry run, as the command line tells of decisions. */
export const judgedByOutlook = (outlook: RotationOutlook): JudgedRotation => ({
  now: Date.parse(outlook.now),
  digest: outlook.digest,
  refusals: outlook.refusals,
  decisions: outlook.decisions.map((each) => ({
    subject: each.subject,
    remove: each.decision === 'remove',
    reasons: each.reasons,
    kind: each.kind,
    id: each.recovery_point,
    backupId: each.backup_id,
    slot: Date.parse(each.slot),
    sourceKey: each.source,
    ...(each.created_at === null ? {} : { createdAt: each.created_at }),
    snapshots: each.snapshots,
  })),
  findings: outlook.findings.map((each) => ({
    kind: each.kind,
    id: each.id,
    text: each.message,
    ...(each.backup_id === null ? {} : { backupId: each.backup_id }),
    ...(each.source === null ? {} : { sourceKey: each.source }),
    ...(each.command === null ? {} : { command: each.command }),
  })),
});

/** What a rotation wrote down before it deleted anything. */
export const judgedByIntent = (intent: RotationIntent): JudgedRotation => ({
  now: Date.parse(intent.created_at),
  digest: intent.digest,
  refusals: [],
  decisions: intent.decisions.map((each) => ({
    subject: each.subject,
    remove: each.decision === 'remove',
    reasons: each.reasons,
    kind: each.kind,
    id: each.id,
    backupId: each.backup_id,
    slot: epochOf(each.backup_id) * 1000,
    sourceKey: each.source,
    ...(each.created_at === undefined ? {} : { createdAt: each.created_at }),
    snapshots: each.snapshots,
  })),
  findings: [],
});

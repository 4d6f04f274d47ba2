import type { Manifest } from '../catalog/documents.ts';
import type { RestoreReport } from '../catalog/restore-documents.ts';
import type { Json } from '../shared/durable.ts';
import { sourceKey } from '../shared/source.ts';
import type { RotateResult } from '../workflows/rotate/ports.ts';

/** So much of each list is told; the document in the vault has the rest. With it a detail stays far below 256 KB. */
const listed = 50;
const listedCharacters = 500;

/** Facts of one event, beside those that every event has. */
export type EventFacts = { readonly [name: string]: Json };

export function backupFacts(manifest: Manifest, bucket: string): EventFacts {
  const { backup_id, plan, recovery_points: points, lost_sources: lost = [] } = manifest;
  const available = points.filter(({ status }) => status === 'available').length;
  return {
    backup_id,
    slot: manifest.slot,
    status: manifest.status,
    consistency: manifest.consistency,
    recovery_points: available,
    failed_sources: points.length - available,
    lost_sources: lost.slice(0, listed),
    lost_source_count: lost.length,
    errors: texts(manifest.errors),
    warnings: texts(manifest.warnings),
    started_at: manifest.started_at,
    completed_at: manifest.completed_at,
    manifest: `s3://${bucket}/ledger/${plan}/${backup_id}/backup_information.json`,
  };
}

export function rotationFacts(result: RotateResult, bucket: string): EventFacts {
  const { plan, run, state, digest, refusals } = result;
  return {
    state,
    removed: result.removed,
    kept: result.kept,
    postponed: result.postponed,
    findings: result.findings,
    digest,
    refusals: texts(refusals),
    run: run ?? null,
    result: state === 'done' ? `s3://${bucket}/ledger/${plan}/rotations/${run}/result.json` : null,
  };
}

export function restoreFacts(report: RestoreReport, bucket: string): EventFacts {
  const { request_id, attempt, plan, failure } = report;
  return {
    request_id,
    attempt,
    backup_id: report.backup_id,
    status: report.status,
    recovery_seconds: report.recovery_seconds,
    machines: report.machines.slice(0, listed).map(({ source, new: made }) => ({
      source: sourceKey(source),
      new_id: made?.id ?? null,
      private_ip: made?.private_ip ?? null,
    })),
    databases: report.databases
      .slice(0, listed)
      .map(({ source, new_id }) => ({ source: sourceKey(source), new_id })),
    failure: failure === null ? null : { step: failure.step, reason: cut(failure.reason) },
    warnings: texts(report.warnings),
    remains: texts(report.remains),
    requested_at: report.requested_at,
    completed_at: report.completed_at,
    report: `s3://${bucket}/ledger/${plan}/restores/${request_id}/report-${attempt}.json`,
  };
}

/** Of a run that ended without a document of its own. */
export const failureFacts = (error: string, remedy: string | undefined): EventFacts => ({
  error: cut(error),
  remedy: remedy === undefined ? null : cut(remedy),
});

const texts = (all: readonly string[]): string[] => all.slice(0, listed).map(cut);

const cut = (text: string): string =>
  text.length > listedCharacters ? `${text.slice(0, listedCharacters)}...` : text;

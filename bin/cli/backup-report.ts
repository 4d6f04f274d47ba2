import type { Manifest, RecoveryPoint } from '../../functions/catalog/documents.ts';
import { exitCodes } from '../../functions/shared/errors.ts';
import { sourceKey } from '../../functions/shared/source.ts';
import type { BackupReporter } from '../../functions/workflows/backup/ports.ts';
import type { Tally } from '../../functions/workflows/backup/state.ts';
import type { Io } from './io.ts';
import { createProgress } from './progress.ts';
import { formatBytes, formatDuration, formatTable, lines, plain, plural } from './text.ts';

export const exitCodeOf = (status: Manifest['status']): number =>
  ({ completed: exitCodes.done, partial: exitCodes.partial, failed: exitCodes.failed })[status];

/** Draws one line on a terminal: sources done of total, bytes, time. Quiet in a pipe. */
export function progressReporter(io: Io): BackupReporter & { clear(): void } {
  const progress = createProgress(io);
  const shards = new Map<number, Tally>();
  const begunAt = io.clock.now();
  let total = 0;
  return {
    begun(intent) {
      total = intent.sources.length;
      progress.update(`${intent.backup_id}: starting ${plural(total, 'source')}`);
    },
    progress(tally) {
      shards.set(tally.shard, tally);
      const sum = (count: (tally: Tally) => number) =>
        [...shards.values()].reduce((n, each) => n + count(each), 0);
      const done = sum(({ available, failed }) => available + failed);
      const failed = sum((each) => each.failed);
      const waits = [...shards.values()].find(({ waitsFor }) => waitsFor !== undefined)?.waitsFor;
      const parts = [
        `${done} of ${total} sources done`,
        `${sum(({ pending }) => pending)} under way`,
        ...(failed > 0 ? [`${failed} failed`] : []),
        formatBytes(sum(({ bytes }) => bytes)),
        formatDuration(io.clock.now() - begunAt),
        ...(waits === undefined ? [] : [`${sum(({ todo }) => todo)} waiting: ${waits}`]),
      ];
      progress.update(parts.join(', '));
    },
    sealed: async () => progress.clear(),
    clear: () => progress.clear(),
  };
}

/** What is printed of a backup that was just made: the manifest, for a person with what to look at next. */
export const manifestResult = (manifest: Manifest, bucket: string) => ({
  json: manifest,
  text: `${describeManifest(manifest, bucket)}\n${lines([
    `Next: snapkeep list --plan ${manifest.plan}`,
    `      snapkeep show ${manifest.backup_id}`,
  ])}`,
});

/** A sealed backup for a person: what it is, its recovery points, what went wrong, where to look next. */
export function describeManifest(manifest: Manifest, bucket: string): string {
  const available = manifest.recovery_points.filter(({ status }) => status === 'available').length;
  const took = Date.parse(manifest.completed_at) - Date.parse(manifest.started_at);
  const head = [
    `Backup      ${manifest.backup_id}`,
    `Plan        ${manifest.plan}${manifest.application ? ` (${manifest.application.profile})` : ''}`,
    `Slot        ${manifest.slot}`,
    `Status      ${manifest.status}, ${available} of ${plural(manifest.recovery_points.length, 'recovery point')}`,
    `Consistency ${manifest.consistency}`,
    `Took        ${formatDuration(took)} (${manifest.started_at} to ${manifest.completed_at})`,
    `Ledger      s3://${bucket}/ledger/${manifest.plan}/${manifest.backup_id}/`,
    '',
  ];
  const table = formatTable(
    ['source', 'status', 'recovery point', 'size', 'consistency', 'address'],
    manifest.recovery_points.map(rowOf),
  );
  const problems = [
    ...manifest.errors.map((error) => `error: ${plain(error)}`),
    ...manifest.warnings.map((warning) => `warning: ${plain(warning)}`),
  ];
  return lines(head) + table + (problems.length > 0 ? `\n${lines(problems)}` : '');
}

function rowOf(point: RecoveryPoint): string[] {
  const { private_ip, endpoint } = point.relaunch;
  const address = typeof private_ip === 'string' ? private_ip : addressOf(endpoint);
  if (point.status === 'failed')
    return [sourceKey(point.source), 'failed', point.id ?? '-', '-', '-', address];
  return [
    sourceKey(point.source),
    'available',
    point.id,
    formatBytes(point.bytes),
    point.consistency,
    address,
  ];
}

function addressOf(endpoint: unknown): string {
  if (typeof endpoint === 'string') return endpoint;
  if (typeof endpoint !== 'object' || endpoint === null || !('address' in endpoint)) return '-';
  return typeof endpoint.address === 'string' ? endpoint.address : '-';
}

import type { Command } from 'commander';
import { type BackupExpiry, backupExpiries } from '../../functions/catalog/expiry.ts';
import type { BackupHistory } from '../../functions/catalog/history.ts';
import type { UnreadableDocumentError } from '../../functions/catalog/vault-errors.ts';
import type { Regions } from '../../functions/plan/config.ts';
import { findRegion } from '../../functions/plan/load.ts';
import { toTimestamp } from '../../functions/shared/clock.ts';
import { exitCodes } from '../../functions/shared/errors.ts';
import type { Host, Invocation } from '../cli/host.ts';
import { inEveryRegion, tellFailures } from '../cli/regions.ts';
import { loadRegions, type Session } from '../cli/session.ts';
import { formatTable } from '../cli/text.ts';

interface ListOptions {
  readonly plan?: string;
  readonly all?: boolean;
}

/** One line of `list`; the keys of its JSON form. */
interface BackupRow {
  readonly backup_id: string;
  readonly plan: string;
  /** Only of a deployment of several Regions. */
  readonly region?: string;
  /**
   * A sealed backup's own status, `running` before the deadline of an unsealed one, `interrupted` after it.
   * `unreadable`: a document of it cannot be used; what the others say is in the row.
   */
  readonly status: 'completed' | 'partial' | 'failed' | 'running' | 'interrupted' | 'removed' | 'unreadable';
  readonly errors: number;
  readonly warnings: number;
  readonly started_at: string;
  readonly completed_at: string | null;
  /** When the policy would let it go if runs continue on schedule; null when no such time is known. */
  readonly expires_at: string | null;
  /** The same for people: a time, `next rotation`, `held`, `never`, or `after` a time. */
  readonly expires: string | null;
}

export function register(program: Command, host: Host): void {
  program
    .command('list')
    .description('list the backups in the vault, newest first')
    .option('--plan <name>', 'only those of one plan')
    .option('--all', 'also those that rotation has removed')
    .action(host.run(runList));
}

async function runList(invocation: Invocation, { plan, all = false }: ListOptions): Promise<number> {
  const regions = await loadRegions(invocation);
  const several = regions.length > 1;
  const now = invocation.io.clock.now();
  const rows: Row[] = [];
  const unreadable = ({ message, remedy }: UnreadableDocumentError) =>
    invocation.logger.warn(`${message}; ${remedy}`);
  const asked: Regions = plan === undefined ? regions : [findRegion(regions, plan)];
  const failures = await inEveryRegion(invocation, asked, async (session) => {
    const { region } = session.config;
    for (const each of plan === undefined ? await plansOfLedger(session) : [plan])
      for (const { slot, row } of await rowsOf(session, each, all, now, unreadable))
        rows.push({ slot, row: several ? { ...row, region } : row });
  });
  rows.sort((a, b) => b.slot - a.slot || (a.row.plan < b.row.plan ? -1 : 1));
  const shown = rows.map(({ row }) => row);
  const text =
    rows.length === 0 && failures.length > 0
      ? 'There are no backups in the Regions that answered.\n'
      : textOf(shown, plan, several);
  invocation.print({ json: shown, text });
  return tellFailures(invocation, failures, exitCodes.done);
}

interface Row {
  readonly slot: number;
  readonly row: BackupRow;
}

const plansOfLedger = async ({ ledger }: Session): Promise<string[]> => [
  ...new Set((await ledger.listBackups()).map(({ plan }) => plan)),
];

async function rowsOf(
  { rotations, config }: Session,
  plan: string,
  all: boolean,
  now: number,
  onUnreadable: (error: UnreadableDocumentError) => void,
): Promise<Row[]> {
  const history = await rotations.history(plan, () => all, onUnreadable);
  const configured = Object.hasOwn(config.plans, plan) ? config.plans[plan] : undefined;
  // Of a plan that is not configured nothing is ever deleted.
  const expiries = configured ? backupExpiries(history, configured, now) : new Map<string, BackupExpiry>();
  return history.backups.map((backup) => ({
    slot: backup.slot,
    // When it goes, and whether it is held, is not known as long as something of it cannot be read.
    row: rowOf(plan, backup, backup.unreadable ? undefined : expiries.get(backup.backupId), now),
  }));
}

function rowOf(
  plan: string,
  backup: BackupHistory,
  expiry: BackupExpiry | undefined,
  now: number,
): BackupRow {
  const { backupId, manifest, intent } = backup;
  return {
    backup_id: backupId,
    plan,
    status: statusOf(backup, now),
    errors: manifest?.errors.length ?? 0,
    warnings: manifest?.warnings.length ?? 0,
    started_at: manifest?.started_at ?? intent?.created_at ?? '-',
    completed_at: manifest?.completed_at ?? null,
    expires_at: expiry?.kind === 'at' ? toTimestamp(expiry.time) : null,
    expires: expiry === undefined ? null : expiryText(expiry),
  };
}

function statusOf(backup: BackupHistory, now: number): BackupRow['status'] {
  const { manifest, intent, nothingLeft, unreadable } = backup;
  if (nothingLeft) return 'removed';
  if (unreadable) return 'unreadable';
  if (manifest) return manifest.status;
  return intent !== undefined && now < Date.parse(intent.deadline) ? 'running' : 'interrupted';
}

function expiryText(expiry: BackupExpiry): string {
  switch (expiry.kind) {
    case 'at':
      return toTimestamp(expiry.time);
    case 'beyond':
      return `after ${toTimestamp(expiry.time).slice(0, 10)}`;
    case 'now':
      return 'next rotation';
    default:
      return expiry.kind;
  }
}

function textOf(rows: readonly BackupRow[], plan: string | undefined, several: boolean): string {
  if (rows.length === 0) {
    return `There are no backups${plan === undefined ? '' : ` of plan ${plan}`} yet. Make one: snapkeep backup ${plan ?? '<plan>'}\n`;
  }
  return formatTable(
    [
      'backup id',
      'plan',
      ...(several ? ['region'] : []),
      'status',
      'errors',
      'warnings',
      'started',
      'completed',
      'expires',
    ],
    rows.map((row) => [
      row.backup_id,
      row.plan,
      ...(several ? [row.region ?? ''] : []),
      row.status,
      String(row.errors),
      String(row.warnings),
      row.started_at,
      row.completed_at ?? '-',
      row.expires ?? '-',
    ]),
  );
}

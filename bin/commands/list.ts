import type { Command } from 'commander';
import pLimit from 'p-limit';
import type { BackupEntry, Ledger } from '../../functions/catalog/ledger.ts';
import { findPlan } from '../../functions/plan/load.ts';
import { exitCodes } from '../../functions/shared/errors.ts';
import type { Host } from '../cli/host.ts';
import { withSession } from '../cli/session.ts';
import { formatTable } from '../cli/text.ts';

interface ListOptions {
  readonly plan?: string;
}

/** One line of `list`; the keys of its JSON form. */
interface BackupRow {
  readonly backup_id: string;
  readonly plan: string;
  /** A sealed backup's own status, `running` before the deadline of an unsealed one, `interrupted` after it. */
  readonly status: 'completed' | 'partial' | 'failed' | 'running' | 'interrupted';
  readonly errors: number;
  readonly warnings: number;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly expires_at: string | null;
}

/** Manifests read at once. */
const concurrency = 16;

export function register(program: Command, host: Host): void {
  program
    .command('list')
    .description('list the backups in the vault, newest first')
    .option('--plan <name>', 'only those of one plan')
    .action(
      host.run(async (invocation, options: ListOptions) =>
        withSession(invocation, async ({ config, ledger }) => {
          if (options.plan !== undefined) findPlan(config, options.plan);
          const entries = await ledger.listBackups(options.plan);
          const limit = pLimit(concurrency);
          const now = invocation.io.clock.now();
          const rows = await Promise.all(entries.map((entry) => limit(() => rowOf(ledger, entry, now))));
          invocation.print({ json: rows, text: textOf(rows, options.plan) });
          return exitCodes.done;
        }),
      ),
    );
}

async function rowOf(
  ledger: Ledger,
  { plan, backupId, sealed }: BackupEntry,
  now: number,
): Promise<BackupRow> {
  const manifest = sealed ? await ledger.readManifest(plan, backupId) : undefined;
  if (manifest) {
    return {
      backup_id: backupId,
      plan,
      status: manifest.status,
      errors: manifest.errors.length,
      warnings: manifest.warnings.length,
      started_at: manifest.started_at,
      completed_at: manifest.completed_at,
      expires_at: null,
    };
  }
  const intent = await ledger.readIntent(plan, backupId);
  return {
    backup_id: backupId,
    plan,
    status: intent && now < Date.parse(intent.deadline) ? 'running' : 'interrupted',
    errors: 0,
    warnings: 0,
    started_at: intent?.created_at ?? '-',
    completed_at: null,
    expires_at: null,
  };
}

function textOf(rows: readonly BackupRow[], plan: string | undefined): string {
  if (rows.length === 0) {
    return `There are no backups${plan === undefined ? '' : ` of plan ${plan}`} yet. Make one: snapkeep backup ${plan ?? '<plan>'}\n`;
  }
  return formatTable(
    ['backup id', 'plan', 'status', 'errors', 'warnings', 'started', 'completed', 'expires'],
    rows.map((row) => [
      row.backup_id,
      row.plan,
      row.status,
      String(row.errors),
      String(row.warnings),
      row.started_at,
      row.completed_at ?? '-',
      row.expires_at ?? '-',
    ]),
  );
}

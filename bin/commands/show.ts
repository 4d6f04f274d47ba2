import type { Command } from 'commander';
import type { Intent } from '../../functions/catalog/documents.ts';
import { planOfBackup } from '../../functions/catalog/keys.ts';
import { exitCodes, usageError } from '../../functions/shared/errors.ts';
import { sourceKey } from '../../functions/shared/source.ts';
import { describeManifest } from '../cli/backup-report.ts';
import type { Host } from '../cli/host.ts';
import { withSession } from '../cli/session.ts';
import { formatTable, lines } from '../cli/text.ts';

export function register(program: Command, host: Host): void {
  program
    .command('show')
    .description('show one backup: its recovery points and what a restore would use')
    .argument('<backup>', 'backup ID, as `snapkeep list` prints it')
    .action(
      host.run(async (invocation, backupId: string) =>
        withSession(invocation, async ({ config, ledger }) => {
          const plan = planOfBackup(backupId);
          if (plan === undefined) {
            throw usageError(
              `${JSON.stringify(backupId)} is not a backup ID`,
              'a backup ID looks like 1795140000_2026_11_20_ci; `snapkeep list` prints them',
            );
          }
          const manifest = await ledger.readManifest(plan, backupId);
          if (manifest) {
            invocation.print({ json: manifest, text: describeManifest(manifest, config.vault.bucket) });
            return exitCodes.done;
          }
          const intent = await ledger.readIntent(plan, backupId);
          if (!intent)
            throw usageError(
              `there is no backup ${backupId} in the vault`,
              '`snapkeep list` prints those there are',
            );
          invocation.print({ json: intent, text: describeIntent(intent) });
          return exitCodes.done;
        }),
      ),
    );
}

function describeIntent(intent: Intent): string {
  return (
    lines([
      `Backup      ${intent.backup_id}`,
      `Plan        ${intent.plan}${intent.application ? ` (${intent.application.profile})` : ''}`,
      `Slot        ${intent.slot}`,
      `Status      begun at ${intent.created_at} and not sealed yet; its time is up at ${intent.deadline}`,
      `Go on       snapkeep backup ${intent.plan} --slot ${intent.slot}`,
      '',
    ]) +
    formatTable(
      ['source', 'copy'],
      intent.sources.map(({ source, copy_name }) => [sourceKey(source), copy_name]),
    )
  );
}

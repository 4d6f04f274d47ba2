import type { Command } from 'commander';
import type { Intent, Manifest } from '../../functions/catalog/documents.ts';
import type { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import { exitCodes, usageError } from '../../functions/shared/errors.ts';
import { sourceKey } from '../../functions/shared/source.ts';
import { describeManifest } from '../cli/backup-report.ts';
import { withBackup } from '../cli/backup-session.ts';
import type { Host } from '../cli/host.ts';
import { formatTable, lines, plain } from '../cli/text.ts';

export function register(program: Command, host: Host): void {
  program
    .command('show')
    .description('show one backup: its recovery points and what a restore would use')
    .argument('<backup>', 'backup ID, as `snapkeep list` prints it')
    .action(
      host.run(async (invocation, backupId: string) =>
        withBackup(invocation, backupId, async ({ config, ledger, rotations }, plan) => {
          const manifest = await ledger.readManifest(plan, backupId);
          if (manifest) {
            const text =
              describeManifest(manifest, config.vault.bucket) + (await afterwards(rotations, manifest));
            invocation.print({ json: manifest, text });
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

/** What has happened to the backup since it was sealed. */
async function afterwards(rotations: RotationLedger, { plan, backup_id }: Manifest): Promise<string> {
  if (await rotations.isRemoved(plan, backup_id)) return '\nRotation has removed this backup.\n';
  const hold = await rotations.standingHold(plan, backup_id);
  return hold ? `\nOn hold since ${hold.created_at} by ${plain(hold.who)}: ${plain(hold.reason)}\n` : '';
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

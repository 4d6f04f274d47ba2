import type { Hold } from '../../functions/catalog/rotation-documents.ts';
import { toTimestamp } from '../../functions/shared/clock.ts';
import { exitCodes, usageError } from '../../functions/shared/errors.ts';
import { withBackup } from './backup-session.ts';
import type { Invocation } from './host.ts';
import type { Session } from './session.ts';
import { lines } from './text.ts';
import { snapkeepVersion } from './version.ts';

/** Holds a backup, or lets it go: one entry in the ledger each time, with who, when and why. */
export function writeHold(
  invocation: Invocation,
  backupId: string,
  action: Hold['action'],
  reason: string,
): Promise<number> {
  return withBackup(invocation, backupId, async (session, plan) => {
    if (reason.trim() === '') {
      throw usageError('--reason is empty', 'say why in a few words: it is what people will read in a year');
    }
    await checkBackup(session, plan, backupId);
    const standing = await session.rotations.standingHold(plan, backupId);
    if (action === 'unhold' && !standing) {
      invocation.print({
        json: { backup_id: backupId, held: false, entry: null },
        text: `${backupId} is not on hold.\n`,
      });
      return exitCodes.done;
    }
    const { arn } = await session.identity();
    const hold: Hold = {
      metadata_version: 2,
      backup_id: backupId,
      plan,
      action,
      reason,
      created_at: toTimestamp(invocation.io.clock.now()),
      who: arn,
      snapkeep_version: snapkeepVersion,
    };
    const entry = await session.rotations.recordHold(hold);
    const held = action === 'hold';
    invocation.print({
      json: { ...hold, held, entry },
      text: lines([
        held
          ? `${backupId} is on hold: no rotation removes it.`
          : `${backupId} is no longer on hold: the policy of plan ${plan} decides.`,
        `Ledger      s3://${session.config.vault.bucket}/${entry}`,
      ]),
    });
    return exitCodes.done;
  });
}

async function checkBackup({ ledger, rotations }: Session, plan: string, backupId: string): Promise<void> {
  if (!(await ledger.readManifest(plan, backupId)) && !(await ledger.readIntent(plan, backupId))) {
    throw usageError(`there is no backup ${backupId} in the vault`, '`snapkeep list` prints those there are');
  }
  if (await rotations.isRemoved(plan, backupId)) {
    throw usageError(
      `rotation has removed ${backupId} already`,
      '`snapkeep list` prints the backups that are still there',
    );
  }
}

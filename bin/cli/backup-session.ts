import { planOfBackup } from '../../functions/catalog/keys.ts';
import { usageError } from '../../functions/shared/errors.ts';
import type { Invocation } from './host.ts';
import { regionOf } from './regions.ts';
import { inRegion, loadRegions, type Session } from './session.ts';

/**
 * Opens a session in the Region in whose vault a backup is, and runs `work` in it with the plan that made the backup.
 * Where there is no such backup, `work` will find none. Throws a `usage` error for what is no backup ID.
 */
export async function withBackup<T>(
  invocation: Invocation,
  backupId: string,
  work: (session: Session, plan: string) => Promise<T>,
): Promise<T> {
  const regions = await loadRegions(invocation);
  const plan = planOfBackup(backupId);
  if (plan === undefined) {
    throw usageError(
      `${JSON.stringify(backupId)} is not a backup ID`,
      'a backup ID looks like 1795140000_2026_11_20_ci; `snapkeep list` prints them',
    );
  }
  const config = await regionOf(invocation, regions, {
    what: `backup ${backupId}`,
    plan,
    has: async ({ ledger }) => (await ledger.listBackups(plan)).some((each) => each.backupId === backupId),
  });
  return inRegion(invocation, config ?? regions[0], (session) => work(session, plan));
}

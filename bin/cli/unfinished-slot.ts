import type { Ledger } from '../../functions/catalog/ledger.ts';
import type { Logger } from '../../functions/shared/logger.ts';

/**
 * The newest run of the plan that was begun and not sealed, while its time is not up. Older ones are left to
 * `--slot`: finishing them would only seal what they did not achieve.
 */
export async function unfinishedSlot(
  ledger: Ledger,
  plan: string,
  now: number,
  logger: Logger,
): Promise<string | undefined> {
  const newest = (await ledger.listBackups(plan)).find(({ sealed }) => !sealed);
  const intent = newest && (await ledger.readIntent(plan, newest.backupId));
  if (!intent || now >= Date.parse(intent.deadline)) return undefined;
  logger.warn(`going on with ${intent.backup_id}, which was begun at ${intent.created_at} and not finished`);
  return intent.slot;
}

import { usageError } from '../shared/errors.ts';
import type { Intent } from './documents.ts';

/**
 * Credentials of another account can read a vault that is shared with it, and would find none of the copies that a run
 * has made: whatever they finished would be sealed as failed, for good. Throws a usage error for a run that is not
 * theirs. Intents from before this was recorded say nothing, and pass.
 */
export function checkAccount(intent: Intent, account: string): void {
  if (intent.account === undefined || intent.account === account) return;
  throw usageError(
    `the backup ${intent.backup_id} was begun in the account ${intent.account}, and these credentials belong to ${account}`,
    'use credentials of that account; a deployment in another account needs a vault of its own',
  );
}

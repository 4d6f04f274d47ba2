import { createHash } from 'node:crypto';
import { toldKey } from '../catalog/keys.ts';
import type { Vault } from '../catalog/vault.ts';
import { type Clock, toTimestamp } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Notices } from './notices.ts';

export interface OnceADayOptions {
  readonly notices: Notices;
  readonly vault: Pick<Vault, 'read' | 'create'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells people of `what` unless they were told the same of this plan on this day (UTC). */
export type TellOnceADay = (
  plan: string,
  what: readonly string[],
  subject: string,
  lines: readonly string[],
) => Promise<void>;

/**
 * A rotation follows every backup, so what stands in its way is found again with every one. The ledger remembers what
 * was told. When it cannot be asked, people are told once too often rather than not at all.
 */
export function createTellOnceADay({ notices, vault, clock, logger }: OnceADayOptions): TellOnceADay {
  return async (plan, what, subject, lines) => {
    const now = toTimestamp(clock.now());
    const digest = createHash('sha256').update(what.join('\n')).digest('hex').slice(0, 12);
    const key = toldKey(plan, now.slice(0, 10), digest);
    const untold = (error: unknown): void =>
      logger.warn('what people were told is not in the ledger', { key, reason: describeError(error) });
    const told = await vault.read(key).catch((error: unknown) => {
      untold(error);
      return undefined;
    });
    if (told !== undefined) return;
    if (!(await notices.tell(subject, lines))) return;
    await vault.create(key, { metadata_version: 2, plan, subject, told_at: now }).catch(untold);
  };
}

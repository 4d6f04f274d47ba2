import { isDeepStrictEqual } from 'node:util';
import { failedError } from '../shared/errors.ts';
import { namePattern } from '../shared/names.ts';
import { readDocument, toJson } from './codec.ts';
import { type PlanHistory, readHistory } from './history.ts';
import {
  backupKey,
  forgetsPrefix,
  holdsPrefix,
  ledgerPrefix,
  removalsKey,
  removedName,
  rotationKey,
} from './keys.ts';
import {
  type Forget,
  type Hold,
  holdSchema,
  type Removals,
  type RotationIntent,
  type RotationResult,
  rotationIntentSchema,
} from './rotation-documents.ts';
import type { Vault } from './vault.ts';
import type { UnreadableDocumentError } from './vault-errors.ts';

/** So many writers may meet at one number before a person should look. */
const numberAttempts = 20;

/** The half of the ledger that rotation, holds and forgets write. Every document is create-only. */
export class RotationLedger {
  readonly #vault: Vault;
  /** The intent that was last used: it never changes, and the steps of one rotation read it again and again. */
  #lastIntent: RotationIntent | undefined;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** See `readHistory`. */
  history(
    plan: string,
    wanted?: (backupId: string) => boolean,
    onUnreadable?: (error: UnreadableDocumentError) => void,
  ): Promise<PlanHistory> {
    return readHistory(this.#vault, plan, wanted, onUnreadable);
  }

  /** Whether anything was ever written about a plan. Takes any text, since it may come from somebody's tags. */
  async knowsPlan(plan: string): Promise<boolean> {
    return namePattern.test(plan) && (await this.#vault.list(ledgerPrefix(plan))).length > 0;
  }

  /** Writes the deletion intent. Throws when its run is taken: names of runs are random enough not to be. */
  async recordIntent(intent: RotationIntent): Promise<void> {
    const key = rotationKey(intent.plan, intent.run, 'intent');
    if ((await this.#vault.create(key, toJson(intent))) === 'exists') {
      const standing = await readDocument(this.#vault, key, rotationIntentSchema);
      // An answer that was lost: the earlier try of this very call arrived.
      if (!isDeepStrictEqual(standing, toJson(intent)))
        throw failedError(`${key} exists already`, 'run the same command again');
    }
    this.#lastIntent = intent;
  }

  async readIntent(plan: string, run: string): Promise<RotationIntent> {
    if (this.#lastIntent?.run === run && this.#lastIntent.plan === plan) return this.#lastIntent;
    const key = rotationKey(plan, run, 'intent');
    const intent = await readDocument(this.#vault, key, rotationIntentSchema);
    if (!intent) throw failedError(`${key} is not in the vault`, 'run the same command again');
    this.#lastIntent = intent;
    return intent;
  }

  /** The first result of a run stands. */
  async recordResult(result: RotationResult): Promise<void> {
    await this.#vault.create(rotationKey(result.plan, result.run, 'result'), toJson(result));
  }

  /** Writes what a run removed of one backup; `nothingLeft` takes the backup out of later rotations. */
  async recordRemovals(removals: Removals, nothingLeft: boolean): Promise<void> {
    const { plan, backup_id, run } = removals;
    await this.#vault.create(removalsKey(plan, backup_id, run), toJson(removals));
    if (nothingLeft) await this.#vault.create(backupKey(plan, backup_id, removedName), toJson(removals));
  }

  /** The hold that stands on a backup right now. */
  async standingHold(plan: string, backupId: string): Promise<Hold | undefined> {
    const last = (await this.#vault.list(holdsPrefix(plan, backupId))).at(-1);
    const hold = last === undefined ? undefined : await readDocument(this.#vault, last, holdSchema);
    return hold?.action === 'hold' ? hold : undefined;
  }

  /** Rotation has left nothing of the backup. */
  async isRemoved(plan: string, backupId: string): Promise<boolean> {
    return (await this.#vault.read(backupKey(plan, backupId, removedName))) !== undefined;
  }

  /** Writes a hold, or its end, as the newest entry of its backup. Returns the key. */
  recordHold(hold: Hold): Promise<string> {
    return this.#append(holdsPrefix(hold.plan, hold.backup_id), hold);
  }

  /** Returns the key. */
  recordForget(forget: Forget): Promise<string> {
    return this.#append(forgetsPrefix(forget.plan), forget);
  }

  /** Writes under the next free number; whoever meets another writer there takes the one after. Returns the key. */
  async #append(prefix: string, document: Hold | Forget): Promise<string> {
    const last = (await this.#vault.list(prefix)).at(-1);
    let number = last === undefined ? 1 : Number.parseInt(last.slice(prefix.length), 10) + 1;
    for (let attempt = 0; attempt < numberAttempts; attempt += 1, number += 1) {
      const key = `${prefix}${String(number).padStart(6, '0')}.json`;
      if ((await this.#vault.create(key, toJson(document))) === 'created') return key;
    }
    throw failedError(
      `${numberAttempts} others write below ${prefix} at this moment`,
      'run the same command again',
    );
  }
}

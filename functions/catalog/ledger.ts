import { failedError } from '../shared/errors.ts';
import { readDocument } from './codec.ts';
import type { Intent, Manifest } from './documents.ts';
import {
  backupKey,
  epochOf,
  forgetsPrefix,
  intentName,
  isBackupId,
  ledgerPrefix,
  manifestName,
} from './keys.ts';
import { type Forget, forgetSchema } from './rotation-documents.ts';
import { intentSchema, manifestSchema } from './schemas.ts';
import type { Vault } from './vault.ts';

export interface BackupEntry {
  readonly plan: string;
  readonly backupId: string;
  readonly sealed: boolean;
}

/** What Snapkeep intended and did, by backup. Writing twice is harmless: the first document of a key stands. */
export class Ledger {
  readonly #vault: Vault;
  /** The intent that was last used. It can never change, and shards of one backup in one process share it. */
  #lastIntent: { readonly key: string; readonly intent: Intent } | undefined;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Writes the intent and returns the one that stands: ours, or that of the run which was here first. */
  async recordIntent(intent: Intent): Promise<Intent> {
    const key = backupKey(intent.plan, intent.backup_id, intentName);
    if ((await this.#vault.create(key, intent)) === 'created') {
      this.#lastIntent = { key, intent };
      return intent;
    }
    const standing = await this.readIntent(intent.plan, intent.backup_id);
    if (!standing) throw failedError(`${key} exists and cannot be read`, 'run the same command again');
    return standing;
  }

  /** Seals the backup and returns the manifest that stands: ours, or that of the run which was here first. */
  async seal(manifest: Manifest): Promise<Manifest> {
    const key = backupKey(manifest.plan, manifest.backup_id, manifestName);
    if ((await this.#vault.create(key, manifest)) === 'created') return manifest;
    const standing = await this.readManifest(manifest.plan, manifest.backup_id);
    if (!standing) throw failedError(`${key} exists and cannot be read`, 'run the same command again');
    return standing;
  }

  async readIntent(plan: string, backupId: string): Promise<Intent | undefined> {
    const key = backupKey(plan, backupId, intentName);
    if (this.#lastIntent?.key === key) return this.#lastIntent.intent;
    const intent = await readDocument(this.#vault, key, intentSchema);
    if (intent) this.#lastIntent = { key, intent };
    return intent;
  }

  async readManifest(plan: string, backupId: string): Promise<Manifest | undefined> {
    const key = backupKey(plan, backupId, manifestName);
    return readDocument(this.#vault, key, manifestSchema);
  }

  /** The sealed backup with the newest slot before that of `backupId`; undefined for the first one. */
  async readPrevious(plan: string, backupId: string): Promise<Manifest | undefined> {
    const slot = epochOf(backupId);
    const previous = (await this.listBackups(plan)).find(
      (entry) => entry.sealed && epochOf(entry.backupId) < slot,
    );
    return previous === undefined ? undefined : this.readManifest(plan, previous.backupId);
  }

  /** What people let go of a plan, oldest first. */
  async readForgets(plan: string): Promise<readonly Forget[]> {
    const keys = await this.#vault.list(forgetsPrefix(plan));
    const found = await Promise.all(keys.map((key) => readDocument(this.#vault, key, forgetSchema)));
    return found.filter((forget) => forget !== undefined);
  }

  /** Every backup that was ever begun, newest slot first; of one plan, or of all. */
  async listBackups(plan?: string): Promise<readonly BackupEntry[]> {
    const keys = await this.#vault.list(ledgerPrefix(plan));
    const entries = new Map<string, BackupEntry>();
    for (const key of keys) {
      const [, entryPlan, backupId, name] = key.split('/');
      if (entryPlan === undefined || backupId === undefined || !isBackupId(backupId)) continue;
      if (name !== intentName && name !== manifestName) continue;
      const id = `${entryPlan}/${backupId}`;
      const sealed = name === manifestName || entries.get(id)?.sealed === true;
      entries.set(id, { plan: entryPlan, backupId, sealed });
    }
    return [...entries.values()].sort(
      (a, b) => epochOf(b.backupId) - epochOf(a.backupId) || (a.plan < b.plan ? -1 : 1),
    );
  }
}

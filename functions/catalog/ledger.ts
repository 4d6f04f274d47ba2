import type { Json } from '../shared/durable.ts';
import { failedError } from '../shared/errors.ts';
import type { Intent, Manifest } from './documents.ts';
import { intentSchema, manifestSchema } from './schemas.ts';
import type { Vault } from './vault.ts';

export interface BackupEntry {
  readonly plan: string;
  readonly backupId: string;
  readonly sealed: boolean;
}

const root = 'ledger';
const intentName = 'intent.json';
const manifestName = 'backup_information.json';
const backupKey = (plan: string, backupId: string, name: string) => `${root}/${plan}/${backupId}/${name}`;

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
    if ((await this.#vault.create(key, toJson(intent))) === 'created') {
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
    if ((await this.#vault.create(key, toJson(manifest))) === 'created') return manifest;
    const standing = await this.readManifest(manifest.plan, manifest.backup_id);
    if (!standing) throw failedError(`${key} exists and cannot be read`, 'run the same command again');
    return standing;
  }

  async readIntent(plan: string, backupId: string): Promise<Intent | undefined> {
    const key = backupKey(plan, backupId, intentName);
    if (this.#lastIntent?.key === key) return this.#lastIntent.intent;
    const intent = parse(key, intentSchema, await this.#vault.read(key));
    if (intent) this.#lastIntent = { key, intent };
    return intent;
  }

  async readManifest(plan: string, backupId: string): Promise<Manifest | undefined> {
    const key = backupKey(plan, backupId, manifestName);
    return parse(key, manifestSchema, await this.#vault.read(key));
  }

  /** Every backup that was ever begun, newest slot first; of one plan, or of all. */
  async listBackups(plan?: string): Promise<readonly BackupEntry[]> {
    const keys = await this.#vault.list(plan === undefined ? `${root}/` : `${root}/${plan}/`);
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

/** `<epoch seconds>_<YYYY_MM_DD>_<plan>`; its siblings in the ledger (`rotations`, `restores`, `forgets`) are words. */
export const isBackupId = (text: string): boolean =>
  /^\d{1,12}_\d{4}_\d{2}_\d{2}_[a-z][a-z0-9-]*$/.test(text);

const epochOf = (backupId: string): number => Number(backupId.split('_', 1)[0]);

/** Documents are interfaces of plain data; the round trip proves it and drops what is undefined. */
const toJson = (document: object): Json => JSON.parse(JSON.stringify(document));

function parse<T>(
  key: string,
  schema: { safeParse(value: unknown): Parsed<T> },
  value: Json | undefined,
): T | undefined {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw failedError(
    `${key} in the vault is not a document that this version understands: ${parsed.error.message.replace(/\s+/g, ' ')}`,
    'use the version of Snapkeep that wrote it, or look at its versions in the vault',
  );
}

type Parsed<T> = { success: true; data: T } | { success: false; error: { message: string } };

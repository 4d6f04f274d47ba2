import pLimit from 'p-limit';
import { type DocumentSchema, readDocument } from './codec.ts';
import type { Intent, Manifest } from './documents.ts';
import {
  backupKey,
  epochOf,
  intentName,
  isBackupId,
  ledgerPrefix,
  manifestName,
  removedName,
} from './keys.ts';
import {
  type Forget,
  forgetSchema,
  type Hold,
  holdSchema,
  type RemovedAndLeft,
  type RotationIntent,
  removalsSchema,
  rotationIntentSchema,
} from './rotation-documents.ts';
import { intentSchema, manifestSchema } from './schemas.ts';
import type { Vault } from './vault.ts';
import { UnreadableDocumentError } from './vault-errors.ts';

/** What the ledger says of one backup. */
export interface BackupHistory {
  readonly backupId: string;
  /** Epoch milliseconds. */
  readonly slot: number;
  /** Read for unsealed backups only. */
  readonly intent?: Intent;
  readonly manifest?: Manifest;
  /** The hold that stands. */
  readonly hold?: Hold;
  /** IDs of recovery points that rotation has removed. */
  readonly removed: ReadonlySet<string>;
  /** EBS snapshots that rotations had to leave of what they removed, and the last that said so. */
  readonly left: readonly LeftSnapshot[];
  /** Rotation has left nothing of it. */
  readonly nothingLeft: boolean;
  /** A document of it cannot be used, and what that one says is missing here; only with `onUnreadable`. */
  readonly unreadable?: true;
}

export interface LeftSnapshot extends RemovedAndLeft {
  readonly run: string;
}

/** What the ledger says of one plan, as far as something may be left of it. */
export interface PlanHistory {
  readonly plan: string;
  /** Newest slot first; without those of which nothing is left, unless they were wanted. */
  readonly backups: readonly BackupHistory[];
  readonly forgets: readonly Forget[];
  /** Deletion intents without a result: of rotations under way, and of those that died. */
  readonly unfinished: readonly RotationIntent[];
}

interface Listed {
  sealed: boolean;
  removed: boolean;
  lastHold?: string;
  readonly removals: string[];
}

/** Documents read at once. */
const concurrency = 16;

/**
 * Reads the ledger of a plan: one listing, then the documents that still matter. Backups that rotation has removed
 * wholly are left out unless they are `wanted`, so the work follows from what is kept, not from all that ever was.
 *
 * Throws `UnreadableDocumentError` at the first document that cannot be used; with `onUnreadable` it is told of each,
 * and reading goes on without them.
 */
export async function readHistory(
  vault: Vault,
  plan: string,
  wanted: (backupId: string) => boolean = () => false,
  onUnreadable?: (error: UnreadableDocumentError) => void,
): Promise<PlanHistory> {
  const backups = new Map<string, Listed>();
  const rotations = new Map<string, Set<string>>();
  const forgets: string[] = [];
  const versions = await vault.oldest(ledgerPrefix(plan));
  for (const key of versions.keys()) {
    const [, , folder = '', name = '', file = ''] = key.split('/');
    if (folder === 'forgets') forgets.push(key);
    else if (folder === 'rotations') rotations.set(name, (rotations.get(name) ?? new Set()).add(file));
    else if (isBackupId(folder)) note(backups, folder, name, key);
  }
  const limit = pLimit(concurrency);
  const spoilt = new Set<string>();
  const read = <T>(key: string, schema: DocumentSchema<T>): Promise<T | undefined> =>
    limit(async () => {
      try {
        return await readDocument(vault, key, schema, versions.get(key));
      } catch (error) {
        if (onUnreadable === undefined || !(error instanceof UnreadableDocumentError)) throw error;
        spoilt.add(key);
        onUnreadable(error);
        return undefined;
      }
    });
  const isSpoilt = (keys: readonly (string | undefined)[]) =>
    keys.some((key) => key !== undefined && spoilt.has(key));

  const standing = [...backups].filter(([id, { removed }]) => !removed || wanted(id));
  const histories = standing.map(async ([backupId, listed]): Promise<BackupHistory> => {
    const main = backupKey(plan, backupId, listed.sealed ? manifestName : intentName);
    const [manifest, intent, hold, ...removals] = await Promise.all([
      listed.sealed ? read(main, manifestSchema) : undefined,
      listed.sealed ? undefined : read(main, intentSchema),
      listed.lastHold === undefined ? undefined : read(listed.lastHold, holdSchema),
      ...listed.removals.map((key) => read(key, removalsSchema)),
    ]);
    return {
      backupId,
      slot: epochOf(backupId) * 1000,
      ...(intent === undefined ? {} : { intent }),
      ...(manifest === undefined ? {} : { manifest }),
      ...(hold?.action === 'hold' ? { hold } : {}),
      removed: new Set(removals.flatMap((document) => document?.removed ?? [])),
      left: present(removals).flatMap(({ run, left = [] }) => left.map((each) => ({ ...each, run }))),
      nothingLeft: listed.removed,
      ...(isSpoilt([main, listed.lastHold, ...listed.removals]) ? { unreadable: true } : {}),
    };
  });
  const open = [...rotations].filter(([, files]) => files.has('intent.json') && !files.has('result.json'));
  const unfinished = open.map(([run]) =>
    read(`${ledgerPrefix(plan)}rotations/${run}/intent.json`, rotationIntentSchema),
  );
  return {
    plan,
    backups: (await Promise.all(histories)).sort((a, b) => b.slot - a.slot),
    forgets: present(await Promise.all(forgets.map((key) => read(key, forgetSchema)))),
    unfinished: present(await Promise.all(unfinished)),
  };
}

function note(backups: Map<string, Listed>, backupId: string, name: string, key: string): void {
  const listed = backups.get(backupId) ?? { sealed: false, removed: false, removals: [] };
  backups.set(backupId, listed);
  if (name === manifestName) listed.sealed = true;
  else if (name === removedName) listed.removed = true;
  else if (name === 'removals') listed.removals.push(key);
  // Numbers have leading zeros, so the greatest text is the greatest number.
  else if (name === 'holds' && key > (listed.lastHold ?? '')) listed.lastHold = key;
}

const present = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

/** Where the documents of one plan lie in the vault; `docs/architecture.md`, "The ledger". */

const root = 'ledger';

export const ledgerPrefix = (plan?: string): string => (plan === undefined ? `${root}/` : `${root}/${plan}/`);

export const backupKey = (plan: string, backupId: string, name: string): string =>
  `${root}/${plan}/${backupId}/${name}`;

export const intentName = 'intent.json';
export const manifestName = 'backup_information.json';
/** Rotation has left nothing of this backup; what was removed when stands under `removals`. */
export const removedName = 'removed.json';

export const holdsPrefix = (plan: string, backupId: string): string => backupKey(plan, backupId, 'holds/');
export const forgetsPrefix = (plan: string): string => `${root}/${plan}/forgets/`;
export const removalsKey = (plan: string, backupId: string, run: string): string =>
  backupKey(plan, backupId, `removals/${run}.json`);
export const rotationKey = (plan: string, run: string, name: 'intent' | 'result'): string =>
  `${root}/${plan}/rotations/${run}/${name}.json`;

/** That people were told of something on a day, `2026-11-20`, so that they are not told again. */
export const toldKey = (plan: string, day: string, digest: string): string =>
  `${root}/${plan}/told/${day}-${digest}.json`;

/** `<epoch seconds>_<YYYY_MM_DD>_<plan>`; its siblings in the ledger (`rotations`, `restores`, `forgets`, `told`) are words. */
export const isBackupId = (text: string): boolean =>
  /^\d{1,12}_\d{4}_\d{2}_\d{2}_[a-z][a-z0-9-]*$/.test(text);

/** The plan that a backup ID ends with; undefined for anything else. */
export const planOfBackup = (backupId: string): string | undefined =>
  isBackupId(backupId) ? backupId.split('_').slice(4).join('_') : undefined;

/** Seconds since the epoch of the backup's slot. */
export const epochOf = (backupId: string): number => Number(backupId.split('_', 1)[0]);

/**
 * What a document says of itself that its key contradicts, as a clause; undefined when they agree. A document that was
 * copied to another key would make one backup answer for another.
 */
export function mismatch(key: string, document: unknown): string | undefined {
  const [, plan, folder = '', name = '', file = ''] = key.split('/');
  const expected: Record<string, string | undefined> = { plan };
  if (folder === 'rotations') expected.run = name;
  else if (folder === 'restores') expected.request_id = name;
  else if (isBackupId(folder)) expected.backup_id = folder;
  if (name === 'removals') expected.run = file.replace(/\.json$/, '');
  for (const [member, value] of Object.entries(expected)) {
    const found: unknown =
      typeof document === 'object' && document !== null ? Reflect.get(document, member) : undefined;
    // The steps of a restore, for one, do not name their plan.
    if (found !== undefined && found !== value) return `its ${member} is ${JSON.stringify(found)}`;
  }
  return undefined;
}

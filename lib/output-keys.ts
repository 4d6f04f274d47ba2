/**
 * The outputs by which the command line finds a deployment (`--deployed`). They are a contract between versions: a key
 * that is here is never renamed.
 */
export const outputKeys = {
  deployment: 'Deployment',
  version: 'Version',
  /** Names of the plans of this Region, with commas between them. */
  plans: 'Plans',
  /** See `functions/plan/config-digest.ts`. */
  configDigest: 'ConfigurationDigest',
  vaultBucket: 'VaultBucket',
  backupWorker: 'BackupWorkerAlias',
  rotateWorker: 'RotateWorkerAlias',
  restoreWorker: 'RestoreWorkerAlias',
} as const;

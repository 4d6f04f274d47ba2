/** Whether a database that refused a snapshot will take one by and by. */
export type Readiness =
  | { readonly state: 'busy'; readonly reason: string }
  | { readonly state: 'unfit'; readonly reason: string };

/** States that end only when a person acts. Everything else on AWS's lists of statuses passes by itself. */
const unfitStates = new Map([
  ['stopped', 'the database is stopped: start it, or leave it out of the plan'],
  ['stopping', 'the database is being stopped: start it, or leave it out of the plan'],
  ['deleting', 'the database is being deleted'],
  ['delete-precheck', 'the database is being deleted'],
  ['storage-full', 'the database has no storage left and takes no snapshot: give it more storage'],
]);

/**
 * Judges the status of an instance or cluster, as "Viewing Amazon RDS DB instance status" and its Aurora sister
 * list them. An unknown status counts as busy: the backup's deadline bounds the wait, a source dropped is lost.
 */
export function readinessOf(status: string): Readiness {
  const known = unfitStates.get(status);
  if (known !== undefined) return { state: 'unfit', reason: known };
  if (status.startsWith('inaccessible-encryption-credentials')) {
    return {
      state: 'unfit',
      reason: `RDS cannot use the KMS key of the database (status ${status}): enable the key and let RDS use it again`,
    };
  }
  const broken =
    status.startsWith('incompatible-') ||
    status.endsWith('failed') ||
    status === 'insufficient-capacity' ||
    status === 'restore-error';
  if (broken) return { state: 'unfit', reason: `the database is in the state ${status}: repair it first` };
  // It refused a moment ago and is through with whatever it did.
  if (status === 'available') return { state: 'busy', reason: 'the database was busy for a moment' };
  return { state: 'busy', reason: `the database is in the state ${status}` };
}

import { createHash } from 'node:crypto';
import type { Tag } from '@aws-sdk/client-rds';
import { httpStatus, isCredentialProblem } from '../shared/cloud-errors.ts';
import { describeError, errorCode } from '../shared/errors.ts';
import { tagKeys } from '../shared/names.ts';
import { sourceKey } from '../shared/source.ts';
import { tagsOfRestore, tagsOfRestored } from './recorded.ts';
import type { DatabaseOrder, DatabaseStart } from './restorer.ts';

/** A DB instance or DB cluster that stands under the new identifier, as far as both are alike. */
export interface RestoredDatabase {
  readonly id: string;
  readonly status: string;
  readonly tags: readonly Tag[];
}

/**
 * `<old identifier>-r<8 hexadecimal digits>`, cut to `limit` characters. Two restores of one database differ in their
 * digits; the old identifier never ends in a hyphen, and neither does what is cut off from it.
 */
export function restoredId({ identity, point }: DatabaseOrder, limit: number): string {
  const { deployment, plan, backupId, restoreId } = identity;
  const text = [deployment, plan, backupId, restoreId, sourceKey(point.source)].join('\n');
  const suffix = `-r${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
  return `${point.source.id.slice(0, limit - suffix.length).replace(/-+$/, '')}${suffix}`;
}

export const ownTags = ({ identity, point }: DatabaseOrder): Readonly<Record<string, string>> =>
  tagsOfRestore(identity, point.source);

/** Given explicitly, since RDS copies the tags of the old database else, those of plans and schedulers among them. */
export const restoredTags = (order: DatabaseOrder): Tag[] =>
  tagsOfRestored(order.point.relaunch, ownTags(order)).tags;

/** Why what stands under the new identifier is not of this restore; undefined when it is. */
export function strangeness(order: DatabaseOrder, { id, tags }: RestoredDatabase): string | undefined {
  const carries = Object.entries(ownTags(order)).every(([key, value]) =>
    tags.some((tag) => tag.Key === key && tag.Value === value),
  );
  return carries
    ? undefined
    : `a database named ${id} exists and does not carry the tag ${tagKeys.restore} of this restore: rename or delete it, or start a new restore`;
}

/** The client names modelled errors after their shapes, which end in Fault where the wire code may not. */
export const codeOf = (error: unknown): string => (errorCode(error) ?? '').replace(/Fault$/, '');

/** Passes by itself or when others free something; the sentence of the service says what. */
const passing = new Set([
  'InstanceQuotaExceeded',
  'DBClusterQuotaExceeded',
  'StorageQuotaExceeded',
  'InsufficientDBInstanceCapacity',
  'InsufficientDBClusterCapacity',
  'InsufficientStorageClusterCapacity',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
]);

export const isPassingRefusal = (error: unknown): boolean =>
  passing.has(codeOf(error)) || httpStatus(error) === 429 || (httpStatus(error) ?? 0) >= 500;

/** Throws again what is no answer about this one database: a broken connection, bad credentials. */
export function throwUnlessAnswer(error: unknown): void {
  if (isCredentialProblem(error) || httpStatus(error) === undefined) throw error;
}

/** Makes the database, or finds what an earlier call of the same restore made. */
export async function startDatabase(
  order: DatabaseOrder,
  id: string,
  create: () => Promise<unknown>,
  find: () => Promise<RestoredDatabase | undefined>,
): Promise<DatabaseStart> {
  try {
    await create();
    return { state: 'started', id };
  } catch (error) {
    throwUnlessAnswer(error);
    if (/^DB(Instance|Cluster)AlreadyExists$/.test(codeOf(error))) {
      const existing = await find();
      if (!existing) return { state: 'wait', reason: `a database named ${id} exists and is not shown yet` };
      const stranger = strangeness(order, existing);
      return stranger === undefined ? { state: 'started', id } : { state: 'failed', reason: stranger };
    }
    if (isPassingRefusal(error)) return { state: 'wait', reason: describeError(error) };
    return { state: 'failed', reason: refusalText(order, error) };
  }
}

function refusalText({ point }: DatabaseOrder, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  switch (codeOf(error)) {
    case 'DBSnapshotNotFound':
    case 'DBClusterSnapshotNotFound':
      return `the snapshot ${point.id} no longer exists: choose another backup`;
    case 'InvalidDBSnapshotState':
    case 'InvalidDBClusterSnapshotState':
      return `the snapshot ${point.id} cannot be restored now: ${message}`;
    case 'KMSKeyNotAccessible':
      return `RDS cannot use the KMS key of the snapshot ${point.id}: enable the key, and let this role use it (${message})`;
    case 'DBSubnetGroupNotFound':
    case 'DBParameterGroupNotFound':
    case 'DBClusterParameterGroupNotFound':
    case 'OptionGroupNotFound':
      return `a group that the old database used no longer exists: make it again under its name (${message})`;
    default:
      return describeError(error);
  }
}

/** States in which a new database already takes connections, beside `available` ("Viewing Amazon RDS DB instance status"). */
const usable = new Set([
  'available',
  'backing-up',
  'configuring-enhanced-monitoring',
  'configuring-iam-database-auth',
  'configuring-log-exports',
  'storage-optimization',
]);

export function standingOf(status: string): 'usable' | 'pending' | 'failed' {
  if (usable.has(status)) return 'usable';
  const broken =
    status.startsWith('incompatible-') ||
    status.startsWith('inaccessible-encryption-credentials') ||
    status.endsWith('failed') ||
    /^(restore-error|insufficient-capacity|deleting|delete-precheck|stopping|stopped|storage-full)$/.test(
      status,
    );
  return broken ? 'failed' : 'pending';
}

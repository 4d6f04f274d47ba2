import type {
  DBClusterSnapshotAttributesResult,
  DBSnapshotAttributesResult,
  DescribeDBClusterSnapshotAttributesMessage,
  DescribeDBSnapshotAttributesMessage,
  ModifyDBClusterSnapshotAttributeMessage,
  ModifyDBSnapshotAttributeMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { invalidParameterValue, sharedSnapshotQuotaExceeded } from './errors.ts';
import { ofCaller, type RdsModel, type StoredSnapshot } from './model.ts';
import {
  clusterFamily,
  instanceFamily,
  invalidSnapshotState,
  type SnapshotFamily,
  snapshotNotFound,
} from './snapshot-family.ts';

/** "Quotas and constraints for Amazon RDS": accounts that one manual snapshot may be shared with. */
const accountsPerSnapshot = 20;

interface Change {
  readonly AttributeName: string | undefined;
  readonly ValuesToAdd?: readonly string[] | undefined;
  readonly ValuesToRemove?: readonly string[] | undefined;
}

export function sharingRoutes(model: RdsModel): Record<string, AnyHandler> {
  const own = <F>(family: SnapshotFamily<F>, name: string | undefined, request: RequestContext) => {
    const stored = family.store(ofCaller(model, request)).get((name ?? '').toLowerCase());
    if (!stored) throw snapshotNotFound(family, name ?? '');
    return stored;
  };
  const viewInstance = (stored: StoredSnapshot<unknown>): DBSnapshotAttributesResult => ({
    DBSnapshotIdentifier: stored.id,
    DBSnapshotAttributes: [{ AttributeName: 'restore', AttributeValues: [...stored.sharedWith].sort() }],
  });
  const viewCluster = (stored: StoredSnapshot<unknown>): DBClusterSnapshotAttributesResult => ({
    DBClusterSnapshotIdentifier: stored.id,
    DBClusterSnapshotAttributes: [
      { AttributeName: 'restore', AttributeValues: [...stored.sharedWith].sort() },
    ],
  });

  return {
    DescribeDBSnapshotAttributes: (
      input: DescribeDBSnapshotAttributesMessage,
      request: RequestContext,
    ): object => ({
      DBSnapshotAttributesResult: viewInstance(own(instanceFamily, input.DBSnapshotIdentifier, request)),
    }),

    ModifyDBSnapshotAttribute: (input: ModifyDBSnapshotAttributeMessage, request: RequestContext): object => {
      const stored = own(instanceFamily, input.DBSnapshotIdentifier, request);
      share(instanceFamily, stored, input, stored.facts.Encrypted === true, stored.facts.KmsKeyId);
      return { DBSnapshotAttributesResult: viewInstance(stored) };
    },

    DescribeDBClusterSnapshotAttributes: (
      input: DescribeDBClusterSnapshotAttributesMessage,
      request: RequestContext,
    ): object => ({
      DBClusterSnapshotAttributesResult: viewCluster(
        own(clusterFamily, input.DBClusterSnapshotIdentifier, request),
      ),
    }),

    ModifyDBClusterSnapshotAttribute: (
      input: ModifyDBClusterSnapshotAttributeMessage,
      request: RequestContext,
    ): object => {
      const stored = own(clusterFamily, input.DBClusterSnapshotIdentifier, request);
      share(clusterFamily, stored, input, stored.facts.StorageEncrypted === true, stored.facts.KmsKeyId);
      return { DBClusterSnapshotAttributesResult: viewCluster(stored) };
    },
  };
}

function share<F>(
  family: SnapshotFamily<F>,
  stored: StoredSnapshot<F>,
  change: Change,
  encrypted: boolean,
  key: string | undefined,
): void {
  if (change.AttributeName !== 'restore') {
    throw invalidParameterValue(`Unknown attribute: ${change.AttributeName ?? ''}`);
  }
  if (stored.type !== 'manual' || stored.status !== 'available') {
    throw invalidSnapshotState(family, `Only an available manual snapshot can be shared: ${stored.id}`);
  }
  for (const value of [...(change.ValuesToAdd ?? []), ...(change.ValuesToRemove ?? [])]) {
    if (value !== 'all' && !/^\d{12}$/.test(value)) throw invalidParameterValue(`Invalid account: ${value}`);
  }
  const adding = change.ValuesToAdd ?? [];
  if (encrypted && adding.includes('all')) {
    throw invalidParameterValue(`An encrypted snapshot cannot be made public: ${stored.id}`);
  }
  // The AWS managed key cannot be granted to anybody, so nobody could restore what was shared.
  if (encrypted && adding.length > 0 && (key === undefined || key.endsWith('alias/aws/rds'))) {
    throw invalidParameterValue(
      `A snapshot encrypted with the default RDS key cannot be shared: ${stored.id}`,
    );
  }
  const after = new Set([...stored.sharedWith, ...adding]);
  for (const value of change.ValuesToRemove ?? []) after.delete(value);
  if (after.size > accountsPerSnapshot) throw sharedSnapshotQuotaExceeded(accountsPerSnapshot);
  stored.sharedWith.clear();
  for (const value of after) stored.sharedWith.add(value);
}

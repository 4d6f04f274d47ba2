import {
  CreateDBClusterSnapshotCommand,
  type DBClusterSnapshot,
  DescribeDBClustersCommand,
  paginateDescribeDBClusterSnapshots,
  type RDSClient,
} from '@aws-sdk/client-rds';
import { errorCode } from '../../shared/errors.ts';
import { accountOfArn, type DatabaseCopies, type DatabaseCopy } from '../database-copies.ts';

/** DB cluster snapshots behind the interface that both database drivers start and poll through. */
export function clusterCopies(rds: RDSClient, account: () => Promise<string>): DatabaseCopies {
  return {
    noun: 'manual DB cluster snapshots',
    account,

    create: async (sourceId, name, tags) => {
      const command = new CreateDBClusterSnapshotCommand({
        DBClusterIdentifier: sourceId,
        DBClusterSnapshotIdentifier: name,
        Tags: tags,
      });
      await rds.send(command);
    },

    list: async (names) => {
      const filters = names ? { Filters: [{ Name: 'db-cluster-snapshot-id', Values: [...names] }] } : {};
      const pages = paginateDescribeDBClusterSnapshots(
        { client: rds, pageSize: 100 },
        { SnapshotType: 'manual', ...filters },
      );
      const copies: DatabaseCopy[] = [];
      for await (const page of pages) copies.push(...(page.DBClusterSnapshots ?? []).map(copyOf));
      return copies;
    },

    sourceStatus: async (sourceId) => {
      try {
        const command = new DescribeDBClustersCommand({ DBClusterIdentifier: sourceId });
        const { DBClusters = [] } = await rds.send(command);
        return DBClusters[0]?.Status;
      } catch (error) {
        if ((errorCode(error) ?? '').startsWith('DBClusterNotFound')) return undefined;
        throw error;
      }
    },
  };
}

const copyOf = (snapshot: DBClusterSnapshot): DatabaseCopy => ({
  name: snapshot.DBClusterSnapshotIdentifier ?? '',
  account: accountOfArn(snapshot.DBClusterSnapshotArn),
  status: snapshot.Status ?? 'creating',
  sourceId: snapshot.DBClusterIdentifier,
  sourceResourceId: snapshot.DbClusterResourceId,
  tags: snapshot.TagList ?? [],
  percent: snapshot.PercentProgress,
  // Aurora grows by itself and often answers 0 or 1 here; it is what the service tells.
  allocatedGib: snapshot.AllocatedStorage ?? 0,
  createdAt: snapshot.SnapshotCreateTime,
});

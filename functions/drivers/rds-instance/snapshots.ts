import {
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DescribeDBInstancesCommand,
  paginateDescribeDBSnapshots,
  type RDSClient,
} from '@aws-sdk/client-rds';
import { errorCode } from '../../shared/errors.ts';
import { accountOfArn, type DatabaseCopies, type DatabaseCopy } from '../database-copies.ts';

/** DB snapshots behind the interface that both database drivers start and poll through. */
export function instanceCopies(rds: RDSClient, account: () => Promise<string>): DatabaseCopies {
  return {
    noun: 'manual DB snapshots',
    account,

    create: async (sourceId, name, tags) => {
      const command = new CreateDBSnapshotCommand({
        DBInstanceIdentifier: sourceId,
        DBSnapshotIdentifier: name,
        Tags: tags,
      });
      await rds.send(command);
    },

    list: async (names) => {
      const filters = names ? { Filters: [{ Name: 'db-snapshot-id', Values: [...names] }] } : {};
      const pages = paginateDescribeDBSnapshots(
        { client: rds, pageSize: 100 },
        { SnapshotType: 'manual', ...filters },
      );
      const copies: DatabaseCopy[] = [];
      for await (const page of pages) copies.push(...(page.DBSnapshots ?? []).map(copyOf));
      return copies;
    },

    sourceStatus: async (sourceId) => {
      try {
        const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: sourceId });
        const { DBInstances = [] } = await rds.send(command);
        return DBInstances[0]?.DBInstanceStatus;
      } catch (error) {
        if ((errorCode(error) ?? '').startsWith('DBInstanceNotFound')) return undefined;
        throw error;
      }
    },
  };
}

const copyOf = (snapshot: DBSnapshot): DatabaseCopy => ({
  name: snapshot.DBSnapshotIdentifier ?? '',
  account: accountOfArn(snapshot.DBSnapshotArn),
  status: snapshot.Status ?? 'creating',
  sourceId: snapshot.DBInstanceIdentifier,
  sourceResourceId: snapshot.DbiResourceId,
  tags: snapshot.TagList ?? [],
  percent: snapshot.PercentProgress,
  allocatedGib: snapshot.AllocatedStorage ?? 0,
  createdAt: snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime,
});

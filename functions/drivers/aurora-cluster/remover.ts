import {
  DeleteDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotAttributesCommand,
  type RDSClient,
} from '@aws-sdk/client-rds';
import { createDatabaseRemover } from '../database-removal.ts';
import type { Remover } from '../removal.ts';
import { clusterCopies } from './snapshots.ts';

export interface AuroraClusterRemoverOptions {
  readonly rds: RDSClient;
  /** The account that everything removed must belong to. */
  readonly account: () => Promise<string>;
}

/** Manual DB cluster snapshots. */
export function createAuroraClusterRemover({ rds, account }: AuroraClusterRemoverOptions): Remover {
  const { list } = clusterCopies(rds, account);
  return createDatabaseRemover({
    kind: 'aurora',
    account,
    list,
    sharedWith: async (name) => {
      const command = new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: name });
      const { DBClusterSnapshotAttributesResult: result } = await rds.send(command);
      return (result?.DBClusterSnapshotAttributes ?? [])
        .filter(({ AttributeName }) => AttributeName === 'restore')
        .flatMap(({ AttributeValues }) => AttributeValues ?? []);
    },
    delete: async (name) => {
      await rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: name }));
    },
  });
}

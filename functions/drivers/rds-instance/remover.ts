import {
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotAttributesCommand,
  type RDSClient,
} from '@aws-sdk/client-rds';
import { createDatabaseRemover } from '../database-removal.ts';
import type { Remover } from '../removal.ts';
import { instanceCopies } from './snapshots.ts';

export interface RdsInstanceRemoverOptions {
  readonly rds: RDSClient;
  /** The account that everything removed must belong to. */
  readonly account: () => Promise<string>;
}

/** Manual DB snapshots. */
export function createRdsInstanceRemover({ rds, account }: RdsInstanceRemoverOptions): Remover {
  const { list } = instanceCopies(rds, account);
  return createDatabaseRemover({
    kind: 'rds',
    account,
    list,
    sharedWith: async (name) => {
      const command = new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier: name });
      const { DBSnapshotAttributesResult: result } = await rds.send(command);
      return (result?.DBSnapshotAttributes ?? [])
        .filter(({ AttributeName }) => AttributeName === 'restore')
        .flatMap(({ AttributeValues }) => AttributeValues ?? []);
    },
    delete: async (name) => {
      await rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: name }));
    },
  });
}

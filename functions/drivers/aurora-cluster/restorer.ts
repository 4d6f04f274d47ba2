import {
  type DBCluster,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  type RDSClient,
  RestoreDBClusterFromSnapshotCommand,
} from '@aws-sdk/client-rds';
import { createDatabaseRestorer, type DatabaseRestorerOptions } from '../database-restorer.ts';
import { recordAt, recordsAt, textAt, textsAt } from '../recorded.ts';
import type { DatabaseOrder, DatabaseRestorer, DatabaseStanding, Renamed } from '../restorer.ts';
import { completeMembers } from './restore-members.ts';
import { plannedMembers, restoreInput, targetId } from './restore-order.ts';

/** Aurora and Multi-AZ DB clusters from the snapshots that the driver of kind `aurora` made, members included. */
export function createAuroraClusterRestorer(options: DatabaseRestorerOptions): DatabaseRestorer {
  const { rds } = options;
  return createDatabaseRestorer<DBCluster>(options, {
    kind: 'aurora',
    noun: 'cluster',
    targetId,

    find: async (id) => {
      const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
      return DBClusters?.[0];
    },

    restored: ({ DBClusterIdentifier: id = '', Status: status = 'creating', TagList: tags = [] }) => ({
      id,
      status,
      tags,
    }),

    snapshotStatus: async (id) => {
      const command = new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: id });
      return (await rds.send(command)).DBClusterSnapshots?.[0]?.Status;
    },

    groups: ({ point: { relaunch } }) => ({
      subnetGroup: textAt(relaunch, 'subnet_group'),
      parameterGroups: recordsAt(relaunch, 'members').flatMap(
        (member) => textAt(member, 'parameter_group') ?? [],
      ),
      clusterParameterGroup: textAt(relaunch, 'cluster_parameter_group'),
      optionGroups: textsAt(relaunch, 'option_groups'),
      securityGroups: textsAt(relaunch, 'vpc_security_groups'),
    }),

    describe: (order) => [
      {
        service: 'rds',
        action: 'RestoreDBClusterFromSnapshot',
        parameters: JSON.parse(JSON.stringify(restoreInput(order))),
      },
      ...plannedMembers(order).map(({ input }) => ({
        service: 'rds',
        action: 'CreateDBInstance',
        parameters: JSON.parse(JSON.stringify(input)),
      })),
    ],

    create: (order) => rds.send(new RestoreDBClusterFromSnapshotCommand(restoreInput(order))),

    complete: (order, cluster) => withMembers(rds, order, cluster),
  });
}

/** The cluster has to be there before members can be made; a cluster without members takes no connections. */
async function withMembers(
  rds: RDSClient,
  order: DatabaseOrder,
  { Endpoint, ReaderEndpoint }: DBCluster,
): Promise<DatabaseStanding> {
  const members = await completeMembers(rds, order);
  if (members.state !== 'complete') return members;
  const { relaunch } = order.point;
  const endpoints: Renamed[] = [
    ...renamed('endpoint', textAt(recordAt(relaunch, 'endpoint'), 'address'), Endpoint),
    ...renamed('reader endpoint', textAt(recordAt(relaunch, 'reader_endpoint'), 'address'), ReaderEndpoint),
    ...members.endpoints,
  ];
  return { state: 'available', id: targetId(order), endpoints };
}

const renamed = (what: string, old: string | undefined, fresh: string | undefined): Renamed[] =>
  old === undefined || fresh === undefined ? [] : [{ what, old, new: fresh }];

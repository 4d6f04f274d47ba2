import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type DBCluster,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  type RDSClient,
  RestoreDBClusterFromSnapshotCommand,
} from '@aws-sdk/client-rds';
import { type RestoredDatabase, standingOf, startDatabase, strangeness } from '../database-restore.ts';
import { groupProblems, orNothing, snapshotProblems } from '../database-restore-check.ts';
import { recordAt, recordsAt, textAt, textsAt } from '../recorded.ts';
import type { DatabaseOrder, DatabaseRestorer, DatabaseStanding, Renamed } from '../restorer.ts';
import { completeMembers } from './restore-members.ts';
import { plannedMembers, restoreInput, targetId } from './restore-order.ts';

export interface AuroraClusterRestorerOptions {
  readonly rds: RDSClient;
  /** Security groups are EC2's. */
  readonly ec2: EC2Client;
}

/** Aurora and Multi-AZ DB clusters from the snapshots that the driver of kind `aurora` made, members included. */
export function createAuroraClusterRestorer({ rds, ec2 }: AuroraClusterRestorerOptions): DatabaseRestorer {
  const find = async (order: DatabaseOrder): Promise<DBCluster | undefined> =>
    orNothing(async () => {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier: targetId(order) });
      return (await rds.send(command)).DBClusters?.[0];
    });
  const findRestored = async (order: DatabaseOrder): Promise<RestoredDatabase | undefined> => {
    const cluster = await find(order);
    return cluster && restoredOf(cluster);
  };

  return {
    role: 'database',
    kind: 'aurora',
    targetId,

    check: async (order) => {
      const { relaunch } = order.point;
      const existing = await findRestored(order);
      const stranger = existing && strangeness(order, existing);
      return [
        ...(await snapshotProblems(order.point.id, () => snapshotStatus(rds, order.point.id))),
        ...(await groupProblems(
          { rds, ec2 },
          {
            subnetGroup: textAt(relaunch, 'subnet_group'),
            parameterGroups: recordsAt(relaunch, 'members').flatMap(
              (member) => textAt(member, 'parameter_group') ?? [],
            ),
            clusterParameterGroup: textAt(relaunch, 'cluster_parameter_group'),
            optionGroups: textsAt(relaunch, 'option_groups'),
            securityGroups: textsAt(relaunch, 'vpc_security_groups'),
          },
        )),
        ...(stranger === undefined ? [] : [stranger]),
      ];
    },

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

    start: (order) =>
      startDatabase(
        order,
        targetId(order),
        async () => {
          await rds.send(new RestoreDBClusterFromSnapshotCommand(restoreInput(order)));
        },
        () => findRestored(order),
      ),

    poll: async (order) => standing(rds, order, await find(order)),
  };
}

const restoredOf = (cluster: DBCluster): RestoredDatabase => ({
  id: cluster.DBClusterIdentifier ?? '',
  status: cluster.Status ?? 'creating',
  tags: cluster.TagList ?? [],
});

async function snapshotStatus(rds: RDSClient, id: string): Promise<string | undefined> {
  const { DBClusterSnapshots = [] } = await rds.send(
    new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: id }),
  );
  return DBClusterSnapshots[0]?.Status;
}

/** The cluster has to be there before members can be made; a cluster without members takes no connections. */
async function standing(
  rds: RDSClient,
  order: DatabaseOrder,
  cluster: DBCluster | undefined,
): Promise<DatabaseStanding> {
  const id = targetId(order);
  if (!cluster) return { state: 'pending', detail: `RDS does not show ${id} yet` };
  const stranger = strangeness(order, restoredOf(cluster));
  if (stranger !== undefined) return { state: 'failed', reason: stranger };
  const { status } = restoredOf(cluster);
  const clusterStanding = standingOf(status);
  if (clusterStanding === 'failed')
    return { state: 'failed', reason: `the cluster ${id} is ${status}: look at its events in RDS` };
  if (clusterStanding === 'pending') return { state: 'pending', detail: status };
  const members = await completeMembers(rds, order);
  if (members.state !== 'complete') return members;
  const { relaunch } = order.point;
  const endpoints: Renamed[] = [
    ...renamed('endpoint', textAt(recordAt(relaunch, 'endpoint'), 'address'), cluster.Endpoint),
    ...renamed(
      'reader endpoint',
      textAt(recordAt(relaunch, 'reader_endpoint'), 'address'),
      cluster.ReaderEndpoint,
    ),
    ...members.endpoints,
  ];
  return { state: 'available', id, endpoints };
}

const renamed = (what: string, old: string | undefined, fresh: string | undefined): Renamed[] =>
  old === undefined || fresh === undefined ? [] : [{ what, old, new: fresh }];

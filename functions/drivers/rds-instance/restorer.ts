import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type DBInstance,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  type RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
} from '@aws-sdk/client-rds';
import { type RestoredDatabase, standingOf, startDatabase, strangeness } from '../database-restore.ts';
import { groupProblems, orNothing, snapshotProblems } from '../database-restore-check.ts';
import { recordAt, textAt, textsAt } from '../recorded.ts';
import type { DatabaseOrder, DatabaseRestorer, DatabaseStanding } from '../restorer.ts';
import { restoreInput, targetId } from './restore-order.ts';

export interface RdsInstanceRestorerOptions {
  readonly rds: RDSClient;
  /** Security groups are EC2's. */
  readonly ec2: EC2Client;
}

/** RDS DB instances from the snapshots that the driver of kind `rds` made. */
export function createRdsInstanceRestorer({ rds, ec2 }: RdsInstanceRestorerOptions): DatabaseRestorer {
  const find = async (order: DatabaseOrder): Promise<DBInstance | undefined> =>
    orNothing(async () => {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: targetId(order) });
      return (await rds.send(command)).DBInstances?.[0];
    });
  const findRestored = async (order: DatabaseOrder): Promise<RestoredDatabase | undefined> => {
    const instance = await find(order);
    return instance && restoredOf(instance);
  };

  return {
    role: 'database',
    kind: 'rds',
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
            parameterGroups: textsAt(relaunch, 'parameter_groups'),
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
        action: 'RestoreDBInstanceFromDBSnapshot',
        parameters: JSON.parse(JSON.stringify(restoreInput(order))),
      },
    ],

    start: (order) =>
      startDatabase(
        order,
        targetId(order),
        async () => {
          await rds.send(new RestoreDBInstanceFromDBSnapshotCommand(restoreInput(order)));
        },
        () => findRestored(order),
      ),

    poll: async (order) => standing(order, await find(order)),
  };
}

const restoredOf = (instance: DBInstance): RestoredDatabase => ({
  id: instance.DBInstanceIdentifier ?? '',
  status: instance.DBInstanceStatus ?? 'creating',
  tags: instance.TagList ?? [],
});

async function snapshotStatus(rds: RDSClient, id: string): Promise<string | undefined> {
  const { DBSnapshots = [] } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }));
  return DBSnapshots[0]?.Status;
}

function standing(order: DatabaseOrder, instance: DBInstance | undefined): DatabaseStanding {
  const id = targetId(order);
  if (!instance) return { state: 'pending', detail: `RDS does not show ${id} yet` };
  const stranger = strangeness(order, restoredOf(instance));
  if (stranger !== undefined) return { state: 'failed', reason: stranger };
  const { status } = restoredOf(instance);
  switch (standingOf(status)) {
    case 'pending':
      return { state: 'pending', detail: status };
    case 'failed':
      return { state: 'failed', reason: `the database ${id} is ${status}: look at its events in RDS` };
    case 'usable': {
      const old = textAt(recordAt(order.point.relaunch, 'endpoint'), 'address');
      const fresh = instance.Endpoint?.Address;
      if (fresh === undefined) return { state: 'pending', detail: `${status}, without an endpoint yet` };
      const endpoints = old === undefined ? [] : [{ what: 'endpoint', old, new: fresh }];
      return { state: 'available', id, endpoints };
    }
  }
}

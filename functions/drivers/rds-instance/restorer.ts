import {
  type DBInstance,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from '@aws-sdk/client-rds';
import { createDatabaseRestorer, type DatabaseRestorerOptions } from '../database-restorer.ts';
import { recordAt, textAt, textsAt } from '../recorded.ts';
import type { DatabaseOrder, DatabaseRestorer, DatabaseStanding } from '../restorer.ts';
import { restoreInput, targetId } from './restore-order.ts';

/** RDS DB instances from the snapshots that the driver of kind `rds` made. */
export function createRdsInstanceRestorer(options: DatabaseRestorerOptions): DatabaseRestorer {
  const { rds } = options;
  return createDatabaseRestorer<DBInstance>(options, {
    kind: 'rds',
    noun: 'database',
    targetId,

    find: async (id) => {
      const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
      return DBInstances?.[0];
    },

    restored: ({
      DBInstanceIdentifier: id = '',
      DBInstanceStatus: status = 'creating',
      TagList: tags = [],
    }) => ({
      id,
      status,
      tags,
    }),

    snapshotStatus: async (id) => {
      const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id });
      return (await rds.send(command)).DBSnapshots?.[0]?.Status;
    },

    groups: ({ point: { relaunch } }) => ({
      subnetGroup: textAt(relaunch, 'subnet_group'),
      parameterGroups: textsAt(relaunch, 'parameter_groups'),
      optionGroups: textsAt(relaunch, 'option_groups'),
      securityGroups: textsAt(relaunch, 'vpc_security_groups'),
    }),

    describe: (order) => [
      {
        service: 'rds',
        action: 'RestoreDBInstanceFromDBSnapshot',
        parameters: JSON.parse(JSON.stringify(restoreInput(order))),
      },
    ],

    create: (order) => rds.send(new RestoreDBInstanceFromDBSnapshotCommand(restoreInput(order))),

    complete: withEndpoint,
  });
}

function withEndpoint(
  order: DatabaseOrder,
  { Endpoint, DBInstanceStatus: status = '' }: DBInstance,
): DatabaseStanding {
  const fresh = Endpoint?.Address;
  if (fresh === undefined) return { state: 'pending', detail: `${status}, without an endpoint yet` };
  const old = textAt(recordAt(order.point.relaunch, 'endpoint'), 'address');
  const endpoints = old === undefined ? [] : [{ what: 'endpoint', old, new: fresh }];
  return { state: 'available', id: targetId(order), endpoints };
}

import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import { type RestoredDatabase, standingOf, startDatabase, strangeness } from './database-restore.ts';
import { groupProblems, type NamedGroups, orNothing, snapshotProblems } from './database-restore-check.ts';
import type { DatabaseOrder, DatabaseRestorer, DatabaseStanding } from './restorer.ts';

export interface DatabaseRestorerOptions {
  readonly rds: RDSClient;
  /** Security groups are EC2's. */
  readonly ec2: EC2Client;
}

/** What DB instances and DB clusters differ in when they are restored; `T` is one as RDS describes it. */
export interface RestorableDatabase<T> extends Pick<DatabaseRestorer, 'kind' | 'targetId' | 'describe'> {
  /** In messages. */
  readonly noun: 'database' | 'cluster';
  /** May throw RDS's own "not found". */
  find(id: string): Promise<T | undefined>;
  restored(found: T): RestoredDatabase;
  /** May throw RDS's own "not found". */
  snapshotStatus(id: string): Promise<string | undefined>;
  groups(order: DatabaseOrder): NamedGroups;
  create(order: DatabaseOrder): Promise<unknown>;
  /** Of one whose status is usable. */
  complete(order: DatabaseOrder, found: T): DatabaseStanding | Promise<DatabaseStanding>;
}

/** Restores one kind of database under a new identifier, never over what stands there already. */
export function createDatabaseRestorer<T>(
  clients: DatabaseRestorerOptions,
  database: RestorableDatabase<T>,
): DatabaseRestorer {
  const { kind, noun, targetId, describe } = database;
  const find = (order: DatabaseOrder): Promise<T | undefined> =>
    orNothing(() => database.find(targetId(order)));
  const findRestored = async (order: DatabaseOrder): Promise<RestoredDatabase | undefined> => {
    const found = await find(order);
    return found && database.restored(found);
  };

  return {
    ...{ role: 'database', kind, targetId, describe },

    check: async (order) => {
      const { id } = order.point;
      const existing = await findRestored(order);
      const stranger = existing && strangeness(order, existing);
      return [
        ...(await snapshotProblems(id, () => database.snapshotStatus(id))),
        ...(await groupProblems(clients, database.groups(order))),
        ...(stranger === undefined ? [] : [stranger]),
      ];
    },

    start: (order) =>
      startDatabase(
        order,
        targetId(order),
        () => database.create(order),
        () => findRestored(order),
      ),

    poll: async (order) => {
      const id = targetId(order);
      const found = await find(order);
      if (!found) return { state: 'pending', detail: `RDS does not show ${id} yet` };
      const restored = database.restored(found);
      const stranger = strangeness(order, restored);
      if (stranger !== undefined) return { state: 'failed', reason: stranger };
      const { status } = restored;
      switch (standingOf(status)) {
        case 'pending':
          return { state: 'pending', detail: status };
        case 'failed':
          return { state: 'failed', reason: `the ${noun} ${id} is ${status}: look at its events in RDS` };
        case 'usable':
          return database.complete(order, found);
      }
    },
  };
}

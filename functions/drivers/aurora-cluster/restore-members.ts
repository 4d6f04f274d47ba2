import {
  CreateDBInstanceCommand,
  type DBInstance,
  paginateDescribeDBInstances,
  type RDSClient,
} from '@aws-sdk/client-rds';
import { describeError } from '../../shared/errors.ts';
import { codeOf, isPassingRefusal, standingOf, throwUnlessAnswer } from '../database-restore.ts';
import { recordAt, recordsAt, textAt } from '../recorded.ts';
import type { DatabaseOrder, DatabaseStanding, Renamed } from '../restorer.ts';
import { makesOwnMembers, type PlannedMember, plannedMembers, targetId } from './restore-order.ts';

type Members =
  | { readonly state: 'complete'; readonly endpoints: readonly Renamed[] }
  | Exclude<DatabaseStanding, { readonly state: 'available' }>;

/** Makes the recorded members that are missing, the writer first, and says how far they are. Idempotent by name. */
export async function completeMembers(rds: RDSClient, order: DatabaseOrder): Promise<Members> {
  const present = await membersOf(rds, targetId(order));
  if (makesOwnMembers(order.point.relaunch)) return ofItself(order, present);
  const planned = plannedMembers(order);
  for (const member of planned) {
    if (present.has(member.id)) continue;
    const refusal = await create(rds, member);
    if (refusal !== undefined) return refusal;
  }
  return judge(planned, present);
}

async function membersOf(rds: RDSClient, cluster: string): Promise<ReadonlyMap<string, DBInstance>> {
  const members = new Map<string, DBInstance>();
  const pages = paginateDescribeDBInstances(
    { client: rds, pageSize: 100 },
    { Filters: [{ Name: 'db-cluster-id', Values: [cluster] }] },
  );
  for await (const { DBInstances = [] } of pages)
    for (const instance of DBInstances) members.set(instance.DBInstanceIdentifier ?? '', instance);
  return members;
}

async function create(rds: RDSClient, { id, input }: PlannedMember): Promise<Members | undefined> {
  try {
    await rds.send(new CreateDBInstanceCommand(input));
    return undefined;
  } catch (error) {
    throwUnlessAnswer(error);
    // Made a moment ago and not shown yet, or somebody else's: it will show up among the members, or never.
    if (codeOf(error) === 'DBInstanceAlreadyExists') return await foreign(rds, id, input.DBClusterIdentifier);
    if (codeOf(error) === 'InvalidDBClusterState' || isPassingRefusal(error))
      return { state: 'pending', detail: `the member ${id} has to wait: ${describeError(error)}` };
    return { state: 'failed', reason: `the member ${id} cannot be made: ${describeError(error)}` };
  }
}

async function foreign(
  rds: RDSClient,
  id: string,
  cluster: string | undefined,
): Promise<Members | undefined> {
  const pages = paginateDescribeDBInstances(
    { client: rds },
    { Filters: [{ Name: 'db-instance-id', Values: [id] }] },
  );
  for await (const { DBInstances = [] } of pages) {
    const [instance] = DBInstances;
    if (instance && instance.DBClusterIdentifier !== cluster)
      return {
        state: 'failed',
        reason: `a DB instance named ${id} exists and is no member of ${cluster}: rename or delete it, then resume the restore`,
      };
  }
  return undefined;
}

function judge(planned: readonly PlannedMember[], present: ReadonlyMap<string, DBInstance>): Members {
  const endpoints: Renamed[] = [];
  let done = 0;
  for (const { id, oldEndpoint } of planned) {
    const instance = present.get(id);
    const standing = standingOf(instance?.DBInstanceStatus ?? 'creating');
    if (standing === 'failed')
      return {
        state: 'failed',
        reason: `the member ${id} is ${instance?.DBInstanceStatus}: look at its events in RDS`,
      };
    if (standing === 'usable') done += 1;
    const fresh = instance?.Endpoint?.Address;
    if (oldEndpoint !== undefined && fresh !== undefined)
      endpoints.push({ what: 'member endpoint', old: oldEndpoint, new: fresh });
  }
  return done === planned.length
    ? { state: 'complete', endpoints }
    : { state: 'pending', detail: `${done} of ${planned.length} members` };
}

/** A Multi-AZ DB cluster names its members itself, so old and new are matched by their order. */
function ofItself(order: DatabaseOrder, present: ReadonlyMap<string, DBInstance>): Members {
  const instances = [...present.values()].sort((a, b) =>
    (a.DBInstanceIdentifier ?? '') < (b.DBInstanceIdentifier ?? '') ? -1 : 1,
  );
  const old = recordsAt(order.point.relaunch, 'members')
    .map((member) => ({ id: textAt(member, 'id') ?? '', endpoint: recordAt(member, 'endpoint') }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (instances.length < old.length)
    return { state: 'pending', detail: `${instances.length} of ${old.length} members` };
  return judge(
    instances.map(({ DBInstanceIdentifier: id = '' }, index) => ({
      id,
      oldEndpoint: textAt(old[index]?.endpoint ?? {}, 'address'),
      input: { DBInstanceIdentifier: id, DBInstanceClass: undefined, Engine: undefined },
    })),
    present,
  );
}

import { createAuroraClusterDriver } from '../../functions/drivers/aurora-cluster/driver.ts';
import { createAuroraClusterRestorer } from '../../functions/drivers/aurora-cluster/restorer.ts';
import { createRdsInstanceDriver } from '../../functions/drivers/rds-instance/driver.ts';
import { createRdsInstanceRestorer } from '../../functions/drivers/rds-instance/restorer.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, region, startCloud } from '../support/cloud.ts';
import { startRestoringClients } from '../support/restorer-world.ts';
import { type DatabaseWorld, describeDatabaseRestorerContract } from './database-restorer-contract.ts';

const instanceActions = ['RestoreDBInstanceFromDBSnapshot'];
const clusterActions = ['RestoreDBClusterFromSnapshot', 'CreateDBInstance', 'CreateDBInstance'];
const tags = { Role: 'shop', 'snapkeep:plan': 'elsewhere' };

/** What both kinds have in common: one database, and groups of its own to lose. */
async function setUp(kind: 'rds' | 'aurora'): Promise<DatabaseWorld> {
  const cloud = await startCloud({ snapshotSeconds: 60 });
  const { clock, sandbox } = cloud;
  const clients = startRestoringClients(cloud);
  const network = sandbox.ec2.seed(region);
  const { groupId } = network.addSecurityGroup({ name: 'db' });
  const seed = sandbox.rds.seed(account, region);
  const shared = { tags, subnetGroup: 'shop-subnets', securityGroups: [groupId], port: 6543 };
  const sourceId = kind === 'rds' ? 'shop-db' : 'shop-cluster';
  if (kind === 'rds')
    seed.addInstance({
      id: sourceId,
      ...shared,
      parameterGroup: 'shop-pg',
      optionGroup: 'shop-og',
      multiAz: true,
      storage: { allocatedGib: 500, type: 'io1', iops: 5000 },
    });
  else
    seed.addCluster({
      id: sourceId,
      ...shared,
      parameterGroup: 'shop-cluster-pg',
      members: [
        { id: 'shop-b', instanceClass: 'db.r7g.large', promotionTier: 0, tags },
        { id: 'shop-a', instanceClass: 'db.r7g.xlarge', promotionTier: 2, parameterGroup: 'shop-pg', tags },
      ],
    });
  const holdings = sandbox.rds.inspect(account, region);
  // Only AWS itself can set such tags.
  for (const database of [...holdings.instances.values(), ...holdings.clusters.values()])
    database.tags.set('aws:cloudformation:stack-name', 'shop');
  const options = { rds: clients.rds, region, account: async () => account, logger: silentLogger };
  const belonging = (id: string) => [
    ...[holdings.clusters.get(id)].flatMap((cluster) => cluster ?? []),
    ...[...holdings.instances.values()].filter((one) => one.id === id || one.clusterId === id),
  ];
  return {
    driver: kind === 'rds' ? createRdsInstanceDriver(options) : createAuroraClusterDriver(options),
    restorer: kind === 'rds' ? createRdsInstanceRestorer(clients) : createAuroraClusterRestorer(clients),
    sourceId,
    makingActions: kind === 'rds' ? instanceActions : clusterActions,
    changeSeconds: 60,
    passSeconds: (seconds) => {
      clock.advance(seconds * 1000);
      sandbox.world.settle();
    },
    addFault: (fault) => sandbox.faults.add(fault),
    made: () =>
      sandbox.requests
        .recent()
        .filter(({ service, status }) => service === 'rds' && status === 200)
        .map(({ action }) => action)
        .filter((action) =>
          /^(Restore|Create|Modify|Delete|Add|Remove)(?!DB(Cluster)?Snapshot$)/.test(action),
        ),
    existing: (id) => new Map(belonging(id).map((one) => [one.id, Object.fromEntries(one.tags)])),
    old: () =>
      JSON.stringify(
        belonging(sourceId).map(({ id, status, tags: own, facts }) => [id, status, [...own], facts]),
      ),
    occupy: (id) => {
      if (kind === 'rds') seed.addInstance({ id });
      else seed.addCluster({ id });
    },
    setStatus: (id, status) => {
      const database = holdings.clusters.get(id) ?? holdings.instances.get(id);
      if (database) database.status = status;
    },
    removeSnapshot: (id) => {
      holdings.snapshots.delete(id);
      holdings.clusterSnapshots.delete(id);
    },
    removeGroups: () => {
      for (const groups of [
        holdings.subnetGroups,
        holdings.parameterGroups,
        holdings.clusterParameterGroups,
        holdings.optionGroups,
      ])
        groups.clear();
      sandbox.ec2.region(region).securityGroups.delete(groupId);
      return 4;
    },
    close: async () => {
      clients.destroy();
      await cloud.close();
    },
  };
}

describeDatabaseRestorerContract('rds-instance', () => setUp('rds'));
describeDatabaseRestorerContract('aurora-cluster', () => setUp('aurora'));

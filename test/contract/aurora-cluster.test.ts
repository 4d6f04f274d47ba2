import { CreateDBClusterSnapshotCommand } from '@aws-sdk/client-rds';
import { createAuroraClusterDriver } from '../../functions/drivers/aurora-cluster/driver.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, region, snapshotSeconds, startRdsWorld } from '../support/rds-world.ts';
import { describeDriverContract } from './driver-contract.ts';

describeDriverContract({
  name: 'aurora-cluster',
  setUp: async () => {
    const world = await startRdsWorld();
    const seed = world.rds.seed(account, region);
    // More than a page of 100, told in an order that is not the answer's.
    const sources = Array.from({ length: 105 }, (_, index) => `shop-${(index * 37) % 105}`);
    for (const id of sources) seed.addCluster({ id, tags: { Role: 'shop', Stage: 'prod' } });
    seed.addCluster({ id: 'half-match', tags: { Role: 'shop' } });
    seed.addCluster({ id: 'graph', engine: 'neptune', tags: { Role: 'shop', Stage: 'prod' } });
    return {
      driver: createAuroraClusterDriver({
        rds: world.client,
        region,
        account: async () => account,
        logger: silentLogger,
      }),
      sources,
      tagSelection: { kind: 'aurora', select: { tags: { Role: 'shop', Stage: 'prod' } } },
      idSelection: (identifiers) => ({ kind: 'aurora', select: { identifiers } }),
      unknownId: 'no-such-cluster',
      nameLimit: 63,
      copySeconds: snapshotSeconds,
      passSeconds: world.passSeconds,
      calls: world.calls,
      resources: async () =>
        [...world.rds.inspect(account, region).clusterSnapshots.values()].map(({ id, tags }) => ({
          id,
          name: id,
          tags: Object.fromEntries(tags),
        })),
      occupy: async (name, sourceId) => {
        const command = new CreateDBClusterSnapshotCommand({
          DBClusterIdentifier: sourceId,
          DBClusterSnapshotIdentifier: name,
        });
        await world.client.send(command);
        world.passSeconds(snapshotSeconds);
      },
      failCopiesOf: (id, fail) => {
        world.rds.faults.failSnapshotsOf.set(id, fail ? Number.POSITIVE_INFINITY : 0);
      },
      // RDS itself deletes only what is available or has failed; what vanishes otherwise does so behind its back.
      deleteCopy: async (id) => {
        world.rds.inspect(account, region).clusterSnapshots.delete(id);
      },
      remove: async (id) => {
        world.rds.inspect(account, region).clusters.delete(id);
      },
      close: world.close,
    };
  },
});

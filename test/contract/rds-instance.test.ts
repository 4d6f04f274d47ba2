import { CreateDBSnapshotCommand } from '@aws-sdk/client-rds';
import { createRdsInstanceDriver } from '../../functions/drivers/rds-instance/driver.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, region, snapshotSeconds, startRdsWorld } from '../support/rds-world.ts';
import { describeDriverContract } from './driver-contract.ts';

describeDriverContract({
  name: 'rds-instance',
  setUp: async () => {
    const world = await startRdsWorld();
    const seed = world.rds.seed(account, region);
    // More than a page of 100, told in an order that is not the answer's.
    const sources = Array.from({ length: 105 }, (_, index) => `db-${(index * 37) % 105}`);
    for (const id of sources) seed.addInstance({ id, tags: { Role: 'db', Stage: 'prod' } });
    seed.addInstance({ id: 'half-match', tags: { Role: 'db' } });
    seed.addCluster({ id: 'cluster', tags: { Role: 'db', Stage: 'prod' } });
    return {
      driver: createRdsInstanceDriver({
        rds: world.client,
        region,
        account: async () => account,
        logger: silentLogger,
      }),
      sources,
      tagSelection: { kind: 'rds', select: { tags: { Role: 'db', Stage: 'prod' } } },
      idSelection: (identifiers) => ({ kind: 'rds', select: { identifiers } }),
      unknownId: 'no-such-db',
      nameLimit: 255,
      copySeconds: snapshotSeconds,
      passSeconds: world.passSeconds,
      calls: world.calls,
      resources: async () =>
        [...world.rds.inspect(account, region).snapshots.values()].map(({ id, tags }) => ({
          id,
          name: id,
          tags: Object.fromEntries(tags),
        })),
      occupy: async (name, sourceId) => {
        const command = new CreateDBSnapshotCommand({
          DBInstanceIdentifier: sourceId,
          DBSnapshotIdentifier: name,
        });
        await world.client.send(command);
        world.passSeconds(snapshotSeconds);
      },
      failNextCopyOf: (id) => world.rds.faults.failSnapshotsOf.set(id, 1),
      remove: async (id) => {
        world.rds.inspect(account, region).instances.delete(id);
      },
      close: world.close,
    };
  },
});

import { CreateDBSnapshotCommand } from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import { createRdsInstanceDriver } from '../../functions/drivers/rds-instance/driver.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { startRequest } from '../support/database-fixtures.ts';
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
      failCopiesOf: (id, fail) => {
        world.rds.faults.failSnapshotsOf.set(id, fail ? Number.POSITIVE_INFINITY : 0);
      },
      // RDS itself deletes only what is available or has failed; what vanishes otherwise does so behind its back.
      deleteCopy: async (id) => {
        world.rds.inspect(account, region).snapshots.delete(id);
      },
      remove: async (id) => {
        world.rds.inspect(account, region).instances.delete(id);
      },
      close: world.close,
    };
  },
});

describe('rds-instance on a bad day', () => {
  const setUp = async () => {
    const world = await startRdsWorld({ consistencySeconds: 3 });
    world.rds.seed(account, region).addInstance({ id: 'circle-db' });
    const driver = createRdsInstanceDriver({
      rds: world.client,
      region,
      account: async () => account,
      logger: silentLogger,
    });
    return { world, driver, request: startRequest('rds', 'circle-db') };
  };

  it('finds the copy again whose creation was done and whose answer was lost', async () => {
    const { world, driver, request } = await setUp();
    world.loseAnswer('CreateDBSnapshot');
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
    // The name is taken, the copy not shown yet.
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
    world.passSeconds(3);
    expect(await driver.start(request)).toMatchObject({ state: 'started' });
    expect(world.rds.inspect(account, region).snapshots.size).toBe(1);
    await world.close();
  });

  it('waits until a snapshot that somebody else takes is done', async () => {
    const { world, driver, request } = await setUp();
    await world.client.send(
      new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'circle-db', DBSnapshotIdentifier: 'by-hand' }),
    );
    expect(await driver.start(request)).toEqual({
      state: 'wait',
      reason: expect.stringContaining('backing-up'),
    });
    world.passSeconds(snapshotSeconds);
    expect(await driver.start(request)).toMatchObject({ state: 'started' });
    await world.close();
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AvailablePoint, Relaunch } from '../../functions/catalog/documents.ts';
import type { Driver } from '../../functions/drivers/driver.ts';
import type { DatabaseOrder, DatabaseRestorer, DatabaseStanding } from '../../functions/drivers/restorer.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import { sourceKey } from '../../functions/shared/source.ts';
import type { Fault } from '../../sandbox/faults.ts';

/** A cloud with one database in it. Everything is fresh for each test. */
export interface DatabaseWorld {
  readonly driver: Driver;
  readonly restorer: DatabaseRestorer;
  readonly sourceId: string;
  /** Actions that make something, in the order of the calls of a restore. */
  readonly makingActions: readonly string[];
  /** Error code of a snapshot that is not there. */
  readonly changeSeconds: number;
  passSeconds(seconds: number): void;
  addFault(fault: Fault): void;
  /** How often each making action was asked for. */
  made(): readonly string[];
  /** Everything that exists under this identifier and what belongs to it: tags by name. */
  existing(id: string): ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The old database with its members, as text. */
  old(): string;
  /** Somebody else makes a database of this name. */
  occupy(id: string): void;
  setStatus(id: string, status: string): void;
  removeSnapshot(id: string): void;
  /** Deletes every group that the old database names. Answers how many those were. */
  removeGroups(): number;
  close(): Promise<void>;
}

const slot = '2026-11-20T02:00:00Z';
const backupId = '1795140000_2026_11_20_shop';

/** What every database restorer promises. */
export function describeDatabaseRestorerContract(name: string, setUp: () => Promise<DatabaseWorld>): void {
  describe(`${name} keeps the contract of database restorers`, () => {
    let world: DatabaseWorld;
    let point: AvailablePoint;
    beforeEach(async () => {
      world = await setUp();
      point = await backUp(world);
    });
    afterEach(() => world.close());

    const order = (restoreId = 'restore-1', change: Partial<AvailablePoint> = {}): DatabaseOrder => ({
      identity: { deployment: 'prod-eu', plan: 'shop', backupId, restoreId },
      point: { ...point, ...change },
    });
    const finish = async (wanted: DatabaseOrder): Promise<DatabaseStanding> => {
      for (let round = 0; round < 10; round += 1) {
        const standing = await world.restorer.poll(wanted);
        if (standing.state !== 'pending') return standing;
        world.passSeconds(world.changeSeconds);
      }
      throw new Error('the restored database never became available');
    };

    it('names the new database by the order alone, legally, and differently for another restore', () => {
      const { restorer } = world;
      expect(restorer.targetId(order())).toBe(restorer.targetId(order()));
      expect(restorer.targetId(order())).not.toBe(restorer.targetId(order('restore-2')));
      for (const id of [world.sourceId, `a-${'x'.repeat(61)}`, `long-${'y-'.repeat(28)}z`]) {
        const source = { ...point.source, id };
        expect(restorer.targetId(order('restore-1', { source }))).toMatch(
          /^(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*-r[0-9a-f]{8}$/,
        );
      }
    });

    it('finds nothing in the way of a sound order, and changes nothing while it looks', async () => {
      expect(await world.restorer.check(order())).toEqual([]);
      expect(world.made()).toEqual([]);
    });

    it('names everything that is gone at once', async () => {
      const groups = world.removeGroups();
      world.removeSnapshot(point.id);
      const problems = await world.restorer.check(order());
      expect(problems).toHaveLength(groups + 1);
      for (const problem of problems) expect(problem).toContain('no longer exists');
    });

    it('makes the calls that it describes, as recorded, and nothing else', async () => {
      const described = world.restorer.describe(order());
      expect(described.map(({ action }) => action)).toEqual(world.makingActions);
      expect(JSON.stringify(described)).toContain(point.id);
      await world.restorer.start(order());
      await finish(order());
      expect(world.made()).toEqual(world.makingActions);
    });

    it('restores beside the old database and tells old and new endpoints', async () => {
      const before = world.old();
      const id = world.restorer.targetId(order());
      expect(await world.restorer.start(order())).toEqual({ state: 'started', id });
      expect(await world.restorer.poll(order())).toMatchObject({ state: 'pending' });
      const standing = await finish(order());
      expect(standing).toMatchObject({ state: 'available', id });
      const endpoints = standing.state === 'available' ? standing.endpoints : [];
      expect(endpoints[0]).toMatchObject({ what: 'endpoint' });
      expect(endpoints[0]?.old).toMatch(new RegExp(`^${world.sourceId}\\.`));
      for (const { old, new: fresh } of endpoints) {
        expect(fresh).toContain(id);
        expect(old).not.toBe(fresh);
      }
      expect(world.old()).toBe(before);
    });

    it('tags what it makes as restored, never as a copy, and keeps the recorded tags', async () => {
      await world.restorer.start(order());
      await finish(order());
      const existing = world.existing(world.restorer.targetId(order()));
      expect(existing.size).toBe(world.makingActions.length);
      for (const tags of existing.values()) {
        expect(tags).toMatchObject({
          [tagKeys.restore]: 'restore-1',
          [tagKeys.source]: sourceKey(point.source),
        });
        expect(tags).not.toHaveProperty([tagKeys.managed]);
        expect(Object.keys(tags).filter((key) => key.startsWith('aws:'))).toEqual([]);
      }
      expect([...existing.values()][0]).toMatchObject({ Role: 'shop' });
    });

    it('makes one database however often it is asked, also when answers are lost', async () => {
      for (const action of new Set(world.makingActions))
        world.addFault({
          service: 'rds',
          action,
          code: 'InternalFailure',
          status: 500,
          times: 1,
          when: 'after',
        });
      const first = await world.restorer.start(order());
      expect(first.state).toBe('wait');
      expect(await world.restorer.start(order())).toMatchObject({ state: 'started' });
      expect(await world.restorer.start(order())).toMatchObject({ state: 'started' });
      expect(await finish(order())).toMatchObject({ state: 'available' });
      expect(world.existing(world.restorer.targetId(order())).size).toBe(world.makingActions.length);
      expect(await world.restorer.start(order())).toMatchObject({ state: 'started' });
    });

    it('leaves a database of somebody else alone that has the name', async () => {
      const id = world.restorer.targetId(order());
      world.occupy(id);
      const [problem, ...more] = await world.restorer.check(order());
      expect(more).toEqual([]);
      expect(problem).toContain(id);
      expect(await world.restorer.start(order())).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining(tagKeys.restore),
      });
      expect(await world.restorer.poll(order())).toMatchObject({ state: 'failed' });
    });

    it('makes two databases for two restores of one point', async () => {
      for (const restore of ['one', 'two']) {
        await world.restorer.start(order(restore));
        expect(await finish(order(restore))).toMatchObject({ state: 'available' });
      }
      expect(world.restorer.targetId(order('one'))).not.toBe(world.restorer.targetId(order('two')));
    });

    it('says that the snapshot is gone, and waits for what passes', async () => {
      const [action = ''] = world.makingActions;
      world.addFault({ service: 'rds', action, code: 'InsufficientDBInstanceCapacity', times: 1 });
      expect(await world.restorer.start(order())).toMatchObject({ state: 'wait' });
      world.removeSnapshot(point.id);
      expect(await world.restorer.start(order())).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('no longer exists'),
      });
      expect(await world.restorer.poll(order())).toMatchObject({ state: 'pending' });
    });

    it('reports a database that went wrong', async () => {
      await world.restorer.start(order());
      world.passSeconds(world.changeSeconds);
      await world.restorer.poll(order());
      world.setStatus(world.restorer.targetId(order()), 'incompatible-network');
      expect(await world.restorer.poll(order())).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('incompatible-network'),
      });
    });

    it('throws what concerns every call', async () => {
      const [action = ''] = world.makingActions;
      world.addFault({ service: 'rds', action, code: 'ExpiredToken', status: 403, times: 1 });
      await expect(world.restorer.start(order())).rejects.toMatchObject({ name: 'ExpiredToken' });
    });
  });
}

/** A real copy of the database, with what its driver recorded. */
async function backUp({ driver, sourceId, passSeconds }: DatabaseWorld): Promise<AvailablePoint> {
  if (driver.kind === 'ec2') throw new Error('not a database');
  const { sources } = await driver.discover({
    selections: [{ kind: driver.kind, select: { identifiers: [sourceId] } }],
    withApplication: true,
  });
  const source = { kind: driver.kind, id: sourceId, region: 'eu-west-1' };
  const relaunch: Relaunch = JSON.parse(JSON.stringify(sources[0]?.relaunch ?? {}));
  const run = { deployment: 'prod-eu', plan: 'shop', backupId };
  const started = await driver.start({ ...run, source, relaunch, reboot: false, slot, attempt: 1 });
  if (started.state !== 'started') throw new Error(`no copy was made: ${started.state}`);
  passSeconds(120);
  return {
    source,
    relaunch,
    status: 'available',
    consistency: 'crash',
    id: started.id,
    name: started.name,
    snapshots: [],
    bytes: 0,
    created_at: slot,
  };
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Relaunch } from '../../functions/catalog/documents.ts';
import type { Driver, StartedCopy, StartOutcome, StartRequest } from '../../functions/drivers/driver.ts';
import type { SourceSelection } from '../../functions/plan/config.ts';
import { copyName, deploymentNameLimit, planNameLimit, tagKeys } from '../../functions/shared/names.ts';

/** One thing that a copy consists of: an AMI, a snapshot behind it, a database snapshot. */
export interface CopyResource {
  readonly id: string;
  /** The name that makes it unique, where the service has one. */
  readonly name?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A cloud with sources in it, as the contract needs it. Everything is fresh for each test. */
export interface DriverWorld {
  readonly driver: Driver;
  /** Identifiers of sources that can be copied, more than a page of them, in no order; `tagSelection` selects exactly these. */
  readonly sources: readonly string[];
  readonly tagSelection: SourceSelection;
  idSelection(ids: readonly string[]): SourceSelection;
  /** Well-formed, and not there. */
  readonly unknownId: string;
  /** Longest name that the service takes for a copy. */
  readonly nameLimit: number;
  /** Seconds of the sandbox clock after which a copy that was started is complete. */
  readonly copySeconds: number;
  passSeconds(seconds: number): void;
  /** Everything that copies consist of and that exists now, in whatever state. */
  resources(): Promise<readonly CopyResource[]>;
  /** Requests that the service has answered so far. */
  calls(): number;
  /** Somebody else makes a copy of `sourceId` under this name. */
  occupy(name: string, sourceId: string): Promise<void>;
  /** From now on copies of this source are accepted and end as failed, or no longer do. */
  failCopiesOf(sourceId: string, fail: boolean): void;
  /** Somebody deletes a copy that this driver has started. */
  deleteCopy(id: string): Promise<void>;
  /** The source ceases to exist. */
  remove(sourceId: string): Promise<void>;
  close(): Promise<void>;
}

export interface DriverContractOptions {
  readonly name: string;
  setUp(): Promise<DriverWorld>;
}

const slot = '2026-11-20T02:00:00Z';
const backupId = '1795140000_2026_11_20_ci';

/** What every driver promises, whichever cloud is behind it. */
export function describeDriverContract({ name, setUp }: DriverContractOptions): void {
  describe(`${name} keeps the driver contract`, () => {
    let world: DriverWorld;
    let relaunch: Relaunch;
    beforeEach(async () => {
      world = await setUp();
      // What a copy is started with in a backup: the relaunch that discovery recorded.
      const { sources } = await discover(world.idSelection([first()]));
      relaunch = sources[0]?.relaunch ?? {};
    });
    afterEach(() => world.close());

    const first = (): string => world.sources[0] ?? 'no-source';
    const requestFor = (id: string, change: Partial<StartRequest> = {}): StartRequest => ({
      source: { kind: world.driver.kind, id, region: 'eu-west-1' },
      relaunch,
      reboot: false,
      deployment: 'prod-eu',
      plan: 'ci',
      backupId,
      slot,
      attempt: 1,
      ...change,
    });
    const nameOf = ({ deployment, plan, source, slot: at, attempt }: StartRequest): string =>
      copyName(deployment, plan, source, at, attempt);
    const started = (outcome: StartOutcome): { id: string; name: string } => {
      expect(outcome).toMatchObject({ state: 'started' });
      return outcome.state === 'started' ? outcome : { id: '', name: '' };
    };
    const start = async (request: StartRequest): Promise<StartedCopy> => {
      const { id, name: copy } = started(await world.driver.start(request));
      return { source: request.source, relaunch: request.relaunch, id, name: copy };
    };
    const poll = (...copies: StartedCopy[]) =>
      world.driver.poll({
        deployment: 'prod-eu',
        plan: 'ci',
        backupId,
        copies,
        withContent: true,
        withAbsent: true,
      });
    const named = async (wanted: string) =>
      (await world.resources()).filter((resource) => resource.name === wanted);
    const discover = (...selections: SourceSelection[]) =>
      world.driver.discover({ selections, withApplication: false });

    describe('discover', () => {
      it('finds every selected source over all pages, each once and in order', async () => {
        const { sources, missing } = await discover(world.tagSelection);
        expect(sources.map(({ source }) => source.id)).toEqual([...world.sources].sort());
        expect(missing).toEqual([]);
        for (const { source } of sources)
          expect(source).toMatchObject({ kind: world.driver.kind, region: 'eu-west-1' });
      });

      it('lists a source once that two selections name', async () => {
        const { sources } = await discover(world.idSelection([first()]), world.idSelection([first()]));
        expect(sources.map(({ source }) => source.id)).toEqual([first()]);
      });

      it('records a relaunch that survives a round trip through JSON', async () => {
        expect(Object.keys(relaunch).length).toBeGreaterThan(5);
        expect(JSON.parse(JSON.stringify(relaunch))).toEqual(relaunch);
      });

      it('reports a named source that is not there as missing, with a reason', async () => {
        const { sources, missing } = await discover(world.idSelection([first(), world.unknownId]));
        expect(sources.map(({ source }) => source.id)).toEqual([first()]);
        expect(missing).toHaveLength(1);
        expect(missing[0]?.source).toEqual({
          kind: world.driver.kind,
          id: world.unknownId,
          region: 'eu-west-1',
        });
        expect(missing[0]?.reason).toContain(world.unknownId);
      });

      it('asks the service nothing when no selection is of its kind', async () => {
        const before = world.calls();
        expect(await discover()).toEqual({ sources: [], missing: [] });
        expect(world.calls()).toBe(before);
      });
    });

    describe('start', () => {
      it('makes one copy however often it is asked, and answers the same identifier', async () => {
        const request = requestFor(first());
        const one = await start(request);
        const two = await start(request);
        world.passSeconds(world.copySeconds);
        const three = await start(request);
        expect([two, three]).toEqual([one, one]);
        expect(await named(nameOf(request))).toHaveLength(1);
      });

      it('makes one copy when it is asked twice at once', async () => {
        const request = requestFor(first());
        const [one, two] = await Promise.all([start(request), start(request)]);
        expect(two).toEqual(one);
        expect(await named(nameOf(request))).toHaveLength(1);
      });

      it('puts all tags on everything it creates, at creation', async () => {
        const before = new Set((await world.resources()).map(({ id }) => id));
        await start(requestFor(first()));
        const rightAway = (await world.resources()).filter(({ id }) => !before.has(id));
        world.passSeconds(world.copySeconds);
        const made = (await world.resources()).filter(({ id }) => !before.has(id));
        expect(rightAway.length).toBeGreaterThan(0);
        for (const { tags } of [...rightAway, ...made]) {
          expect(tags).toMatchObject({
            [tagKeys.managed]: 'prod-eu',
            [tagKeys.plan]: 'ci',
            [tagKeys.backupId]: backupId,
            [tagKeys.source]: `${world.driver.kind}/${first()}`,
            [tagKeys.slot]: slot,
          });
        }
      });

      it('leaves alone a copy of the same name that somebody else made', async () => {
        const request = requestFor(first());
        await world.occupy(nameOf(request), first());
        const before = await world.resources();
        const outcome = await world.driver.start(request);
        expect(outcome).toMatchObject({ state: 'failed' });
        expect(outcome.state === 'failed' && outcome.reason).toContain(nameOf(request));
        expect((await world.resources()).length).toBe(before.length);
      });

      it('adopts no copy that belongs to another backup', async () => {
        const request = requestFor(first());
        await start(request);
        const outcome = await world.driver.start({ ...request, backupId: '1795140000_2026_11_20_other' });
        expect(outcome).toMatchObject({ state: 'failed' });
      });

      it('says that a failed copy is spoilt, and makes a new one under the next attempt', async () => {
        world.failCopiesOf(first(), true);
        const copy = await start(requestFor(first()));
        world.passSeconds(world.copySeconds);
        expect(await poll(copy)).toMatchObject([{ state: 'failed', id: copy.id }]);
        expect(await world.driver.start(requestFor(first()))).toMatchObject({
          state: 'spoilt',
          id: copy.id,
          name: copy.name,
        });
        world.failCopiesOf(first(), false);
        const next = await start(requestFor(first(), { attempt: 2 }));
        expect(next.name).not.toBe(copy.name);
        world.passSeconds(world.copySeconds);
        expect(await poll(next)).toMatchObject([{ state: 'available', id: next.id }]);
      });

      it('fails with a sentence and leaves nothing behind when the source is gone', async () => {
        await world.remove(first());
        const before = await world.resources();
        const outcome = await world.driver.start(requestFor(first()));
        expect(outcome).toMatchObject({ state: 'failed' });
        expect(outcome.state === 'failed' && outcome.reason).toContain(first());
        expect(await world.resources()).toEqual(before);
      });

      it('stays within the limit of names when deployment, plan and attempt are as long as they can be', async () => {
        const request = requestFor(first(), {
          deployment: 'd'.repeat(deploymentNameLimit),
          plan: 'p'.repeat(planNameLimit),
          attempt: 9,
        });
        const copy = await start(request);
        expect(copy.name.length).toBeLessThanOrEqual(world.nameLimit);
        expect(await named(copy.name)).toHaveLength(1);
      });
    });

    describe('poll', () => {
      it('tells a copy under way from one that is available', async () => {
        const copy = await start(requestFor(first()));
        const [pending] = await poll(copy);
        expect(pending).toMatchObject({ state: 'pending', id: copy.id, contentFixed: false });
        world.passSeconds(world.copySeconds);
        const [done] = await poll(copy);
        expect(done).toMatchObject({ state: 'available', id: copy.id });
        if (done?.state !== 'available') return;
        expect(done.bytes).toBeGreaterThan(0);
        expect(done.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      });

      it('calls content fixed while pending only where the service fixes it at the start', async () => {
        const copy = await start(requestFor(first()));
        const seen = new Set<boolean>();
        for (let share = 0; share < 10; share += 1) {
          const [outcome] = await poll(copy);
          if (outcome?.state !== 'pending') break;
          seen.add(outcome.contentFixed);
          world.passSeconds(world.copySeconds / 10);
        }
        expect(seen.has(true)).toBe(world.driver.contentFixedAt === 'initiation');
      });

      it('names the failure of a copy that ended badly', async () => {
        world.failCopiesOf(first(), true);
        const copy = await start(requestFor(first()));
        world.passSeconds(world.copySeconds);
        const [outcome] = await poll(copy);
        expect(outcome).toMatchObject({ state: 'failed', id: copy.id });
        expect(outcome?.state === 'failed' && outcome.reason).toContain(copy.id);
      });

      it('tells a copy that the service does not show from those that it does', async () => {
        const copy = await start(requestFor(first()));
        const ghost = { ...copy, id: world.unknownId, name: world.unknownId };
        expect(await poll(ghost, copy)).toMatchObject([
          { state: 'absent', id: world.unknownId },
          { state: 'pending', id: copy.id },
        ]);
      });

      it('tells a copy that somebody has deleted while it was under way as absent', async () => {
        const copy = await start(requestFor(first()));
        expect(await poll(copy)).toMatchObject([{ state: 'pending', id: copy.id }]);
        await world.deleteCopy(copy.id);
        expect(await poll(copy)).toEqual([{ state: 'absent', id: copy.id }]);
      });

      it('answers for each of many copies with no more calls than for one', async () => {
        const copies: StartedCopy[] = [];
        for (const id of world.sources.slice(0, 25)) copies.push(await start(requestFor(id)));
        world.passSeconds(world.copySeconds);
        const one = await countCalls(() => poll(...copies.slice(0, 1)));
        const many = await countCalls(() => poll(...copies));
        expect(many.result.map(({ id }) => id).sort()).toEqual(copies.map(({ id }) => id).sort());
        expect(many.result.every(({ state }) => state === 'available')).toBe(true);
        expect(many.calls).toBe(one.calls);
      });

      it('asks nothing about no copies', async () => {
        const { calls, result } = await countCalls(() => poll());
        expect({ calls, result }).toEqual({ calls: 0, result: [] });
      });
    });

    async function countCalls<T>(work: () => Promise<T>): Promise<{ calls: number; result: T }> {
      const before = world.calls();
      const result = await work();
      return { calls: world.calls() - before, result };
    }
  });
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IntendedProtection } from '../../functions/catalog/documents.ts';
import type { ProtectOutcome, StartedCopy } from '../../functions/drivers/driver.ts';
import type { DriverWorld } from './driver-contract.ts';

export interface ProtectingDriverWorld extends DriverWorld {
  /** What keeps a copy, and what it consists of, from being deleted. */
  protectionOf(id: string): readonly string[];
}

export interface ProtectingDriverContractOptions {
  readonly name: string;
  setUp(): Promise<ProtectingDriverWorld>;
}

const asked: IntendedProtection = {
  lock: { days: 14, mode: 'governance' },
  deregistration: 'with-cooldown',
};

/** What every driver promises whose service can protect copies from being deleted. */
export function describeProtectingDriverContract({ name, setUp }: ProtectingDriverContractOptions): void {
  describe(`${name} keeps the contract of drivers that protect copies`, () => {
    let world: ProtectingDriverWorld;
    let copies: readonly [StartedCopy, StartedCopy];
    beforeEach(async () => {
      world = await setUp();
      copies = [await startCopy(world.sources[0]), await startCopy(world.sources[1])];
      world.passSeconds(world.copySeconds);
    });
    afterEach(() => world.close());

    const startCopy = async (id = ''): Promise<StartedCopy> => {
      const source = { kind: world.driver.kind, id, region: 'eu-west-1' };
      const outcome = await world.driver.start({
        ...{ source, relaunch: {}, reboot: false, deployment: 'prod-eu', plan: 'ci' },
        ...{ backupId: '1795140000_2026_11_20_ci', slot: '2026-11-20T02:00:00Z', attempt: 1 },
        markProtected: true,
      });
      if (outcome.state !== 'started') throw new Error(`${id} was not copied: ${outcome.reason}`);
      return { source, relaunch: {}, id: outcome.id, name: outcome.name };
    };
    const protect = async (protection: IntendedProtection, ...of: readonly StartedCopy[]) =>
      (await world.driver.protect?.({ protection, copies: of })) ?? [];
    const standing = () => copies.map(({ id }) => world.protectionOf(id));
    const allProtected = (): ProtectOutcome[] => copies.map(({ id }) => ({ state: 'protected', id }));

    it('protects copies and all that they consist of', async () => {
      expect(standing()).toEqual([[], []]);
      expect(await protect(asked, ...copies)).toEqual(allProtected());
      for (const each of standing()) expect(each.length).toBeGreaterThan(1);
    });

    it('only looks when it is asked again', async () => {
      await protect(asked, ...copies);
      const protections = standing();
      const calls = world.calls();
      expect(await protect(asked, ...copies)).toEqual(allProtected());
      expect(standing()).toEqual(protections);
      // At the copies, and at their locks.
      expect(world.calls() - calls).toBe(2);
    });

    it('comes to the same when it is asked twice at once', async () => {
      const both = await Promise.all([protect(asked, ...copies), protect(asked, ...copies)]);
      expect(both).toEqual([allProtected(), allProtected()]);
      const protections = standing();
      await protect(asked, ...copies);
      expect(standing()).toEqual(protections);
    });

    it('weakens nothing that stands', async () => {
      await protect(asked, ...copies);
      const protections = standing();
      const weaker = { lock: { days: 1, mode: 'governance' }, deregistration: 'without-cooldown' } as const;
      expect(await protect(weaker, ...copies)).toEqual(allProtected());
      expect(standing()).toEqual(protections);
    });

    it('answers for each copy, also for one that is gone', async () => {
      const [{ id: gone }, { id: left }] = copies;
      await world.deleteCopy(gone);
      const outcomes = await protect(asked, ...copies);
      expect(outcomes.find(({ id }) => id === left)).toEqual({ state: 'protected', id: left });
      expect(outcomes.find(({ id }) => id === gone)?.state).toBe('wait');
    });

    it('asks nothing about no copies', async () => {
      const calls = world.calls();
      expect(await protect(asked)).toEqual([]);
      expect(world.calls()).toBe(calls);
    });
  });
}

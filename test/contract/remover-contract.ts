import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveCopy, RemovalOutcome, Remover } from '../../functions/drivers/removal.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';

export const deployment = 'prod-eu';

/** A cloud that copies can be made in, as the contract needs it. Everything is fresh for each test. */
export interface RemoverWorld {
  readonly kind: SourceKind;
  readonly remover: Remover;
  /** Another process with clients of its own, on the same account. */
  readonly rival: Remover;
  /** Copies that one answer of the listing call shows at most. */
  readonly pageSize: number;
  /** Makes this many copies, complete and tagged as those of a backup, and names them. */
  makeCopies(count: number, deployment?: string): Promise<string[]>;
  /** A copy that the service has only begun. */
  beginCopy(): Promise<string>;
  /** A copy that ended in failure. */
  makeFailedCopy(): Promise<string>;
  /** Things that look like ours and are not: the same name prefix without tags, our tags in another account. */
  makeLookAlikes(): Promise<readonly string[]>;
  /** IDs of everything that exists, whoever it belongs to and in whatever state: copies and what they consist of. */
  existing(): Promise<ReadonlySet<string>>;
  share(id: string, withAccount: string): Promise<void>;
  /** Takes the deployment's tag from a copy. */
  pullTag(id: string): Promise<void>;
  /** From now on listing fails on its second page. */
  breakSecondPage(): void;
  /** The next answer of every call that deletes is done and then lost. */
  loseAnswersOfDeletes(): void;
  /** From now on, or no longer, every call that deletes is answered with "slower". */
  throttleDeletes(on: boolean): void;
  /** From now on the connection breaks at every call that deletes. */
  cutDeletes(): void;
  calls(): number;
  close(): Promise<void>;
}

export interface RemoverContractOptions {
  readonly name: string;
  setUp(): Promise<RemoverWorld>;
}

/** What every remover promises, whichever cloud is behind it. */
export function describeRemoverContract({ name, setUp }: RemoverContractOptions): void {
  describe(`${name} keeps the remover contract`, () => {
    let world: RemoverWorld;
    beforeEach(async () => {
      world = await setUp();
    });
    afterEach(() => world.close());

    const inventory = () => world.remover.inventory({ deployment });
    const idsOf = (copies: readonly LiveCopy[]) => copies.map(({ id }) => id);
    const remove = (copy: LiveCopy, remover = world.remover): Promise<RemovalOutcome> =>
      remover.remove(copy, { deployment });
    const copyOf = async (id: string): Promise<LiveCopy> => {
      const [copy] = await world.remover.find([id]);
      if (copy === undefined) throw new Error(`there is no copy ${id}`);
      return copy;
    };
    const makeCopy = async (): Promise<LiveCopy> => {
      const [id = ''] = await world.makeCopies(1);
      const { copies } = await inventory();
      const copy = copies.find((candidate) => candidate.id === id);
      if (copy === undefined) throw new Error(`the copy ${id} is not in the inventory`);
      return copy;
    };

    describe('inventory', () => {
      it('lists every copy of the deployment over all pages, each once and in order', async () => {
        const ids = await world.makeCopies(world.pageSize + 5);
        const { copies, strays } = await inventory();
        expect(idsOf(copies)).toEqual([...ids].sort());
        expect(strays).toEqual([]);
      });

      it('is blind to look-alikes, to other accounts and to other deployments', async () => {
        const ids = await world.makeCopies(2);
        await world.makeLookAlikes();
        await world.makeCopies(2, 'prod-us');
        const { copies, strays } = await inventory();
        expect(idsOf(copies)).toEqual([...ids].sort());
        expect(strays).toEqual([]);
      });

      it('tells owner, tags, age and state of a copy', async () => {
        const copy = await makeCopy();
        expect(copy).toMatchObject({ kind: world.kind, owner: '123456789012', state: 'available' });
        expect(copy.name).toMatch(/^snapkeep-prod-eu-/);
        expect(copy.createdAt).toMatch(/^2026-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(copy.tags).toMatchObject({ [tagKeys.managed]: deployment, [tagKeys.plan]: 'ci' });
        const parts = await world.existing();
        expect([copy.id, ...copy.snapshots].every((id) => parts.has(id))).toBe(true);
        expect(copy.snapshots.length + 1).toBe(parts.size);
      });

      it('shows copies under way and copies that failed', async () => {
        const failed = await world.makeFailedCopy();
        const pending = await world.beginCopy();
        const { copies, strays } = await inventory();
        expect(Object.fromEntries(copies.map(({ id, state }) => [id, state]))).toEqual({
          [failed]: 'failed',
          [pending]: 'pending',
        });
        expect(strays).toEqual([]);
      });

      it('throws when one page cannot be had, instead of taking the others for everything', async () => {
        await world.makeCopies(world.pageSize + 5);
        world.breakSecondPage();
        await expect(inventory()).rejects.toThrow();
      });
    });

    describe('find', () => {
      it('tells a copy that lost its tag from one that is gone', async () => {
        const [kept = '', pulled = ''] = await world.makeCopies(2);
        await world.pullTag(pulled);
        const gone = await makeCopy();
        await remove(gone);
        const found = await world.remover.find([pulled, gone.id, kept]);
        expect(idsOf(found)).toEqual([kept, pulled].sort());
        expect(found.find(({ id }) => id === pulled)?.tags[tagKeys.managed]).toBeUndefined();
        expect(found.find(({ id }) => id === kept)?.tags[tagKeys.managed]).toBe(deployment);
      });

      it('asks nothing about no copies', async () => {
        const before = world.calls();
        expect(await world.remover.find([])).toEqual([]);
        expect(world.calls()).toBe(before);
      });
    });

    describe('obstacles', () => {
      it('finds none where nothing stands in the way', async () => {
        await world.makeCopies(2);
        const { copies } = await inventory();
        expect([...(await world.remover.obstacles(copies))]).toEqual([]);
      });

      it('names the account that a copy is shared with, for that copy alone', async () => {
        const [shared = ''] = await world.makeCopies(3);
        await world.share(shared, '210987654321');
        const { copies } = await inventory();
        const obstacles = await world.remover.obstacles(copies);
        expect([...obstacles]).toEqual([
          [shared, [{ kind: 'shared', id: shared, reason: 'shared with account 210987654321' }]],
        ]);
      });

      it('says so when everybody may use a copy', async () => {
        const copy = await makeCopy();
        await world.share(copy.id, 'all');
        const obstacles = await world.remover.obstacles([copy]);
        expect(obstacles.get(copy.id)).toMatchObject([{ kind: 'shared', reason: 'shared with everybody' }]);
      });

      it('finds none for a copy that is gone', async () => {
        const copy = await makeCopy();
        await remove(copy);
        expect([...(await world.remover.obstacles([copy]))]).toEqual([]);
      });

      it('asks nothing about no copies', async () => {
        const before = world.calls();
        expect([...(await world.remover.obstacles([]))]).toEqual([]);
        expect(world.calls()).toBe(before);
      });
    });

    describe('remove', () => {
      it('leaves nothing of a copy, and everything of all others', async () => {
        const lookAlikes = await world.makeLookAlikes();
        await world.makeCopies(2, 'prod-us');
        await world.makeCopies(2);
        const before = await world.existing();
        const copy = await makeCopy();
        expect(await remove(copy)).toEqual({ state: 'removed' });
        expect(await world.existing()).toEqual(before);
        expect(lookAlikes.every((id) => before.has(id))).toBe(true);
      });

      it('takes what is gone for removed', async () => {
        const copy = await makeCopy();
        expect(await remove(copy)).toEqual({ state: 'removed' });
        expect(await remove(copy)).toEqual({ state: 'removed' });
      });

      it('removes a copy that failed', async () => {
        const id = await world.makeFailedCopy();
        const { copies } = await inventory();
        const copy = copies.find((candidate) => candidate.id === id);
        expect(copy && (await remove(copy))).toEqual({ state: 'removed' });
        expect((await world.existing()).size).toBe(0);
      });

      it('puts a copy off that is still being made', async () => {
        const copy = await copyOf(await world.beginCopy());
        expect(await remove(copy)).toMatchObject({ state: 'postponed' });
        expect(await world.existing()).toContain(copy.id);
      });

      it('keeps a copy whose tag was pulled since it was listed', async () => {
        const copy = await makeCopy();
        const before = await world.existing();
        await world.pullTag(copy.id);
        const outcome = await remove(copy);
        expect(outcome).toMatchObject({ state: 'kept', left: [copy.id, ...copy.snapshots] });
        expect(outcome.state === 'kept' && outcome.reason).toContain(tagKeys.managed);
        expect(await world.existing()).toEqual(before);
      });

      it('keeps a copy of another deployment, whatever it is told', async () => {
        const [id = ''] = await world.makeCopies(1, 'prod-us');
        const before = await world.existing();
        expect(await remove(await copyOf(id))).toMatchObject({ state: 'kept' });
        expect(await world.existing()).toEqual(before);
      });

      it('touches nothing of other accounts and nothing without tags, whatever it is told', async () => {
        const lookAlikes = await world.makeLookAlikes();
        const before = await world.existing();
        const sample = await makeCopy();
        for (const id of lookAlikes) {
          const { state } = await remove({ ...sample, id, name: id, snapshots: [] });
          expect(['kept', 'removed']).toContain(state);
        }
        await remove(sample);
        expect(await world.existing()).toEqual(before);
      });

      it('does no harm when two do it at once', async () => {
        const [, , stays = ''] = await world.makeCopies(3);
        const { copies } = await inventory();
        const doomed = copies.filter(({ id }) => id !== stays);
        const outcomes = await Promise.all(
          doomed.flatMap((copy) => [remove(copy), remove(copy, world.rival), remove(copy)]),
        );
        expect(outcomes.map(({ state }) => state)).not.toContain('kept');
        const rest = await Promise.all(doomed.map((copy) => remove(copy)));
        expect(rest).toEqual(doomed.map(() => ({ state: 'removed' })));
        const kept = copies.find(({ id }) => id === stays);
        expect(await world.existing()).toEqual(new Set([stays, ...(kept?.snapshots ?? [])]));
      });

      it('loses nothing when answers get lost', async () => {
        const [, stays = ''] = await world.makeCopies(2);
        const { copies } = await inventory();
        const doomed = copies.filter(({ id }) => id !== stays);
        world.loseAnswersOfDeletes();
        for (const copy of doomed) {
          const first = await remove(copy);
          expect(first.state).not.toBe('kept');
          expect(await remove(copy)).toEqual({ state: 'removed' });
        }
        const kept = copies.find(({ id }) => id === stays);
        expect(await world.existing()).toEqual(new Set([stays, ...(kept?.snapshots ?? [])]));
      });

      it('puts a copy off while the service is busy, and removes it later', async () => {
        const copy = await makeCopy();
        const before = await world.existing();
        world.throttleDeletes(true);
        expect(await remove(copy)).toMatchObject({ state: 'postponed' });
        expect(await world.existing()).toEqual(before);
        world.throttleDeletes(false);
        expect(await remove(copy)).toEqual({ state: 'removed' });
      });

      it('throws when the service cannot be reached, since that concerns all copies', async () => {
        const copy = await makeCopy();
        world.cutDeletes();
        await expect(remove(copy)).rejects.toThrow();
      });
    });
  });
}

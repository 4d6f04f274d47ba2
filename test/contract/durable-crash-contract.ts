import { describe, expect, it } from 'vitest';
import type { DurableContext, Json, Workflow } from '../../functions/shared/durable.ts';
import type { DurableHost, DurableHostOptions } from './durable-contract.ts';

/** What every implementation of the durable port must do when its process dies. */
export function durableCrashContract(
  name: string,
  makeHost: (options?: DurableHostOptions) => DurableHost,
): void {
  describe(`durable port, dying: ${name}`, () => {
    it('ends the same after a crash before or after any checkpoint, and never repeats what is remembered', async () => {
      const base = await enumerated(makeHost, () => false);
      let checkpoints = 0;
      await enumerated(makeHost, (index) => {
        checkpoints = Math.max(checkpoints, index);
        return false;
      });
      expect(checkpoints).toBeGreaterThan(5);
      let crashes = 0;
      for (const phase of ['before', 'after'] as const) {
        for (let at = 1; at <= checkpoints; at += 1) {
          const crashed = await enumerated(makeHost, (index, now) => {
            const dies = index === at && now === phase;
            if (dies) crashes += 1;
            return dies;
          });
          expect(crashed.result, `crash ${phase} checkpoint ${at}`).toEqual(base.result);
          for (const [step, runs] of crashed.bodies) {
            // One crash can only repeat a body whose result it kept from being remembered.
            expect(runs, `${step} with a crash ${phase} checkpoint ${at}`).toBeLessThanOrEqual(2);
          }
          const repeated = [...crashed.bodies.values()].filter((runs) => runs > 1).length;
          expect(repeated, `bodies repeated with a crash ${phase} checkpoint ${at}`).toBeLessThanOrEqual(2);
        }
      }
      expect(crashes).toBe(2 * checkpoints);
    });
  });
}

/** A workflow in the shape of a backup; counts how often each body ran. */
async function enumerated(
  makeHost: (options?: DurableHostOptions) => DurableHost,
  crash: (index: number, phase: 'before' | 'after') => boolean,
): Promise<{ result: Json; bodies: Map<string, number> }> {
  const bodies = new Map<string, number>();
  const ran = (name: string) => bodies.set(name, (bodies.get(name) ?? 0) + 1);
  const child: Workflow<number, number> = async (input, context) =>
    context.step('work', async () => {
      ran(`child-${input}`);
      return input + 100;
    });
  const result = await makeHost({ functions: { child }, crash }).run(
    async (input: { n: number }, context) => {
      const ids = await context.step('prepare', async () => {
        ran('prepare');
        return Array.from({ length: input.n }, (_, index) => index);
      });
      const started: number[] = [];
      for (const id of ids) {
        const copy = await context.step(`start-${id}`, async () => {
          ran(`start-${id}`);
          return id + 10;
        });
        started.push(copy);
      }
      const shards = await context.all(
        'shards',
        [1, 2].map((shard) => (branch: DurableContext) => branch.invoke<number>('shard', 'child', shard)),
      );
      const polled = await context.waitFor('poll', {
        initial: { pending: started },
        check: async (state) => ({ pending: state.pending.slice(1) }),
        next: (state) => (state.pending.length === 0 ? 'done' : { waitSeconds: 5 }),
      });
      return context.step('seal', async () => {
        ran('seal');
        return { started, shards, left: polled.pending.length };
      });
    },
    { n: 3 },
  );
  return { result, bodies };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../functions/engine/engine.ts';
import { SimulatedCrash } from '../../../functions/engine/session.ts';
import type { DurableContext, Workflow } from '../../../functions/shared/durable.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

const newClock = () => new VirtualClock(Date.UTC(2026, 10, 20));

describe('a replay of the local engine', () => {
  it('gives the same result whatever crashes, and never runs a remembered body again', async () => {
    const shape = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('step' as const) }),
        fc.record({ kind: fc.constant('wait' as const), polls: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ kind: fc.constant('invoke' as const) }),
        fc.record({ kind: fc.constant('all' as const), branches: fc.integer({ min: 0, max: 4 }) }),
      ),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(shape, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (plan, dice) => {
        const remembered = new Set<string>();
        const repeated: string[] = [];
        const ran = new Set<string>();
        const body = (key: string) => async () => {
          if (remembered.has(key)) repeated.push(key);
          ran.add(key);
          return key;
        };
        const child: Workflow<string, string> = async (input, context) => {
          const result = await context.step('inner', body(input));
          remembered.add(input);
          return result;
        };
        const workflow: Workflow<null, string[]> = async (_input, context) => {
          const results: string[] = [];
          for (const [index, part] of plan.entries()) {
            const key = `${part.kind}-${index}`;
            if (part.kind === 'step') {
              results.push(await context.step(key, body(key)));
              remembered.add(key);
            } else if (part.kind === 'invoke') {
              results.push(await context.invoke<string>(key, 'child', key));
            } else if (part.kind === 'wait') {
              const polls = await context.waitFor(key, {
                initial: 0 as number,
                check: async (state) => state + 1,
                next: (state) => (state >= part.polls ? 'done' : { waitSeconds: 5 }),
              });
              results.push(`${key}:${polls}`);
            } else {
              const branches = Array.from(
                { length: part.branches },
                (_, n) => async (branch: DurableContext) => {
                  const result = await branch.step('inner', body(`${key}.${n}`));
                  remembered.add(`${key}.${n}`);
                  return result;
                },
              );
              results.push(...(await context.all(key, branches)));
            }
          }
          return results;
        };
        const calm = await createEngine({ clock: newClock(), functions: { child } }).run(workflow, null);
        const expectedBodies = new Set(ran);
        remembered.clear();
        ran.clear();
        let crashes = 0;
        const stormy = createEngine({
          clock: newClock(),
          functions: { child },
          onCheckpoint: () => {
            if (crashes < 50 && dice.next().value === 0) {
              crashes += 1;
              throw new SimulatedCrash('dice');
            }
          },
        });
        let result: string[] | undefined;
        while (result === undefined) {
          result = await stormy.run(workflow, null).catch((error: unknown) => {
            if (error instanceof SimulatedCrash) return undefined;
            throw error;
          });
        }
        expect(result).toEqual(calm);
        expect(repeated).toEqual([]);
        expect(ran).toEqual(expectedBodies);
      }),
      { numRuns: 150 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { AnyWorkflow } from '../../functions/engine/engine.ts';
import type { DurableContext, Json, Workflow } from '../../functions/shared/durable.ts';
import { failedError, SnapkeepError, usageError } from '../../functions/shared/errors.ts';

export interface DurableHost {
  /** Runs to the end, through every crash that the switch makes. Virtual time. */
  run<I extends Json, O extends Json>(workflow: Workflow<I, O>, input: I): Promise<O>;
  /** Milliseconds of virtual time since the host was made. */
  elapsed(): number;
}

export interface DurableHostOptions {
  readonly functions?: Readonly<Record<string, AnyWorkflow>>;
  /** True: the process dies here. Checkpoints are numbered from 1, repeated ones anew. */
  readonly crash?: (index: number, phase: 'before' | 'after') => boolean;
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** What every implementation of the durable port must do; the workflows rely on nothing else. */
export function durableContract(name: string, makeHost: (options?: DurableHostOptions) => DurableHost): void {
  describe(`durable port: ${name}`, () => {
    it('returns the results of steps in the order of the calls', async () => {
      const result = await makeHost().run(
        async (input: { n: number }, context) => {
          const first = await context.step('double', async () => input.n * 2);
          const second = await context.step('list', async () => [first, { nested: [null, 'text', true] }]);
          return { first, second };
        },
        { n: 21 },
      );
      expect(result).toEqual({ first: 42, second: [42, { nested: [null, 'text', true] }] });
    });

    it('hands a workflow copies, never the objects that a step body still holds', async () => {
      const held = { values: [1] };
      const result = await makeHost().run(async (_input: null, context) => {
        const seen = await context.step('share', async () => held);
        held.values.push(2);
        return seen;
      }, null);
      expect(result).toEqual({ values: [1] });
    });

    it('fails a step once, without trying again, and keeps kind, message and remedy', async () => {
      let bodies = 0;
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          return context.step('prepare', async (): Promise<Json> => {
            bodies += 1;
            throw usageError('no source is selected', 'check the tags');
          });
        }, null),
      );
      expect(error).toBeInstanceOf(SnapkeepError);
      expect(error).toMatchObject({
        kind: 'usage',
        message: 'no source is selected',
        remedy: 'check the tags',
      });
      expect(bodies).toBe(1);
    });

    const unwell = () =>
      Object.assign(new Error('try later'), {
        name: 'ServiceUnavailable',
        $metadata: { httpStatusCode: 503 },
      });
    it.each([
      ['no answer came', () => Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
      ['the service failed', unwell],
      ['the vault did not answer', () => failedError('no answer', 'run it again', unwell())],
    ])('tries a step again, some seconds later, when %s', async (_case, error) => {
      const host = makeHost();
      let bodies = 0;
      const result = await host.run(async (_input: null, context) => {
        const first = await context.step('prepare', async () => {
          bodies += 1;
          if (bodies < 3) throw error();
          return bodies;
        });
        return context.step('after', async () => [first, 'went on']);
      }, null);
      expect(result).toEqual([3, 'went on']);
      expect(host.elapsed()).toBeGreaterThanOrEqual(30_000);
      expect(host.elapsed()).toBeLessThan(40_000);
    });

    it('gives a step up after three tries', async () => {
      let bodies = 0;
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          return context.step('prepare', async (): Promise<Json> => {
            bodies += 1;
            throw unwell();
          });
        }, null),
      );
      expect(error).toMatchObject({ name: 'ServiceUnavailable', message: 'try later' });
      expect(bodies).toBe(3);
    });

    it('lets a workflow catch a failed step and go on', async () => {
      const result = await makeHost().run(async (_input: null, context) => {
        let reason = '';
        try {
          await context.step('break', async (): Promise<Json> => {
            throw Object.assign(new Error('bucket is gone'), { name: 'NoSuchBucket' });
          });
        } catch (error) {
          reason = error instanceof Error ? `${error.name}: ${error.message}` : 'not an error';
        }
        const after = await context.step('after', async () => 'went on');
        return { reason, after };
      }, null);
      expect(result).toEqual({ reason: 'NoSuchBucket: bucket is gone', after: 'went on' });
    });

    it('checks until the state says done, and waits in between', async () => {
      const host = makeHost();
      const counts: number[] = [];
      const result = await host.run(async (_input: null, context) => {
        return context.waitFor('poll', {
          initial: { pending: 3 },
          check: async (state) => ({ pending: state.pending - 1 }),
          next: (state, checks) => {
            counts.push(checks);
            return state.pending === 0 ? 'done' : { waitSeconds: 30 };
          },
        });
      }, null);
      expect(result).toEqual({ pending: 0 });
      expect([...new Set(counts)]).toEqual([1, 2, 3]);
      expect(host.elapsed()).toBeGreaterThanOrEqual(60_000);
      expect(host.elapsed()).toBeLessThan(63_000);
    });

    it('keeps state and count when a check throws', async () => {
      let calls = 0;
      const result = await makeHost().run(async (_input: null, context) => {
        return context.waitFor('poll', {
          initial: { good: 0, checks: 0 },
          check: async (state) => {
            calls += 1;
            if (calls === 2) throw new Error('connection reset');
            return { good: state.good + 1, checks: calls };
          },
          next: (state, checks) => (state.good === 2 ? 'done' : { waitSeconds: checks }),
        });
      }, null);
      expect(result).toEqual({ good: 2, checks: 3 });
    });

    it('ends a wait at once when a check fails in an expected way', async () => {
      let calls = 0;
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          return context.waitFor('poll', {
            initial: 0 as number,
            check: async () => {
              calls += 1;
              throw usageError('credentials have expired');
            },
            next: () => ({ waitSeconds: 1 }),
          });
        }, null),
      );
      expect(error).toMatchObject({ kind: 'usage', message: 'credentials have expired' });
      expect(calls).toBe(1);
    });

    it('ends a wait at once when the credentials have expired: every further check would fail the same way', async () => {
      let calls = 0;
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          return context.waitFor('poll', {
            initial: 0 as number,
            check: async () => {
              calls += 1;
              throw Object.assign(new Error('the token has expired'), { name: 'ExpiredToken' });
            },
            next: () => ({ waitSeconds: 1 }),
          });
        }, null),
      );
      expect(error).toMatchObject({ name: 'ExpiredToken', message: 'the token has expired' });
      expect(calls).toBe(1);
    });

    it('gives a wait up when every check throws', async () => {
      let calls = 0;
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          return context.waitFor('poll', {
            initial: 0 as number,
            check: async () => {
              calls += 1;
              throw new TypeError('undefined is not a function');
            },
            next: () => ({ waitSeconds: 1 }),
          });
        }, null),
      );
      expect(error).toMatchObject({ name: 'TypeError', message: 'undefined is not a function' });
      expect(calls).toBe(11);
    });

    it('invokes another function once and returns its result', async () => {
      let ran = 0;
      const child: Workflow<{ shard: number }, { done: number }> = async (input, context) => {
        ran += 1;
        return { done: await context.step('work', async () => input.shard * 10) };
      };
      const result = await makeHost({ functions: { child } }).run(async (_input: null, context) => {
        const first = await context.invoke<{ done: number }>('shard-0', 'child', { shard: 1 });
        return { first, last: await context.step('seal', async () => 'sealed') };
      }, null);
      expect(result).toEqual({ first: { done: 10 }, last: 'sealed' });
      expect(ran).toBe(1);
    });

    it('passes the failure of an invoked function on to the workflow', async () => {
      const child: Workflow<null, null> = async (_input, context) =>
        context.step('work', async () => {
          throw usageError('the vault is not writable', 'check the bucket policy');
        });
      const error = await failureOf(
        makeHost({ functions: { child } }).run(
          async (_input: null, context) => context.invoke('shard', 'child', null),
          null,
        ),
      );
      expect(error).toMatchObject({
        kind: 'usage',
        message: 'the vault is not writable',
        remedy: 'check the bucket policy',
      });
    });

    it('runs invokes that are made together, and remembers each answer by itself', async () => {
      const child: Workflow<number, string> = async (input) => String(input).repeat(150 * 1024);
      const lengths = await makeHost({ functions: { child } }).run(async (_input: null, context) => {
        const answers = await Promise.all(
          [1, 2, 3].map((n) => context.invoke<string>(`shard-${n}`, 'child', n)),
        );
        return context.step('lengths', async () => answers.map((answer) => `${answer[0]}: ${answer.length}`));
      }, null);
      expect(lengths).toEqual(['1: 153600', '2: 153600', '3: 153600']);
    });

    it('waits for invokes made together although one fails', async () => {
      const child: Workflow<number, number> = async (input, context) =>
        context.step('work', async () => {
          if (input === 1) throw usageError('shard 1 has no access');
          return input;
        });
      const outcomes = await makeHost({ functions: { child } }).run(async (_input: null, context) => {
        const invokes = [1, 2, 3].map((n) => context.invoke<number>(`shard-${n}`, 'child', n));
        const settled = await Promise.allSettled(invokes);
        return context.step('sum', async () => settled.map(({ status }) => status));
      }, null);
      expect(outcomes).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    });

    it('runs all branches, each with its own names, and keeps their order', async () => {
      const child: Workflow<number, number> = async (input) => input * input;
      const branch = (n: number) => async (context: DurableContext) => {
        const squared = await context.invoke<number>('square', 'child', n);
        return context.step('add', async () => squared + 1);
      };
      const result = await makeHost({ functions: { child } }).run(async (_input: null, context) => {
        const sums = await context.all('shards', [1, 2, 3].map(branch));
        return context.step('sum', async () => sums);
      }, null);
      expect(result).toEqual([2, 5, 10]);
    });

    it('waits for all branches before it throws the failure of the first that failed', async () => {
      let finished = 0;
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          return context.all('shards', [
            async (branch: DurableContext) =>
              branch.step('quick', async (): Promise<Json> => {
                throw usageError('shard 0 has no access');
              }),
            async (branch: DurableContext) => {
              await branch.waitFor('slow', {
                initial: 0 as number,
                check: async (state) => state + 1,
                next: (state) => (state === 3 ? 'done' : { waitSeconds: 10 }),
              });
              finished += 1;
              return null;
            },
          ]);
        }, null),
      );
      expect(error).toMatchObject({ kind: 'usage', message: 'shard 0 has no access' });
      expect(finished).toBeGreaterThanOrEqual(1);
    });

    it('refuses a step result over 200 KB, naming the step', async () => {
      const error = await failureOf(
        makeHost().run(
          async (_input: null, context) => context.step('huge', async () => 'x'.repeat(200 * 1024)),
          null,
        ),
      );
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toMatch(/'huge' needs \d+ bytes/);
    });

    it('refuses a result that is not plain data, naming the step', async () => {
      const error = await failureOf(
        makeHost().run(async (_input: null, context) => {
          // The types forbid it, which is why the test has to go around them.
          const notPlain: unknown = { when: new Date(0) };
          return context.step('date', async () => notPlain as Json);
        }, null),
      );
      expect(String(error)).toMatch(/'date' returned an instance of Date/);
    });
  });
}

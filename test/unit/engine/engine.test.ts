import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../functions/engine/engine.ts';
import { ReplayMismatchError } from '../../../functions/engine/execution.ts';
import { DurableLimitError } from '../../../functions/engine/limits.ts';
import { SimulatedCrash } from '../../../functions/engine/session.ts';
import { CheckpointStore } from '../../../functions/engine/store.ts';
import type { DurableContext, Workflow } from '../../../functions/shared/durable.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

const newClock = () => new VirtualClock(Date.UTC(2026, 10, 20));

/** Dies at the n-th checkpoint, once. */
const dieAt = (at: number, phase: 'before' | 'after') => (event: { index: number; phase: string }) => {
  if (event.index === at && event.phase === phase) throw new SimulatedCrash(`crash ${phase} ${at}`);
};

describe('the local engine', () => {
  it('counts operations, checkpoints, invocations and bytes as the service meters them', async () => {
    const engine = createEngine({ clock: newClock() });
    await engine.run(async (_input: null, context) => {
      await context.step('one', async () => 'abc');
      return context.waitFor('poll', {
        initial: 0 as number,
        check: async (state) => state + 1,
        next: (state) => (state === 3 ? 'done' : { waitSeconds: 1 }),
      });
    }, null);
    expect(engine.statistics()).toEqual({
      // Execution, step, wait, and two further checks.
      operations: 5,
      // Step, three checks, end.
      checkpoints: 5,
      // The start and two ends of waits.
      invocations: 3,
      // `null`, `"abc"`, `1`, `2`, `3`, `3`.
      bytes: 4 + 5 + 4,
    });
  });

  it('answers a finished execution from its checkpoints', async () => {
    const engine = createEngine({ clock: newClock() });
    let runs = 0;
    const workflow: Workflow<number, number> = async (input) => {
      runs += 1;
      return input + 1;
    };
    expect(await engine.run(workflow, 1, { name: 'a' })).toBe(2);
    expect(await engine.run(workflow, 1, { name: 'a' })).toBe(2);
    expect(runs).toBe(1);
  });

  it('refuses the name of an execution that has another input', async () => {
    const engine = createEngine({ clock: newClock() });
    const workflow: Workflow<number, number> = async (input) => input;
    await engine.run(workflow, 1, { name: 'a' });
    await expect(engine.run(workflow, 2, { name: 'a' })).rejects.toThrow("an execution named 'a' exists");
  });

  it('goes on in a new engine over the store of the one that crashed', async () => {
    const store = new CheckpointStore();
    const bodies: string[] = [];
    const workflow: Workflow<null, string> = async (_input, context) => {
      await context.step('one', async () => bodies.push('one'));
      await context.step('two', async () => bodies.push('two'));
      return 'end';
    };
    const crashing = createEngine({ clock: newClock(), store, onCheckpoint: dieAt(2, 'before') });
    await expect(crashing.run(workflow, null)).rejects.toThrow(SimulatedCrash);
    expect(await createEngine({ clock: newClock(), store }).run(workflow, null)).toBe('end');
    expect(bodies).toEqual(['one', 'two', 'two']);
  });

  it('refuses a workflow whose operations changed under an execution', async () => {
    const store = new CheckpointStore();
    const crashing = createEngine({ clock: newClock(), store, onCheckpoint: dieAt(1, 'after') });
    await expect(
      crashing.run(async (_: null, context) => context.step('one', async () => 1), null),
    ).rejects.toThrow(SimulatedCrash);
    const changed = createEngine({ clock: newClock(), store }).run(
      async (_: null, context) => context.step('uno', async () => 1),
      null,
    );
    await expect(changed).rejects.toThrow(ReplayMismatchError);
    await expect(changed).rejects.toThrow(
      "asks for step 'uno' at position 1 where its checkpoints hold step 'one'",
    );
  });

  it('waits only for what is left of a wait that a crash interrupted', async () => {
    const clock = newClock();
    const start = clock.now();
    const store = new CheckpointStore();
    const workflow: Workflow<null, number> = async (_input, context) =>
      context.waitFor('poll', {
        initial: 0 as number,
        check: async (state) => state + 1,
        next: (state) => (state === 2 ? 'done' : { waitSeconds: 100 }),
      });
    const crashing = createEngine({ clock, store, onCheckpoint: dieAt(1, 'after') });
    await expect(crashing.run(workflow, null)).rejects.toThrow(SimulatedCrash);
    clock.advance(40_000);
    expect(await createEngine({ clock, store }).run(workflow, null)).toBe(2);
    expect(clock.now() - start).toBe(100_000);
  });

  it('runs no catch or finally of a workflow after a crash', async () => {
    const seen: string[] = [];
    const engine = createEngine({ clock: newClock(), onCheckpoint: dieAt(1, 'before') });
    const run = engine.run(async (_: null, context) => {
      try {
        await context.step('one', async () => 1);
      } catch {
        seen.push('catch');
      } finally {
        seen.push('finally');
      }
      return 'end';
    }, null);
    await expect(run).rejects.toThrow(SimulatedCrash);
    expect(seen).toEqual([]);
  });

  it('lets the bodies of sibling branches settle before a crash is reported, and starts nothing after it', async () => {
    const clock = newClock();
    let running = 0;
    let settled = 0;
    let startedLater = 0;
    const slow = async (context: DurableContext) => {
      await context.step('slow', async () => {
        running += 1;
        await clock.sleep(5_000);
        settled += 1;
        return null;
      });
      return context.step('later', async () => {
        startedLater += 1;
        return null;
      });
    };
    const quick = async (context: DurableContext) => context.step('quick', async () => null);
    const engine = createEngine({ clock, onCheckpoint: dieAt(1, 'before') });
    const run = engine.run(async (_: null, context) => context.all('both', [slow, quick]), null);
    await expect(run).rejects.toThrow(SimulatedCrash);
    expect({ running, settled, startedLater }).toEqual({ running: 1, settled: 1, startedLater: 0 });
  });

  it('stops a wait at once when it is interrupted, and goes on with the next run', async () => {
    const clock = newClock();
    const engine = createEngine({ clock });
    const controller = new AbortController();
    const workflow: Workflow<null, number> = async (_input, context) =>
      context.waitFor('poll', {
        initial: 0 as number,
        check: async (state) => {
          if (state === 1) controller.abort(new Error('interrupted'));
          return state + 1;
        },
        next: (state) => (state === 3 ? 'done' : { waitSeconds: 60 }),
      });
    await expect(engine.run(workflow, null, { signal: controller.signal })).rejects.toThrow('interrupted');
    expect(await engine.run(workflow, null)).toBe(3);
  });

  it('stops at once when it is interrupted before a further try of a step, and remembers no failure of it', async () => {
    const clock = newClock();
    const begunAt = clock.now();
    const engine = createEngine({ clock });
    const controller = new AbortController();
    let tries = 0;
    const workflow: Workflow<null, string> = async (_input, context) => {
      try {
        return await context.step('start', async () => {
          tries += 1;
          if (tries < 3) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
          return 'started';
        });
      } finally {
        await context
          .step('resume', async () => {
            if (tries < 3) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
            return null;
          })
          .catch(() => null);
      }
    };
    void clock.sleep(1000).then(() => controller.abort(new Error('interrupted')));
    await expect(engine.run(workflow, null, { signal: controller.signal })).rejects.toThrow('interrupted');
    expect(clock.now() - begunAt).toBe(1000);
    expect(await engine.run(workflow, null)).toBe('started');
  });

  it('lets an interrupted workflow put things right, and does so again in a later run', async () => {
    const clock = newClock();
    const engine = createEngine({ clock });
    const log: string[] = [];
    const workflow: Workflow<null, string> = async (_input, context) => {
      await context.step('quiesce', async () => log.push('quiesce'));
      try {
        await context.waitFor('content', {
          initial: 0 as number,
          check: async (state) => state + 1,
          next: (state) => (state === 5 ? 'done' : { waitSeconds: 60 }),
        });
      } finally {
        await context.step('resume', async () => log.push('resume'));
      }
      await context.step('seal', async () => log.push('seal'));
      return 'end';
    };
    const controller = new AbortController();
    void clock.sleep(90_000).then(() => controller.abort(new Error('interrupted')));
    await expect(engine.run(workflow, null, { signal: controller.signal })).rejects.toThrow('interrupted');
    expect(log).toEqual(['quiesce', 'resume']);

    expect(await engine.run(workflow, null)).toBe('end');
    expect(log).toEqual(['quiesce', 'resume', 'resume', 'seal']);
  });

  it('tells every branch and every invoked workflow of an interruption, and remembers no failure of it', async () => {
    const clock = newClock();
    const controller = new AbortController();
    const told: string[] = [];
    const waiting = (name: string) => async (context: DurableContext) => {
      try {
        return await context.waitFor('wait', {
          initial: 0 as number,
          check: async (state) => state + 1,
          next: (state) => (state === 4 ? 'done' : { waitSeconds: 60 }),
        });
      } catch (error) {
        told.push(name);
        throw error;
      }
    };
    const child: Workflow<null, number> = async (_input, context) => waiting('child')(context);
    const engine = createEngine({ clock, functions: { child } });
    const workflow: Workflow<null, number[]> = async (_input, context) =>
      context.all('both', [waiting('branch'), (branch) => branch.invoke<number>('child', 'child', null)]);
    void clock.sleep(90_000).then(() => controller.abort(new Error('interrupted')));
    await expect(engine.run(workflow, null, { signal: controller.signal })).rejects.toThrow('interrupted');
    expect(told.sort()).toEqual(['branch', 'child']);
    expect(await engine.run(workflow, null)).toEqual([4, 4]);
  });

  it('does not start a step for a signal that is aborted already', async () => {
    let bodies = 0;
    const run = createEngine({ clock: newClock() }).run(
      async (_: null, context) => context.step('one', async () => (bodies += 1)),
      null,
      { signal: AbortSignal.abort(new Error('interrupted')) },
    );
    await expect(run).rejects.toThrow('interrupted');
    expect(bodies).toBe(0);
  });

  it('fails an execution that needs more operations than the service gives', async () => {
    const engine = createEngine({ clock: newClock(), limits: { operations: 10 } });
    const run = engine.run(async (_: null, context) => {
      for (let n = 0; n < 20; n += 1) {
        // Catching must not help: on the service the execution is over.
        await context.step(`step-${n}`, async () => n).catch(() => 0);
      }
      return null;
    }, null);
    await expect(run).rejects.toThrow(DurableLimitError);
    await expect(run).rejects.toMatchObject({
      limit: 'operations',
      allowed: 10,
      found: 11,
      operation: 'step-9',
    });
  });

  it('fails an execution that writes more than it may in total', async () => {
    const engine = createEngine({ clock: newClock(), limits: { totalBytes: 1_000 } });
    const run = engine.run(async (_: null, context) => {
      for (let n = 0; n < 20; n += 1) await context.step(`step-${n}`, async () => 'x'.repeat(98));
      return null;
    }, null);
    await expect(run).rejects.toMatchObject({ limit: 'totalBytes', allowed: 1_000 });
  });

  it('names the registered functions when an invoke finds none', async () => {
    const child: Workflow<null, null> = async () => null;
    const engine = createEngine({ clock: newClock(), functions: { 'backup-worker': child } });
    const run = engine.run(async (_: null, context) => context.invoke('x', 'backup', null), null);
    await expect(run).rejects.toThrow("no function 'backup' to invoke (registered: backup-worker)");
  });

  it('keeps the original of a defect as the cause, for its stack', async () => {
    const run = createEngine({ clock: newClock() }).run(async (_: null, context) => {
      return context.step('one', async (): Promise<null> => {
        throw new TypeError('a defect');
      });
    }, null);
    const error = await run.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'TypeError', message: 'a defect' });
    expect(error).toHaveProperty('cause');
  });
});

import { describe, expect, it } from 'vitest';
import { createEngine } from '../../functions/engine/engine.ts';
import { CheckpointStore } from '../../functions/engine/store.ts';
import { restoreWorkflow } from '../../functions/workflows/restore/restore.ts';
import { RestoreBench } from '../support/restore-bench.ts';

class Crash extends Error {}

describe('a restore whose process dies at a checkpoint', () => {
  it('ends with one machine, one database and every step once from every one of them', async () => {
    const undisturbed = await runWithCrash(undefined, 'keep');
    expect(undisturbed.checkpoints).toBeGreaterThan(40);
    for (const survives of ['keep', 'lose'] as const) {
      for (const phase of ['before', 'after'] as const) {
        for (let index = 0; index < undisturbed.checkpoints; index += 1) {
          const run = await runWithCrash({ index, phase }, survives);
          const where = `${survives} checkpoints, crash ${phase} checkpoint ${index}`;
          expect(run.crashed, where).toBe(true);
          expect(run.outcome, where).toEqual(undisturbed.outcome);
        }
      }
    }
  }, 120_000);
});

async function runWithCrash(
  at: { index: number; phase: 'before' | 'after' } | undefined,
  survives: 'keep' | 'lose',
) {
  const bench = new RestoreBench();
  await bench.seal();
  const store = new CheckpointStore();
  let checkpoints = 0;
  let crashed = false;
  const engine = createEngine({
    clock: bench.clock,
    store,
    onCheckpoint({ phase }) {
      const index = checkpoints;
      if (phase === 'after') checkpoints += 1;
      if (at?.phase !== phase || at.index !== index) return;
      crashed = true;
      throw new Crash();
    },
  });
  const input = { plan: 'ci', requestId: 'one', request: { plan: 'ci' } };
  try {
    await engine.run(restoreWorkflow(bench.deps), input);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    // A new process: the command line has lost its checkpoints and goes on from the vault, Lambda has kept them.
    const next = createEngine({
      clock: bench.clock,
      store: survives === 'keep' ? store : new CheckpointStore(),
    });
    await next.run(restoreWorkflow(bench.deps), input);
  }
  const report = await bench.journal.lastReport('ci', 'one');
  return {
    checkpoints,
    crashed,
    outcome: {
      status: report?.status,
      attempt: report?.attempt,
      machines: bench.machines.machines.size,
      databases: [...bench.rds.made.keys()],
      ran: bench.commands.actions,
      steps: report?.steps.map(({ name, result }) => `${name} ${result}`),
      addresses: report?.addresses,
      keys: [...bench.vault.documents.keys()],
    },
  };
}

import { describe, expect, it } from 'vitest';
import { createEngine } from '../../functions/engine/engine.ts';
import { CheckpointStore } from '../../functions/engine/store.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { aClock, backupBench, slot } from '../support/backup-bench.ts';
import { FakeDriver } from '../support/fake-driver.ts';

class Crash extends Error {}

describe('a backup whose process dies at a checkpoint', () => {
  it('ends with the same backup from every one of them, whether its checkpoints survive or not', async () => {
    const undisturbed = await runWithCrash(undefined, 'keep');
    const points = undisturbed.checkpoints;
    expect(points).toBeGreaterThan(5);
    for (const survives of ['keep', 'lose'] as const) {
      for (const phase of ['before', 'after'] as const) {
        for (let index = 0; index < points; index += 1) {
          const run = await runWithCrash({ index, phase }, survives);
          const where = `${survives} checkpoints, crash ${phase} checkpoint ${index}`;
          expect(run.crashed, where).toBe(true);
          expect(run.backupId, where).toBe(undisturbed.backupId);
          expect(run.status, where).toBe('completed');
          expect(run.copies, where).toBe(undisturbed.copies);
          expect(run.keys, where).toEqual(undisturbed.keys);
        }
      }
    }
  });
});

async function runWithCrash(
  at: { index: number; phase: 'before' | 'after' } | undefined,
  survives: 'keep' | 'lose',
) {
  const clock = aClock();
  const driver = new FakeDriver({ clock, ids: ['i-1', 'i-2', 'i-3', 'i-4', 'i-5'], copySeconds: 20 });
  const bench = backupBench({ clock, drivers: [driver] });
  const store = new CheckpointStore();
  let checkpoints = 0;
  let crashed = false;
  const engine = createEngine({
    clock,
    store,
    onCheckpoint({ phase }) {
      const index = checkpoints;
      if (phase === 'after') checkpoints += 1;
      if (at?.phase !== phase || at.index !== index) return;
      crashed = true;
      throw new Crash();
    },
  });
  const input = { plan: 'fleet', slot };
  try {
    await engine.run(backupWorkflow(bench.deps), input);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    // A new process: the CLI has lost its checkpoints and goes on from the vault, Lambda has kept them.
    const next = createEngine({ clock, store: survives === 'keep' ? store : new CheckpointStore() });
    await next.run(backupWorkflow(bench.deps), input);
  }
  const [entry] = await bench.ledger.listBackups('fleet');
  const manifest = await bench.ledger.readManifest('fleet', entry?.backupId ?? '');
  return {
    checkpoints,
    crashed,
    backupId: entry?.backupId,
    status: manifest?.status,
    copies: driver.copies.size,
    keys: [...bench.vault.documents.keys()],
  };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MissingSource } from '../../functions/catalog/documents.ts';
import { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import { backupIdOf } from '../../functions/shared/names.ts';
import { missingFrom } from '../../functions/workflows/backup/coverage.ts';
import { aClock, backupBench } from '../support/backup-bench.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { anAvailablePoint } from '../support/manifests.ts';
import { MemoryVault } from '../support/memory-vault.ts';

const ref = (id: string) => ({ kind: 'ec2' as const, id, region: 'eu-west-1' });

/** Backups of one plan on successive days, each with what the plan selects that day. */
class Days {
  readonly vault = new MemoryVault();
  readonly #clock = aClock();

  slotOf(day: number): string {
    return `2026-11-${20 + day}T02:00:00Z`;
  }

  backUp(day: number, ids: readonly string[], missing: readonly MissingSource[] = []) {
    const driver = new FakeDriver({ clock: this.#clock, ids, missing });
    const bench = backupBench({ clock: this.#clock, drivers: [driver], vault: this.vault });
    return bench.run({ plan: 'fleet', slot: this.slotOf(day) });
  }

  forget(source: string, at: string): Promise<string> {
    return new RotationLedger(this.vault).recordForget({
      ...{ metadata_version: 2, plan: 'fleet', source, recovery_points: [], digest: '0123456789ab' },
      ...{ created_at: at, who: 'arn:aws:iam::123456789012:user/me', snapkeep_version: '0.0.0-test' },
    });
  }
}

describe('a backup that does not cover what the one before it covered', () => {
  it('names the source, and stays complete', async () => {
    const days = new Days();
    await days.backUp(0, ['i-1', 'i-2', 'i-3']);
    const manifest = await days.backUp(1, ['i-1', 'i-3']);
    expect(manifest).toMatchObject({ status: 'completed', errors: [], lost_sources: ['ec2/i-2'] });
    expect(manifest.warnings).toEqual([
      `the plan does not select a source of ${backupIdOf(days.slotOf(0), 'fleet')} any more: ec2/i-2`,
    ]);
  });

  it('is told of although as many sources were found: a new one does not make up for one that is lost', async () => {
    const days = new Days();
    await days.backUp(0, ['i-1', 'i-2']);
    expect((await days.backUp(1, ['i-1', 'i-9'])).lost_sources).toEqual(['ec2/i-2']);
  });

  it('is told of once, since the next one is compared with it', async () => {
    const days = new Days();
    await days.backUp(0, ['i-1', 'i-2']);
    await days.backUp(1, ['i-1']);
    const third = await days.backUp(2, ['i-1']);
    expect(third.warnings).toEqual([]);
    expect(third).not.toHaveProperty('lost_sources');
  });

  it('names twenty of many in its warning, and all in the manifest', async () => {
    const days = new Days();
    const many = Array.from({ length: 30 }, (_, n) => `i-${String(n).padStart(2, '0')}`);
    await days.backUp(0, ['i-x', ...many]);
    const { lost_sources: lost, warnings } = await days.backUp(1, ['i-x']);
    expect(lost).toHaveLength(30);
    expect(warnings[0]).toMatch(/30 sources of .*: ec2\/i-00, .*ec2\/i-19 and 10 more$/);
  });

  it('is compared with the slot before its own, not with what was made last', async () => {
    const days = new Days();
    await days.backUp(0, ['i-1']);
    await days.backUp(2, ['i-1', 'i-2']);
    expect(await days.backUp(1, ['i-1'])).not.toHaveProperty('lost_sources');
    expect((await days.backUp(3, ['i-1'])).lost_sources).toEqual(['ec2/i-2']);
  });
});

describe('a source that is not there', () => {
  it('counts as covered when the plan names it: the backup is partial, day after day', async () => {
    const days = new Days();
    await days.backUp(0, ['i-1', 'i-2']);
    const missing = [{ source: ref('i-2'), reason: 'there is no instance i-2' }];
    for (const day of [1, 2]) {
      const manifest = await days.backUp(day, ['i-1'], missing);
      expect(manifest.status).toBe('partial');
      expect(manifest).not.toHaveProperty('lost_sources');
    }
  });

  it('is not lost when a person let it go since', async () => {
    const days = new Days();
    await days.backUp(0, ['i-1', 'i-2', 'i-3']);
    await days.forget('ec2/i-2', '2026-11-20T12:00:00Z');
    expect((await days.backUp(1, ['i-1'])).lost_sources).toEqual(['ec2/i-3']);
  });

  it('is lost when it was let go before, and was backed up again', async () => {
    const days = new Days();
    await days.forget('ec2/i-2', '2026-11-19T12:00:00Z');
    await days.backUp(0, ['i-1', 'i-2']);
    expect((await days.backUp(1, ['i-1'])).lost_sources).toEqual(['ec2/i-2']);
  });
});

it('a previous manifest that cannot be read is told of and keeps no backup from being sealed', async () => {
  const days = new Days();
  await days.backUp(0, ['i-1', 'i-2']);
  const id = backupIdOf(days.slotOf(0), 'fleet');
  days.vault.documents.set(`ledger/fleet/${id}/backup_information.json`, { metadata_version: 9 });
  const manifest = await days.backUp(1, ['i-1']);
  expect(manifest.status).toBe('completed');
  expect(manifest.warnings).toEqual([
    expect.stringMatching(new RegExp(`^whether sources were lost is not known: ledger/fleet/${id}/`)),
  ]);
});

it('exactly the sources are lost that were there and are neither planned nor missed', () => {
  const ids = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 });
  fc.assert(
    fc.property(ids, ids, ids, (before, planned, missed) => {
      const lost = missingFrom(
        {
          sources: planned.map((id) => ({ source: ref(id), copy_name: id, relaunch: {} })),
          missing: missed.map((id) => ({ source: ref(id), reason: 'gone' })),
        },
        { recovery_points: before.map((id) => anAvailablePoint({ source: ref(id) })) },
      );
      for (const id of 'abcdefgh') {
        const gone = before.includes(id) && !planned.includes(id) && !missed.includes(id);
        expect(lost.includes(`ec2/${id}`)).toBe(gone);
      }
      expect(lost).toEqual([...new Set(lost)].sort());
    }),
    { numRuns: 500 },
  );
});

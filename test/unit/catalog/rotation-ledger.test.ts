import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../functions/catalog/ledger.ts';
import type { Hold, RotationIntent } from '../../../functions/catalog/rotation-documents.ts';
import { RotationLedger } from '../../../functions/catalog/rotation-ledger.ts';
import { aManifest } from '../../support/manifests.ts';
import { MemoryVault } from '../../support/memory-vault.ts';

const backup_id = '1795140000_2026_11_20_ci';
const stamp = {
  created_at: '2026-11-20T02:00:07Z',
  who: 'arn:aws:iam::123456789012:user/ops',
  snapkeep_version: '1',
};
const aHold = (action: Hold['action'], reason = 'audit'): Hold => ({
  ...stamp,
  ...{ metadata_version: 2, backup_id, plan: 'ci', action, reason },
});
const anIntent = (run: string, overrides: Partial<RotationIntent> = {}): RotationIntent => ({
  ...stamp,
  ...{ metadata_version: 2, run, plan: 'ci', deployment: 'prod-eu', digest: '0', confirmed: false },
  ...{ obstacles_asked: true, decisions: [] },
  ...overrides,
});

describe('the half of the ledger that rotation writes', () => {
  it('numbers holds and lets the last one count', async () => {
    const ledger = new RotationLedger(new MemoryVault());
    expect(await ledger.recordHold(aHold('hold'))).toBe(`ledger/ci/${backup_id}/holds/000001.json`);
    expect(await ledger.recordHold(aHold('unhold'))).toBe(`ledger/ci/${backup_id}/holds/000002.json`);
    expect(await ledger.standingHold('ci', backup_id)).toBeUndefined();
    await ledger.recordHold(aHold('hold', 'again'));
    expect((await ledger.standingHold('ci', backup_id))?.reason).toBe('again');
  });

  it('gives every writer of a race its own number', async () => {
    const vault = new MemoryVault();
    const keys = await Promise.all(
      Array.from({ length: 10 }, () => new RotationLedger(vault).recordHold(aHold('hold'))),
    );
    expect(new Set(keys).size).toBe(10);
    expect(keys.sort().at(-1)).toBe(`ledger/ci/${backup_id}/holds/000010.json`);
  });

  it('tells of deletion intents without a result, and of those only', async () => {
    const ledger = new RotationLedger(new MemoryVault());
    await ledger.recordIntent(anIntent('20261120t020007z-aaaaaaaa'));
    await ledger.recordIntent(anIntent('20261121t020007z-bbbbbbbb'));
    await ledger.recordResult({
      ...{ metadata_version: 2, run: '20261120t020007z-aaaaaaaa', plan: 'ci', snapkeep_version: '1' },
      ...{ completed_at: '2026-11-20T02:01:00Z', removed: [], kept: [], postponed: [] },
    });
    const { unfinished } = await ledger.history('ci');
    expect(unfinished.map(({ run }) => run)).toEqual(['20261121t020007z-bbbbbbbb']);
  });

  it('takes its own intent for written when the answer of the first try was lost, and nobody else’s', async () => {
    const ledger = new RotationLedger(new MemoryVault());
    await ledger.recordIntent(anIntent('20261120t020007z-aaaaaaaa'));
    await ledger.recordIntent(anIntent('20261120t020007z-aaaaaaaa'));
    const other = anIntent('20261120t020007z-aaaaaaaa', { digest: '1' });
    await expect(ledger.recordIntent(other)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/exists already/),
    });
  });

  it('refuses the intent of another run, the hold of another backup and the removals of another rotation', async () => {
    const other = '1795143600_2026_11_20_ci';
    const removals = { metadata_version: 2, plan: 'ci', run: 's', removed: [], created_at: stamp.created_at };
    const misplaced: [string, object, string][] = [
      ['ledger/ci/rotations/r/intent.json', anIntent('q'), 'its run is "q"'],
      [`ledger/ci/${other}/holds/000001.json`, aHold('unhold'), `its backup_id is "${backup_id}"`],
      [`ledger/ci/${backup_id}/removals/r.json`, { ...removals, backup_id }, 'its run is "s"'],
    ];
    for (const [key, document, reason] of misplaced) {
      const vault = new MemoryVault();
      await vault.create(key, document);
      await new Ledger(vault).seal(aManifest());
      await new Ledger(vault).seal(aManifest({ backup_id: other }));
      await expect(new RotationLedger(vault).history('ci')).rejects.toThrow(reason);
    }
  });

  it('tells whoever wants to hear it which documents cannot be used, and reads the others', async () => {
    const vault = new MemoryVault();
    const other = '1795143600_2026_11_20_ci';
    const key = `ledger/ci/${other}/backup_information.json`;
    await new Ledger(vault).seal(aManifest());
    await vault.create(key, { metadata_version: 3 });
    const ledger = new RotationLedger(vault);
    await expect(ledger.history('ci')).rejects.toThrow(key);
    const heard: string[] = [];
    const { backups } = await ledger.history('ci', undefined, (error) => heard.push(error.key));
    expect(heard).toEqual([key]);
    expect(
      backups.map(({ backupId, unreadable, manifest }) => [backupId, unreadable, manifest?.plan]),
    ).toEqual([
      [other, true, undefined],
      [backup_id, undefined, 'ci'],
    ]);
  });

  it('leaves out backups of which nothing is left, without reading them, unless they are wanted', async () => {
    const vault = new MemoryVault();
    const ledger = new RotationLedger(vault);
    await new Ledger(vault).seal(aManifest());
    const removals = {
      metadata_version: 2,
      backup_id,
      plan: 'ci',
      run: 'r',
      removed: ['ami-1'],
      created_at: stamp.created_at,
    } as const;
    await ledger.recordRemovals(removals, false);
    expect((await ledger.history('ci')).backups).toMatchObject([{ backupId: backup_id, nothingLeft: false }]);
    expect((await ledger.history('ci')).backups[0]?.removed).toEqual(new Set(['ami-1']));
    await ledger.recordRemovals({ ...removals, run: 's' }, true);
    const read = vault.read.bind(vault);
    const reads: string[] = [];
    vault.read = (key) => {
      reads.push(key);
      return read(key);
    };
    expect((await ledger.history('ci')).backups).toEqual([]);
    expect(reads).toEqual([]);
    expect((await ledger.history('ci', () => true)).backups).toMatchObject([{ nothingLeft: true }]);
    expect(await ledger.isRemoved('ci', backup_id)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../functions/catalog/documents.ts';
import { isBackupId } from '../../../functions/catalog/keys.ts';
import { Ledger } from '../../../functions/catalog/ledger.ts';
import { aManifest } from '../../support/manifests.ts';
import { MemoryVault } from '../../support/memory-vault.ts';

const anIntent = (overrides: Partial<Intent> = {}): Intent => ({
  metadata_version: 2,
  backup_id: '1795140000_2026_11_20_ci',
  deployment: 'prod-eu',
  plan: 'ci',
  slot: '2026-11-20T02:00:00Z',
  created_at: '2026-11-20T02:00:07Z',
  deadline: '2026-11-20T14:00:07Z',
  application: null,
  sources: [],
  missing: [],
  snapkeep_version: '1.0.0',
  ...overrides,
});

describe('the ledger', () => {
  it('lets the first intent of a slot stand and answers it to later writers', async () => {
    const ledger = new Ledger(new MemoryVault());
    const first = anIntent();
    expect(await ledger.recordIntent(first)).toEqual(first);
    expect(await ledger.recordIntent(anIntent({ created_at: '2026-11-20T02:03:00Z' }))).toEqual(first);
  });

  it('lets the first sealed manifest stand', async () => {
    const ledger = new Ledger(new MemoryVault());
    const first = aManifest();
    expect(await ledger.seal(first)).toEqual(first);
    expect(await ledger.seal(aManifest({ status: 'failed' }))).toEqual(first);
  });

  it('lists backups newest slot first and says which are sealed', async () => {
    const ledger = new Ledger(new MemoryVault());
    await ledger.recordIntent(anIntent());
    await ledger.seal(aManifest());
    await ledger.recordIntent(anIntent({ backup_id: '1795143600_2026_11_20_ci' }));
    await ledger.recordIntent(anIntent({ backup_id: '1795143600_2026_11_20_gitlab', plan: 'gitlab' }));
    expect(await ledger.listBackups()).toEqual([
      { plan: 'ci', backupId: '1795143600_2026_11_20_ci', sealed: false },
      { plan: 'gitlab', backupId: '1795143600_2026_11_20_gitlab', sealed: false },
      { plan: 'ci', backupId: '1795140000_2026_11_20_ci', sealed: true },
    ]);
    expect(await ledger.listBackups('gitlab')).toHaveLength(1);
  });

  it('orders by time, not by text, when the number of digits grows', async () => {
    const ledger = new Ledger(new MemoryVault());
    await ledger.recordIntent(anIntent({ backup_id: '999999999_2001_09_09_ci' }));
    await ledger.recordIntent(anIntent({ backup_id: '1000000000_2001_09_09_ci' }));
    expect((await ledger.listBackups()).map(({ backupId }) => backupId)).toEqual([
      '1000000000_2001_09_09_ci',
      '999999999_2001_09_09_ci',
    ]);
  });

  it('leaves rotations, restores and forgets of the same prefix alone', async () => {
    const vault = new MemoryVault();
    await vault.create('ledger/ci/rotations/1/intent.json', {});
    await vault.create('ledger/ci/restores/1/request.json', {});
    expect(await new Ledger(vault).listBackups()).toEqual([]);
  });

  it('refuses a document that it does not understand with the key and a remedy', async () => {
    const vault = new MemoryVault();
    await vault.create('ledger/ci/1795140000_2026_11_20_ci/backup_information.json', { metadata_version: 3 });
    await expect(new Ledger(vault).readManifest('ci', '1795140000_2026_11_20_ci')).rejects.toMatchObject({
      kind: 'failed',
      // One sentence, although nearly every key is missing.
      message: expect.stringMatching(
        /^ledger\/ci\/1795140000_2026_11_20_ci\/backup_information\.json .* not a document .*: metadata_version: [^;]*; backup_id: [^;]* \(and \d+ more\)$/,
      ),
    });
  });

  it('refuses a document that was copied from another key', async () => {
    const vault = new MemoryVault();
    const { backup_id } = aManifest();
    const at = (folder: string) => `ledger/${folder}/backup_information.json`;
    await vault.create(at('ci/1795143600_2026_11_20_ci'), aManifest());
    await vault.create(at(`gitlab/${backup_id}`), aManifest());
    const ledger = new Ledger(vault);
    await expect(ledger.readManifest('ci', '1795143600_2026_11_20_ci')).rejects.toThrow(
      'ledger/ci/1795143600_2026_11_20_ci/backup_information.json in the vault is the document of another key: ' +
        `its backup_id is "${backup_id}"`,
    );
    await expect(ledger.readManifest('gitlab', backup_id)).rejects.toThrow('its plan is "ci"');
  });

  it('keeps keys that a later version has added', async () => {
    const vault = new MemoryVault();
    await vault.create('ledger/ci/1795140000_2026_11_20_ci/backup_information.json', {
      ...JSON.parse(JSON.stringify(aManifest())),
      checked_by: 'drill',
    });
    expect(await new Ledger(vault).readManifest('ci', '1795140000_2026_11_20_ci')).toHaveProperty(
      'checked_by',
      'drill',
    );
  });
});

describe('a backup ID', () => {
  it('is told from the other names in a plan of the ledger', () => {
    expect(['1795140000_2026_11_20_ci', '0_1970_01_01_a-b'].every(isBackupId)).toBe(true);
    expect(['rotations', 'restores', 'forgets', '1795140000', '../x', '1_2026_11_20_'].some(isBackupId)).toBe(
      false,
    );
  });
});

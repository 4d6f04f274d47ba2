import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import { backupBench } from '../support/backup-bench.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { MemoryVault } from '../support/memory-vault.ts';
import { aPlan } from '../support/plans.ts';
import { account, RotationBench } from '../support/rotation-bench.ts';

const stranger = '999999999999';
const sentence = new RegExp(
  `was begun in the account ${stranger}, and these credentials belong to ${account}`,
);
const refusal = { kind: 'usage', exitCode: 2, message: expect.stringMatching(sentence) };
const slot = '2026-11-20T02:00:00Z';
const intentKey = 'ledger/fleet/1795140000_2026_11_20_fleet/intent.json';

describe('credentials of another account', () => {
  const benchOf = (owner: string, vault: MemoryVault) => {
    const clock = new VirtualClock(Date.parse('2026-11-20T02:00:07Z'));
    const driver = new FakeDriver({ kind: 'ec2', clock, ids: ['i-1'] });
    return backupBench({ plan: aPlan(), clock, vault, drivers: [driver], account: owner });
  };
  /** A vault in which a run of that account was begun and never sealed. */
  async function interrupted(owner: string | undefined): Promise<MemoryVault> {
    const complete = new MemoryVault();
    await benchOf(owner ?? account, complete).run({ plan: 'fleet', slot });
    const vault = new MemoryVault();
    const intent: Record<string, unknown> = { ...Object(await complete.read(intentKey)) };
    if (owner === undefined) delete intent.account;
    await vault.create(intentKey, intent);
    return vault;
  }

  it('are refused where a backup is to go on that was begun with others, before anything is made', async () => {
    const vault = await interrupted(stranger);
    await expect(benchOf(account, vault).run({ plan: 'fleet', slot })).rejects.toMatchObject(refusal);
    expect([...vault.documents.keys()]).toEqual([intentKey]);
  });

  it('do not matter where the intent is of the same account, or of a version that did not record it', async () => {
    for (const owner of [account, undefined]) {
      const vault = await interrupted(owner);
      const manifest = await benchOf(account, vault).run({ plan: 'fleet', slot });
      expect(manifest.status).toBe('completed');
    }
  });

  it('are refused by a rotation that would seal a crashed run of others as failed, and by its dry run', async () => {
    const bench = new RotationBench({ now: '2026-11-25T02:30:00Z' });
    await bench.addEvery(24, 3, '2026-11-25T02:00:00Z');
    await bench.begin({ slot, sources: ['i-1'], made: [], account: stranger });
    const before = [...bench.vault.documents.keys()];
    await expect(bench.rotate()).rejects.toMatchObject(refusal);
    await expect(bench.assess()).rejects.toMatchObject(refusal);
    expect([...bench.vault.documents.keys()]).toEqual(before);
    expect(bench.left()).toHaveLength(3);
  });

  it('do not matter to a rotation over a crashed run of the same account, or of a version that did not record it', async () => {
    for (const begun of [{ account }, {}]) {
      const bench = new RotationBench({ now: '2026-11-25T02:30:00Z' });
      await bench.addEvery(24, 3, '2026-11-25T02:00:00Z');
      await bench.begin({ slot, sources: ['i-1'], made: ['i-1'], ...begun });
      await bench.rotate();
      expect(await bench.vault.read(intentKey.replace('intent', 'backup_information'))).toMatchObject({
        status: 'completed',
      });
    }
  });
});

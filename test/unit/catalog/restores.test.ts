import { describe, expect, it } from 'vitest';
import type {
  RestoreRecord,
  RestoreReport,
  RestoreStep,
} from '../../../functions/catalog/restore-documents.ts';
import { RestoreLedger } from '../../../functions/catalog/restores.ts';
import { MemoryVault } from '../../support/memory-vault.ts';

const record: RestoreRecord = {
  metadata_version: 2,
  request_id: 'one',
  deployment: 'prod-eu',
  plan: 'ci',
  backup_id: '1795140000_2026_11_20_ci',
  requested_at: '2026-11-20T08:00:00Z',
  request: { plan: 'ci', backup: 'latest' },
  application: null,
  sources: ['ec2/i-1'],
  steps: ['launch'],
  warnings: [],
  snapkeep_version: '1.0.0',
};
const step = (number: number, attempt = 1): RestoreStep => ({
  metadata_version: 2,
  request_id: 'one',
  number,
  name: `step ${number}`,
  attempt,
  started_at: '2026-11-20T08:00:00Z',
  completed_at: '2026-11-20T08:01:00Z',
  result: 'done',
  output: null,
});
const report = (attempt: number): RestoreReport => ({
  ...{ metadata_version: 2, request_id: 'one', attempt, deployment: 'prod-eu', plan: 'ci' },
  ...{ backup_id: record.backup_id, application: null, status: 'completed', snapkeep_version: '1.0.0' },
  ...{ requested_at: record.requested_at, completed_at: record.requested_at, recovery_seconds: null },
  ...{ machines: [], databases: [], addresses: [], files: [], steps: [], checks: [], failure: null },
  ...{ warnings: [], remains: [] },
});

describe('the ledger of restores', () => {
  it('keeps the first record of a request', async () => {
    const ledger = new RestoreLedger(new MemoryVault());
    expect(await ledger.read('ci', 'one')).toBeUndefined();
    expect(await ledger.record(record)).toEqual(record);
    expect(await ledger.record({ ...record, backup_id: 'another' })).toEqual(record);
  });

  it('has a file per step, in their order beyond the ninety-ninth, and the first that was written stands', async () => {
    const vault = new MemoryVault();
    const ledger = new RestoreLedger(vault);
    for (const number of [100, 2, 1, 99]) await ledger.recordStep('ci', step(number));
    expect((await ledger.recordStep('ci', step(2, 7))).attempt).toBe(1);
    expect((await ledger.steps('ci', 'one')).map(({ number }) => number)).toEqual([1, 2, 99, 100]);
    expect([...vault.documents.keys()]).toContain('ledger/ci/restores/one/steps/02.json');
  });

  it('answers the report of the last attempt', async () => {
    const ledger = new RestoreLedger(new MemoryVault());
    expect(await ledger.lastReport('ci', 'one')).toBeUndefined();
    for (const attempt of [1, 2, 10]) await ledger.recordReport(report(attempt));
    expect((await ledger.lastReport('ci', 'one'))?.attempt).toBe(10);
  });

  it('lists the restores of one plan', async () => {
    const ledger = new RestoreLedger(new MemoryVault());
    await ledger.record(record);
    await ledger.record({ ...record, request_id: 'two' });
    await ledger.record({ ...record, plan: 'other', request_id: 'three' });
    expect(await ledger.list('ci')).toEqual(['one', 'two']);
  });

  it('refuses the record of another request', async () => {
    const vault = new MemoryVault();
    await vault.create('ledger/ci/restores/two/request.json', record);
    await expect(new RestoreLedger(vault).read('ci', 'two')).rejects.toThrow('its request_id is "one"');
  });

  it('does not read what it does not understand', async () => {
    const vault = new MemoryVault();
    await vault.create('ledger/ci/restores/one/request.json', { metadata_version: 3 });
    await expect(new RestoreLedger(vault).read('ci', 'one')).rejects.toThrow(
      /not a document that this version/,
    );
  });
});

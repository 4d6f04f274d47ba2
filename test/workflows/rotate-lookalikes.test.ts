import { describe, expect, it } from 'vitest';
import type { RotationIntent } from '../../functions/catalog/rotation-documents.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import {
  account,
  amiOf,
  caller,
  day,
  deployment,
  policy,
  RotationBench,
  table,
} from '../support/rotation-bench.ts';

const now = '2026-11-20T12:00:00Z';

describe('a copy under the name of an attempt', () => {
  /** The newest of two backups loses its AMI; somebody registers another one, with the old tags. */
  const reregister = async (change: { name?: (name: string) => string; snapshots?: string[] }) => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    await bench.add({ slot: day(4) });
    const manifest = await bench.add({ slot: day(2) });
    const [point] = manifest.recovery_points;
    if (!point) throw new Error('the backup has no point');
    const lost = bench.copyOf(manifest.backup_id, manifest.slot, point);
    bench.ec2.copies.delete(lost.id);
    const { name = (old) => old, snapshots = lost.snapshots } = change;
    bench.ec2.add({
      ...lost,
      id: 'ami-again',
      name: name(lost.name),
      snapshots,
      createdAt: '2026-11-19T10:00:00Z',
    });
    return bench;
  };

  it.each([
    ['the name that it had', {}],
    ['another attempt', { name: (name: string) => name.replace(/-a1$/, '-a2') }],
    ['the name that it had, of snapshots of its own', { snapshots: ['snap-other'] }],
  ])('is not taken for one when it was made after the backup was sealed: %s', async (_, change) => {
    const bench = await reregister(change);
    const assessment = await bench.assess();
    expect(table(assessment).filter((line) => line.includes('remove'))).toEqual([]);
    expect(assessment.findings).toMatchObject([
      { kind: 'damaged', id: amiOf(day(2)) },
      { kind: 'foreign', id: 'ami-again' },
    ]);
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
    expect(bench.left()).toContain('ami-again');
  });

  it('is not taken for one when it is made of the snapshots that the ledger gives to another copy', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    const manifest = await bench.add({ slot: day(2) });
    const [point] = manifest.recovery_points;
    if (!point) throw new Error('the backup has no point');
    const lost = bench.copyOf(manifest.backup_id, manifest.slot, point);
    bench.ec2.copies.delete(lost.id);
    bench.ec2.add({ ...lost, id: 'ami-again' });
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
    expect(bench.left()).toEqual(['ami-again']);
  });
});

describe('an attempt that succeeded after all', () => {
  /** Sealed as failed, without a word of the copy that was there. */
  const sealedWithout = async (slot: string, state: 'available' | 'failed') => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    const manifest = await bench.add({ slot, sources: ['i-2'], failed: ['i-1'] });
    const [, point] = manifest.recovery_points;
    if (!point) throw new Error('the backup has no point');
    const copy = { ...bench.copyOf(manifest.backup_id, slot, point), state, createdAt: slot };
    bench.ec2.copies.delete(copy.id);
    bench.ec2.add({
      ...copy,
      id: 'ami-late',
      name: copy.name.replace(/-a1$/, '-a2'),
      snapshots: ['snap-late'],
    });
    return bench;
  };
  const decided = async (bench: RotationBench) =>
    table(await bench.assess()).find((line) => line.startsWith('ami-late'));

  it('stays while it is the newest copy of its source that there is', async () => {
    const bench = await sealedWithout(day(2), 'available');
    expect(await decided(bench)).toBe('ami-late: keep, newest of its source');
    await bench.add({ slot: day(3) });
    expect(await decided(bench)).toBe('ami-late: keep, newest of its source');
    await bench.add({ slot: day(0) });
    expect(await decided(bench)).toBe('ami-late: remove, an earlier attempt of its backup left it');
  });

  it('goes when a person has forgotten its source since', async () => {
    const bench = await sealedWithout(day(2), 'available');
    await bench.ledger.recordForget({
      metadata_version: 2,
      plan: 'fleet',
      source: 'ec2/i-1',
      recovery_points: [],
      digest: '000000000000',
      created_at: day(1),
      who: caller,
      snapkeep_version: '0',
    });
    expect(await decided(bench)).toBe('ami-late: remove, an earlier attempt of its backup left it');
  });

  it('goes when it is broken', async () => {
    const bench = await sealedWithout(day(2), 'failed');
    expect(await decided(bench)).toBe('ami-late: remove, an earlier attempt of its backup left it');
  });
});

describe('what is of another plan or deployment', () => {
  it('is not called foreign when it is of a plan that only the ledger still knows', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    const manifest = await bench.add({ slot: day(2) });
    const gone = { ...manifest, plan: 'retired', backup_id: manifest.backup_id.replace('fleet', 'retired') };
    await bench.vault.create(`ledger/retired/${gone.backup_id}/backup_information.json`, gone);
    const [point] = manifest.recovery_points;
    if (!point) throw new Error('the backup has no point');
    const copy = bench.copyOf(manifest.backup_id, manifest.slot, point);
    const tags = { ...copy.tags, [tagKeys.plan]: 'retired', [tagKeys.backupId]: gone.backup_id };
    bench.ec2.add({ ...copy, id: 'ami-retired', name: 'retired', snapshots: ['snap-retired'], tags });
    bench.ec2.snapshots.set('snap-retired-too', { id: 'snap-retired-too', owner: account, tags });
    const odd = { ...tags, [tagKeys.plan]: '../fleet/' };
    bench.ec2.add({ ...copy, id: 'ami-odd', name: 'odd', snapshots: [], tags: odd });
    expect((await bench.assess()).findings).toMatchObject([{ kind: 'foreign', id: 'ami-odd' }]);
  });

  it('keeps its rotation open: a plan of the same name in another deployment shares only the vault', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.add({ slot: day(0) });
    const intent: RotationIntent = {
      metadata_version: 2,
      run: '20261120t115900z-0000',
      plan: 'fleet',
      deployment: 'prod-us',
      created_at: '2026-11-20T11:59:00Z',
      who: caller,
      digest: '000000000000',
      confirmed: false,
      obstacles_asked: true,
      decisions: [
        {
          subject: 'point',
          decision: 'remove',
          reasons: ['older than every rule reaches'],
          kind: 'ec2',
          id: 'ami-of-the-other',
          backup_id: '1794880800_2026_11_17_fleet',
          source: 'ec2/i-1',
          snapshots: [],
        },
      ],
      snapkeep_version: '0',
    };
    expect(intent.deployment).not.toBe(deployment);
    await bench.ledger.recordIntent(intent);
    await bench.rotate();
    const written = [...bench.vault.documents.keys()].filter((key) => /removals|result|removed/.test(key));
    expect(written).toEqual([]);
  });
});

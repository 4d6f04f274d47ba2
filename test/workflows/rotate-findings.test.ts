import { describe, expect, it } from 'vitest';
import { account, amiOf, day, policy, RotationBench, table } from '../support/rotation-bench.ts';

const now = '2026-11-20T12:00:00Z';

/** A backup of two days ago, and beside it a copy of a second attempt that its manifest does not name. */
async function addSpoiltAttempt(bench: RotationBench): Promise<void> {
  const manifest = await bench.add({ slot: day(2) });
  const [point] = manifest.recovery_points;
  if (!point) throw new Error('the backup has no point');
  const spoilt = {
    ...bench.copyOf(manifest.backup_id, manifest.slot, point),
    id: 'ami-spoilt',
    snapshots: ['snap-spoilt'],
    state: 'failed' as const,
  };
  bench.ec2.add({ ...spoilt, name: spoilt.name.replace(/-a1$/, '-a2') });
}

describe('what is not as the ledger says', () => {
  const old = amiOf(day(3));
  const alter = async (change: (bench: RotationBench) => void) => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.add({ slot: day(3) });
    await bench.add({ slot: day(0) });
    change(bench);
    const assessment = await bench.assess();
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
    return { assessment, bench };
  };
  const changed = (change: object) => (bench: RotationBench) => {
    const copy = bench.ec2.copies.get(old);
    if (copy) bench.ec2.copies.set(old, { ...copy, ...change });
  };

  it.each([
    ['its owner', { owner: '210987654321' }, `it belongs to account 210987654321, not to ${account}`],
    [
      'its time',
      { createdAt: '2026-11-01T00:00:00Z' },
      /it was made at 2026-11-01T00:00:00Z, the ledger says/,
    ],
    ['its tag', { tags: {} }, 'its tag snapkeep:managed is gone'],
    ['its state', { state: 'failed' }, 'it is failed, the ledger says available'],
  ])('is left alone and reported when %s differs', async (_, change, text) => {
    const { assessment, bench } = await alter(changed(change));
    expect(assessment.findings).toMatchObject([
      { kind: 'altered', id: old, text: expect.stringMatching(text) },
    ]);
    expect(bench.ec2.copies.has(old)).toBe(true);
  });

  it('is damage when an AMI vanished without a deletion intent, and its snapshots are kept', async () => {
    const { assessment, bench } = await alter(({ ec2 }) => ec2.copies.delete(old));
    expect(assessment.findings).toMatchObject([
      { kind: 'damaged', id: old, text: `it is gone, and no rotation of ours removed it; kept: snap-${old}` },
    ]);
    expect(assessment.findings[0]?.command).toBe(
      `aws ec2 register-image --region eu-west-1 --name ${bench.ec2.copies.values().next().value?.name.replace('20261120', '20261117')} --description 'i-1 from 1794880800_2026_11_17_fleet' --architecture x86_64 --virtualization-type hvm --ena-support --root-device-name /dev/xvda --block-device-mappings '[{"DeviceName":"/dev/xvda","Ebs":{"SnapshotId":"snap-${old}"}}]'`,
    );
    expect(bench.ec2.snapshots.has(`snap-${old}`)).toBe(true);
  });

  it('is told of until it no longer matters, when nothing of a backup is left', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 9 }) });
    for (const n of [9, 3, 0]) await bench.add({ slot: day(n) });
    bench.ec2.copies.delete(amiOf(day(9)));
    bench.ec2.snapshots.delete(`snap-${amiOf(day(9))}`);
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 1 });
    expect(await bench.rotate()).toMatchObject({ findings: 1 });
    bench.clock.advance(5 * 86_400_000);
    expect(await bench.rotate()).toMatchObject({ findings: 1 });
    expect(await bench.rotate()).toMatchObject({ findings: 0 });
  });

  it('is foreign when its tags are ours and no ledger entry names it', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.add({ slot: day(3) });
    await bench.add({ slot: day(0) });
    const copy = bench.ec2.copies.get(old);
    if (copy)
      bench.ec2.add({ ...copy, id: 'ami-alike', name: `${copy.name}-copy`, snapshots: ['snap-alike'] });
    if (copy) bench.ec2.snapshots.set('snap-alone', { id: 'snap-alone', owner: account, tags: copy.tags });
    expect((await bench.assess()).findings).toMatchObject([
      {
        kind: 'foreign',
        id: 'ami-alike',
        text: expect.stringMatching(/no entry of the ledger names it; left alone/),
      },
      { kind: 'foreign', id: 'snap-alone' },
    ]);
    await bench.rotate();
    expect(bench.left()).toEqual([amiOf(day(0)), 'ami-alike']);
    expect([...bench.ec2.snapshots.keys()].sort()).toEqual([
      'snap-alike',
      'snap-alone',
      `snap-${amiOf(day(0))}`,
    ]);
  });
});

describe('what a crashed backup left', () => {
  it('is completed into a backup after a day, and then judged like the others', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.begin({ slot: day(2), sources: ['i-1', 'i-2'], made: ['i-1'] });
    await bench.add({ slot: day(0), sources: ['i-1'] });
    expect((await bench.assess()).findings).toMatchObject([
      {
        kind: 'orphan',
        id: '1794967200_2026_11_18_fleet',
        text: expect.stringMatching(/never sealed; a rotation completes it/),
      },
    ]);
    await bench.rotate();
    expect(
      bench.vault.documents.get('ledger/fleet/1794967200_2026_11_18_fleet/backup_information.json'),
    ).toMatchObject({
      status: 'partial',
      errors: ['ec2/i-2: the run ended before it was started'],
      warnings: [expect.stringContaining('a rotation completed it')],
      recovery_points: [{ id: amiOf(day(2)), status: 'available' }, { status: 'failed' }],
    });
    expect(bench.left()).toEqual([amiOf(day(0))]);
  });

  it('is left alone while the run may still be under way', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.begin({ slot: day(0), sources: ['i-1'], made: ['i-1'] });
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 0 });
    expect(bench.left()).toEqual([amiOf(day(0))]);
  });

  it('is collected when it is an attempt that the sealed backup does not name', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    await addSpoiltAttempt(bench);
    expect(table(await bench.assess())).toEqual([
      `${amiOf(day(2))}: keep, last`,
      'ami-spoilt: remove, an earlier attempt of its backup left it',
    ]);
    await bench.rotate();
    expect(bench.left()).toEqual([amiOf(day(2))]);
    expect(bench.ec2.snapshots.size).toBe(1);
  });
});

describe('what a crashed rotation left', () => {
  it('is finished by the next one, snapshots without AMI as well, and its entry is closed', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 3 }) });
    await bench.addEvery(24, 5, day(0));
    bench.ec2.beforeRemove = (id) => {
      // The AMI goes, its snapshot stays, the process dies.
      bench.ec2.copies.delete(id);
      throw new Error('died');
    };
    await expect(bench.rotate()).rejects.toThrow('died');
    expect(bench.ec2.snapshots.size).toBe(5);
    bench.ec2.beforeRemove = () => undefined;
    expect(table(await bench.assess()).slice(3)).toEqual([
      `snap-${amiOf(day(3))}: remove, a rotation has removed its AMI ${amiOf(day(3))}`,
      `snap-${amiOf(day(4))}: remove, a rotation has removed its AMI ${amiOf(day(4))}`,
    ]);
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 2, findings: 0 });
    expect(bench.ec2.snapshots.size).toBe(3);
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 0 });
    const results = [...bench.vault.documents.keys()].filter((key) => key.endsWith('result.json'));
    expect(results).toHaveLength(2);
  });

  it.each([
    ['has to stay for now', { state: 'kept', reason: 'no permission', left: [`snap-${amiOf(day(3))}`] }],
    ['is put off', { state: 'postponed', reason: 'still counts as used' }],
  ] as const)('is no damage when a snapshot %s whose AMI has gone, and goes later', async (_, outcome) => {
    const bench = new RotationBench({ now, plan: policy({ last: 3 }) });
    await bench.addEvery(24, 4, day(0));
    const old = amiOf(day(3));
    bench.ec2.beforeRemove = (id) => void bench.ec2.copies.delete(id);
    bench.ec2.outcomes.set(old, outcome);
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 0 });
    expect(await bench.assess()).toMatchObject({ findings: [] });
    expect(table(await bench.assess()).at(-1)).toBe(
      `snap-${old}: remove, a rotation has removed its AMI ${old}`,
    );
    expect(await bench.rotate()).toMatchObject({ removed: 1 });
    expect(bench.ec2.snapshots.size).toBe(3);
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 0 });
  });

  it('goes later also when it is a snapshot of an earlier attempt, which no manifest names', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    await addSpoiltAttempt(bench);
    bench.ec2.beforeRemove = (id) => void bench.ec2.copies.delete(id);
    bench.ec2.outcomes.set('ami-spoilt', { state: 'postponed', reason: 'still counts as used' });
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 0, postponed: 1 });
    expect(await bench.assess()).toMatchObject({ findings: [] });
    expect(table(await bench.assess()).at(-1)).toMatch(/^snap-spoilt: remove, rotation \S+ left it$/);
    bench.ec2.strayOutcomes.set('snap-spoilt', {
      state: 'kept',
      reason: 'no permission',
      left: ['snap-spoilt'],
    });
    for (const _ of [1, 2]) expect(await bench.rotate()).toMatchObject({ kept: 1, findings: 0 });
    bench.ec2.strayOutcomes.clear();
    expect(await bench.rotate()).toMatchObject({ removed: 1 });
    expect(bench.ec2.snapshots.size).toBe(1);
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 0 });
  });

  it('goes later also when the rotation died at a snapshot of an earlier attempt, and another one closed it', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 5 }) });
    await addSpoiltAttempt(bench);
    bench.ec2.beforeRemove = (id) => {
      bench.ec2.copies.delete(id);
      throw new Error('died');
    };
    await expect(bench.rotate()).rejects.toThrow('died');
    bench.clock.advance(2 * 86_400_000);
    bench.ec2.beforeRemove = () => undefined;
    bench.ec2.strayOutcomes.set('snap-spoilt', { state: 'postponed', reason: 'still counts as used' });
    for (const _ of [1, 2]) expect(await bench.rotate()).toMatchObject({ postponed: 1, findings: 0 });
    bench.ec2.strayOutcomes.clear();
    expect(await bench.rotate()).toMatchObject({ removed: 1 });
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 0 });
  });

  it('is not touched where no deletion intent names it', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 3 }) });
    await bench.addEvery(24, 3, day(0));
    bench.ec2.copies.delete(amiOf(day(1)));
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 1 });
    expect(bench.ec2.snapshots.size).toBe(3);
  });

  it('is nothing when two rotations go on at once: together they delete what one would', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 3 }) });
    await bench.addEvery(24, 6, day(0));
    const results = await Promise.all([bench.rotate(), bench.rotate(), bench.rotate()]);
    expect(results.map(({ state, kept }) => [state, kept])).toEqual(results.map(() => ['done', 0]));
    expect(bench.left()).toEqual([2, 1, 0].map((n) => amiOf(day(n))));
    expect([...bench.ec2.removed].sort()).toEqual([5, 4, 3].map((n) => amiOf(day(n))));
    expect(await bench.rotate()).toMatchObject({ state: 'idle', findings: 0 });
  });
});

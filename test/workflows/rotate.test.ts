import { describe, expect, it } from 'vitest';
import { amiOf, caller, day, policy, RotationBench, table } from '../support/rotation-bench.ts';

const now = '2026-11-20T12:00:00Z';

describe('a rotation of a fleet', () => {
  it('removes what the policy no longer keeps, with its snapshots, and says why of each point', async () => {
    const bench = new RotationBench({ now, plan: policy({ daily: 3 }) });
    await bench.addEvery(24, 5, day(0));
    expect(table(await bench.assess())).toEqual([
      `${amiOf(day(0))}: keep, daily`,
      `${amiOf(day(1))}: keep, daily`,
      `${amiOf(day(2))}: keep, daily`,
      `${amiOf(day(3))}: remove, older than every rule reaches`,
      `${amiOf(day(4))}: remove, older than every rule reaches`,
    ]);
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 2, kept: 0, postponed: 0 });
    expect(bench.left()).toEqual([2, 1, 0].map((n) => amiOf(day(n))));
    expect(bench.ec2.snapshots.size).toBe(3);
  });

  it('writes down who deletes what and why before anything is deleted, and the result afterwards', async () => {
    const bench = new RotationBench({ now, plan: policy({ daily: 3 }) });
    await bench.addEvery(24, 4, day(0));
    let before: string[] = [];
    bench.ec2.beforeRemove = () => {
      before = [...bench.vault.documents.keys()].filter((key) => key.includes('/rotations/'));
    };
    const { run } = await bench.rotate();
    expect(before).toEqual([`ledger/fleet/rotations/${run}/intent.json`]);
    expect(bench.vault.documents.get(before[0] ?? '')).toMatchObject({
      who: caller,
      created_at: now,
      confirmed: false,
      decisions: [
        { decision: 'keep', reasons: ['daily'], id: amiOf(day(0)) },
        {},
        {},
        { decision: 'remove', id: amiOf(day(3)), snapshots: [`snap-${amiOf(day(3))}`], source: 'ec2/i-1' },
      ],
    });
    expect(bench.vault.documents.get(`ledger/fleet/rotations/${run}/result.json`)).toMatchObject({
      removed: [amiOf(day(3))],
      kept: [],
      postponed: [],
    });
  });

  it('writes what it took of many backups several at a time, since each has an entry of its own', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 40 }) });
    await bench.addEvery(1, 80, day(0));
    const create = bench.vault.create.bind(bench.vault);
    let open = 0;
    const together: number[] = [];
    bench.vault.create = async (key, document) => {
      open += 1;
      together.push(open);
      await new Promise(setImmediate);
      open -= 1;
      return create(key, document);
    };
    expect(await bench.rotate()).toMatchObject({ state: 'done', removed: 40 });
    expect(Math.max(...together)).toBe(16);
    // The result comes last: until then the intent speaks.
    expect(together.at(-1)).toBe(1);
    expect([...bench.vault.documents.keys()].at(-1)).toMatch(/result\.json$/);
    expect([...bench.vault.documents.keys()].filter((key) => key.endsWith('removed.json'))).toHaveLength(40);
  });

  it('changes nothing when it is run again', async () => {
    const bench = new RotationBench({ now, plan: policy({ daily: 3 }) });
    await bench.addEvery(24, 5, day(0));
    await bench.rotate();
    const keys = [...bench.vault.documents.keys()];
    expect(await bench.rotate()).toMatchObject({ state: 'idle', removed: 0 });
    expect([...bench.vault.documents.keys()]).toEqual(keys);
  });

  it('judges every source by itself, and keeps the last copies of one that disappeared', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 2 }) });
    for (const n of [5, 4, 3]) await bench.add({ slot: day(n), sources: ['i-1', 'i-gone'] });
    for (const n of [2, 1, 0]) await bench.add({ slot: day(n) });
    await bench.rotate((await bench.assess()).digest);
    expect(bench.left()).toEqual(
      [amiOf(day(4), 'i-gone'), amiOf(day(3), 'i-gone'), amiOf(day(1)), amiOf(day(0))].sort(),
    );
  });

  it('keeps what a failed attempt left until a newer point of the source is a week old', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 9 }) });
    await bench.add({ slot: day(9), sources: [], failed: ['i-1'] });
    await bench.add({ slot: day(8) });
    await bench.add({ slot: day(7), sources: [], failed: ['i-1'] });
    await bench.add({ slot: day(6) });
    expect(table(await bench.assess())).toEqual([
      `${amiOf(day(6))}: keep, last`,
      `${amiOf(day(7))}: keep, failed: kept until a newer recovery point is 7d old`,
      `${amiOf(day(8))}: keep, last`,
      `${amiOf(day(9))}: remove, failed, and a newer recovery point is 7d old`,
    ]);
  });

  it('lets a failed point neither count for the policy nor displace an available one', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 1 }) });
    await bench.add({ slot: day(1) });
    await bench.add({ slot: day(0), sources: [], failed: ['i-1'] });
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
    expect(bench.left()).toHaveLength(2);
  });

  it('forgets exactly the points that a person let go, the newest of the source among them', async () => {
    const bench = new RotationBench({ now, plan: policy({ last: 2 }) });
    const gone = await bench.add({ slot: day(3), sources: ['i-1', 'i-gone'] });
    await bench.add({ slot: day(0) });
    await bench.ledger.recordForget({
      metadata_version: 2,
      plan: 'fleet',
      source: 'ec2/i-gone',
      recovery_points: [{ backup_id: gone.backup_id, id: amiOf(day(3), 'i-gone') }],
      digest: '0',
      created_at: now,
      who: caller,
      snapkeep_version: '1',
    });
    expect(await bench.rotate()).toMatchObject({ removed: 1 });
    expect(bench.left()).toEqual([amiOf(day(3)), amiOf(day(0))]);
    // A newer copy of it is protected again.
    await bench.add({ slot: '2026-11-20T11:00:00Z', sources: ['i-gone'] });
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
  });
});

describe('a rotation of an application', () => {
  const application = (rules: object) => ({ application: 'gitlab', ...policy(rules) });

  it('counts complete backups only, and never lets a partial one displace a complete one', async () => {
    const bench = new RotationBench({ now, plan: application({ last: 1 }) });
    await bench.add({ slot: day(2), sources: ['i-1', 'i-2'] });
    await bench.add({ slot: day(1), sources: ['i-1'], failed: ['i-2'] });
    await bench.add({ slot: day(0), sources: ['i-2'], failed: ['i-1'] });
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
    expect(bench.left()).toHaveLength(6);
  });

  it('removes partial and failed backups once a newer complete one is a week old', async () => {
    const bench = new RotationBench({ now, plan: application({ last: 5 }) });
    await bench.add({ slot: day(10), sources: ['i-1'], failed: ['i-2'] });
    await bench.add({ slot: day(9), sources: [], failed: ['i-1', 'i-2'] });
    await bench.add({ slot: day(8), sources: ['i-1', 'i-2'] });
    await bench.add({ slot: day(3), sources: ['i-1'], failed: ['i-2'] });
    await bench.add({ slot: day(0), sources: ['i-1', 'i-2'] });
    expect(
      (await bench.assess()).decisions.filter(({ remove }) => remove).map(({ reasons }) => reasons[0]),
    ).toEqual([
      'failed backup, and a newer complete backup is 7d old',
      'failed backup, and a newer complete backup is 7d old',
      'partial backup, and a newer complete backup is 7d old',
      'partial backup, and a newer complete backup is 7d old',
    ]);
  });

  it('keeps the newest copy of a source that disappeared when its backup goes', async () => {
    const bench = new RotationBench({ now, plan: application({ last: 2 }) });
    await bench.add({ slot: day(3), sources: ['i-1', 'i-gone'] });
    await bench.add({ slot: day(2), sources: ['i-1', 'i-gone'] });
    await bench.add({ slot: day(1) });
    await bench.add({ slot: day(0) });
    expect(table(await bench.assess()).slice(2)).toEqual([
      `${amiOf(day(2))}: remove, older than every rule reaches`,
      `${amiOf(day(2), 'i-gone')}: keep, newest of its source`,
      `${amiOf(day(3))}: remove, older than every rule reaches`,
      `${amiOf(day(3), 'i-gone')}: remove, older than every rule reaches`,
    ]);
    await bench.rotate();
    expect(bench.left()).toEqual([amiOf(day(2), 'i-gone'), amiOf(day(1)), amiOf(day(0))]);
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
  });

  it('keeps a backup whole when one of its copies has to stay', async () => {
    const bench = new RotationBench({ now, plan: application({ last: 1 }) });
    await bench.add({ slot: day(1), sources: ['i-1', 'i-2'] });
    await bench.add({ slot: day(0), sources: ['i-1', 'i-2'] });
    const locked = amiOf(day(1), 'i-2');
    bench.ec2.obstaclesById.set(locked, [
      { kind: 'locked', id: `snap-${locked}`, reason: 'locked until 2026-12-01T00:00:00Z' },
    ]);
    expect(table(await bench.assess()).slice(2)).toEqual([
      `${amiOf(day(1))}: keep, its backup stays whole: ${locked} has to stay`,
      `${locked}: keep, snap-${locked} is locked until 2026-12-01T00:00:00Z`,
    ]);
    expect(await bench.rotate()).toMatchObject({ state: 'idle' });
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliBench, fleetConfig as config } from '../support/cli-bench.ts';
import type { Cloud } from '../support/cloud.ts';

let bench: CliBench;
let cloud: Cloud;
beforeEach(async () => {
  bench = await CliBench.start();
  cloud = bench.cloud;
});
afterEach(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

describe('snapkeep hold and unhold', () => {
  it('keep a backup from rotation until it is let go, and write down who, when and why', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    const [first = ''] = await bench.backUp(2, keep1);
    const held = await bench.snapkeep(['hold', first, '--reason', 'audit', '--json'], keep1);
    expect(held).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(held.stdout)).toMatchObject({
      backup_id: first,
      held: true,
      reason: 'audit',
      who: cloud.sandbox.identity.arn,
      entry: `ledger/fleet/${first}/holds/000001.json`,
    });
    expect((await bench.snapkeep(['rotate', 'fleet'], keep1)).stdout).toMatch(/keep +hold: audit/);
    expect(bench.images()).toHaveLength(2);
    const list = JSON.parse((await bench.snapkeep(['list', '--json'], keep1)).stdout);
    expect(list.map(({ expires }: { expires: string }) => expires)).toEqual(['2026-11-22T02:01:00Z', 'held']);
    expect((await bench.snapkeep(['show', first], keep1)).stdout).toMatch(
      /^On hold since \S+ by arn:aws:iam.*: audit$/m,
    );
    const letGo = await bench.snapkeep(['unhold', first, '--reason', 'audit is over'], keep1);
    expect(letGo.stdout).toContain('/holds/000002.json');
    expect((await bench.snapkeep(['rotate', 'fleet'], keep1)).stdout).toContain('Removed 1');
    expect(bench.images()).toHaveLength(1);
    expect((await bench.snapkeep(['show', first], keep1)).stdout).toContain(
      'Rotation has removed this backup.',
    );
  });

  it('take the next free number when two people write at once', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    const [first = ''] = await bench.backUp(1, keep1);
    const hold = (reason: string) => bench.snapkeep(['hold', first, '--reason', reason, '--json'], keep1);
    const entries = (await Promise.all([hold('one'), hold('two'), hold('three')])).map(
      ({ stdout }) => JSON.parse(stdout).entry,
    );
    expect(entries.sort()).toEqual([1, 2, 3].map((n) => `ledger/fleet/${first}/holds/00000${n}.json`));
  });

  it('refuse what is no backup, what does not exist, what is gone, and a hold without a reason', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    const [first = ''] = await bench.backUp(2, keep1);
    await bench.snapkeep(['rotate'], keep1);
    const attempts: [string[], RegExp][] = [
      [['hold', 'fleet', '--reason', 'x'], /is not a backup ID/],
      [['hold', '1795140060_2026_11_20_fleet', '--reason', 'x'], /there is no backup/],
      [['hold', first, '--reason', 'x'], /rotation has removed/],
      [['hold', first], /required option '--reason/],
      [['hold', first, '--reason', ' '], /--reason is empty/],
    ];
    for (const [argv, message] of attempts) {
      const result = await bench.snapkeep(argv, keep1);
      expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(message) });
    }
  });

  it('say so when there was nothing to let go', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    const [first = ''] = await bench.backUp(1, keep1);
    const result = await bench.snapkeep(['unhold', first, '--reason', 'x'], keep1);
    expect(result).toMatchObject({ exitCode: 0, stdout: `${first} is not on hold.\n` });
    expect(bench.keys().filter((key) => key.includes('/holds/'))).toEqual([]);
  });
});

describe('snapkeep list', () => {
  it('leaves out what rotation has removed, and shows it with --all', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    const [first, second] = await bench.backUp(2, keep1);
    await bench.snapkeep(['rotate'], keep1);
    const ids = async (...argv: string[]) =>
      JSON.parse((await bench.snapkeep(['list', '--json', ...argv], keep1)).stdout).map(
        ({ backup_id, status }: { backup_id: string; status: string }) => [backup_id, status],
      );
    expect(await ids()).toEqual([[second, 'completed']]);
    expect(await ids('--all')).toEqual([
      [second, 'completed'],
      [first, 'removed'],
    ]);
  });

  it('prints in EXPIRES the first time at which the policy lets a backup go', async () => {
    bench.addInstance();
    const keep2 = config('{ last: 2 }');
    await bench.backUp(3, keep2);
    const { stdout } = await bench.snapkeep(['list'], keep2);
    expect(
      stdout
        .split('\n')
        .slice(1, 4)
        .map((line) => line.split(/ {2,}/).at(-1)),
    ).toEqual(['2026-11-24T02:02:00Z', '2026-11-23T02:02:00Z', 'next rotation']);
  });
});

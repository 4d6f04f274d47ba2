import { describe, expect, it } from 'vitest';
import type { StartRequest } from '../../functions/drivers/driver.ts';
import type { Tally } from '../../functions/workflows/backup/state.ts';
import { aClock, backupBench, slot, slotTime } from '../support/backup-bench.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { aPlan, ec2ByTags, rdsByIds } from '../support/plans.ts';

const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => `i-${String(index).padStart(17, '0')}`);

describe('a backup', () => {
  it('ends completed with one recovery point per source, each with what a relaunch needs', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(3) });
    const manifest = await backupBench({ clock, drivers: [driver] }).run();
    expect(manifest).toMatchObject({
      backup_id: `${slotTime / 1000}_2026_11_20_fleet`,
      status: 'completed',
      consistency: 'crash',
      errors: [],
      started_at: '2026-11-20T02:00:07Z',
    });
    expect(manifest.recovery_points.map((point) => [point.source.id, point.status])).toEqual(
      ids(3).map((id) => [id, 'available']),
    );
    expect(manifest.recovery_points[0]?.relaunch).toEqual({ private_ip: '10.0.1.67' });
    expect(Date.parse(manifest.completed_at)).toBeGreaterThanOrEqual(slotTime + 67_000);
  });

  it('writes its intent before anything is started', async () => {
    const clock = aClock();
    const bench = backupBench({
      clock,
      drivers: [
        new FakeDriver({
          clock,
          ids: ids(1),
          refuse: () => {
            seenAtStart = [...bench.vault.documents.keys()];
            return undefined;
          },
        }),
      ],
    });
    let seenAtStart: string[] = [];
    await bench.run();
    expect(seenAtStart).toEqual([`ledger/fleet/${slotTime / 1000}_2026_11_20_fleet/intent.json`]);
  });

  it('answers the sealed manifest when it is asked again, without starting anything', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(2) });
    const first = backupBench({ clock, drivers: [driver] });
    const manifest = await first.run();
    const starts = driver.calls.start;
    const second = await backupBench({ clock, drivers: [driver], vault: first.vault }).run();
    expect(second).toEqual(manifest);
    expect(driver.calls).toMatchObject({ start: starts, discover: 1 });
  });

  it('makes one backup when two runs of the same slot go on at once', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(5) });
    const one = backupBench({ clock, drivers: [driver] });
    const other = backupBench({ clock, drivers: [driver], vault: one.vault });
    const [a, b] = await Promise.all([one.run(), other.run()]);
    expect(a).toEqual(b);
    expect(driver.copies.size).toBe(5);
  });

  it('is partial when a source fails, names it with its reason, and finishes the others', async () => {
    const clock = aClock();
    const driver = new FakeDriver({
      clock,
      ids: ids(3),
      refuse: ({ source }: StartRequest) =>
        source.id === ids(3)[1] ? { state: 'failed', reason: 'the instance no longer exists' } : undefined,
    });
    const manifest = await backupBench({ clock, drivers: [driver] }).run();
    expect(manifest.status).toBe('partial');
    expect(manifest.errors).toEqual([`ec2/${ids(3)[1]}: the instance no longer exists`]);
    expect(manifest.recovery_points.filter(({ status }) => status === 'available')).toHaveLength(2);
  });

  it('names what the plan asks for and discovery could not find', async () => {
    const clock = aClock();
    const missing = [
      { source: { kind: 'ec2', id: 'i-gone', region: 'eu-west-1' }, reason: 'it is not there' } as const,
    ];
    const manifest = await backupBench({
      clock,
      drivers: [new FakeDriver({ clock, ids: ids(1), missing })],
    }).run();
    expect(manifest.status).toBe('partial');
    expect(manifest.errors).toEqual(['ec2/i-gone: it is not there']);
  });

  it('is failed when no source succeeds', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(2), refuse: () => ({ state: 'failed', reason: 'no' }) });
    expect((await backupBench({ clock, drivers: [driver] }).run()).status).toBe('failed');
  });

  it('waits for a quota instead of failing, and starts what is left from the poll', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(120), quota: 10, copySeconds: 20 });
    const manifest = await backupBench({ clock, drivers: [driver] }).run();
    expect(manifest.status).toBe('completed');
    expect(driver.copies.size).toBe(120);
    expect(driver.calls.start).toBeLessThan(120 * 3);
  });

  it('says once what copies wait for, so that hours of silence have a reason', async () => {
    const clock = aClock();
    const busy = { state: 'wait', reason: 'InternalError: a bad moment' } as const;
    const driver = new FakeDriver({
      clock,
      ids: ids(60),
      refuse: (_, tries) => (tries < 6 ? busy : undefined),
    });
    const warnings: string[] = [];
    const bench = backupBench({ clock, drivers: [driver], warn: (text) => warnings.push(text) });
    expect((await bench.run()).status).toBe('completed');
    expect(warnings).toEqual([
      expect.stringMatching(/have to wait, .* ec2\/i-0+ .*: InternalError: a bad moment$/),
    ]);
  });

  it('takes a fresh name when the first one is spoilt', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(1), copySeconds: 5 });
    const before = backupBench({ clock, drivers: [driver] });
    await driver.start(startOf(before, 1));
    driver.spoil(ids(1)[0] ?? '', 'the key is gone');
    const manifest = await before.run();
    expect(manifest.status).toBe('completed');
    expect(manifest.recovery_points[0]).toMatchObject({ name: expect.stringMatching(/-a2$/) });
  });

  it('fails what is not available by the deadline, and still names its copy', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(1), copySeconds: 1e9 });
    const manifest = await backupBench({
      clock,
      drivers: [driver],
      plan: aPlan({ timeoutSeconds: 3600 }),
    }).run();
    expect(manifest.status).toBe('failed');
    expect(manifest.recovery_points[0]).toMatchObject({ status: 'failed', id: 'copy-0' });
    expect(manifest.errors[0]).toContain('not available by 2026-11-20T03:00:07Z');
    const waited = Date.parse(manifest.completed_at) - Date.parse(manifest.started_at);
    expect(waited).toBeGreaterThanOrEqual(3_600_000);
    expect(waited).toBeLessThanOrEqual(3_600_000 + 31_000);
  });

  it('fails a copy that somebody deletes while it is under way, long before the deadline', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(2), copySeconds: 1800 });
    const begunAt = clock.now();
    const poll = driver.poll.bind(driver);
    driver.poll = (request) => {
      if (clock.now() - begunAt > 900_000) driver.lose(ids(2)[0] ?? '');
      return poll(request);
    };
    const manifest = await backupBench({ clock, drivers: [driver] }).run();
    expect(manifest.errors).toEqual([
      `ec2/${ids(2)[0]}: copy-0 does not exist any more: it was deregistered or deleted before it was available`,
    ]);
    expect(manifest.recovery_points[0]).toMatchObject({ status: 'failed', id: 'copy-0' });
    expect(manifest.status).toBe('partial');
    const waited = Date.parse(manifest.completed_at) - Date.parse(manifest.started_at);
    expect(waited).toBeLessThan(1_900_000);
  });

  it('bears with a service that shows a copy only nine minutes after its start', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(2), copySeconds: 700 });
    const begunAt = clock.now();
    const poll = driver.poll.bind(driver);
    driver.poll = async (request) =>
      clock.now() - begunAt < 540_000
        ? request.copies.map(({ id }) => ({ state: 'absent', id }))
        : poll(request);
    expect((await backupBench({ clock, drivers: [driver] }).run()).status).toBe('completed');
  });

  it('bears with a single look that does not find a copy', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(1), copySeconds: 1200 });
    const poll = driver.poll.bind(driver);
    let looks = 0;
    driver.poll = async (request) => {
      looks += request.withAbsent ? 1 : 0;
      return looks % 2 === 1 ? request.copies.map(({ id }) => ({ state: 'absent', id })) : poll(request);
    };
    expect((await backupBench({ clock, drivers: [driver] }).run()).status).toBe('completed');
    expect(looks).toBeGreaterThan(5);
  });

  it('stays far below the 3,000 operations of one execution for twelve hours of polling', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(1), copySeconds: 1e9 });
    const bench = backupBench({ clock, drivers: [driver] });
    await bench.run();
    expect(bench.engine.statistics().operations).toBeLessThan(2000);
  });

  it('refuses a plan that selects nothing before it writes anything', async () => {
    const clock = aClock();
    const bench = backupBench({ clock, drivers: [] });
    await expect(bench.run()).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/selects no source/),
    });
    expect(bench.vault.documents.size).toBe(0);
  });

  it('refuses an unknown plan and names the known ones', async () => {
    const bench = backupBench({ clock: aClock(), drivers: [] });
    await expect(bench.run({ plan: 'toString', slot })).rejects.toMatchObject({
      kind: 'usage',
      remedy: 'its plans are: fleet',
    });
  });

  it('divides more than 500 sources into shards and still makes one manifest', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(1203) });
    const tallies = new Map<number, Tally>();
    const reporter = {
      begun() {},
      progress: (tally: Tally) => tallies.set(tally.shard, tally),
      sealed: async () => undefined,
    };
    const manifest = await backupBench({ clock, drivers: [driver], reporter }).run();
    expect(manifest.status).toBe('completed');
    expect(new Set(manifest.recovery_points.map(({ source }) => source.id)).size).toBe(1203);
    expect([...tallies.values()].map(({ total }) => total)).toEqual([500, 500, 203]);
  });

  it('fits the longest reasons of 500 failed copies into one checkpoint', async () => {
    const clock = aClock();
    const driver = new FakeDriver({ clock, ids: ids(500), copySeconds: 600 });
    const copy = { id: 'c'.repeat(57), name: 'n'.repeat(57) };
    const reason = 'no "key" of mine: '.repeat(40);
    driver.poll = async ({ copies }) =>
      copies.map(({ id }) => ({ state: 'failed', id, reason, snapshots: [] }));
    driver.start = async ({ source }) => ({
      state: 'started',
      id: `${copy.id}${source.id}`.slice(-57),
      name: copy.name,
    });
    const manifest = await backupBench({ clock, drivers: [driver] }).run();
    expect(manifest.status).toBe('failed');
    expect(manifest.errors[0]).toMatch(/^ec2\/i-0+: no "key" of mine: .*\.\.\.$/);
  });

  it('keeps one kind going while the quota of another is used up', async () => {
    const clock = aClock();
    const machines = new FakeDriver({ clock, ids: ids(2), quota: 0 });
    const databases = new FakeDriver({ kind: 'rds', clock, ids: ['circle-db'] });
    const plan = aPlan({
      sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db')],
      timeoutSeconds: 600,
    });
    const manifest = await backupBench({ clock, drivers: [machines, databases], plan }).run();
    expect(manifest.recovery_points.map(({ status }) => status)).toEqual(['failed', 'failed', 'available']);
    expect(manifest.errors[0]).toContain('PendingSnapshotLimitExceeded');
  });
});

function startOf({ deps }: ReturnType<typeof backupBench>, attempt: number): StartRequest {
  return {
    source: { kind: 'ec2', id: ids(1)[0] ?? '', region: 'eu-west-1' },
    relaunch: {},
    reboot: false,
    deployment: deps.deployment,
    plan: 'fleet',
    backupId: `${slotTime / 1000}_2026_11_20_fleet`,
    slot,
    attempt,
  };
}

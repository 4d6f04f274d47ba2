import { describe, expect, it } from 'vitest';
import type { HookRunner, Quiesced } from '../../functions/applications/hooks.ts';
import type { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import { aClock, backupBench } from '../support/backup-bench.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { aPlan, ec2ByTags, rdsByIds } from '../support/plans.ts';

const applicationPlan = (consistency: 'preferred' | 'required' = 'preferred') =>
  aPlan({
    name: 'ci',
    application: 'gocd',
    consistency,
    sources: [ec2ByTags({ Role: 'ci' }), rdsByIds('db')],
  });

/** Records when the application rests, in seconds since the first call. */
class RecordingHooks implements HookRunner {
  readonly events: string[] = [];
  readonly #clock: VirtualClock;
  readonly #start: number;
  readonly #answer: () => Quiesced | undefined;
  readonly #resumeFails: boolean;

  constructor(clock: VirtualClock, answer: () => Quiesced | undefined, resumeFails = false) {
    this.#clock = clock;
    this.#start = clock.now();
    this.#answer = answer;
    this.#resumeFails = resumeFails;
  }

  async quiesce(): Promise<Quiesced | undefined> {
    this.#record('quiesce');
    return this.#answer();
  }

  async resume(): Promise<void> {
    this.#record('resume');
    if (this.#resumeFails) throw new Error('ssh says no');
  }

  #record(event: string): void {
    this.events.push(`${event} at ${(this.#clock.now() - this.#start) / 1000} s`);
  }
}

const resting = (overrides: Partial<Quiesced> = {}): Quiesced => ({
  consistency: 'application',
  covers: ['ec2'],
  limitSeconds: 300,
  ...overrides,
});

const sources = (clock: VirtualClock, fixedSeconds = 2) => [
  new FakeDriver({ clock, ids: ['i-1', 'i-2'], copySeconds: 600, fixedSeconds }),
  new FakeDriver({ kind: 'rds', clock, ids: ['db'], copySeconds: 1200 }),
];

describe('a backup of an application with a quiesce hook', () => {
  it('lets the application go on as soon as the content is fixed, long before the copies are complete', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => resting());
    const manifest = await backupBench({
      clock,
      drivers: sources(clock),
      plan: applicationPlan(),
      hooks,
    }).run();
    expect(hooks.events[0]).toBe('quiesce at 0 s');
    expect(hooks.events).toHaveLength(2);
    expect(Number.parseFloat(hooks.events[1]?.match(/[\d.]+/)?.[0] ?? '')).toBeLessThanOrEqual(4);
    expect(
      manifest.recovery_points.map((point) => point.status === 'available' && point.consistency),
    ).toEqual(['application', 'application', 'crash']);
    expect(manifest.consistency).toBe('crash');
  });

  it('waits for completion where the service fixes content only then', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => resting({ covers: ['ec2', 'rds'], limitSeconds: 7200 }));
    const manifest = await backupBench({
      clock,
      drivers: sources(clock),
      plan: applicationPlan(),
      hooks,
    }).run();
    expect(Number.parseFloat(hooks.events[1]?.match(/[\d.]+/)?.[0] ?? '')).toBeGreaterThanOrEqual(1200);
    expect(manifest.consistency).toBe('application');
  });

  it('lets the application go at its limit and calls what was not fixed crash-consistent', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => resting({ limitSeconds: 60 }));
    const manifest = await backupBench({
      clock,
      drivers: sources(clock, 500),
      plan: applicationPlan(),
      hooks,
    }).run();
    const restedSeconds = Number.parseFloat(hooks.events[1]?.match(/[\d.]+/)?.[0] ?? '');
    expect(restedSeconds).toBeGreaterThanOrEqual(60);
    expect(restedSeconds).toBeLessThanOrEqual(91);
    expect(manifest).toMatchObject({ status: 'completed', consistency: 'crash' });
  });

  it('fails what was not fixed in time when the plan requires consistency', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => resting({ limitSeconds: 60 }));
    const plan = applicationPlan('required');
    const manifest = await backupBench({ clock, drivers: sources(clock, 500), plan, hooks }).run();
    expect(manifest.status).toBe('partial');
    expect(manifest.errors[0]).toContain('its content was not fixed within the 60 s');
    expect(manifest.recovery_points[0]).toMatchObject({ status: 'failed', id: 'copy-0' });
  });

  it('backs up anyway with a warning when the hook fails, and lets the application go at once', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => {
      throw new Error('maintenance mode did not come');
    });
    const manifest = await backupBench({
      clock,
      drivers: sources(clock),
      plan: applicationPlan(),
      hooks,
    }).run();
    expect(hooks.events).toEqual(['quiesce at 0 s', 'resume at 0 s']);
    expect(manifest).toMatchObject({
      status: 'completed',
      consistency: 'crash',
      warnings: ['the copies are only crash-consistent: maintenance mode did not come'],
    });
  });

  it('starts nothing when the plan requires consistency and the hook fails', async () => {
    const clock = aClock();
    const drivers = sources(clock);
    const hooks = new RecordingHooks(clock, () => {
      throw new Error('maintenance mode did not come');
    });
    const manifest = await backupBench({ clock, drivers, plan: applicationPlan('required'), hooks }).run();
    expect(manifest.status).toBe('failed');
    expect(drivers.map((driver) => driver.calls.start)).toEqual([0, 0]);
  });

  it('lets the application go when starting the copies breaks off', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => resting());
    const broken = new FakeDriver({
      clock,
      ids: ['i-1'],
      refuse: () => {
        throw new Error('the network is gone');
      },
    });
    const bench = backupBench({ clock, drivers: [broken], plan: applicationPlan(), hooks });
    await expect(bench.run()).rejects.toThrow('the network is gone');
    expect(hooks.events).toEqual(['quiesce at 0 s', 'resume at 0 s']);
  });

  it('says so in the manifest when the application could not be resumed', async () => {
    const clock = aClock();
    const hooks = new RecordingHooks(clock, () => resting(), true);
    const manifest = await backupBench({
      clock,
      drivers: sources(clock),
      plan: applicationPlan(),
      hooks,
    }).run();
    expect(manifest.warnings).toEqual(['the application could not be resumed, look at it now: ssh says no']);
  });
});

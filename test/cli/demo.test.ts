import { describe, expect, it } from 'vitest';
import { fastClock } from '../../bin/cli/fast-clock.ts';
import { lineDiff } from '../../bin/cli/line-diff.ts';
import { cli } from '../support/cli.ts';

describe('snapkeep demo', () => {
  it('loses a machine and brings it back within a minute, down to the rewritten lines', async () => {
    const begunAt = performance.now();
    const result = await cli(['demo', '--application', 'circleci-server', '--json']);
    expect(result.exitCode).toBe(0);
    const { restore, files } = JSON.parse(result.stdout);
    expect(restore).toMatchObject({
      status: 'completed',
      failure: null,
      recovery_seconds: expect.any(Number),
    });
    expect(restore.machines[0].old.state).toBe('gone');
    expect(restore.checks).toEqual([{ name: 'check-health', result: 'passed' }]);
    const operator = files.find(({ path }: { path: string }) => path === '/etc/default/replicated-operator');
    expect(operator.diff).toContain('- DAEMON_ENDPOINT=10.0.1.67:9879');
    expect(operator.diff).toContain(`+ DAEMON_ENDPOINT=${restore.machines[0].new.private_ip}:9879`);
    expect(performance.now() - begunAt).toBeLessThan(60_000);
  }, 90_000);

  it('refuses an application that the example estate does not have', async () => {
    const result = await cli(['demo', '--application', 'jira']);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/no application "jira"/);
  });
});

describe('the clock of the demo', () => {
  it('runs as many times as fast as it says, waits included', async () => {
    let real = 1_000_000;
    const clock = fastClock(10, () => real);
    expect(clock.now()).toBe(1_000_000);
    real += 500;
    expect(clock.now()).toBe(1_005_000);
    const before = performance.now();
    await clock.sleep(200);
    expect(performance.now() - before).toBeLessThan(180);
  });

  it('ends a wait that is interrupted with the reason', async () => {
    const controller = new AbortController();
    const waiting = fastClock(10).sleep(60_000, controller.signal);
    controller.abort(new Error('interrupted'));
    await expect(waiting).rejects.toThrow('interrupted');
  });
});

describe('a diff of lines', () => {
  it('pairs lines that stayed in their places', () => {
    expect(lineDiff('a\nb\nc\n', 'a\nx\nc\n')).toEqual(['- b', '+ x']);
    expect(lineDiff('same\n', 'same\n')).toEqual([]);
  });

  it('shows what is on one side only where lines came or went', () => {
    expect(lineDiff('a\nb\nc\n', 'a\nc\n')).toEqual(['- b']);
    expect(lineDiff('', 'new\n')).toEqual(['+ new']);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bucket, region, startCloud } from '../support/cloud.ts';
import { DeployedBench, everyUpdateIsDrawn } from '../support/deployed-bench.ts';

const yaml = (sources = '[{ ec2: { tags: { Backup: "yes" } } }]') => `
version: 1
deployment: prod-eu
region: ${region}
vault: { bucket: ${bucket} }
plans:
  fleet:
    schedule: { expression: rate(1 day) }
    sources: ${sources}
    retention: { daily: 7 }
`;

let bench: DeployedBench;
const deploy = async (text = yaml()) => {
  bench = await DeployedBench.start(await startCloud(), text);
};
beforeEach(() => {
  // Powertools writes its metrics to a console of its own, on stdout.
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  expect(bench.cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

const addInstance = () => bench.cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
const backUp = (...flags: string[]) => bench.snapkeep(['backup', 'fleet', '--deployed', ...flags]);

describe('snapkeep backup --deployed', () => {
  it('has the worker make the backup, and prints the same manifest as a backup that is made here', async () => {
    await deploy();
    const { id } = addInstance();
    const result = await backUp('--json');
    expect(result.exitCode).toBe(0);
    const manifest = JSON.parse(result.stdout);
    const stored = bench.cloud.sandbox.s3.text(
      bucket,
      `ledger/fleet/${manifest.backup_id}/backup_information.json`,
    );
    expect(manifest).toEqual(JSON.parse(stored ?? ''));
    expect(manifest.recovery_points).toMatchObject([{ source: { id }, status: 'available' }]);
    expect(bench.executions('backupWorker')).toEqual([
      {
        name: 'prod-eu-fleet-20261120t0200',
        payload: { plan: 'fleet', slot: '2026-11-20T02:00:00Z' },
        status: 'SUCCEEDED',
      },
    ]);
    expect(result.stderr).toMatch(
      /^Backup 1795140000_2026_11_20_fleet runs in AWS: eu-west-1, execution prod-eu-fleet-20261120t0200\.\n {2}An interrupt here stops nothing there\. To follow it again: snapkeep -c \S+ backup fleet --slot 2026-11-20T02:00:00Z --deployed\n$/,
    );
  });

  it('prints the same text as well, and a rotation follows as after every deployed backup', async () => {
    await deploy();
    const { id } = addInstance();
    const result = await backUp();
    expect(result.stdout).toMatch(new RegExp(`ec2/${id} +available +ami-[0-9a-f]{17}`));
    expect(result.stdout).toContain('Next: snapkeep list --plan fleet');
    await bench.settled();
    expect(bench.executions('rotateWorker')).toMatchObject([
      { name: 'prod-eu-fleet-20261120t0200-rb', status: 'SUCCEEDED' },
    ]);
  });

  it('shows a finished run of a slot again without starting anything', async () => {
    await deploy();
    addInstance();
    const slot = ['--slot', '2026-11-20T02:00:00Z', '--json'];
    const first = await backUp(...slot);
    const again = await backUp(...slot);
    expect(again).toEqual({ exitCode: 0, stdout: first.stdout, stderr: '' });
    expect(bench.executions('backupWorker')).toHaveLength(1);
  });

  it('ends with 3 when some sources could not be copied', async () => {
    await deploy(yaml('[{ ec2: { ids: [i-0deadbeefdeadbeef, i-0aaa0aaa0aaa0aaa0] } }]'));
    bench.cloud.sandbox.ec2.seed(region).addInstance({ id: 'i-0aaa0aaa0aaa0aaa0' });
    const result = await backUp();
    expect(result.exitCode).toBe(3);
    expect(result.stdout).toContain('error: ec2/i-0deadbeefdeadbeef: no instance');
  });

  it('ends with 1 when no copy could be made, and prints the failed manifest', async () => {
    await deploy();
    addInstance();
    bench.cloud.sandbox.faults.add({
      ...{ service: 'ec2', action: 'CreateImage', code: 'InvalidParameterValue', status: 400 },
    });
    const result = await backUp('--json');
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ status: 'failed' });
  });

  it('ends as the worker did where that could not even begin, and starts a further run when it is repeated', async () => {
    await deploy();
    const nothing = await backUp();
    expect(nothing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(nothing.stderr).toMatch(/snapkeep: the deployed worker says: plan fleet selects no/);
    addInstance();
    expect(await backUp()).toMatchObject({ exitCode: 0 });
    expect(bench.executions('backupWorker').map(({ name, status }) => [name, status])).toEqual([
      ['prod-eu-fleet-20261120t0200', 'FAILED'],
      ['prod-eu-fleet-20261120t0200-r2', 'SUCCEEDED'],
    ]);
  });

  it('can be interrupted without harm: it says how to go on, and the same command follows the same run', async () => {
    await deploy();
    addInstance();
    const release = bench.hold();
    const controller = new AbortController();
    const stderr = {
      write: (text: string) => {
        said += text;
        if (text.includes('runs in AWS')) controller.abort();
      },
    };
    let said = '';
    const interrupted = await bench.snapkeep(['backup', 'fleet', '--deployed', '--json'], {
      signal: controller.signal,
      stderr,
    });
    expect(interrupted.exitCode).toBe(130);
    expect(JSON.parse(interrupted.stdout)).toEqual({
      error: {
        kind: 'interrupted',
        message: 'interrupted: the run goes on in AWS',
        remedy: expect.stringMatching(/^follow it again with: snapkeep .* --deployed$/),
      },
    });
    expect(said).toMatch(
      /snapkeep: interrupted: the run goes on in AWS\n {2}follow it again with: snapkeep -c \S+ backup fleet --slot 2026-11-20T02:00:00Z --deployed\n$/,
    );
    // Minutes later, before the worker has so much as written its intent.
    bench.cloud.clock.advance(180_000);
    setTimeout(release, 50);
    const followed = await backUp('--json');
    expect(followed.exitCode).toBe(0);
    expect(followed.stderr).toContain('prod-eu-fleet-20261120t0200 is under way already');
    expect(JSON.parse(followed.stdout).slot).toBe('2026-11-20T02:00:00Z');
    expect(bench.executions('backupWorker')).toHaveLength(1);
  });

  it('follows the newest of several runs that are under way', async () => {
    await deploy();
    addInstance();
    const release = bench.hold();
    const begin = async (...flags: string[]) => {
      const controller = new AbortController();
      const stderr = { write: (text: string) => text.includes('runs in AWS') && controller.abort() };
      await bench.snapkeep(['backup', 'fleet', '--deployed', ...flags], {
        signal: controller.signal,
        stderr,
      });
      bench.cloud.clock.advance(60_000);
    };
    await begin('--slot', '2026-11-20T01:00:00Z');
    await begin('--slot', '2026-11-20T02:00:00Z');
    setTimeout(release, 50);
    const followed = await backUp('--json');
    expect(followed.stderr).toContain('prod-eu-fleet-20261120t0200 is under way already');
    expect(JSON.parse(followed.stdout).slot).toBe('2026-11-20T02:00:00Z');
  });

  it('goes on with a run that was begun elsewhere and not finished', async () => {
    await deploy();
    addInstance();
    const controller = new AbortController();
    const stderr = {
      write: (text: string) => {
        if (text.includes('starting 1 source')) controller.abort();
      },
    };
    const here = ['backup', 'fleet'];
    const died = await bench.snapkeep(here, { signal: controller.signal, stderr, isTerminal: true });
    expect(died.exitCode).toBe(130);
    bench.cloud.clock.advance(600_000);
    const result = await backUp('--json');
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('warning: going on with 1795140000_2026_11_20_fleet');
    expect(JSON.parse(result.stdout).slot).toBe('2026-11-20T02:00:00Z');
  });

  it.each([
    ['throttling', { code: 'TooManyRequestsException', status: 429 }],
    ['a service that fails', { code: 'ServiceException', status: 503 }],
    ['a network that is gone', { code: 'cut', cut: true }],
  ])('waits %s out while it follows, with one warning', async (_what, fault) => {
    await deploy();
    addInstance();
    bench.cloud.sandbox.faults.add({
      ...{ service: 'lambda', action: 'GetDurableExecution', times: 30, ...fault },
    });
    const result = await backUp('--json');
    expect(result.exitCode).toBe(0);
    expect(result.stderr.match(/warning:/g)).toHaveLength(1);
    expect(result.stderr).toContain('warning: AWS does not answer at the moment');
    expect(result.stderr).toContain('the run goes on there');
  });

  it('draws on a terminal what the run does, and how long it has taken', async () => {
    await deploy();
    addInstance();
    everyUpdateIsDrawn();
    let drawn = '';
    const stderr = {
      write: (text: string) => {
        drawn += text;
      },
    };
    const result = await bench.snapkeep(['backup', 'fleet', '--deployed'], { isTerminal: true, stderr });
    expect(result.exitCode).toBe(0);
    expect(drawn).toMatch(/1 source: waiting for the copies, \d/);
    // The line is gone in the end.
    expect(drawn.endsWith('\u001b[2K')).toBe(true);
  });
});

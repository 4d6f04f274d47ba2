import { DeregisterImageCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fleetConfig } from '../support/cli-bench.ts';
import { bucket, region, startCloud } from '../support/cloud.ts';
import { DeployedBench } from '../support/deployed-bench.ts';

let bench: DeployedBench;
/** Backups of as many days, made here under another policy, and the deployment with its own. */
const deploy = async (days: number, retention: string) => {
  bench = await DeployedBench.start(await startCloud(), fleetConfig(retention));
  const { clock, sandbox } = bench.cloud;
  sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
  for (let day = 0; day < days; day += 1) {
    if (day > 0) clock.advance(86_400_000);
    const { exitCode } = await bench.snapkeep(['backup', 'fleet']);
    expect(exitCode).toBe(0);
  }
  clock.advance(60_000);
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

const rotate = (...argv: string[]) => bench.snapkeep(['rotate', '--deployed', ...argv]);
const images = (): string[] => [...bench.cloud.sandbox.ec2.region(region).images.keys()];

/** Ages go on while one looks. */
const withoutAges = (text: string) => JSON.parse(text, (key, value) => (key === 'age_seconds' ? 0 : value));

describe('snapkeep rotate --deployed', () => {
  it('prints in a dry run what a dry run here prints, and deletes nothing', async () => {
    await deploy(3, '{ last: 2 }');
    const before = images();
    const there = await rotate('fleet', '--dry-run');
    expect(there).toMatchObject({ exitCode: 0, stderr: '' });
    expect(there.stdout).toMatch(/^Plan fleet: 1 of 3 recovery points to remove, digest [0-9a-f]{12}$/m);
    expect(there.stdout).toMatch(/^ami-\w+ +ec2\/i-\w+ +2 d +remove +older than every rule reaches$/m);
    const json = await rotate('--dry-run', '--json');
    const here = await bench.snapkeep(['rotate', '--dry-run', '--json']);
    expect(withoutAges(json.stdout)).toEqual(withoutAges(here.stdout));
    expect(images()).toEqual(before);
    expect(bench.executions('rotateWorker').map(({ payload }) => payload)).toEqual([
      { plan: 'fleet', dryRun: true },
      { plan: 'fleet', dryRun: true },
    ]);
  });

  it('has the worker delete, and prints the decisions of its intent', async () => {
    await deploy(3, '{ last: 2 }');
    const [, , , ...none] = images();
    expect(none).toEqual([]);
    const result = await rotate('--json');
    expect(result.exitCode).toBe(0);
    const { plans } = JSON.parse(result.stdout);
    expect(plans).toMatchObject([{ plan: 'fleet', state: 'done', removed: 1, kept: 0, refusals: [] }]);
    expect(plans[0].decisions.map(({ decision }: { decision: string }) => decision)).toEqual([
      'keep',
      'keep',
      'remove',
    ]);
    expect(images()).toHaveLength(2);
    const written = bench.cloud.sandbox.s3.text(bucket, `ledger/fleet/rotations/${plans[0].run}/result.json`);
    expect(JSON.parse(written ?? '')).toMatchObject({ removed: [plans[0].decisions[2].recovery_point] });
    bench.cloud.clock.advance(60_000);
    const again = await rotate();
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stdout).toContain('There is nothing to remove.');
    expect(again.stdout).toMatch(/^Plan fleet: 0 of 2 recovery points to remove/m);
  });

  it('is refused with 4 and a digest where a person must confirm, and rotates when exactly that is confirmed', async () => {
    await deploy(4, '{ last: 1 }');
    const refused = await rotate('fleet');
    expect(refused.exitCode).toBe(4);
    expect(refused.stdout).toMatch(/^ami-\w+ +ec2\/i-\w+ .* remove /m);
    expect(refused.stderr).toMatch(
      /plan fleet: nothing was deleted: 3 of the 4 recovery points of ec2\/i-\w+ would go/,
    );
    const [, digest = ''] =
      /snapkeep rotate fleet --confirm ([0-9a-f]{12}) --deployed$/m.exec(refused.stderr) ?? [];
    expect(digest).not.toBe('');
    expect(images()).toHaveLength(4);
    bench.cloud.clock.advance(60_000);
    const wrong = await rotate('fleet', '--confirm', '0123456789ab', '--json');
    expect(wrong.exitCode).toBe(4);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      error: { kind: 'refused', message: expect.stringContaining('not the confirmed 0123456789ab') },
    });
    bench.cloud.clock.advance(60_000);
    expect(await rotate('fleet', '--confirm', digest)).toMatchObject({ exitCode: 0 });
    expect(images()).toHaveLength(1);
  });

  it('tells of damage with the command that repairs it', async () => {
    await deploy(2, '{ last: 9 }');
    const [lost = ''] = images();
    await bench.admin.ec2.send(new DeregisterImageCommand({ ImageId: lost }));
    const { stdout, exitCode } = await rotate();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^damaged: ${lost}`, 'm'));
    expect(stdout).toContain('aws ec2 register-image');
  });

  it('deletes nothing, with exit code 4, when the worker cannot list everything', async () => {
    await deploy(2, '{ last: 1 }');
    bench.cloud.sandbox.faults.add({
      ...{ service: 'ec2', action: 'DescribeSnapshots', code: 'InvalidParameterValue', status: 400 },
    });
    const result = await rotate();
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toMatch(/plan fleet: nothing was deleted/);
    expect(images()).toHaveLength(2);
  });

  it('tells that a rotation is over also when its decisions cannot be told any more', async () => {
    await deploy(2, '{ last: 9 }');
    // As soon as it is over, listings break off.
    const watch = () => {
      if (!bench.executions('rotateWorker').some(({ status }) => status === 'SUCCEEDED')) {
        setImmediate(watch);
        return;
      }
      bench.cloud.sandbox.faults.add({
        ...{ service: 'ec2', action: 'DescribeSnapshots', code: 'InvalidParameterValue', status: 400 },
      });
    };
    watch();
    const { exitCode, stderr } = await rotate();
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      'warning: the rotation of plan fleet is over, and what it was decided by cannot be told',
    );
  });

  it('follows the rotation that is under way after an interrupt', async () => {
    await deploy(3, '{ last: 2 }');
    const release = bench.hold();
    const controller = new AbortController();
    let said = '';
    const stderr = {
      write: (text: string) => {
        said += text;
        if (text.includes('runs in AWS')) controller.abort();
      },
    };
    const interrupted = await bench.snapkeep(['rotate', 'fleet', '--deployed'], {
      signal: controller.signal,
      stderr,
    });
    expect(interrupted.exitCode).toBe(130);
    expect(said).toMatch(/follow it again with: snapkeep -c \S+ rotate fleet --deployed\n$/);
    bench.cloud.clock.advance(60_000);
    setTimeout(release, 50);
    const followed = await rotate('fleet', '--json');
    expect(JSON.parse(followed.stdout).plans).toMatchObject([{ state: 'done', removed: 1 }]);
    expect(bench.executions('rotateWorker')).toHaveLength(1);
  });

  it('starts nothing for a digest that is none, nor for a plan that is not deployed', async () => {
    await deploy(1, '{ last: 2 }');
    const nonsense = await rotate('fleet', '--confirm', 'yes');
    expect(nonsense).toMatchObject({ exitCode: 4, stdout: '' });
    expect(nonsense.stderr).toContain('"yes" is no digest: nothing was deleted');
    bench.deployStack({ outputs: { Plans: 'other' } });
    const result = await rotate();
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(
      'plan fleet is not deployed: the functions of snapkeep-prod-eu know other',
    );
    expect(bench.executions('rotateWorker')).toEqual([]);
  });
});

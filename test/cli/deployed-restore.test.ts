import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bucket, region } from '../support/cloud.ts';
import { DeployedBench, everyUpdateIsDrawn } from '../support/deployed-bench.ts';
import { oldMachine, type RestoringCloud, startRestoringCloud } from '../support/restoring-cloud.ts';

const example = fileURLToPath(new URL('../../docs/examples/snapkeep.yaml', import.meta.url));
const yaml = readFileSync(example, 'utf8').replace('deployment: example', 'deployment: prod-eu');

let cloud: RestoringCloud;
let bench: DeployedBench;
beforeEach(async () => {
  // Powertools writes its metrics to a console of its own, on stdout.
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  cloud = await startRestoringCloud();
  bench = await DeployedBench.start(cloud, yaml);
});
afterEach(async () => {
  vi.restoreAllMocks();
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

const restore = (...argv: string[]) => bench.snapkeep(['restore', '--deployed', ...argv]);
const restored = () =>
  [...cloud.sandbox.ec2.region(region).instances.values()].filter(({ tags }) => tags.has('snapkeep:restore'));
const written = () => cloud.sandbox.s3.keys(bucket, 'ledger/ci/restores/');
const only = ['--only', `ec2/${oldMachine}`];

describe('snapkeep restore --deployed', () => {
  it('prints in a dry run what the worker would do, as a dry run here does, and changes nothing', async () => {
    const flags = [
      'latest',
      '--plan',
      'ci',
      '--dry-run',
      '--id',
      'dry',
      '--json',
      '--hostname',
      'ci.new.example.com',
    ];
    const there = await restore(...flags);
    expect(there).toMatchObject({ exitCode: 0, stderr: '' });
    const planned = JSON.parse(there.stdout);
    const here = JSON.parse((await bench.snapkeep(['restore', ...flags])).stdout);
    expect(planned).toEqual(here);
    expect(planned.calls.length).toBeGreaterThan(10);
    expect(restored()).toEqual([]);
    expect(written()).toEqual([]);
    expect((await restore('latest', '--plan', 'ci', '--dry-run')).stdout).toContain('nothing was changed');
  });

  it('brings the application back, prints the report of the ledger, and answers the same when asked again', async () => {
    const result = await restore('latest', '--plan', 'ci', '--id', 'one', '--json');
    expect(result.exitCode).toBe(0);
    const report = JSON.parse(result.stdout);
    expect(report).toMatchObject({ request_id: 'one', status: 'completed', failure: null });
    const stored = cloud.sandbox.s3.text(bucket, 'ledger/ci/restores/one/report-1.json');
    expect(report).toEqual(JSON.parse(stored ?? ''));
    expect(result.stderr).toMatch(
      /^Restore one of plan ci runs in AWS: eu-west-1, execution prod-eu-ci-restore-one\.\n.* snapkeep -c \S+ restore --resume one --plan ci --deployed\n$/,
    );
    expect(restored()).toHaveLength(1);
    for (const again of [
      ['--resume', 'one'],
      ['latest', '--plan', 'ci', '--id', 'one'],
    ]) {
      const repeated = await restore(...again, '--json');
      expect(repeated).toEqual({ exitCode: 0, stdout: result.stdout, stderr: '' });
    }
    const other = await restore('latest', '--plan', 'ci', '--id', 'one', '--key-name', 'other');
    expect(other).toMatchObject({ exitCode: 2, stdout: '' });
    expect(other.stderr).toContain('restore one was asked for with another keyName');
    expect(bench.executions('restoreWorker').map(({ status }) => status)).not.toContain('FAILED');
    expect(restored()).toHaveLength(1);
  });

  it('refuses with 4 and a digest what a person must confirm, and 2 what cannot be, before anything is made', async () => {
    const move = ['latest', '--plan', 'ci', '--elastic-ip', 'move'];
    const refused = await restore(...move);
    expect(refused).toMatchObject({ exitCode: 4, stdout: '' });
    expect(refused.stderr).toMatch(/203\.0\.113\.20 would be taken from i-0aaa1111bbb22222c/);
    expect(refused.stderr).toMatch(/repeat the request with --confirm [0-9a-f]{12}$/m);
    cloud.clock.advance(2000);
    const wrong = await restore(...move, '--confirm', '0'.repeat(12));
    expect(wrong.exitCode).toBe(4);
    expect(wrong.stderr).toContain('000000000000 is not the digest of this');
    cloud.clock.advance(2000);
    const impossible = await restore('latest', '--plan', 'ci', '--key-name', 'gone');
    expect(impossible).toMatchObject({ exitCode: 2, stdout: '' });
    expect(impossible.stderr).toContain('the key pair gone no longer exists');
    cloud.clock.advance(2000);
    const dns = await restore(
      'latest',
      '--plan',
      'ci',
      '--dns-zone',
      'Z0123456789ABC',
      '--dns-name',
      'ci.old.example.com',
    );
    expect(dns).toMatchObject({ exitCode: 2, stdout: '' });
    expect(dns.stderr).toContain('leave out dns and point the name to the restored machine by hand');
    expect(await restore('1_2026_01_01_ci')).toMatchObject({ exitCode: 2 });
    expect(await restore('latest', '--plan', 'ci', '--resume', 'x')).toMatchObject({ exitCode: 2 });
    expect(restored()).toEqual([]);
    expect(written()).toEqual([]);
  });

  it('restores what was confirmed', async () => {
    const move = ['latest', '--plan', 'ci', ...only, '--elastic-ip', 'move'];
    const [, digest = ''] = /--confirm ([0-9a-f]{12})/.exec((await restore(...move)).stderr) ?? [];
    cloud.clock.advance(2000);
    const result = await restore(...move, '--confirm', digest, '--json');
    expect(result.exitCode).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ status: 'completed' });
    const addresses = [...cloud.sandbox.ec2.region(region).addresses.values()];
    const taken = addresses.find(({ publicIp }) => publicIp === '203.0.113.20')?.association?.interfaceId;
    expect(restored().map(({ interfaces }) => interfaces[0])).toEqual([taken]);
  });

  it('ends with 1 when a step fails, says how to go on, and goes on from there', async () => {
    cloud.sandbox.faults.add({
      ...{ service: 'ec2', action: 'ModifyNetworkInterfaceAttribute', code: 'UnauthorizedOperation' },
      ...{ status: 403, times: 1 },
    });
    const argv = ['latest', '--plan', 'ci', ...only];
    const failed = await restore(...argv, '--id', 'fails');
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(/Status +failed at step release/);
    expect(failed.stdout).toMatch(/Go on +snapkeep restore --resume fails --deployed/);
    expect(failed.stderr).toMatch(/step release failed.*UnauthorizedOperation/);
    expect(failed.stderr).toMatch(/When the cause is gone: snapkeep restore --resume fails --deployed$/m);
    const resumed = await restore('--resume', 'fails', '--json');
    expect(resumed.exitCode).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'completed', attempt: 2 });
    expect(bench.executions('restoreWorker').filter(({ name }) => !name.endsWith('-rp'))).toMatchObject([
      { name: 'prod-eu-ci-restore-fails', status: 'FAILED' },
      {
        name: 'prod-eu-ci-restore-fails-r2',
        status: 'SUCCEEDED',
        payload: { plan: 'ci', requestId: 'fails' },
      },
    ]);
    expect(restored()).toHaveLength(1);
  });

  it('follows the restore that is under way after an interrupt, in its own words or by its ID', async () => {
    const argv = ['latest', '--plan', 'ci', ...only];
    const controller = new AbortController();
    let release = () => {};
    let said = '';
    const stderr = {
      write: (text: string) => {
        said += text;
        if (!text.includes('runs in AWS')) return;
        release = bench.hold();
        controller.abort();
      },
    };
    const interrupted = await bench.snapkeep(['restore', '--deployed', ...argv], {
      signal: controller.signal,
      stderr,
    });
    expect(interrupted.exitCode).toBe(130);
    const [, id = ''] =
      /follow it again with: snapkeep .* --resume (\S+) --plan ci --deployed\n$/.exec(said) ?? [];
    expect(id).toMatch(/^\d{8}t\d{6}-[0-9a-f]{4}$/);
    cloud.clock.advance(60_000);
    setTimeout(() => release(), 50);
    const followed = await restore(...argv, '--json');
    expect(JSON.parse(followed.stdout)).toMatchObject({ request_id: id, status: 'completed' });
    expect(followed.exitCode).toBe(0);
    const byId = await restore('--resume', id, '--plan', 'ci', '--json');
    expect(byId.stdout).toBe(followed.stdout);
    expect(restored()).toHaveLength(1);
  });

  it('says that there is no such restore', async () => {
    const result = await restore('--resume', 'nope', '--plan', 'ci');
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('there is no restore nope of plan ci in the vault');
  });

  it('names the step on a terminal', async () => {
    everyUpdateIsDrawn();
    let drawn = '';
    const stderr = {
      write: (text: string) => {
        drawn += text;
      },
    };
    const argv = ['restore', 'latest', '--plan', 'ci', ...only, '--deployed'];
    expect(await bench.snapkeep(argv, { isTerminal: true, stderr })).toMatchObject({ exitCode: 0 });
    expect(drawn).toMatch(/step \d+ of \d+: status-checks, \d/);
  });
});

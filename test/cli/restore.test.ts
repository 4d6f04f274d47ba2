import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, cli } from '../support/cli.ts';
import { bucket, region, startProcess } from '../support/cloud.ts';
import { oldMachine, type RestoringCloud, startRestoringCloud } from '../support/restoring-cloud.ts';

const example = fileURLToPath(new URL('../../docs/examples/snapkeep.yaml', import.meta.url));
let cloud: RestoringCloud;
let directory: string;
beforeAll(async () => {
  cloud = await startRestoringCloud();
  directory = mkdtempSync(join(tmpdir(), 'snapkeep-restore-'));
});
afterAll(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
  rmSync(directory, { recursive: true });
});

const snapkeep = (...argv: string[]): Promise<CliResult> =>
  cli(['-c', example, 'restore', ...argv], { env: cloud.sandbox.environment, clock: cloud.clock });

const machines = () => cloud.sandbox.ec2.region(region).instances.size;
const written = () => cloud.sandbox.s3.keys(bucket, 'ledger/ci/restores/');

describe('snapkeep restore', () => {
  it('prints in a dry run every call, rule, step and what remains, and changes nothing', async () => {
    const before = machines();
    const requests = () => JSON.stringify(cloud.sandbox.requests.counts());
    const result = await snapkeep('latest', '--plan', 'ci', '--dry-run', '--hostname', 'ci.new.example.com');
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    for (const part of [
      'nothing was changed',
      'prepare: ssm:CreateDocument',
      'launch: ec2:RunInstances',
      'release: ec2:ModifyNetworkInterfaceAttribute',
      'start-databases: rds:RestoreDBInstanceFromDBSnapshot',
      'rewrite: ssm:SendCommand',
      '/etc/default/replicated* (shell-assignment; never DAEMON_TOKEN',
      'step-remove-nomad-state',
      'two live copies',
      'GitHub OAuth',
    ]) {
      expect(result.stdout).toContain(part);
    }
    expect(result.stdout).toMatch(/private address +10\.0\.1\.67 +<assigned at the launch>/);
    // What does not depend on the new machine is said as it will be.
    expect(result.stdout).toMatch(/"RestoreId":\["20\d{6}t\d{6}-[0-9a-f]{4}"\],"AddressMap":\["<known once/);
    expect(result.stdout).toMatch(
      /"OwnAddresses":\["10\.0\.1\.67,203\.0\.113\.20"\].*"SshHostKeys":\["keep"\]/,
    );
    expect(result.stdout).toMatch(
      /"ServiceName":\["ci\.new\.example\.com"\],"PrivateAddress":\["<known once/,
    );
    expect(result.stdout).toMatch(/service name +ci\.old\.example\.com +ci\.new\.example\.com/);
    expect(machines()).toBe(before);
    expect(written()).toEqual([]);
    expect(requests()).not.toMatch(/CreateDocument|UpdateDocument|"RestoreDBInstance/);
  });

  it('says in a dry run what is in the way, and ends with 2 as the restore itself would', async () => {
    const dry = await snapkeep('latest', '--plan', 'ci', '--dry-run', '--key-name', 'gone');
    expect(dry.exitCode).toBe(2);
    expect(dry.stdout).toMatch(/In the way, to be fixed first:\n {2}- the key pair gone no longer exists/);
    const real = await snapkeep('latest', '--plan', 'ci', '--key-name', 'gone');
    expect(real).toMatchObject({ exitCode: 2, stdout: '' });
    expect(real.stderr).toMatch(/the key pair gone no longer exists/);
    expect(written()).toEqual([]);
  });

  it('says which permission is missing when it may not look', async () => {
    const denied = {
      code: 'UnauthorizedOperation',
      message: 'You may not call DescribeKeyPairs.',
      status: 403,
    };
    cloud.sandbox.faults.add({ service: 'ec2', action: 'DescribeKeyPairs', ...denied, times: 1 });
    const result = await snapkeep('latest', '--plan', 'ci');
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(
      /cannot be looked at: UnauthorizedOperation: You may not call DescribeKeyPairs/,
    );
  });

  it('refuses without a plan, without a backup, with unknown values and with targets beyond the plan’s', async () => {
    for (const [argv, sentence] of [
      [['latest'], /which plan/],
      [['--plan', 'ci'], /which backup/],
      [['latest', '--plan', 'nope'], /there is no plan "nope"/],
      [['latest', '--plan', 'ci', '--private-ip', 'maybe'], /privateIp: found "maybe"/],
      [
        ['latest', '--plan', 'ci', '--subnet', 'subnet-0aaa2222aaaa2222a'],
        /plans\.ci\.restore\.allow\.subnets/,
      ],
      [['latest', '--plan', 'ci', '--hostname', '$(reboot)'], /hostname: found "\$\(reboot\)"/],
      [['latest', '--plan', 'fleet'], /plan fleet has no complete backup/],
      [['1_2026_01_01_ci'], /no sealed backup 1_2026_01_01_ci/],
      [['--resume', 'nope'], /there is no restore nope/],
      [['latest', '--resume', 'nope'], /--resume .* takes nothing else/],
    ] as const) {
      const result = await snapkeep(...argv);
      expect(result.exitCode, argv.join(' ')).toBe(2);
      expect(result.stderr, argv.join(' ')).toMatch(sentence);
    }
    expect(written()).toEqual([]);
  });

  it('refuses with 4 and a digest to take the Elastic IP from a machine that runs', async () => {
    const result = await snapkeep('latest', '--plan', 'ci', '--elastic-ip', 'move');
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toMatch(/203\.0\.113\.20 would be taken from i-0aaa1111bbb22222c/);
    const digest = /--confirm ([0-9a-f]{12})/.exec(result.stderr)?.[1] ?? '';
    const wrong = await snapkeep(
      'latest',
      '--plan',
      'ci',
      '--elastic-ip',
      'move',
      '--confirm',
      '0'.repeat(12),
    );
    expect(wrong.exitCode).toBe(4);
    const dry = await snapkeep('latest', '--plan', 'ci', '--elastic-ip', 'move', '--dry-run', '--json');
    expect(JSON.parse(dry.stdout).confirm.digest).toBe(digest);
    expect(written()).toEqual([]);
  });

  it('takes its request from a file, brings the application back, and answers the same when asked again', async () => {
    const { clients } = startProcess(cloud, { plans: [cloud.plan] });
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [oldMachine] }));
    clients.destroy();
    await cloud.clock.sleep(60_000);
    const file = join(directory, 'request.yaml');
    writeFileSync(file, 'plan: ci\nbackup: latest\nid: from-a-file\nsshHostKeys: regenerate\n');
    const result = await snapkeep('--request', file, '--json');
    const report = JSON.parse(result.stdout);
    expect(result.exitCode).toBe(0);
    expect(report).toMatchObject({ request_id: 'from-a-file', status: 'completed', failure: null });
    expect(result.stderr).toContain('snapkeep restore --resume from-a-file');
    const stored = cloud.sandbox.s3.text(bucket, 'ledger/ci/restores/from-a-file/report-1.json');
    expect(JSON.parse(stored ?? '')).toEqual(report);
    const before = machines();
    const again = await snapkeep('--resume', 'from-a-file');
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toMatch(/Status +completed/);
    expect(again.stdout).toMatch(/\/etc\/default\/replicated-operator +\d replacements/);
    expect(machines()).toBe(before);
  });

  it('takes the newest backup for a request in a file that names none, and refuses keys that it does not know', async () => {
    const file = join(directory, 'short.yaml');
    writeFileSync(file, 'plan: ci\n');
    const dry = await snapkeep('--request', file, '--dry-run', '--json');
    expect(dry.exitCode).toBe(0);
    expect(JSON.parse(dry.stdout).backup_id).toMatch(/_ci$/);
    writeFileSync(file, 'plan: ci\nsubnets: subnet-0aaa2222aaaa2222a\n');
    const unknown = await snapkeep('--request', file);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toMatch(/unknown key "subnets"[\s\S]*did you mean subnet\?/);
  });

  it('ends with 1 when a step fails, says what failed and how to go on, and goes on from there', async () => {
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'ModifyNetworkInterfaceAttribute',
      code: 'UnauthorizedOperation',
      status: 403,
      times: 1,
    });
    const argv = ['latest', '--plan', 'ci', '--only', `ec2/${oldMachine}`, '--id', 'fails'];
    const failed = await snapkeep(...argv);
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(/Status +failed at step release/);
    expect(failed.stderr).toMatch(/step release failed.*UnauthorizedOperation/);
    expect(failed.stderr).toContain('snapkeep restore --resume fails');
    // Refused before anything is made: of this repetition only what it says first is of interest.
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'RunInstances',
      code: 'Unsupported',
      status: 400,
      times: 1,
    });
    const repeated = await snapkeep(...argv.slice(0, -2));
    expect(repeated.exitCode).toBe(2);
    expect(repeated.stderr).toMatch(/restore fails of the same request has failed.*--resume fails/);
    const resumed = await snapkeep('--resume', 'fails', '--json');
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'completed', attempt: 2 });
  });
});

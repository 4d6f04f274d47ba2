import { CreateTagsCommand, DeleteTagsCommand, DeregisterImageCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliBench, fleetConfig as config } from '../support/cli-bench.ts';
import { bucket, type Cloud, startProcess } from '../support/cloud.ts';

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

describe('snapkeep rotate', () => {
  it('prints recovery point, age, decision and reasons on a dry run, and deletes and writes nothing', async () => {
    bench.addInstance();
    const keep2 = config('{ last: 2 }');
    await bench.backUp(3, keep2);
    const before = { images: bench.images(), keys: bench.keys() };
    const { stdout, stderr, exitCode } = await bench.snapkeep(['rotate', 'fleet', '--dry-run'], keep2);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^Plan fleet: 1 of 3 recovery points to remove, digest [0-9a-f]{12}$/m);
    expect(stdout).toMatch(/^RECOVERY POINT +SOURCE +AGE +DECISION +REASONS$/m);
    expect(stdout).toMatch(/^ami-\w+ +ec2\/i-\w+ +2 d +remove +older than every rule reaches$/m);
    expect(stdout).toMatch(/^ami-\w+ +ec2\/i-\w+ +\d+ min \d\d s +keep +last$/m);
    expect(stdout).toContain('Nothing was deleted: this was a dry run.');
    expect({ images: bench.images(), keys: bench.keys() }).toEqual(before);
  });

  it('deletes AMIs with their snapshots, and prints the same decisions as data under --json', async () => {
    bench.addInstance();
    const keep2 = config('{ last: 2 }');
    const [first] = await bench.backUp(3, keep2);
    const planned = JSON.parse((await bench.snapkeep(['rotate', '--dry-run', '--json'], keep2)).stdout);
    const [plan] = planned.plans;
    expect(planned).toMatchObject({ dry_run: true, unconfigured_plans: [] });
    expect(plan).toMatchObject({ plan: 'fleet', state: 'planned', refusals: [], findings: [] });
    expect(
      plan.decisions.map(({ decision, reasons }: { decision: string; reasons: string[] }) => [
        decision,
        ...reasons,
      ]),
    ).toEqual([
      ['keep', 'last'],
      ['keep', 'last'],
      ['remove', 'older than every rule reaches'],
    ]);
    expect(plan.decisions[2]).toMatchObject({
      backup_id: first,
      snapshots: [expect.stringMatching(/^snap-/)],
    });
    const done = JSON.parse((await bench.snapkeep(['rotate', '--json'], keep2)).stdout);
    expect(done.plans[0]).toMatchObject({
      state: 'done',
      removed: 1,
      kept: 0,
      digest: plan.digest,
      decisions: plan.decisions,
    });
    expect(bench.images()).toHaveLength(2);
    expect(bench.snapshots()).toHaveLength(2);
    const result = cloud.sandbox.s3.text(bucket, `ledger/fleet/rotations/${done.plans[0].run}/result.json`);
    expect(JSON.parse(result ?? '')).toMatchObject({ removed: [plan.decisions[2].recovery_point] });
    expect((await bench.snapkeep(['rotate'], keep2)).stdout).toContain('There is nothing to remove.');
  });

  it('refuses to take more than half of a group, and takes it when exactly that is confirmed', async () => {
    bench.addInstance();
    await bench.backUp(4, config('{ last: 9 }'));
    const keep1 = config('{ last: 1 }');
    const refused = await bench.snapkeep(['rotate', 'fleet'], keep1);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(
      /plan fleet: nothing was deleted: 3 of the 4 recovery points of ec2\/i-\w+ would go; one run may take 2/,
    );
    const digest = /--confirm ([0-9a-f]{12})/.exec(refused.stderr)?.[1] ?? '';
    expect(bench.images()).toHaveLength(4);
    const wrong = await bench.snapkeep(['rotate', 'fleet', '--confirm', '0123456789ab', '--json'], keep1);
    expect(wrong.exitCode).toBe(4);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      error: { kind: 'refused', message: expect.stringContaining('not the confirmed 0123456789ab') },
    });
    expect(bench.images()).toHaveLength(4);
    cloud.clock.advance(60_000);
    expect(await bench.snapkeep(['rotate', 'fleet', '--confirm', digest], keep1)).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    expect(bench.images()).toHaveLength(1);
  });

  it('says what a plan that has left the configuration means, and deletes nothing of it', async () => {
    bench.addInstance();
    await bench.backUp(2, config('{ last: 9 }'));
    const other = config('{ last: 1 }', 'other');
    const all = await bench.snapkeep(['rotate'], other);
    expect(all).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('plan fleet is in the ledger and no longer in the configuration'),
    });
    expect(await bench.snapkeep(['rotate', 'fleet'], other)).toMatchObject({ exitCode: 4 });
    expect(await bench.snapkeep(['rotate', 'nosuch'], other)).toMatchObject({ exitCode: 2 });
    expect(bench.images()).toHaveLength(2);
  });

  it('deletes nothing, with exit code 4, when a listing is incomplete', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    await bench.backUp(2, keep1);
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'DescribeSnapshots',
      code: 'InvalidParameterValue',
      status: 400,
      message: 'no',
    });
    const result = await bench.snapkeep(['rotate'], keep1);
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toContain('could not be listed completely, so nothing is deleted');
    expect(bench.images()).toHaveLength(2);
  });

  it('reports damage with the command that makes an AMI of what is left, and what was altered', async () => {
    bench.addInstance();
    const keep1 = config('{ last: 1 }');
    await bench.backUp(3, keep1);
    const { clients } = startProcess(cloud, { plans: [] });
    const [oldest = '', second = ''] = bench.images();
    await clients.ec2.send(new DeregisterImageCommand({ ImageId: oldest }));
    await clients.ec2.send(
      new DeleteTagsCommand({ Resources: [second], Tags: [{ Key: 'snapkeep:managed' }] }),
    );
    const { stdout, exitCode } = await bench.snapkeep(['rotate'], keep1);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^damaged: ${oldest} .*no rotation of ours removed it; kept: snap-`, 'm'),
    );
    expect(stdout).toMatch(/aws ec2 register-image --region eu-west-1 .*"SnapshotId":"snap-\w+"/);
    expect(stdout).toMatch(
      new RegExp(`^altered: ${second} .*its tag snapkeep:managed is gone; left alone$`, 'm'),
    );
    expect(bench.images()).toHaveLength(2);
    expect(bench.snapshots()).toHaveLength(3);
    await clients.ec2.send(
      new CreateTagsCommand({ Resources: [second], Tags: [{ Key: 'snapkeep:managed', Value: 'prod-eu' }] }),
    );
    expect((await bench.snapkeep(['rotate'], keep1)).stdout).toContain('Removed 1');
    clients.destroy();
  });
});

import { LockSnapshotCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { CliBench, fleetConfig as config } from '../support/cli-bench.ts';
import { type Cloud, type Process, region, startProcess } from '../support/cloud.ts';
import { ProcessDied } from '../support/mortal-process.ts';
import { aPlan } from '../support/plans.ts';

const keep1 = config('{ last: 1, maxDeletePercent: 100 }');
let bench: CliBench;
let cloud: Cloud;
let other: Process;
beforeEach(async () => {
  bench = await CliBench.start();
  cloud = bench.cloud;
  other = startProcess(cloud, { plans: [aPlan()] });
});
afterEach(async () => {
  other.clients.destroy();
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

describe('snapkeep rotate, where something is in the way', () => {
  it('keeps an AMI whose snapshot is locked, and says until when', async () => {
    bench.addInstance();
    await bench.backUp(2, keep1);
    const [SnapshotId] = bench.snapshots();
    await other.clients.ec2.send(
      new LockSnapshotCommand({ SnapshotId, LockMode: 'governance', LockDuration: 10 }),
    );
    const { stdout, exitCode } = await bench.snapkeep(['rotate'], keep1);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^ami-\\w+ .* keep +${SnapshotId} is locked until 2026-12-01T`, 'm'));
    expect([bench.images().length, bench.snapshots().length]).toEqual([2, 2]);
  });

  it('keeps an AMI that is shared with another account', async () => {
    bench.addInstance();
    await bench.backUp(2, keep1);
    const [oldest = ''] = bench.images();
    cloud.sandbox.ec2.region(region).images.get(oldest)?.sharedWith.add('210987654321');
    const { stdout } = await bench.snapkeep(['rotate'], keep1);
    expect(stdout).toMatch(/keep +ami-\w+ is shared with account 210987654321/);
    expect(bench.images()).toHaveLength(2);
  });

  it('deletes the snapshots by itself where the service ignores that they are to go with the AMI', async () => {
    cloud.sandbox.ec2.settings.associatedSnapshots = 'ignored';
    bench.addInstance();
    await bench.backUp(3, keep1);
    expect((await bench.snapkeep(['rotate'], keep1)).stdout).toContain('Removed 2, kept 0');
    expect([bench.images().length, bench.snapshots().length]).toEqual([1, 1]);
  });

  it('ends with 3 and names what had to stay when it only turned out while removing', async () => {
    bench.addInstance();
    await bench.backUp(2, keep1);
    const [ImageId] = bench.images();
    cloud.sandbox.faults.add({
      ...{ service: 'ec2', action: 'DeregisterImage', status: 403 },
      ...{ code: 'UnauthorizedOperation', message: 'You are not authorized to perform this operation.' },
    });
    const { exitCode, stdout } = await bench.snapkeep(['rotate'], keep1);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(new RegExp(`^  ${ImageId}: .*not authorized`, 'm'));
    expect(bench.images()).toHaveLength(2);
  });

  it('lists a backup that crashed on a dry run, and completes it for real', async () => {
    bench.addInstance();
    const slot = '2026-11-19T02:00:00Z';
    const onCheckpoint = ({ name }: { name: string }) => {
      if (name.endsWith('available')) throw new ProcessDied();
    };
    const crashed = other.engine({ onCheckpoint }).run(backupWorkflow(other.deps), { plan: 'fleet', slot });
    await expect(crashed).rejects.toThrow(ProcessDied);
    cloud.clock.advance(25 * 3_600_000);
    const [id] = await bench.backUp(1, keep1);
    const dry = await bench.snapkeep(['rotate', '--dry-run'], keep1);
    expect(dry.stdout).toMatch(/^orphan: 1795053600_2026_11_19_fleet: .*never sealed/m);
    expect((await bench.snapkeep(['rotate'], keep1)).stdout).toContain('Removed 1');
    const list = JSON.parse((await bench.snapkeep(['list', '--json', '--all'], keep1)).stdout);
    expect(list.map(({ backup_id, status }: Record<string, string>) => [backup_id, status])).toEqual([
      [id, 'completed'],
      ['1795053600_2026_11_19_fleet', 'removed'],
    ]);
  });
});

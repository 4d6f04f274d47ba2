import {
  DeregisterImageCommand,
  DescribeSnapshotsCommand,
  LockSnapshotCommand,
  SnapshotReturnCodes,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { type Ec2Sandbox, startEc2 } from '../support/ec2-sandbox.ts';

const twoDisks = [
  { device: '/dev/xvda', sizeGiB: 8 },
  { device: '/dev/sdf', sizeGiB: 20 },
];

const deregister = (sandbox: Ec2Sandbox, ImageId: string) =>
  sandbox.client.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));

const snapshotIds = async (sandbox: Ec2Sandbox) => {
  const { Snapshots = [] } = await sandbox.client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  return Snapshots.map(({ SnapshotId }) => SnapshotId).sort();
};

test('each snapshot has its own result: success, skipped for one in use, client-error for a locked one', async () => {
  await using sandbox = await startEc2();
  const image = sandbox.seed.addImage({
    name: 'three disks',
    devices: [...twoDisks, { device: '/dev/sdg', sizeGiB: 30 }],
  });
  const [first = '', second = '', third = ''] = image.devices.map(({ snapshot }) => snapshot?.id ?? '');
  sandbox.seed.addImage({
    name: 'sharing a disk',
    devices: [{ device: '/dev/xvda', sizeGiB: 20, snapshotId: second }],
  });
  await sandbox.client.send(
    new LockSnapshotCommand({ SnapshotId: third, LockMode: 'governance', LockDuration: 1 }),
  );
  const { Return, DeleteSnapshotResults } = await deregister(sandbox, image.id);
  expect(Return).toBe(true);
  expect(DeleteSnapshotResults).toEqual([
    { SnapshotId: first, ReturnCode: 'success' },
    { SnapshotId: second, ReturnCode: 'skipped' },
    { SnapshotId: third, ReturnCode: 'client-error' },
  ]);
  expect(await snapshotIds(sandbox)).toEqual([second, third].sort());
});

test('a sandbox that ignores the option leaves the snapshots and says nothing about them', async () => {
  await using sandbox = await startEc2({ settings: { associatedSnapshots: 'ignored' } });
  const image = sandbox.seed.addImage({ name: 'two disks', devices: twoDisks });
  const before = await snapshotIds(sandbox);
  const answer = await deregister(sandbox, image.id);
  expect(answer.DeleteSnapshotResults ?? []).toEqual([]);
  expect(await snapshotIds(sandbox)).toEqual(before);
  expect(sandbox.ec2.region('eu-west-1').images.has(image.id)).toBe(false);
});

test.each(Object.values(SnapshotReturnCodes))(
  'a sandbox told to answer "%s" does so for every snapshot and leaves them all',
  async (code) => {
    await using sandbox = await startEc2();
    sandbox.ec2.settings.associatedSnapshots = code;
    const image = sandbox.seed.addImage({ name: 'two disks', devices: twoDisks });
    const before = await snapshotIds(sandbox);
    const { DeleteSnapshotResults } = await deregister(sandbox, image.id);
    expect(DeleteSnapshotResults?.map(({ SnapshotId }) => SnapshotId).sort()).toEqual(before);
    expect(new Set(DeleteSnapshotResults?.map(({ ReturnCode }) => ReturnCode))).toEqual(new Set([code]));
    expect(await snapshotIds(sandbox)).toEqual(before);
  },
);

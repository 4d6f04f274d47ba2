import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  type Image,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEc2AmiRemover } from '../../../functions/drivers/ec2-ami/remover.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

const account = '123456789012';
const ec2 = mockClient(EC2Client);
const remover = createEc2AmiRemover({
  ec2: new EC2Client({ region: 'eu-west-1' }),
  autoscaling: new AutoScalingClient({ region: 'eu-west-1' }),
  account: async () => account,
  clock: new VirtualClock(0),
});
const inventory = () => remover.inventory({ deployment: 'prod-eu' });

const Tags = [{ Key: 'snapkeep:managed', Value: 'prod-eu' }];
const image = (ImageId: string, facts: Image = {}): Image => ({
  ImageId,
  Name: `snapkeep-${ImageId}`,
  OwnerId: account,
  State: 'available',
  CreationDate: '2026-11-20T02:00:07.000Z',
  Tags,
  ...facts,
});
const snapshot = (SnapshotId: string, forImage: string, facts: Snapshot = {}): Snapshot => ({
  SnapshotId,
  OwnerId: account,
  Description: `Created by CreateImage(i-0123456789abcdef0) for ${forImage}`,
  Tags,
  ...facts,
});
const answer = (Images: Image[], Snapshots: Snapshot[], users: Image[] = []) => {
  ec2.on(DescribeSnapshotsCommand).resolves({ Snapshots });
  ec2.on(DescribeImagesCommand).resolvesOnce({ Images }).resolves({ Images: users });
};
beforeEach(() => void ec2.reset());

describe('the inventory of AMIs', () => {
  it.each(['pending', 'transient', 'failed', 'error', 'invalid'] as const)(
    'gives a snapshot to the AMI that EC2 made it for while that is %s and does not name it',
    async (State) => {
      answer([image('ami-1', { State, BlockDeviceMappings: [{ Ebs: {} }] })], [snapshot('snap-1', 'ami-1')]);
      const { copies, strays } = await inventory();
      expect(copies).toMatchObject([
        { id: 'ami-1', snapshots: ['snap-1'], state: /pending|transient/.test(State) ? 'pending' : 'failed' },
      ]);
      expect(strays).toEqual([]);
    },
  );

  it('takes no AMI for complete by somebody’s copy of one of its snapshots', async () => {
    const own = [{ Ebs: { SnapshotId: 'snap-1' } }];
    answer(
      [image('ami-1', { BlockDeviceMappings: own })],
      [snapshot('snap-2', 'ami-1'), snapshot('snap-1', 'ami-1')],
    );
    const { copies, strays } = await inventory();
    expect(copies).toMatchObject([{ id: 'ami-1', snapshots: ['snap-1'] }]);
    expect(strays).toEqual([{ id: 'snap-2', owner: account, tags: { 'snapkeep:managed': 'prod-eu' } }]);
  });

  it('no longer counts a deregistered AMI that is still shown', async () => {
    const facts: Image = { State: 'deregistered', BlockDeviceMappings: [{ Ebs: { SnapshotId: 'snap-1' } }] };
    answer([image('ami-1', facts)], [snapshot('snap-1', 'ami-1')], [image('ami-1', facts)]);
    const { copies, strays } = await inventory();
    expect(copies).toEqual([]);
    expect(strays.map(({ id }) => id)).toEqual(['snap-1']);
  });

  it('sweeps snapshots before images, so that an AMI made meanwhile leaves no stray', async () => {
    answer([], []);
    await inventory();
    expect(ec2.calls().map(({ args }) => args[0].constructor.name)).toEqual([
      'DescribeSnapshotsCommand',
      'DescribeImagesCommand',
    ]);
  });

  it('looks at the tag itself, whatever the filter let through', async () => {
    const others = [{ Key: 'snapkeep:managed', Value: 'prod-eu-2' }];
    answer([image('ami-1', { Tags: others })], [snapshot('snap-1', 'ami-1', { Tags: others })]);
    expect(await inventory()).toEqual({ copies: [], strays: [] });
  });
});

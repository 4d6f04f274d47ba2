import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotsCommand,
  DisableImageDeregistrationProtectionCommand,
  EC2Client,
  EC2ServiceException,
  type Image,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { protectionOf } from '../../../functions/drivers/ec2-ami/remove-protection.ts';
import { createEc2AmiRemover } from '../../../functions/drivers/ec2-ami/remover.ts';
import type { LiveCopy } from '../../../functions/drivers/removal.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

const account = '123456789012';
const ec2 = mockClient(EC2Client);
const clock = new VirtualClock(Date.parse('2026-11-20T02:00:00Z'));
const remover = createEc2AmiRemover({
  ec2: new EC2Client({ region: 'eu-west-1' }),
  autoscaling: new AutoScalingClient({ region: 'eu-west-1' }),
  account: async () => account,
  clock,
});

const Tags = [{ Key: 'snapkeep:managed', Value: 'prod-eu' }];
const image: Image = {
  ImageId: 'ami-1',
  OwnerId: account,
  State: 'available',
  Tags,
  BlockDeviceMappings: [{ Ebs: { SnapshotId: 'snap-1' } }, { Ebs: { SnapshotId: 'snap-2' } }],
};
const snapshot = (SnapshotId: string) => ({ SnapshotId, OwnerId: account, Tags });
const copy: LiveCopy = {
  kind: 'ec2',
  id: 'ami-1',
  name: 'snapkeep-prod-eu-0123456789-20261120t0200-a1',
  owner: account,
  state: 'available',
  tags: { 'snapkeep:managed': 'prod-eu' },
  snapshots: ['snap-1', 'snap-2'],
};
const remove = () => remover.remove(copy, { deployment: 'prod-eu' });
const refusal = (name: string, status = 400, message = 'no') =>
  new EC2ServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: status } });
const calls = () => ec2.calls().map(({ args }) => args[0].constructor.name.replace('Command', ''));

beforeEach(() => {
  ec2.reset();
  ec2.on(DescribeImagesCommand).resolves({ Images: [image] });
  ec2
    .on(DescribeSnapshotsCommand)
    .resolvesOnce({ Snapshots: [snapshot('snap-2'), snapshot('snap-1')] })
    .resolves({ Snapshots: [] });
  ec2.on(DescribeLockedSnapshotsCommand).resolves({ Snapshots: [] });
  ec2.on(DeregisterImageCommand).resolves({ Return: true });
  ec2.on(DeleteSnapshotCommand).resolves({});
});

describe('removing an AMI', () => {
  it('looks at everything before it deregisters, and at what is left afterwards', async () => {
    expect(await remove()).toEqual({ state: 'removed' });
    expect(calls()).toEqual([
      'DescribeImages',
      'DescribeSnapshots',
      'DescribeLockedSnapshots',
      'DescribeImages',
      'DeregisterImage',
      'DescribeSnapshots',
    ]);
    expect(ec2.commandCalls(DescribeImagesCommand)[0]?.args[0].input.IncludeDisabled).toBe(true);
    expect(ec2.commandCalls(DeregisterImageCommand)[0]?.args[0].input).toEqual({
      ImageId: 'ami-1',
      DeleteAssociatedSnapshots: true,
    });
  });

  it.each(['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable'])(
    'goes on to the snapshots when the AMI went in the meantime (%s)',
    async (code) => {
      ec2.on(DeregisterImageCommand).rejects(refusal(code));
      ec2
        .on(DescribeSnapshotsCommand)
        .resolvesOnce({ Snapshots: [snapshot('snap-1')] })
        .resolves({ Snapshots: [snapshot('snap-1')] });
      expect(await remove()).toEqual({ state: 'removed' });
      expect(ec2.commandCalls(DeleteSnapshotCommand)[0]?.args[0].input).toEqual({ SnapshotId: 'snap-1' });
    },
  );

  it('never deletes a snapshot of an AMI that it could not deregister', async () => {
    ec2.on(DeregisterImageCommand).rejects(refusal('UnauthorizedOperation', 403));
    expect(await remove()).toEqual({
      state: 'kept',
      reason: 'ami-1: UnauthorizedOperation: no',
      left: ['ami-1', 'snap-1', 'snap-2'],
    });
    expect(calls()).not.toContain('DeleteSnapshot');
  });

  it('takes protection that shows only in the refusal for somebody else’s, unless the tag says ours', async () => {
    ec2.on(DeregisterImageCommand).rejects(refusal('OperationNotPermitted', 400, 'ami-1 is protected'));
    expect(await remove()).toMatchObject({ state: 'kept' });
    const Images = [{ ...image, Tags: [...Tags, { Key: 'snapkeep:protected', Value: 'true' }] }];
    ec2.on(DescribeImagesCommand).resolves({ Images });
    expect(await remove()).toEqual({
      state: 'postponed',
      reason: 'OperationNotPermitted: ami-1 is protected',
    });
  });

  it('lifts no protection while a snapshot keeps the AMI anyway', async () => {
    const Images = [
      {
        ...image,
        DeregistrationProtection: 'enabled-with-cooldown',
        Tags: [...Tags, { Key: 'snapkeep:protected', Value: 'true' }],
      },
    ];
    ec2.on(DescribeImagesCommand).resolves({ Images });
    ec2
      .on(DescribeLockedSnapshotsCommand)
      .resolves({ Snapshots: [{ SnapshotId: 'snap-2', LockState: 'governance' }] });
    expect(await remove()).toEqual({ state: 'postponed', reason: 'snap-2 is locked (governance mode)' });
    expect(ec2.commandCalls(DisableImageDeregistrationProtectionCommand)).toEqual([]);
  });

  it('looks at all locks when one of the snapshots went while it looked at theirs', async () => {
    ec2
      .on(DescribeLockedSnapshotsCommand)
      .rejectsOnce(refusal('InvalidSnapshot.NotFound'))
      .resolvesOnce({ Snapshots: [{ SnapshotId: 'snap-9', LockState: 'governance' }], NextToken: 'more' })
      .resolves({ Snapshots: [{ SnapshotId: 'snap-1', LockState: 'compliance' }], NextToken: '' });
    expect(await remove()).toEqual({ state: 'postponed', reason: 'snap-1 is locked (compliance mode)' });
    const asked = ec2.commandCalls(DescribeLockedSnapshotsCommand).map(({ args }) => args[0].input.NextToken);
    expect(asked).toEqual([undefined, undefined, 'more']);
  });

  it('tells an AMI that is not shown to us from credentials that are not accepted', async () => {
    ec2
      .on(DescribeImagesCommand)
      .rejectsOnce(refusal('AuthFailure', 403, 'Not authorized for images: [ami-1]'))
      .rejects(refusal('AuthFailure', 401, 'AWS was not able to validate the provided access credentials'));
    expect(await remove()).toEqual({
      state: 'kept',
      reason: 'ami-1 belongs to another account',
      left: ['ami-1'],
    });
    await expect(remove()).rejects.toThrow('access credentials');
  });

  it('keeps what has changed its owner', async () => {
    ec2.on(DescribeImagesCommand).resolves({ Images: [{ ...image, OwnerId: '210987654321' }] });
    expect(await remove()).toMatchObject({
      state: 'kept',
      reason: 'ami-1 belongs to account 210987654321',
    });
    expect(calls()).toEqual(['DescribeImages']);
  });

  it.each([503, 500])('puts off what it cannot look at for the moment (HTTP %d)', async (status) => {
    ec2.on(DescribeSnapshotsCommand).rejects(refusal('RequestLimitExceeded', status));
    expect(await remove()).toMatchObject({ state: 'postponed' });
    expect(calls()).not.toContain('DeregisterImage');
  });

  it('throws when it may not look, since that is so for every copy', async () => {
    ec2.on(DescribeLockedSnapshotsCommand).rejects(refusal('UnauthorizedOperation', 403));
    await expect(remove()).rejects.toThrow();
    expect(calls()).not.toContain('DeregisterImage');
  });
});

describe('deregistration protection is read', () => {
  const read = (DeregistrationProtection?: string, ours = false) =>
    protectionOf({
      ...(DeregistrationProtection === undefined ? {} : { DeregistrationProtection }),
      Tags: ours ? [{ Key: 'snapkeep:protected', Value: '' }] : [],
    });

  it('as none where it is off or not told', () => {
    expect([read('disabled'), read(undefined), read('')]).toEqual([undefined, undefined, undefined]);
  });

  it('as on, with or without cooldown, ours by tag alone', () => {
    expect(read('enabled-with-cooldown')).toMatchObject({ state: 'on', withCooldown: true, ours: false });
    expect(read('enabled-without-cooldown', true)).toMatchObject({
      state: 'on',
      withCooldown: false,
      ours: true,
    });
  });

  it('as cooling where it is off and something is still said about it', () => {
    expect(read('disabled until 2026-11-21T02:00:00.000Z')).toMatchObject({
      state: 'cooling',
      text: 'protected from deregistration until 2026-11-21T02:00:00Z',
    });
    expect(read('disabled-with-cooldown')).toMatchObject({ state: 'cooling' });
  });

  it('as on where the word is unknown', () => {
    expect(read('enabled-in-some-new-way')).toMatchObject({ state: 'on', ours: false });
  });
});

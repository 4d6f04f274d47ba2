import {
  DescribeImagesCommand,
  DescribeLockedSnapshotsCommand,
  EC2Client,
  EC2ServiceException,
  EnableImageDeregistrationProtectionCommand,
  type Image,
  LockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { IntendedProtection } from '../../../functions/catalog/documents.ts';
import { protectImages } from '../../../functions/drivers/ec2-ami/protect.ts';

const ec2 = mockClient(EC2Client);
const client = new EC2Client({ region: 'eu-west-1' });
const image: Image = {
  ImageId: 'ami-1',
  State: 'available',
  DeregistrationProtection: 'disabled',
  Tags: [{ Key: 'snapkeep:protected', Value: 'true' }],
  BlockDeviceMappings: [
    { Ebs: { SnapshotId: 'snap-1' } },
    { Ebs: { SnapshotId: 'snap-2' } },
    { VirtualName: 'ephemeral0' },
  ],
};
const both: IntendedProtection = { lock: { days: 14, mode: 'governance' }, deregistration: 'with-cooldown' };

const protect = (protection: IntendedProtection, ...ids: string[]) =>
  protectImages(client, {
    protection,
    copies: (ids.length === 0 ? ['ami-1'] : ids).map((id) => ({
      source: { kind: 'ec2', id: 'i-1', region: 'eu-west-1' },
      relaunch: {},
      id,
      name: id,
    })),
  });
const locked = () => ec2.commandCalls(LockSnapshotCommand).map(({ args: [{ input }] }) => input);
const enabled = () =>
  ec2.commandCalls(EnableImageDeregistrationProtectionCommand).map(({ args: [{ input }] }) => input);
const refusal = (name: string, httpStatusCode = 400) =>
  new EC2ServiceException({
    name,
    message: 'no',
    $fault: httpStatusCode < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode },
  });

beforeEach(() => {
  ec2.reset();
  ec2.on(DescribeImagesCommand).resolves({ Images: [image] });
  ec2.on(DescribeLockedSnapshotsCommand).resolves({ Snapshots: [] });
  ec2.on(LockSnapshotCommand).resolves({});
  ec2.on(EnableImageDeregistrationProtectionCommand).resolves({ Return: 'true' });
});

describe('protecting images', () => {
  it('locks every snapshot by duration and protects the image', async () => {
    expect(await protect(both)).toEqual([{ state: 'protected', id: 'ami-1' }]);
    expect(locked()).toEqual([
      { SnapshotId: 'snap-1', LockMode: 'governance', LockDuration: 14 },
      { SnapshotId: 'snap-2', LockMode: 'governance', LockDuration: 14 },
    ]);
    expect(enabled()).toEqual([{ ImageId: 'ami-1', WithCooldown: true }]);
  });

  it('passes the cooling-off of compliance mode on, and does only what is asked', async () => {
    await protect({ lock: { days: 1, mode: 'compliance', cool_off_hours: 24 } });
    expect(locked()[0]).toEqual({
      SnapshotId: 'snap-1',
      LockMode: 'compliance',
      LockDuration: 1,
      CoolOffPeriod: 24,
    });
    expect(enabled()).toEqual([]);
    ec2.resetHistory();
    await protect({ deregistration: 'without-cooldown' });
    expect(ec2.calls().map(({ args: [command] }) => command.constructor.name)).toEqual([
      'DescribeImagesCommand',
      'EnableImageDeregistrationProtectionCommand',
    ]);
    expect(enabled()).toEqual([{ ImageId: 'ami-1', WithCooldown: false }]);
  });

  it.each([
    ['as long', { LockState: 'governance', LockDuration: 14 }],
    ['longer', { LockState: 'governance', LockDuration: 30 }],
    ['stronger', { LockState: 'compliance-cooloff', LockDuration: 14 }],
  ] as const)('leaves a lock alone that is %s', async (_how, lock) => {
    ec2.on(DescribeLockedSnapshotsCommand).resolves({ Snapshots: [{ SnapshotId: 'snap-1', ...lock }] });
    expect(await protect(both)).toEqual([{ state: 'protected', id: 'ami-1' }]);
    expect(locked().map(({ SnapshotId }) => SnapshotId)).toEqual(['snap-2']);
  });

  it.each([
    ['shorter', { LockState: 'governance', LockDuration: 13 }],
    ['over', { LockState: 'expired', LockDuration: 14 }],
  ] as const)('sets a lock anew that is %s', async (_how, lock) => {
    ec2.on(DescribeLockedSnapshotsCommand).resolves({ Snapshots: [{ SnapshotId: 'snap-1', ...lock }] });
    await protect(both);
    expect(locked().map(({ SnapshotId }) => SnapshotId)).toEqual(['snap-1', 'snap-2']);
  });

  it.each([
    ['enabled-with-cooldown', 'with-cooldown', 0],
    ['enabled-with-cooldown', 'without-cooldown', 0],
    ['enabled-without-cooldown', 'with-cooldown', 1],
    ['disabled', 'without-cooldown', 1],
  ] as const)('makes of %s, where %s is asked for, %i calls', async (standing, deregistration, calls) => {
    ec2.on(DescribeImagesCommand).resolves({ Images: [{ ...image, DeregistrationProtection: standing }] });
    expect(await protect({ deregistration })).toEqual([{ state: 'protected', id: 'ami-1' }]);
    expect(enabled()).toHaveLength(calls);
  });

  it('never protects an image that no rotation could take the protection from', async () => {
    ec2.on(DescribeImagesCommand).resolves({ Images: [{ ...image, Tags: [] }] });
    expect(await protect({ deregistration: 'with-cooldown' })).toEqual([
      { state: 'refused', id: 'ami-1', reason: 'ami-1 does not carry the tag snapkeep:protected' },
    ]);
    expect(enabled()).toEqual([]);
  });

  it('says what was refused, and does the rest', async () => {
    ec2.on(LockSnapshotCommand).rejects(refusal('UnauthorizedOperation'));
    const [outcome] = await protect(both);
    expect(outcome).toMatchObject({ state: 'refused', id: 'ami-1' });
    expect(outcome?.state === 'refused' && outcome.reason).toContain('UnauthorizedOperation');
    expect(enabled()).toHaveLength(1);
  });

  it('has what was throttled asked again, unless something else will never work', async () => {
    ec2.on(LockSnapshotCommand).rejects(refusal('RequestLimitExceeded', 503));
    expect(await protect(both)).toMatchObject([{ state: 'wait', id: 'ami-1' }]);
    ec2.on(EnableImageDeregistrationProtectionCommand).rejects(refusal('UnauthorizedOperation'));
    expect(await protect(both)).toMatchObject([{ state: 'refused', id: 'ami-1' }]);
  });

  it('has an image asked for again that is not shown', async () => {
    expect(await protect(both, 'ami-1', 'ami-2')).toEqual([
      { state: 'protected', id: 'ami-1' },
      { state: 'wait', id: 'ami-2', reason: 'ami-2 is not shown' },
    ]);
  });

  it('looks at all locks when one of the snapshots is gone', async () => {
    ec2
      .on(DescribeLockedSnapshotsCommand)
      .resolves({ Snapshots: [{ SnapshotId: 'snap-2', LockState: 'governance', LockDuration: 14 }] })
      .on(DescribeLockedSnapshotsCommand, { SnapshotIds: ['snap-1', 'snap-2'] })
      .rejects(refusal('InvalidSnapshot.NotFound'));
    ec2.on(LockSnapshotCommand).rejects(refusal('InvalidSnapshot.NotFound'));
    expect(await protect({ lock: { days: 14, mode: 'governance' } })).toMatchObject([{ state: 'refused' }]);
    expect(locked().map(({ SnapshotId }) => SnapshotId)).toEqual(['snap-1']);
  });

  it('throws what concerns all images alike', async () => {
    ec2.on(LockSnapshotCommand).rejects(new Error('socket hang up'));
    await expect(protect(both)).rejects.toThrow('socket hang up');
  });
});

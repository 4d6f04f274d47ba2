import {
  CopySnapshotCommand,
  CreateImageCommand,
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeLockedSnapshotsCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  type DescribeSnapshotsRequest,
  LockSnapshotCommand,
  type LockSnapshotRequest,
  ModifySnapshotAttributeCommand,
  paginateDescribeSnapshots,
  UnlockSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Sandbox, refusal, startEc2 } from '../support/ec2-sandbox.ts';

const day = 86_400;

async function snapshotOf(sandbox: Ec2Sandbox, volumeId: string | undefined): Promise<string> {
  const { SnapshotId = '' } = await sandbox.client.send(new CreateSnapshotCommand({ VolumeId: volumeId }));
  sandbox.advance(20);
  return SnapshotId;
}

const list = async (sandbox: Ec2Sandbox, input: DescribeSnapshotsRequest = {}) =>
  (await sandbox.client.send(new DescribeSnapshotsCommand(input))).Snapshots ?? [];

const remove = (sandbox: Ec2Sandbox, SnapshotId: string) =>
  sandbox.client.send(new DeleteSnapshotCommand({ SnapshotId }));

describe('snapshots', () => {
  test('a snapshot of a volume starts at once and completes in time', async () => {
    await using sandbox = await startEc2({ snapshotSeconds: 100, settings: { snapshotSpread: 0 } });
    const instance = sandbox.seed.addInstance({
      volumes: [{ device: '/dev/xvda', sizeGiB: 9, encrypted: true }],
    });
    const answer = await sandbox.client.send(
      new CreateSnapshotCommand({ VolumeId: instance.devices[0]?.volumeId, Description: 'by hand' }),
    );
    expect(answer).toMatchObject({
      State: 'pending',
      Progress: '0%',
      VolumeSize: 9,
      Encrypted: true,
      Description: 'by hand',
    });
    expect(answer.KmsKeyId).toMatch(/^arn:aws:kms:eu-west-1:123456789012:key\//);
    sandbox.advance(42);
    expect(await list(sandbox)).toMatchObject([{ State: 'pending', Progress: '42%' }]);
    sandbox.advance(58);
    const [done] = await list(sandbox);
    expect(done).toMatchObject({ State: 'completed', Progress: '100%' });
    expect(done?.CompletionTime?.getTime()).toBe(sandbox.now());
  });

  test('the spread makes each snapshot take its own time, never longer than told, the same in every world', async () => {
    const durations = async () => {
      await using sandbox = await startEc2({
        snapshotSeconds: 100,
        settings: { snapshotSpread: 0.5, pendingSnapshotsPerVolume: 'unlimited' },
      });
      const { id } = sandbox.seed.addInstance();
      for (let index = 0; index < 10; index += 1)
        await sandbox.client.send(
          new CreateImageCommand({ InstanceId: id, Name: `copy ${index}`, NoReboot: true }),
        );
      return [...sandbox.ec2.region('eu-west-1').snapshots.values()].map(
        ({ startsAt, endsAt }) => (endsAt - startsAt) / 1000,
      );
    };
    const first = await durations();
    expect(new Set(first).size).toBe(10);
    expect(Math.max(...first)).toBeLessThanOrEqual(100);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(50);
    expect(await durations()).toEqual(first);
  });

  test('a set of an instance leaves out what is excluded and copies the tags of the volumes', async () => {
    await using sandbox = await startEc2();
    const instance = sandbox.seed.addInstance({
      volumes: [
        { device: '/dev/xvda', sizeGiB: 1 },
        { device: '/dev/sdf', sizeGiB: 2 },
        { device: '/dev/sdg', sizeGiB: 3, tags: { Name: 'data' } },
      ],
    });
    const { Snapshots } = await sandbox.client.send(
      new CreateSnapshotsCommand({
        InstanceSpecification: {
          InstanceId: instance.id,
          ExcludeBootVolume: true,
          ExcludeDataVolumeIds: [instance.devices[1]?.volumeId ?? ''],
        },
        CopyTagsFromSource: 'volume',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'set', Value: '1' }] }],
      }),
    );
    expect(Snapshots).toMatchObject([
      {
        VolumeId: instance.devices[2]?.volumeId,
        VolumeSize: 3,
        Tags: [{ Key: 'set' }, { Key: 'Name', Value: 'data' }],
      },
    ]);
  });

  test('a copy in another Region is encrypted with a key of that Region', async () => {
    await using sandbox = await startEc2();
    const instance = sandbox.seed.addInstance({
      volumes: [{ device: '/dev/xvda', sizeGiB: 1, encrypted: true }],
    });
    const source = await snapshotOf(sandbox, instance.devices[0]?.volumeId);
    const there = sandbox.clientIn('us-east-1');
    const { SnapshotId = '' } = await there.send(
      new CopySnapshotCommand({ SourceRegion: 'eu-west-1', SourceSnapshotId: source }),
    );
    const { Snapshots } = await there.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
    expect(Snapshots).toMatchObject([{ State: 'pending', Encrypted: true, VolumeId: 'vol-ffffffff' }]);
    expect(Snapshots?.[0]?.KmsKeyId).toContain(':us-east-1:');
    there.destroy();
  });

  test('one that an image uses is refused, and named with the image; afterwards it goes', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'user' });
    const snapshotId = image.devices[0]?.snapshot?.id ?? '';
    expect(await refusal(remove(sandbox, snapshotId))).toBe(
      `InvalidSnapshot.InUse: The snapshot ${snapshotId} is currently in use by ${image.id}`,
    );
    await sandbox.client.send(new DeregisterImageCommand({ ImageId: image.id }));
    await remove(sandbox, snapshotId);
    expect(await refusal(remove(sandbox, snapshotId))).toBe(
      `InvalidSnapshot.NotFound: The snapshot '${snapshotId}' does not exist.`,
    );
  });

  test('ids, owners, filters and pages are checked', async () => {
    await using sandbox = await startEc2();
    const ask = (input: DescribeSnapshotsRequest) => refusal(list(sandbox, input));
    expect(await ask({ SnapshotIds: ['snap-xyz'] })).toContain('InvalidSnapshotID.Malformed');
    expect(await ask({ SnapshotIds: ['snap-0123456789abcdef0'] })).toContain('InvalidSnapshot.NotFound');
    expect(await ask({ SnapshotIds: ['snap-0123456789abcdef0'], MaxResults: 5 })).toContain(
      'InvalidParameterCombination',
    );
    expect(await ask({ OwnerIds: ['me'] })).toContain('InvalidUserID.Malformed');
    expect(await ask({ Filters: [{ Name: 'state', Values: ['completed'] }] })).toContain(
      "The filter 'state' is invalid",
    );
    expect(await ask({ MaxResults: 1 })).toContain('InvalidParameterValue');
    expect(
      await refusal(sandbox.client.send(new CreateSnapshotCommand({ VolumeId: 'vol-0123456789abcdef0' }))),
    ).toBe("InvalidVolume.NotFound: The volume 'vol-0123456789abcdef0' does not exist.");
  });

  test('a shared snapshot is seen by the other account, which may not delete it', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'holder' });
    const SnapshotId = image.devices[0]?.snapshot?.id ?? '';
    const look = () =>
      sandbox.strangerClient.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
    expect(await refusal(look())).toContain('InvalidSnapshot.NotFound');
    await sandbox.client.send(
      new ModifySnapshotAttributeCommand({
        SnapshotId,
        Attribute: 'createVolumePermission',
        OperationType: 'add',
        UserIds: ['999988887777'],
      }),
    );
    expect((await look()).Snapshots).toMatchObject([{ OwnerId: '123456789012' }]);
    expect(await refusal(sandbox.strangerClient.send(new DeleteSnapshotCommand({ SnapshotId })))).toContain(
      'AuthFailure',
    );
    const attribute = await sandbox.client.send(
      new DescribeSnapshotAttributeCommand({ SnapshotId, Attribute: 'createVolumePermission' }),
    );
    expect(attribute.CreateVolumePermissions).toEqual([{ UserId: '999988887777' }]);
  });

  test('many are found by tag, page by page, each once', async () => {
    await using sandbox = await startEc2({ settings: { pendingSnapshotsPerVolume: 'unlimited' } });
    const volumeId = sandbox.seed.addInstance().devices[0]?.volumeId;
    for (let index = 0; index < 17; index += 1)
      await sandbox.client.send(
        new CreateSnapshotCommand({
          VolumeId: volumeId,
          TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'n', Value: String(index) }] }],
        }),
      );
    const seen: (string | undefined)[] = [];
    for await (const page of paginateDescribeSnapshots(
      { client: sandbox.client, pageSize: 6 },
      { Filters: [{ Name: 'tag-key', Values: ['n'] }] },
    ))
      seen.push(...(page.Snapshots ?? []).map(({ Tags }) => Tags?.[0]?.Value));
    expect(seen).toEqual(Array.from({ length: 17 }, (_, index) => String(index)));
  });
});

describe('snapshot locks', () => {
  const lock = (sandbox: Ec2Sandbox, input: LockSnapshotRequest) =>
    sandbox.client.send(new LockSnapshotCommand(input));

  test('a governance lock refuses deletion until it is taken off or has run out', async () => {
    await using sandbox = await startEc2();
    const volumeId = sandbox.seed.addInstance().devices[0]?.volumeId;
    const SnapshotId = await snapshotOf(sandbox, volumeId);
    const answer = await lock(sandbox, { SnapshotId, LockMode: 'governance', LockDuration: 2 });
    expect(answer).toMatchObject({ LockState: 'governance', LockDuration: 2 });
    expect(answer.LockExpiresOn?.getTime()).toBe(sandbox.now() + 2 * day * 1000);
    expect(await refusal(remove(sandbox, SnapshotId))).toMatch(/^OperationNotPermitted: .*locked/);
    sandbox.advance(2 * day);
    const { Snapshots } = await sandbox.client.send(new DescribeLockedSnapshotsCommand({}));
    expect(Snapshots).toMatchObject([{ SnapshotId, LockState: 'expired' }]);
    await remove(sandbox, SnapshotId);

    const second = await snapshotOf(sandbox, volumeId);
    await lock(sandbox, { SnapshotId: second, LockMode: 'governance', LockDuration: 36_500 });
    await sandbox.client.send(new UnlockSnapshotCommand({ SnapshotId: second }));
    await remove(sandbox, second);
  });

  test('a compliance lock can be changed in its cooling-off time, afterwards only be extended', async () => {
    await using sandbox = await startEc2();
    const SnapshotId = await snapshotOf(sandbox, sandbox.seed.addInstance().devices[0]?.volumeId);
    const first = await lock(sandbox, {
      SnapshotId,
      LockMode: 'compliance',
      LockDuration: 10,
      CoolOffPeriod: 24,
    });
    expect(first).toMatchObject({ LockState: 'compliance-cooloff', CoolOffPeriod: 24 });
    await sandbox.client.send(new UnlockSnapshotCommand({ SnapshotId }));
    await lock(sandbox, { SnapshotId, LockMode: 'compliance', LockDuration: 10, CoolOffPeriod: 1 });
    sandbox.advance(3600);
    expect(await refusal(sandbox.client.send(new UnlockSnapshotCommand({ SnapshotId })))).toContain(
      'OperationNotPermitted',
    );
    expect(await refusal(lock(sandbox, { SnapshotId, LockMode: 'compliance', LockDuration: 5 }))).toContain(
      'OperationNotPermitted',
    );
    expect(await lock(sandbox, { SnapshotId, LockMode: 'compliance', LockDuration: 20 })).toMatchObject({
      LockState: 'compliance',
      LockDuration: 20,
    });
  });

  test('a lock on a snapshot that is pending begins when that is completed', async () => {
    await using sandbox = await startEc2({ snapshotSeconds: 100, settings: { snapshotSpread: 0 } });
    const VolumeId = sandbox.seed.addInstance().devices[0]?.volumeId;
    const { SnapshotId } = await sandbox.client.send(new CreateSnapshotCommand({ VolumeId }));
    await lock(sandbox, { SnapshotId, LockMode: 'governance', LockDuration: 1 });
    const completed = sandbox.now() + 100_000;
    sandbox.advance(day + 99);
    expect(await refusal(remove(sandbox, SnapshotId ?? ''))).toMatch(/^OperationNotPermitted/);
    const { Snapshots } = await sandbox.client.send(new DescribeLockedSnapshotsCommand({}));
    expect(Snapshots?.[0]?.LockDurationStartTime?.getTime()).toBe(completed);
    sandbox.advance(1);
    await remove(sandbox, SnapshotId ?? '');
  });

  test('a lock on a snapshot that is pending goes when that fails, and there can be none afterwards', async () => {
    await using sandbox = await startEc2();
    const VolumeId = sandbox.seed.addInstance().devices[0]?.volumeId ?? '';
    sandbox.ec2.failVolume(VolumeId, 'the volume has an error');
    const { SnapshotId = '' } = await sandbox.client.send(new CreateSnapshotCommand({ VolumeId }));
    const asked = { SnapshotId, LockMode: 'compliance', LockDuration: 1 } as const;
    await lock(sandbox, asked);
    sandbox.advance(20);
    expect((await sandbox.client.send(new DescribeLockedSnapshotsCommand({}))).Snapshots).toEqual([]);
    expect(await refusal(lock(sandbox, asked))).toMatch(/^IncorrectState/);
    await remove(sandbox, SnapshotId);
  });

  test.each<[string, Partial<LockSnapshotRequest>]>([
    ['no duration', { LockMode: 'governance' }],
    ['zero days', { LockMode: 'governance', LockDuration: 0 }],
    ['more than 36,500 days', { LockMode: 'governance', LockDuration: 36_501 }],
    ['cooling-off in governance mode', { LockMode: 'governance', LockDuration: 1, CoolOffPeriod: 1 }],
    ['more than 72 hours of cooling-off', { LockMode: 'compliance', LockDuration: 1, CoolOffPeriod: 73 }],
  ])('%s is refused', async (_what, input) => {
    await using sandbox = await startEc2();
    const SnapshotId = await snapshotOf(sandbox, sandbox.seed.addInstance().devices[0]?.volumeId);
    expect(await refusal(lock(sandbox, { SnapshotId, LockMode: 'governance', ...input }))).toMatch(
      /^InvalidParameter/,
    );
  });

  test('an image whose snapshot is locked is deregistered, its snapshot answers client-error and stays', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'locked below' });
    const SnapshotId = image.devices[0]?.snapshot?.id ?? '';
    await lock(sandbox, { SnapshotId, LockMode: 'governance', LockDuration: 1 });
    const { DeleteSnapshotResults } = await sandbox.client.send(
      new DeregisterImageCommand({ ImageId: image.id, DeleteAssociatedSnapshots: true }),
    );
    expect(DeleteSnapshotResults).toEqual([{ SnapshotId, ReturnCode: 'client-error' }]);
    expect(await list(sandbox, { SnapshotIds: [SnapshotId] })).toHaveLength(1);
  });
});

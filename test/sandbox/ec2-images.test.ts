import {
  CopyImageCommand,
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  type DescribeImagesRequest,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DisableImageCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageCommand,
  EnableImageDeprecationCommand,
  EnableImageDeregistrationProtectionCommand,
  ModifyImageAttributeCommand,
  paginateDescribeImages,
  RegisterImageCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Sandbox, refusal, startEc2 } from '../support/ec2-sandbox.ts';

const createImage = (sandbox: Ec2Sandbox, InstanceId: string, Name: string) =>
  sandbox.client.send(new CreateImageCommand({ InstanceId, Name, NoReboot: true }));

async function availableImage(sandbox: Ec2Sandbox, instanceId: string, name: string): Promise<string> {
  const { ImageId = '' } = await createImage(sandbox, instanceId, name);
  sandbox.advance(20);
  return ImageId;
}

const imageOf = async (sandbox: Ec2Sandbox, id: string) => {
  const answer = await sandbox.client.send(
    new DescribeImagesCommand({ ImageIds: [id], IncludeDisabled: true }),
  );
  return answer.Images?.[0];
};

const ownSnapshots = async (sandbox: Ec2Sandbox) =>
  (await sandbox.client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots ?? [];

describe('CreateImage', () => {
  test('an image is pending until its snapshots, which appear a little later, have completed', async () => {
    await using sandbox = await startEc2();
    const instance = sandbox.seed.addInstance({
      volumes: [
        { device: '/dev/xvda', sizeGiB: 8 },
        { device: '/dev/sdf', sizeGiB: 100, encrypted: true },
      ],
    });
    const { ImageId = '' } = await sandbox.client.send(
      new CreateImageCommand({
        InstanceId: instance.id,
        Name: 'nightly 2026',
        Description: 'of the night',
        NoReboot: true,
        TagSpecifications: [
          { ResourceType: 'image', Tags: [{ Key: 'what', Value: 'image' }] },
          { ResourceType: 'snapshot', Tags: [{ Key: 'what', Value: 'snapshot' }] },
        ],
      }),
    );
    expect(ImageId).toMatch(/^ami-[0-9a-f]{17}$/);
    expect(await ownSnapshots(sandbox)).toEqual([]);
    const early = await imageOf(sandbox, ImageId);
    expect(early).toMatchObject({
      State: 'pending',
      SourceInstanceId: instance.id,
      Description: 'of the night',
    });
    expect(early?.Tags).toEqual([{ Key: 'what', Value: 'image' }]);
    expect(early?.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.SnapshotId)).toEqual([undefined, undefined]);

    sandbox.advance(2);
    const started = await ownSnapshots(sandbox);
    expect(
      started.map(({ State, Progress, VolumeSize, Encrypted }) => ({
        State,
        Progress,
        VolumeSize,
        Encrypted,
      })),
    ).toEqual([
      { State: 'pending', Progress: '0%', VolumeSize: 8, Encrypted: false },
      { State: 'pending', Progress: '0%', VolumeSize: 100, Encrypted: true },
    ]);
    expect(started[0]?.StartTime?.getTime()).toBe(sandbox.now());
    expect(started[0]?.Description).toContain(`(${instance.id}) for ${ImageId}`);
    expect(started[0]?.Tags).toEqual([{ Key: 'what', Value: 'snapshot' }]);

    sandbox.advance(5);
    const progress = Number.parseInt((await ownSnapshots(sandbox))[0]?.Progress ?? '', 10);
    expect(progress).toBeGreaterThanOrEqual(50);
    expect(progress).toBeLessThan(100);
    expect((await imageOf(sandbox, ImageId))?.State).toBe('pending');

    sandbox.advance(5);
    const image = await imageOf(sandbox, ImageId);
    expect(image?.State).toBe('available');
    const snapshots = await ownSnapshots(sandbox);
    expect(snapshots.map(({ State, Progress }) => `${State} ${Progress}`)).toEqual([
      'completed 100%',
      'completed 100%',
    ]);
    expect(image?.BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.SnapshotId])).toEqual([
      ['/dev/xvda', snapshots[0]?.SnapshotId],
      ['/dev/sdf', snapshots[1]?.SnapshotId],
    ]);
  });

  test('a device can be left out or grown, the root device cannot be left out', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({
      volumes: [
        { device: '/dev/xvda', sizeGiB: 8 },
        { device: '/dev/sdf', sizeGiB: 100 },
      ],
    });
    const { ImageId = '' } = await sandbox.client.send(
      new CreateImageCommand({
        InstanceId: id,
        Name: 'root only',
        NoReboot: true,
        BlockDeviceMappings: [
          { DeviceName: '/dev/sdf', NoDevice: '' },
          { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20 } },
        ],
      }),
    );
    const image = await imageOf(sandbox, ImageId);
    expect(image?.BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.VolumeSize])).toEqual([
      ['/dev/xvda', 20],
    ]);
    const rootless = new CreateImageCommand({
      InstanceId: id,
      Name: 'rootless',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', NoDevice: '' }],
    });
    expect(await refusal(sandbox.client.send(rootless))).toContain('InvalidBlockDeviceMapping:');
  });

  test.each([
    ['ab', 'two characters'],
    ['x'.repeat(129), '129 characters'],
    ['sem;colon', 'a semicolon'],
    ['émile', 'an accent'],
  ])('the name %j is malformed: %s', async (name) => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    expect(await refusal(createImage(sandbox, id, name))).toMatch(
      /^InvalidAMIName\.Malformed: .*between 3 and 128/,
    );
  });

  test('a name that is taken names the image that has it, also while that one is pending; deregistering frees it', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    const { ImageId } = await createImage(sandbox, id, "it's (a) [name] ./-@_");
    expect(await refusal(createImage(sandbox, id, "it's (a) [name] ./-@_"))).toBe(
      `InvalidAMIName.Duplicate: AMI name it's (a) [name] ./-@_ is already in use by AMI ${ImageId}`,
    );
    await sandbox.client.send(new DeregisterImageCommand({ ImageId }));
    await expect(createImage(sandbox, id, "it's (a) [name] ./-@_")).resolves.toHaveProperty('ImageId');
  });

  test('names are unique per account: another account may use the same', async () => {
    await using sandbox = await startEc2();
    await createImage(sandbox, sandbox.seed.addInstance().id, 'common name');
    const { id } = sandbox.seed.addInstance({ account: '999988887777' });
    await expect(
      sandbox.strangerClient.send(new CreateImageCommand({ InstanceId: id, Name: 'common name' })),
    ).resolves.toHaveProperty('ImageId');
  });

  test('instances that are unknown, malformed, foreign or terminated are refused by their codes', async () => {
    await using sandbox = await startEc2();
    const unknown = 'i-0123456789abcdef0';
    expect(await refusal(createImage(sandbox, unknown, 'name'))).toBe(
      `InvalidInstanceID.NotFound: The instance ID '${unknown}' does not exist`,
    );
    expect(await refusal(createImage(sandbox, 'i-xyz', 'name'))).toBe(
      'InvalidInstanceID.Malformed: Invalid id: "i-xyz"',
    );
    expect(await refusal(createImage(sandbox, 'vol-01234567', 'name'))).toContain('(expecting "i-...")');
    const foreign = sandbox.seed.addInstance({ account: '999988887777' });
    expect(await refusal(createImage(sandbox, foreign.id, 'name'))).toContain('InvalidInstanceID.NotFound');
    const { id } = sandbox.seed.addInstance();
    await sandbox.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    sandbox.advance(5);
    expect(await refusal(createImage(sandbox, id, 'name'))).toMatch(/^IncorrectInstanceState: .*terminated/);
  });

  test('a dry run of a good request ends in DryRunOperation 412 and makes nothing', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    const dry = sandbox.client.send(new CreateImageCommand({ InstanceId: id, Name: 'dry', DryRun: true }));
    await expect(dry).rejects.toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
    const { Images } = await sandbox.client.send(new DescribeImagesCommand({ Owners: ['self'] }));
    expect(Images).toEqual([]);
    expect(sandbox.ec2.machine(id).events(sandbox.now() + 60_000)).toEqual([]);
  });

  test('without NoReboot the machine goes down and comes up again, which its status checks show', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    await sandbox.client.send(new CreateImageCommand({ InstanceId: id, Name: 'rebooted' }));
    sandbox.advance(2);
    expect(
      sandbox.ec2
        .machine(id)
        .events(sandbox.now())
        .map(({ kind }) => kind),
    ).toEqual(['reboot', 'stop', 'start', 'snapshot']);
    const check = async () =>
      (await sandbox.client.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] })))
        .InstanceStatuses?.[0]?.InstanceStatus?.Status;
    expect(await check()).toBe('initializing');
    sandbox.advance(3);
    expect(await check()).toBe('ok');
  });

  test('with NoReboot the machine goes on', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    await createImage(sandbox, id, 'quiet');
    expect(
      sandbox.ec2
        .machine(id)
        .events(sandbox.now() + 10_000)
        .map(({ kind }) => kind),
    ).toEqual(['snapshot']);
  });
});

describe('quotas and faults of snapshots', () => {
  test('the hundred and first pending snapshot of an account is refused until others complete', async () => {
    await using sandbox = await startEc2({ settings: { pendingSnapshotsPerAccount: 3 } });
    const volumes = [
      { device: '/dev/xvda', sizeGiB: 1 },
      { device: '/dev/sdf', sizeGiB: 1 },
    ];
    const first = sandbox.seed.addInstance({ volumes });
    const second = sandbox.seed.addInstance({ volumes });
    await createImage(sandbox, first.id, 'first');
    expect(await refusal(createImage(sandbox, second.id, 'second'))).toMatch(
      /^PendingSnapshotLimitExceeded: .*quota of 3/,
    );
    sandbox.ec2.settings.pendingSnapshotsPerAccount = 'unlimited';
    await createImage(sandbox, second.id, 'second');
    sandbox.ec2.settings.pendingSnapshotsPerAccount = 3;
    expect(await refusal(createImage(sandbox, second.id, 'third'))).toContain('PendingSnapshotLimitExceeded');
    sandbox.advance(20);
    await expect(createImage(sandbox, second.id, 'third')).resolves.toHaveProperty('ImageId');
  });

  test('a volume has at most five pending snapshots, an st1 volume one', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    for (const number of [1, 2, 3, 4, 5]) await createImage(sandbox, id, `copy ${number}`);
    expect(await refusal(createImage(sandbox, id, 'copy 6'))).toContain('ConcurrentSnapshotLimitExceeded');
    const cold = sandbox.seed.addInstance({
      volumes: [
        { device: '/dev/xvda', sizeGiB: 1 },
        { device: '/dev/sdf', sizeGiB: 125, volumeType: 'st1' },
      ],
    });
    await createImage(sandbox, cold.id, 'cold 1');
    expect(await refusal(createImage(sandbox, cold.id, 'cold 2'))).toContain(
      'ConcurrentSnapshotLimitExceeded',
    );
  });

  test('a key without access lets the snapshot end in error and the image fail, and the failed image keeps its name', async () => {
    await using sandbox = await startEc2();
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    sandbox.ec2.failKmsKey(key);
    const { id } = sandbox.seed.addInstance({
      volumes: [{ device: '/dev/xvda', sizeGiB: 8, encrypted: true, kmsKeyId: key }],
    });
    const imageId = await availableImage(sandbox, id, 'keyless');
    expect(await imageOf(sandbox, imageId)).toMatchObject({
      State: 'failed',
      StateReason: { Message: 'Given key ID is not accessible' },
    });
    expect((await ownSnapshots(sandbox))[0]).toMatchObject({
      State: 'error',
      StateMessage: 'Given key ID is not accessible',
      KmsKeyId: key,
    });
    expect(await refusal(createImage(sandbox, id, 'keyless'))).toContain(`in use by AMI ${imageId}`);
    sandbox.ec2.healKmsKey(key);
    const healed = await availableImage(sandbox, id, 'healed');
    expect((await imageOf(sandbox, healed))?.State).toBe('available');
  });

  test('a volume can be made to fail while its snapshot is under way', async () => {
    await using sandbox = await startEc2();
    const instance = sandbox.seed.addInstance();
    const { ImageId = '' } = await createImage(sandbox, instance.id, 'broken');
    sandbox.advance(4);
    sandbox.ec2.failVolume(instance.devices[0]?.volumeId ?? '', 'the disk is on fire');
    sandbox.advance(16);
    expect(await imageOf(sandbox, ImageId)).toMatchObject({
      State: 'failed',
      StateReason: { Message: 'the disk is on fire' },
    });
  });
});

test('an image of an instance that is gone before its snapshots start fails', async () => {
  await using sandbox = await startEc2({ settings: { snapshotStartSeconds: 5 } });
  const { id } = sandbox.seed.addInstance();
  const { ImageId = '' } = await createImage(sandbox, id, 'too late');
  await sandbox.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  sandbox.advance(5);
  sandbox.advance(20);
  expect((await imageOf(sandbox, ImageId))?.State).toBe('failed');
});

describe('DescribeImages', () => {
  test('filters, wildcards and pages find each image once', async () => {
    await using sandbox = await startEc2();
    for (let index = 0; index < 23; index += 1)
      sandbox.seed.addImage({ name: `fleet-${index}`, tags: { Role: index % 2 ? 'odd' : 'even' } });
    const names: (string | undefined)[] = [];
    let pages = 0;
    for await (const page of paginateDescribeImages(
      { client: sandbox.client, pageSize: 5 },
      {
        Owners: ['self'],
        Filters: [
          { Name: 'tag:Role', Values: ['e*n'] },
          { Name: 'name', Values: ['fleet-?', 'fleet-1?'] },
        ],
      },
    )) {
      pages += 1;
      names.push(...(page.Images ?? []).map(({ Name }) => Name));
    }
    expect(names).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18].map((index) => `fleet-${index}`));
    expect(pages).toBe(2);
  });

  test('unknown filters, owners, tokens and ids are refused by their codes', async () => {
    await using sandbox = await startEc2();
    const ask = (input: DescribeImagesRequest) =>
      refusal(sandbox.client.send(new DescribeImagesCommand(input)));
    expect(await ask({ Filters: [{ Name: 'colour', Values: ['red'] }] })).toBe(
      "InvalidParameterValue: The filter 'colour' is invalid",
    );
    expect(await ask({ Owners: ['nobody'] })).toContain('InvalidUserID.Malformed');
    expect(await ask({ NextToken: 'bogus' })).toContain('InvalidPaginationToken');
    expect(await ask({ MaxResults: 1001 })).toContain('InvalidParameterValue');
    expect(await ask({ ImageIds: ['ami-0123456789abcdef0'] })).toBe(
      "InvalidAMIID.NotFound: The image id '[ami-0123456789abcdef0]' does not exist",
    );
    expect(await ask({ ImageIds: ['ami-1'] })).toContain('InvalidAMIID.Malformed');
    expect(await ask({ Filters: [{ Name: 'name', Values: Array.from({ length: 201 }, String) }] })).toContain(
      'FilterLimitExceeded',
    );
  });

  test('a new image stays invisible for as long as the world is inconsistent', async () => {
    await using sandbox = await startEc2({ consistencySeconds: 3 });
    const { id } = sandbox.seed.addInstance();
    const { ImageId = '' } = await createImage(sandbox, id, 'shy');
    const list = async () =>
      (await sandbox.client.send(new DescribeImagesCommand({ Owners: ['self'] }))).Images?.length;
    expect(await list()).toBe(0);
    expect(await refusal(imageOf(sandbox, ImageId))).toContain('InvalidAMIID.NotFound');
    sandbox.advance(3);
    expect(await list()).toBe(1);
  });

  test('a disabled image is seen by its owner only when asked for, and cannot be launched', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'resting', sharedWith: ['999988887777'] });
    await sandbox.client.send(new DisableImageCommand({ ImageId: image.id }));
    const list = async (IncludeDisabled: boolean) =>
      (await sandbox.client.send(new DescribeImagesCommand({ Owners: ['self'], IncludeDisabled }))).Images;
    expect(await list(false)).toEqual([]);
    expect(await list(true)).toMatchObject([{ State: 'disabled' }]);
    const run = new RunInstancesCommand({
      ImageId: image.id,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: 't3.micro',
    });
    expect(await refusal(sandbox.client.send(run))).toContain('InvalidAMIID.Unavailable');
    expect(
      await refusal(sandbox.strangerClient.send(new DescribeImagesCommand({ ImageIds: [image.id] }))),
    ).toContain('AuthFailure');
    await sandbox.client.send(new EnableImageCommand({ ImageId: image.id }));
    expect(await list(false)).toMatchObject([{ State: 'available', Public: false }]);
  });

  test('another account sees an image once it is shared, may launch it, and may not change it', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'lent' });
    const look = () => sandbox.strangerClient.send(new DescribeImagesCommand({ ImageIds: [image.id] }));
    expect(await refusal(look())).toBe(`AuthFailure: Not authorized for images: [${image.id}]`);
    await sandbox.client.send(
      new ModifyImageAttributeCommand({
        ImageId: image.id,
        LaunchPermission: { Add: [{ UserId: '999988887777' }] },
      }),
    );
    expect((await look()).Images?.[0]?.OwnerId).toBe('123456789012');
    expect(
      await refusal(sandbox.strangerClient.send(new DeregisterImageCommand({ ImageId: image.id }))),
    ).toBe(`AuthFailure: Not authorized for image:${image.id}`);
    await expect(
      sandbox.strangerClient.send(new RunInstancesCommand({ ImageId: image.id, MinCount: 1, MaxCount: 1 })),
    ).resolves.toMatchObject({ OwnerId: '999988887777' });
    const attribute = await sandbox.client.send(
      new DescribeImageAttributeCommand({ ImageId: image.id, Attribute: 'launchPermission' }),
    );
    expect(attribute.LaunchPermissions).toEqual([{ UserId: '999988887777' }]);
  });

  test('deprecation hides a shared image from others but never from its owner', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'old', sharedWith: ['all'] });
    await sandbox.client.send(
      new EnableImageDeprecationCommand({ ImageId: image.id, DeprecateAt: new Date(sandbox.now() + 60_000) }),
    );
    sandbox.advance(120);
    const own = await sandbox.client.send(new DescribeImagesCommand({ Owners: ['self'] }));
    expect(own.Images).toMatchObject([{ DeprecationTime: '2026-11-20T02:01:00.000Z', Public: true }]);
    const others = async (IncludeDeprecated: boolean) =>
      (
        await sandbox.strangerClient.send(
          new DescribeImagesCommand({ Owners: ['123456789012'], IncludeDeprecated }),
        )
      ).Images?.length;
    expect(await others(false)).toBe(0);
    expect(await others(true)).toBe(1);
  });
});

describe('DeregisterImage', () => {
  test('alone it leaves the snapshots; a second time it is unavailable', async () => {
    await using sandbox = await startEc2();
    const imageId = await availableImage(sandbox, sandbox.seed.addInstance().id, 'short-lived');
    const answer = await sandbox.client.send(new DeregisterImageCommand({ ImageId: imageId }));
    expect(answer).toMatchObject({ Return: true });
    expect(answer.DeleteSnapshotResults ?? []).toEqual([]);
    expect(await ownSnapshots(sandbox)).toHaveLength(1);
    expect(await refusal(sandbox.client.send(new DeregisterImageCommand({ ImageId: imageId })))).toContain(
      'InvalidAMIID.Unavailable',
    );
    expect(await refusal(imageOf(sandbox, imageId))).toContain('InvalidAMIID.NotFound');
  });

  test('with DeleteAssociatedSnapshots it answers per snapshot, and skips one that another image uses', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({
      volumes: [
        { device: '/dev/xvda', sizeGiB: 1 },
        { device: '/dev/sdf', sizeGiB: 1 },
      ],
    });
    const imageId = await availableImage(sandbox, id, 'first');
    const [root, data] = await ownSnapshots(sandbox);
    const { ImageId: second } = await sandbox.client.send(
      new RegisterImageCommand({
        Name: 'second',
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: root?.SnapshotId } }],
      }),
    );
    const { DeleteSnapshotResults } = await sandbox.client.send(
      new DeregisterImageCommand({ ImageId: imageId, DeleteAssociatedSnapshots: true }),
    );
    expect(DeleteSnapshotResults).toEqual([
      { SnapshotId: root?.SnapshotId, ReturnCode: 'skipped' },
      { SnapshotId: data?.SnapshotId, ReturnCode: 'success' },
    ]);
    expect((await ownSnapshots(sandbox)).map(({ SnapshotId }) => SnapshotId)).toEqual([root?.SnapshotId]);
    const last = await sandbox.client.send(
      new DeregisterImageCommand({ ImageId: second, DeleteAssociatedSnapshots: true }),
    );
    expect(last.DeleteSnapshotResults).toEqual([{ SnapshotId: root?.SnapshotId, ReturnCode: 'success' }]);
  });

  test('protection refuses it, with cooldown for another 24 hours after it was switched off', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'guarded' });
    const deregister = () => sandbox.client.send(new DeregisterImageCommand({ ImageId }));
    await sandbox.client.send(
      new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown: true }),
    );
    expect((await imageOf(sandbox, ImageId))?.DeregistrationProtection).toBe('enabled-with-cooldown');
    expect(await refusal(deregister())).toContain('OperationNotPermitted');
    await sandbox.client.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
    sandbox.advance(24 * 3600 - 1);
    expect(await refusal(deregister())).toContain('OperationNotPermitted');
    sandbox.advance(1);
    await expect(deregister()).resolves.toMatchObject({ Return: true });
  });
});

describe('CopyImage', () => {
  test('a copy in another Region has snapshots of its own and takes time', async () => {
    await using sandbox = await startEc2();
    const source = sandbox.seed.addImage({ name: 'origin', tags: { a: '1' } });
    const there = sandbox.clientIn('eu-central-1');
    const { ImageId = '' } = await there.send(
      new CopyImageCommand({
        Name: 'copy',
        SourceImageId: source.id,
        SourceRegion: 'eu-west-1',
        CopyImageTags: true,
      }),
    );
    const look = async () =>
      (await there.send(new DescribeImagesCommand({ ImageIds: [ImageId] }))).Images?.[0];
    expect(await look()).toMatchObject({
      State: 'pending',
      SourceImageId: source.id,
      SourceImageRegion: 'eu-west-1',
      Tags: [{ Key: 'a', Value: '1' }],
    });
    sandbox.advance(20);
    const copy = await look();
    expect(copy?.State).toBe('available');
    expect(copy?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId).not.toBe(source.devices[0]?.snapshot?.id);
    there.destroy();
  });

  test('a client token makes a repeated copy the same copy, and a different request an error', async () => {
    await using sandbox = await startEc2();
    const source = sandbox.seed.addImage({ name: 'origin' });
    const copy = (Name: string) =>
      sandbox.client.send(
        new CopyImageCommand({
          Name,
          SourceImageId: source.id,
          SourceRegion: 'eu-west-1',
          ClientToken: 'once',
        }),
      );
    const first = await copy('twin');
    expect((await copy('twin')).ImageId).toBe(first.ImageId);
    expect(await refusal(copy('other'))).toContain('IdempotentParameterMismatch');
  });
});

test('an instance whose image is of another Region does not exist here', async () => {
  await using sandbox = await startEc2();
  sandbox.seed.addInstance();
  const there = sandbox.clientIn('eu-central-1');
  expect((await there.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  there.destroy();
});

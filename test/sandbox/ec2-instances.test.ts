import {
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type DescribeInstancesRequest,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeVolumesCommand,
  ModifyInstanceAttributeCommand,
  paginateDescribeInstances,
  RebootInstancesCommand,
  RunInstancesCommand,
  type RunInstancesRequest,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Sandbox, refusal, startEc2 } from '../support/ec2-sandbox.ts';

const run = (sandbox: Ec2Sandbox, input: Partial<RunInstancesRequest>) =>
  sandbox.client.send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1, ...input }));

const list = async (sandbox: Ec2Sandbox, input: DescribeInstancesRequest = {}) =>
  (await sandbox.client.send(new DescribeInstancesCommand(input))).Reservations?.flatMap(
    ({ Instances }) => Instances ?? [],
  ) ?? [];

const one = async (sandbox: Ec2Sandbox, id: string) => (await list(sandbox, { InstanceIds: [id] }))[0];

describe('DescribeInstances', () => {
  test('a bare seeded instance is complete: addresses, names, volumes, groups, interface', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ privateIp: '172.31.4.5', elasticIp: '203.0.113.20' });
    const instance = await one(sandbox, id);
    expect(instance).toMatchObject({
      State: { Code: 16, Name: 'running' },
      PrivateIpAddress: '172.31.4.5',
      PrivateDnsName: 'ip-172-31-4-5.eu-west-1.compute.internal',
      PublicIpAddress: '203.0.113.20',
      PublicDnsName: 'ec2-203-0-113-20.eu-west-1.compute.amazonaws.com',
      RootDeviceName: '/dev/xvda',
      SecurityGroups: [{ GroupName: 'default' }],
      MetadataOptions: { HttpTokens: 'optional', HttpEndpoint: 'enabled' },
    });
    expect(instance?.NetworkInterfaces?.[0]?.Association).toMatchObject({
      PublicIp: '203.0.113.20',
      IpOwnerId: '123456789012',
    });
    expect(instance?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId).toMatch(/^vol-[0-9a-f]{17}$/);
  });

  test.each<[string, string, readonly string[]]>([
    ['tag:Role', 'web', ['web']],
    ['tag:Role', 'w?b', ['web']],
    ['tag-key', 'Ro*', ['web', 'db']],
    ['instance-type', 'm7i.*', ['db']],
    ['instance-state-name', 'stopped', ['db']],
    ['private-ip-address', '172.31.0.10', ['web']],
    ['ip-address', '203.0.113.9', ['web']],
    ['availability-zone', 'eu-west-1*', ['web', 'db', 'bare']],
    ['key-name', 'ops', ['db']],
    ['iam-instance-profile.arn', 'arn:aws:iam::123456789012:instance-profile/worker', ['db']],
    ['block-device-mapping.device-name', '/dev/sdf', ['db']],
    ['instance.group-name', 'default', ['web', 'db', 'bare']],
    ['network-interface.addresses.association.public-ip', '203.0.113.9', ['web']],
    ['tag:role', 'web', []],
  ])('the filter %s=%s finds what matches', async (Name, value, expected) => {
    await using sandbox = await startEc2();
    const ids = {
      web: sandbox.seed.addInstance({
        tags: { Role: 'web' },
        privateIp: '172.31.0.10',
        elasticIp: '203.0.113.9',
      }).id,
      db: sandbox.seed.addInstance({
        type: 'm7i.large',
        tags: { Role: 'd*b' },
        state: 'stopped',
        keyName: 'ops',
        instanceProfile: 'worker',
        volumes: [
          { device: '/dev/xvda', sizeGiB: 8 },
          { device: '/dev/sdf', sizeGiB: 8 },
        ],
      }).id,
      bare: sandbox.seed.addInstance().id,
    };
    const found = await list(sandbox, { Filters: [{ Name, Values: [value] }] });
    const nameOf = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
    expect(found.map(({ InstanceId }) => nameOf.get(InstanceId ?? ''))).toEqual(expected);
  });

  test('filters are ANDed, their values ORed, and a backslash makes a wildcard ordinary', async () => {
    await using sandbox = await startEc2();
    const star = sandbox.seed.addInstance({ tags: { Role: 'a*c', Env: 'prod' } }).id;
    sandbox.seed.addInstance({ tags: { Role: 'abc', Env: 'prod' } });
    sandbox.seed.addInstance({ tags: { Role: 'a*c', Env: 'test' } });
    const found = await list(sandbox, {
      Filters: [
        { Name: 'tag:Role', Values: ['nothing', 'a\\*c'] },
        { Name: 'tag:Env', Values: ['prod'] },
      ],
    });
    expect(found.map(({ InstanceId }) => InstanceId)).toEqual([star]);
  });

  test('pages of five cover all, also when instances come and go between them', async () => {
    await using sandbox = await startEc2();
    const ids = Array.from({ length: 12 }, () => sandbox.seed.addInstance().id);
    const seen: string[] = [];
    for await (const page of paginateDescribeInstances({ client: sandbox.client, pageSize: 5 }, {})) {
      if (seen.length === 0) sandbox.ec2.region('eu-west-1').instances.delete(ids[1] ?? '');
      for (const { Instances } of page.Reservations ?? [])
        seen.push(...(Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []));
    }
    expect(seen).toEqual(ids);
  });

  test('bad page sizes, ids with pages, unknown filters and all missing ids are refused by their codes', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    const ask = (input: DescribeInstancesRequest) => refusal(list(sandbox, input));
    expect(await ask({ MaxResults: 4 })).toContain(
      'InvalidParameterValue: Value ( 4 ) for parameter maxResults',
    );
    expect(await ask({ MaxResults: 1001 })).toContain('InvalidParameterValue');
    expect(await ask({ MaxResults: 10, InstanceIds: [id] })).toContain('InvalidParameterCombination');
    expect(await ask({ Filters: [{ Name: 'tags:Role', Values: ['x'] }] })).toBe(
      "InvalidParameterValue: The filter 'tags:Role' is invalid",
    );
    expect(await ask({ InstanceIds: [id, 'i-0123456789abcdef0', 'i-0123456789abcdef1'] })).toBe(
      "InvalidInstanceID.NotFound: The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist",
    );
    expect(await ask({ InstanceIds: ['i-UPPER'] })).toContain('InvalidInstanceID.Malformed');
    expect(await ask({ DryRun: true })).toContain('DryRunOperation');
  });
});

describe('RunInstances', () => {
  test('it goes from pending to running, with volumes made of the snapshots of the image', async () => {
    await using sandbox = await startEc2();
    const image = sandbox.seed.addImage({ name: 'base', devices: [{ device: '/dev/sda1', sizeGiB: 30 }] });
    const { groupId } = sandbox.seed.addSecurityGroup({ name: 'web' });
    sandbox.seed.addKeyPair({ name: 'ops' });
    sandbox.seed.addInstanceProfile({ name: 'worker' });
    const answer = await run(sandbox, {
      ImageId: image.id,
      InstanceType: 'm7i.large',
      KeyName: 'ops',
      IamInstanceProfile: { Name: 'worker' },
      SecurityGroupIds: [groupId],
      PrivateIpAddress: '172.31.0.77',
      UserData: Buffer.from('#cloud-boothook').toString('base64'),
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 5, Encrypted: true } }],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'new' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'disk' }] },
      ],
    });
    const id = answer.Instances?.[0]?.InstanceId ?? '';
    expect(answer.Instances?.[0]).toMatchObject({
      State: { Name: 'pending' },
      PrivateIpAddress: '172.31.0.77',
    });
    sandbox.advance(1);
    expect(await one(sandbox, id)).toMatchObject({
      State: { Name: 'running' },
      ImageId: image.id,
      InstanceType: 'm7i.large',
      KeyName: 'ops',
      IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/worker' },
      SecurityGroups: [{ GroupId: groupId, GroupName: 'web' }],
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      Tags: [{ Key: 'Name', Value: 'new' }],
    });
    const { Volumes } = await sandbox.client.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
    );
    expect(
      Volumes?.map(({ Size, SnapshotId, Encrypted, Tags }) => ({
        Size,
        SnapshotId,
        Encrypted,
        tags: Tags?.length,
      })),
    ).toEqual([
      { Size: 30, SnapshotId: image.devices[0]?.snapshot?.id, Encrypted: false, tags: 1 },
      { Size: 5, SnapshotId: '', Encrypted: true, tags: 1 },
    ]);
    const attribute = await sandbox.client.send(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }),
    );
    expect(Buffer.from(attribute.UserData?.Value ?? '', 'base64').toString()).toBe('#cloud-boothook');
    expect(
      sandbox.ec2
        .machine(id)
        .events(sandbox.now())
        .map(({ kind }) => kind),
    ).toEqual(['boot']);
  });

  test('several instances share a reservation and get addresses of their own', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const { Instances } = await run(sandbox, { ImageId, MinCount: 2, MaxCount: 3 });
    expect(new Set(Instances?.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(3);
    const { Reservations } = await sandbox.client.send(new DescribeInstancesCommand({}));
    expect(Reservations?.map((reservation) => reservation.Instances?.length)).toEqual([3]);
  });

  test('a client token makes a repeated launch the same launch, a different request an error, a terminated one too', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const first = await run(sandbox, { ImageId, ClientToken: 'once' });
    const again = await run(sandbox, { ImageId, ClientToken: 'once' });
    const id = first.Instances?.[0]?.InstanceId ?? '';
    expect(again.Instances?.[0]?.InstanceId).toBe(id);
    expect(await list(sandbox, { Filters: [{ Name: 'client-token', Values: ['once'] }] })).toHaveLength(1);
    expect(await refusal(run(sandbox, { ImageId, ClientToken: 'once', InstanceType: 't3.large' }))).toContain(
      'IdempotentParameterMismatch',
    );
    await sandbox.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(await refusal(run(sandbox, { ImageId, ClientToken: 'once' }))).toContain(
      'IdempotentInstanceTerminated',
    );
  });

  test('a network interface specification sets subnet, address, groups and public address', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const { vpcId } = sandbox.seed.addVpc({ cidr: '10.0.0.0/16' });
    const { subnetId } = sandbox.seed.addSubnet({ vpcId, cidr: '10.0.1.0/24', zone: 'eu-west-1b' });
    const { groupId } = sandbox.seed.addSecurityGroup({ name: 'quarantine', vpcId });
    const { Instances } = await run(sandbox, {
      ImageId,
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: subnetId,
          PrivateIpAddress: '10.0.1.67',
          Groups: [groupId],
          AssociatePublicIpAddress: true,
        },
        { DeviceIndex: 1, SubnetId: subnetId, Groups: [groupId] },
      ],
    });
    expect(Instances?.[0]).toMatchObject({
      SubnetId: subnetId,
      VpcId: vpcId,
      PrivateIpAddress: '10.0.1.67',
      PublicIpAddress: expect.stringMatching(/^198\.18\./),
      Placement: { AvailabilityZone: 'eu-west-1b' },
    });
    expect(Instances?.[0]?.NetworkInterfaces?.map(({ Attachment }) => Attachment?.DeviceIndex)).toEqual([
      0, 1,
    ]);
  });

  test('whatever the request names must exist: each has its code', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const taken = sandbox.seed.addInstance({ privateIp: '172.31.0.50' });
    const { groupId: elsewhere } = sandbox.seed.addSecurityGroup({
      name: 'far',
      vpcId: sandbox.seed.addVpc().vpcId,
    });
    const ask = (input: Partial<RunInstancesRequest>) => refusal(run(sandbox, { ImageId, ...input }));
    expect(await refusal(run(sandbox, {}))).toBe(
      'MissingParameter: The request must contain the parameter ImageId',
    );
    expect(await ask({ ImageId: 'ami-0123456789abcdef0' })).toContain('InvalidAMIID.NotFound');
    expect(await ask({ SubnetId: 'subnet-0123456789abcdef0' })).toContain('InvalidSubnetID.NotFound');
    expect(await ask({ SecurityGroupIds: ['sg-0123456789abcdef0'] })).toContain('InvalidGroup.NotFound');
    expect(await ask({ SecurityGroupIds: [elsewhere] })).toContain('InvalidParameter: ');
    expect(await ask({ KeyName: 'nobody' })).toBe(
      "InvalidKeyPair.NotFound: The key pair 'nobody' does not exist",
    );
    expect(await ask({ IamInstanceProfile: { Name: 'nobody' } })).toMatch(
      /^InvalidParameterValue: .*iamInstanceProfile\.name/,
    );
    expect(await ask({ PrivateIpAddress: '172.31.0.50' })).toBe(
      'InvalidIPAddress.InUse: Address 172.31.0.50 is in use.',
    );
    expect(await ask({ PrivateIpAddress: '10.9.9.9' })).toContain('InvalidParameterValue: Address 10.9.9.9');
    expect(await ask({ MinCount: 2, MaxCount: 1 })).toContain('InvalidParameterValue');
    expect(await ask({ InstanceType: 'huge' as never })).toContain("Invalid value 'huge' for InstanceType");
    expect(await ask({ UserData: '%%%' })).toContain('InvalidUserData.Malformed');
    expect(await ask({ UserData: Buffer.alloc(16_385).toString('base64') })).toContain('16384');
    expect(await ask({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 1 } }] })).toMatch(
      /^InvalidBlockDeviceMapping: Volume of size 1GB is smaller than snapshot/,
    );
    expect(
      await ask({
        SubnetId: taken.subnetId,
        NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: taken.subnetId }],
      }),
    ).toContain('InvalidParameterCombination');
    expect(
      await ask({ TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a', Value: 'b' }] }] }),
    ).toContain('not a valid taggable resource type');
    expect(await ask({ DryRun: true })).toContain('DryRunOperation');
    expect(await list(sandbox)).toHaveLength(1);
  });

  test('a volume whose key cannot be used lets the launch end in termination with its reason', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    sandbox.ec2.failKmsKey(key);
    const { Instances } = await run(sandbox, {
      ImageId,
      BlockDeviceMappings: [
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, Encrypted: true, KmsKeyId: key } },
      ],
    });
    expect(Instances?.[0]?.State?.Name).toBe('pending');
    sandbox.advance(1);
    expect(await one(sandbox, Instances?.[0]?.InstanceId ?? '')).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Client.InternalError' },
    });
    expect(sandbox.ec2.region('eu-west-1').volumes.size).toBe(0);
  });

  test('a launch template fills in what the request leaves out', async () => {
    await using sandbox = await startEc2();
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const { launchTemplateId } = sandbox.seed.addLaunchTemplate({
      name: 'runner',
      versions: [{ ImageId: 'ami-0123456789abcdef0' }, { ImageId, InstanceType: 'c7g.large' }],
    });
    const { Instances } = await run(sandbox, {
      LaunchTemplate: { LaunchTemplateName: 'runner', Version: '$Latest' },
      InstanceType: 't3.nano',
    });
    expect(Instances?.[0]).toMatchObject({ ImageId, InstanceType: 't3.nano' });
    const { LaunchTemplateVersions } = await sandbox.client.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: launchTemplateId }),
    );
    expect(LaunchTemplateVersions?.map(({ LaunchTemplateData }) => LaunchTemplateData?.ImageId)).toEqual([
      ImageId,
      'ami-0123456789abcdef0',
    ]);
    const { LaunchTemplates } = await sandbox.client.send(new DescribeLaunchTemplatesCommand({}));
    expect(LaunchTemplates).toMatchObject([{ LaunchTemplateName: 'runner', LatestVersionNumber: 2 }]);
  });
});

describe('the life of an instance', () => {
  test('stop, start and terminate go through their states; a terminated one is forgotten after an hour', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ publicIp: '203.0.113.50' });
    const InstanceIds = [id];
    const state = async () => (await one(sandbox, id))?.State?.Name;
    const stopping = await sandbox.client.send(new StopInstancesCommand({ InstanceIds }));
    expect(stopping.StoppingInstances).toEqual([
      {
        InstanceId: id,
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 64, Name: 'stopping' },
      },
    ]);
    expect(await refusal(sandbox.client.send(new StartInstancesCommand({ InstanceIds })))).toContain(
      'IncorrectInstanceState',
    );
    sandbox.advance(1);
    expect(await one(sandbox, id)).toMatchObject({
      State: { Code: 80, Name: 'stopped' },
      StateReason: { Code: 'Client.UserInitiatedShutdown' },
    });
    expect((await one(sandbox, id))?.PublicIpAddress).toBeUndefined();
    expect(await refusal(sandbox.client.send(new RebootInstancesCommand({ InstanceIds })))).toContain(
      'IncorrectState',
    );

    await sandbox.client.send(new StartInstancesCommand({ InstanceIds }));
    expect(await state()).toBe('pending');
    sandbox.advance(1);
    expect(await state()).toBe('running');
    expect((await one(sandbox, id))?.PublicIpAddress).not.toBe('203.0.113.50');

    await sandbox.client.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(await state()).toBe('shutting-down');
    sandbox.advance(1);
    const dead = await one(sandbox, id);
    expect(dead).toMatchObject({
      State: { Code: 48, Name: 'terminated' },
      BlockDeviceMappings: [],
      NetworkInterfaces: [],
    });
    expect(await refusal(sandbox.client.send(new StartInstancesCommand({ InstanceIds })))).toContain(
      'IncorrectInstanceState',
    );
    sandbox.advance(3600);
    expect(await refusal(one(sandbox, id))).toContain('InvalidInstanceID.NotFound');
    expect(await list(sandbox)).toEqual([]);
  });

  test('termination protection refuses, and only until it is switched off', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ disableApiTermination: true });
    const other = sandbox.seed.addInstance().id;
    const terminate = (InstanceIds: string[]) =>
      sandbox.client.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(await refusal(terminate([other, id]))).toMatch(/^OperationNotPermitted: .*disableApiTermination/);
    expect((await one(sandbox, other))?.State?.Name).toBe('running');
    await sandbox.client.send(
      new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: false } }),
    );
    await expect(terminate([id])).resolves.toHaveProperty('TerminatingInstances');
  });

  test('groups can be changed, one attribute at a time; the type only of a stopped instance', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    const { groupId } = sandbox.seed.addSecurityGroup({ name: 'open' });
    const modify = (input: Partial<ConstructorParameters<typeof ModifyInstanceAttributeCommand>[0]>) =>
      sandbox.client.send(new ModifyInstanceAttributeCommand({ InstanceId: id, ...input }));
    await modify({ Groups: [groupId] });
    expect((await one(sandbox, id))?.SecurityGroups).toEqual([{ GroupId: groupId, GroupName: 'open' }]);
    const attribute = await sandbox.client.send(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'groupSet' }),
    );
    expect(attribute.Groups).toEqual([{ GroupId: groupId }]);
    expect(await refusal(modify({ Groups: ['sg-0123456789abcdef0'] }))).toContain('InvalidGroup.NotFound');
    expect(await refusal(modify({ InstanceType: { Value: 't3.large' } }))).toContain(
      'IncorrectInstanceState',
    );
    expect(await refusal(modify({ Groups: [groupId], DisableApiStop: { Value: true } }))).toContain(
      'InvalidParameterCombination',
    );
    expect(await refusal(modify({}))).toContain('InvalidParameterCombination');
  });

  test('status is told for running instances, for all on request', async () => {
    await using sandbox = await startEc2();
    sandbox.seed.addInstance({ state: 'stopped' });
    const running = sandbox.seed.addInstance().id;
    sandbox.advance(5);
    const status = async (IncludeAllInstances: boolean) =>
      (await sandbox.client.send(new DescribeInstanceStatusCommand({ IncludeAllInstances })))
        .InstanceStatuses ?? [];
    expect(await status(false)).toMatchObject([
      {
        InstanceId: running,
        InstanceStatus: { Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] },
      },
    ]);
    expect((await status(true)).map(({ SystemStatus }) => SystemStatus?.Status)).toEqual([
      'not-applicable',
      'ok',
    ]);
  });
});

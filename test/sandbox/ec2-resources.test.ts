import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  type CreateTagsRequest,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Sandbox, refusal, startEc2 } from '../support/ec2-sandbox.ts';

describe('tags', () => {
  const tagsOf = async (sandbox: Ec2Sandbox, id: string) =>
    (await sandbox.client.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] })))
      .Tags ?? [];

  test('they are set, overwritten, deleted by key, by key and value, and all at once', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ tags: { a: '1', b: '2', c: '3', 'aws:owner': 'aws' } });
    await sandbox.client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value: 'new' }] }));
    expect((await tagsOf(sandbox, id))[0]).toEqual({
      Key: 'a',
      Value: 'new',
      ResourceId: id,
      ResourceType: 'instance',
    });
    await sandbox.client.send(
      new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'b', Value: 'other' }, { Key: 'c' }] }),
    );
    expect((await tagsOf(sandbox, id)).map(({ Key }) => Key)).toEqual(['a', 'b', 'aws:owner']);
    await sandbox.client.send(new DeleteTagsCommand({ Resources: [id] }));
    expect((await tagsOf(sandbox, id)).map(({ Key }) => Key)).toEqual(['aws:owner']);
  });

  test('one request tags resources of several kinds, or none when one is missing', async () => {
    await using sandbox = await startEc2();
    const { id, devices } = sandbox.seed.addInstance();
    const Resources = [id, devices[0]?.volumeId ?? ''];
    await sandbox.client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'both', Value: '' }] }));
    const { Tags } = await sandbox.client.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['both'] }] }),
    );
    expect(Tags?.map(({ ResourceType }) => ResourceType).sort()).toEqual(['instance', 'volume']);
    const incomplete = new CreateTagsCommand({
      Resources: [id, 'snap-0123456789abcdef0'],
      Tags: [{ Key: 'none', Value: '' }],
    });
    expect(await refusal(sandbox.client.send(incomplete))).toContain('InvalidSnapshot.NotFound');
    expect((await tagsOf(sandbox, id)).map(({ Key }) => Key)).toEqual(['both']);
  });

  test('fifty tags are the limit; those of AWS do not count', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ tags: { 'aws:x': '1' } });
    const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    await sandbox.client.send(new CreateTagsCommand({ Resources: [id], Tags }));
    const more = (Key: string) =>
      sandbox.client.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value: 'v' }] }));
    expect(await refusal(more('k50'))).toContain('TagLimitExceeded');
    await more('k49');
  });

  test.each<[string, CreateTagsRequest['Tags'], string]>([
    ['a key of AWS', [{ Key: 'aws:mine', Value: '' }], 'reserved for internal use'],
    ['a key of AWS in capitals', [{ Key: 'AWS:mine', Value: '' }], 'reserved for internal use'],
    ['an empty key', [{ Key: '', Value: '' }], 'cannot be null or empty'],
    ['a key of 129 characters', [{ Key: 'k'.repeat(129), Value: '' }], '128 characters'],
    ['a value of 257 characters', [{ Key: 'k', Value: 'v'.repeat(257) }], '256 characters'],
    [
      'a key that comes twice',
      [
        { Key: 'k', Value: '1' },
        { Key: 'k', Value: '2' },
      ],
      'Duplicate tag key',
    ],
  ])('%s is refused', async (_what, Tags, text) => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    const answer = await refusal(sandbox.client.send(new CreateTagsCommand({ Resources: [id], Tags })));
    expect(answer).toMatch(/^InvalidParameterValue: /);
    expect(answer).toContain(text);
  });

  test('limits count characters, not bytes', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    await sandbox.client.send(
      new CreateTagsCommand({ Resources: [id], Tags: [{ Key: '🔑'.repeat(128), Value: 'ü'.repeat(256) }] }),
    );
    expect(await tagsOf(sandbox, id)).toHaveLength(1);
  });

  test('resources of another account cannot be tagged: they do not exist for it', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance();
    const foreign = sandbox.strangerClient.send(
      new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'mine', Value: '' }] }),
    );
    expect(await refusal(foreign)).toContain('InvalidInstanceID.NotFound');
    expect(
      await refusal(
        sandbox.client.send(new CreateTagsCommand({ Resources: ['what'], Tags: [{ Key: 'a', Value: '' }] })),
      ),
    ).toContain('InvalidID');
  });
});

describe('Elastic IPs', () => {
  test('an address moves from one instance to another and is released only when free', async () => {
    await using sandbox = await startEc2();
    const first = sandbox.seed.addInstance().id;
    const second = sandbox.seed.addInstance().id;
    const { AllocationId = '', PublicIp } = await sandbox.client.send(
      new AllocateAddressCommand({ Domain: 'vpc' }),
    );
    const associate = (InstanceId: string, AllowReassociation?: boolean) =>
      sandbox.client.send(
        new AssociateAddressCommand({
          AllocationId,
          InstanceId,
          ...(AllowReassociation === undefined ? {} : { AllowReassociation }),
        }),
      );
    const publicIpOf = async (id: string) =>
      (await sandbox.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]
        ?.Instances?.[0]?.PublicIpAddress;
    await associate(first);
    expect(await publicIpOf(first)).toBe(PublicIp);
    expect(await refusal(associate(second, false))).toContain('Resource.AlreadyAssociated');
    await associate(second);
    expect(await publicIpOf(first)).toBeUndefined();
    expect(await publicIpOf(second)).toBe(PublicIp);

    const { Addresses } = await sandbox.client.send(
      new DescribeAddressesCommand({ Filters: [{ Name: 'instance-id', Values: [second] }] }),
    );
    expect(Addresses).toMatchObject([{ AllocationId, PublicIp, InstanceId: second }]);
    const release = () => sandbox.client.send(new ReleaseAddressCommand({ AllocationId }));
    expect(await refusal(release())).toContain('InvalidIPAddress.InUse');
    await sandbox.client.send(
      new DisassociateAddressCommand({ AssociationId: Addresses?.[0]?.AssociationId }),
    );
    expect(await publicIpOf(second)).toBeUndefined();
    await release();
    expect(await refusal(release())).toContain('InvalidAllocationID.NotFound');
  });

  test('unknown associations and addresses have their codes', async () => {
    await using sandbox = await startEc2();
    const describeIp = (ip: string) => sandbox.client.send(new DescribeAddressesCommand({ PublicIps: [ip] }));
    expect(await refusal(describeIp('203.0.113.1'))).toContain('InvalidAddress.NotFound');
    expect(await refusal(describeIp('nonsense'))).toContain('InvalidAddress.Malformed');
    expect(
      await refusal(
        sandbox.client.send(new DisassociateAddressCommand({ AssociationId: 'eipassoc-0123456789abcdef0' })),
      ),
    ).toContain('InvalidAssociationID.NotFound');
  });
});

describe('networks', () => {
  test('an account begins with a default VPC of two subnets and a default group', async () => {
    await using sandbox = await startEc2();
    const { Vpcs } = await sandbox.client.send(new DescribeVpcsCommand({}));
    expect(Vpcs).toMatchObject([{ IsDefault: true, CidrBlock: '172.31.0.0/16' }]);
    const { Subnets } = await sandbox.client.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [Vpcs?.[0]?.VpcId ?? ''] }] }),
    );
    expect(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(['eu-west-1a', 'eu-west-1b']);
    expect(Subnets?.[0]?.AvailableIpAddressCount).toBe(4091);
    const { SecurityGroups } = await sandbox.client.send(new DescribeSecurityGroupsCommand({}));
    expect(SecurityGroups).toMatchObject([{ GroupName: 'default' }]);
  });

  test('each account has its own', async () => {
    await using sandbox = await startEc2();
    const own = await sandbox.client.send(new DescribeVpcsCommand({}));
    const other = await sandbox.strangerClient.send(new DescribeVpcsCommand({}));
    expect(other.Vpcs).toHaveLength(1);
    expect(other.Vpcs?.[0]?.VpcId).not.toBe(own.Vpcs?.[0]?.VpcId);
    expect(
      await refusal(
        sandbox.strangerClient.send(new DescribeVpcsCommand({ VpcIds: [own.Vpcs?.[0]?.VpcId ?? ''] })),
      ),
    ).toContain('InvalidVpcID.NotFound');
  });

  test('a security group is made, opened, closed and deleted when nothing uses it', async () => {
    await using sandbox = await startEc2();
    const create = () =>
      sandbox.client.send(new CreateSecurityGroupCommand({ GroupName: 'web', Description: 'web servers' }));
    const { GroupId = '' } = await create();
    expect(await refusal(create())).toContain('InvalidGroup.Duplicate');
    const rule = {
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    };
    await sandbox.client.send(new AuthorizeSecurityGroupIngressCommand(rule));
    expect(await refusal(sandbox.client.send(new AuthorizeSecurityGroupIngressCommand(rule)))).toContain(
      'InvalidPermission.Duplicate',
    );
    const { SecurityGroups } = await sandbox.client.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'ip-permission.to-port', Values: ['443'] }] }),
    );
    expect(SecurityGroups).toMatchObject([{ GroupId, IpPermissions: [{ FromPort: 443 }] }]);
    await sandbox.client.send(new RevokeSecurityGroupIngressCommand(rule));
    sandbox.seed.addInstance({ securityGroups: [GroupId] });
    expect(await refusal(sandbox.client.send(new DeleteSecurityGroupCommand({ GroupId })))).toContain(
      'DependencyViolation',
    );
  });

  test('interfaces, volumes and key pairs are found by what they belong to', async () => {
    await using sandbox = await startEc2();
    const instance = sandbox.seed.addInstance({ elasticIp: '203.0.113.77' });
    const { NetworkInterfaces } = await sandbox.client.send(
      new DescribeNetworkInterfacesCommand({
        Filters: [{ Name: 'attachment.instance-id', Values: [instance.id] }],
      }),
    );
    expect(NetworkInterfaces).toMatchObject([
      { Status: 'in-use', Association: { PublicIp: '203.0.113.77' } },
    ]);
    const { Volumes } = await sandbox.client.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'encrypted', Values: ['true'] }] }),
    );
    expect(Volumes).toMatchObject([
      { State: 'in-use', Attachments: [{ InstanceId: instance.id, Device: '/dev/xvda' }] },
    ]);
    sandbox.seed.addKeyPair({ name: 'ops' });
    const { KeyPairs } = await sandbox.client.send(new DescribeKeyPairsCommand({ KeyNames: ['ops'] }));
    expect(KeyPairs).toMatchObject([{ KeyName: 'ops' }]);
    expect(
      await refusal(sandbox.client.send(new DescribeKeyPairsCommand({ KeyNames: ['nobody'] }))),
    ).toContain('InvalidKeyPair.NotFound');
  });

  test('Regions and zones are listed and filtered', async () => {
    await using sandbox = await startEc2();
    const { Regions } = await sandbox.client.send(
      new DescribeRegionsCommand({ Filters: [{ Name: 'region-name', Values: ['eu-west-*'] }] }),
    );
    expect(Regions?.map(({ RegionName }) => RegionName)).toEqual(['eu-west-1', 'eu-west-2', 'eu-west-3']);
    const { AvailabilityZones } = await sandbox.client.send(new DescribeAvailabilityZonesCommand({}));
    expect(AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual([
      'eu-west-1a',
      'eu-west-1b',
      'eu-west-1c',
    ]);
  });
});

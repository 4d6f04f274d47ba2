import {
  AssociateAddressCommand,
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  DeleteNetworkInterfaceCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeNetworkInterfacesCommand,
  DetachNetworkInterfaceCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { type Ec2Sandbox, refusal, startEc2 } from '../support/ec2-sandbox.ts';

async function withInstance(sandbox: Ec2Sandbox) {
  const { subnetId } = sandbox.seed.addSubnet({ cidr: '10.0.1.0/24' });
  const instance = sandbox.seed.addInstance({ subnetId, privateIp: '10.0.1.67' });
  const group = sandbox.seed.addSecurityGroup({ name: 'web', vpcId: instance.vpcId });
  const create = async (more: object = {}) =>
    (await sandbox.client.send(new CreateNetworkInterfaceCommand({ SubnetId: subnetId, ...more })))
      .NetworkInterface;
  const show = async (id: string | undefined) =>
    (
      await sandbox.client.send(
        new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: id === undefined ? [] : [id] }),
      )
    ).NetworkInterfaces?.[0];
  return { subnetId, instance, group: group.groupId, create, show };
}

describe('network interfaces', () => {
  test('hold their address from being made until being deleted', async () => {
    await using sandbox = await startEc2();
    const { create, subnetId } = await withInstance(sandbox);
    const made = await create({ PrivateIpAddress: '10.0.1.80', Description: 'spare' });
    expect(made).toMatchObject({ PrivateIpAddress: '10.0.1.80', Status: 'available', Description: 'spare' });
    expect(await refusal(create({ PrivateIpAddress: '10.0.1.80' }))).toBe(
      'InvalidIPAddress.InUse: Address 10.0.1.80 is in use.',
    );
    const image = sandbox.seed.addImage({ name: 'base' });
    const run = new RunInstancesCommand({
      ImageId: image.id,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnetId,
      PrivateIpAddress: '10.0.1.67',
    });
    expect(await refusal(sandbox.client.send(run))).toContain('InvalidIPAddress.InUse');
    await sandbox.client.send(
      new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: made?.NetworkInterfaceId }),
    );
    await create({ PrivateIpAddress: '10.0.1.80' });
  });

  test('are attached and detached, but never the first one', async () => {
    await using sandbox = await startEc2();
    const { create, show, instance } = await withInstance(sandbox);
    const NetworkInterfaceId = (await create())?.NetworkInterfaceId;
    const attach = new AttachNetworkInterfaceCommand({
      NetworkInterfaceId,
      InstanceId: instance.id,
      DeviceIndex: 1,
    });
    const { AttachmentId } = await sandbox.client.send(attach);
    expect((await show(NetworkInterfaceId))?.Attachment).toMatchObject({
      InstanceId: instance.id,
      DeviceIndex: 1,
    });
    expect(await refusal(sandbox.client.send(attach))).toContain('InvalidNetworkInterface.InUse');
    const gone = sandbox.client.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
    expect(await refusal(gone)).toContain('is currently in use');
    await sandbox.client.send(new DetachNetworkInterfaceCommand({ AttachmentId }));
    expect((await show(NetworkInterfaceId))?.Status).toBe('available');
    const first = (await show(instance.interfaces[0]))?.Attachment?.AttachmentId;
    expect(
      await refusal(sandbox.client.send(new DetachNetworkInterfaceCommand({ AttachmentId: first }))),
    ).toContain('OperationNotPermitted');
  });

  test('take other groups, one attribute at a time, and only of their own network', async () => {
    await using sandbox = await startEc2();
    const { show, instance, group } = await withInstance(sandbox);
    const [NetworkInterfaceId] = instance.interfaces;
    const modify = (more: object) =>
      sandbox.client.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, ...more }));
    await modify({ Groups: [group] });
    expect((await show(NetworkInterfaceId))?.Groups?.map(({ GroupId }) => GroupId)).toEqual([group]);
    await modify({ SourceDestCheck: { Value: false } });
    expect((await show(NetworkInterfaceId))?.SourceDestCheck).toBe(false);
    expect(await refusal(modify({ Groups: [group], SourceDestCheck: { Value: true } }))).toContain(
      'InvalidParameterCombination',
    );
    const { groupId } = sandbox.seed.addSecurityGroup({
      name: 'foreign',
      vpcId: sandbox.seed.addVpc().vpcId,
    });
    expect(await refusal(modify({ Groups: [groupId] }))).toContain('InvalidGroup.NotFound');
  });

  test('of an instance with two are changed by their own id only', async () => {
    await using sandbox = await startEc2();
    const { create, instance, group } = await withInstance(sandbox);
    const NetworkInterfaceId = (await create())?.NetworkInterfaceId;
    const modify = new ModifyInstanceAttributeCommand({ InstanceId: instance.id, Groups: [group] });
    await sandbox.client.send(modify);
    await sandbox.client.send(
      new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId: instance.id, DeviceIndex: 1 }),
    );
    expect(await refusal(sandbox.client.send(modify))).toContain('There are multiple interfaces attached');
  });
});

test('an Elastic IP moves to another machine, unless reassociation is forbidden', async () => {
  await using sandbox = await startEc2();
  const { allocationId, publicIp } = sandbox.seed.addAddress();
  const old = sandbox.seed.addInstance({ elasticIp: allocationId });
  const fresh = sandbox.seed.addInstance();
  const move = (AllowReassociation?: boolean) =>
    sandbox.client.send(
      new AssociateAddressCommand({ AllocationId: allocationId, InstanceId: fresh.id, AllowReassociation }),
    );
  expect(await refusal(move(false))).toContain('Resource.AlreadyAssociated');
  const first = await move(true);
  const addresses = async () => {
    const { Reservations } = await sandbox.client.send(
      new DescribeInstancesCommand({ InstanceIds: [old.id, fresh.id] }),
    );
    const instances = (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    return Object.fromEntries(instances.map((one) => [one.InstanceId, one.PublicIpAddress]));
  };
  expect(await addresses()).toMatchObject({ [fresh.id]: publicIp });
  expect((await addresses())[old.id]).not.toBe(publicIp);
  expect((await move(true)).AssociationId).toBeTruthy();
  expect(first.AssociationId).toBeTruthy();
});

test('a type that is not offered in a zone is neither listed nor launched there', async () => {
  await using sandbox = await startEc2({
    settings: { unofferedTypes: ['m7i.large@eu-west-1b', 'm1.small'] },
  });
  const ask = async (type: string) => {
    const { InstanceTypeOfferings = [] } = await sandbox.client.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [type] }],
      }),
    );
    return InstanceTypeOfferings.map(({ Location }) => Location);
  };
  expect(await ask('m7i.large')).toEqual(['eu-west-1a', 'eu-west-1c']);
  expect(await ask('x9z.metal-48xl')).toHaveLength(3);
  expect(await ask('m1.small')).toEqual([]);
  const { subnetId } = sandbox.seed.addSubnet({ zone: 'eu-west-1b' });
  const image = sandbox.seed.addImage({ name: 'base' });
  const run = (InstanceType: 'm7i.large' | 'm1.small') =>
    sandbox.client.send(
      new RunInstancesCommand({
        ImageId: image.id,
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnetId,
        InstanceType,
      }),
    );
  expect(await refusal(run('m7i.large'))).toContain('Unsupported');
  expect(await refusal(run('m1.small'))).toContain('InvalidParameterValue');
});

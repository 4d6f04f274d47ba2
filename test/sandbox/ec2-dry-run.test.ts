import { expect, test } from 'vitest';
import type { AnyHandler, Handler, RequestContext } from '../../sandbox/service.ts';
import { createEc2 } from '../../sandbox/services/ec2/service.ts';
import { World } from '../../sandbox/world.ts';

const account = '123456789012';

function prepare() {
  let now = Date.parse('2026-11-20T02:00:00Z');
  const world = new World({ clock: { now: () => now }, snapshotSeconds: 1 });
  const ec2 = createEc2(world);
  const seed = ec2.seed('eu-west-1');
  const instance = seed.addInstance();
  const stopped = seed.addInstance({ state: 'stopped' });
  const { groupId } = seed.addSecurityGroup({
    name: 'web',
    ingress: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [] }],
  });
  const address = seed.addAddress();
  seed.addInstance({ elasticIp: '203.0.113.9' });
  const association = [...ec2.region('eu-west-1').addresses.values()].at(-1)?.association?.id;
  const image = seed.addImage({ name: 'base' });
  const snapshot = image.devices[0]?.snapshot?.id;
  const request = (action: string): RequestContext => ({
    service: 'ec2',
    action,
    region: 'eu-west-1',
    caller: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: 'AKIA' },
    requestId: '1',
    now,
    headers: {},
  });
  const call = (action: string, input: object) => {
    const handler: AnyHandler | undefined = ec2.service.handlers[action];
    if (!handler) throw new Error(`There is no handler of ${action}.`);
    // Sound: the inputs below are those of the action, without the server's decoding in between.
    return (handler as Handler<object, object>)(input, request(action));
  };
  // A snapshot that nobody uses, so that it could be deleted and locked.
  call('CreateSnapshot', { VolumeId: instance.devices[0]?.volumeId });
  now += 60_000;
  const loose = [...ec2.region('eu-west-1').snapshots.keys()].at(-1);
  call('LockSnapshot', { SnapshotId: snapshot, LockMode: 'governance', LockDuration: 1 });

  const volumeId = instance.devices[0]?.volumeId;
  const rule = {
    GroupId: groupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [] }],
  };
  call('CreateNetworkInterface', { SubnetId: instance.subnetId });
  const looseInterface = [...ec2.region('eu-west-1').interfaces.keys()].at(-1);
  call('CreateNetworkInterface', { SubnetId: instance.subnetId });
  const second = [...ec2.region('eu-west-1').interfaces.values()].at(-1);
  call('AttachNetworkInterface', {
    NetworkInterfaceId: second?.id,
    InstanceId: instance.id,
    DeviceIndex: 1,
  });
  call('CreateLaunchTemplate', { LaunchTemplateName: 'web', LaunchTemplateData: {} });
  const inputs: Record<string, object> = {
    AllocateAddress: {},
    AssociateAddress: { AllocationId: address.allocationId, InstanceId: instance.id },
    AttachNetworkInterface: {
      NetworkInterfaceId: looseInterface,
      InstanceId: instance.id,
      DeviceIndex: 2,
    },
    AuthorizeSecurityGroupIngress: {
      GroupId: groupId,
      IpProtocol: 'tcp',
      FromPort: 2,
      ToPort: 2,
      CidrIp: '0.0.0.0/0',
    },
    CopyImage: { Name: 'copy', SourceImageId: image.id, SourceRegion: 'eu-west-1' },
    CopySnapshot: { SourceRegion: 'eu-west-1', SourceSnapshotId: loose },
    CreateImage: { InstanceId: instance.id, Name: 'new' },
    CreateLaunchTemplate: { LaunchTemplateName: 'api', LaunchTemplateData: {} },
    CreateLaunchTemplateVersion: { LaunchTemplateName: 'web', LaunchTemplateData: {} },
    CreateNetworkInterface: { SubnetId: instance.subnetId },
    CreateSecurityGroup: { GroupName: 'new', Description: 'new' },
    CreateSnapshot: { VolumeId: volumeId },
    CreateSnapshots: { InstanceSpecification: { InstanceId: instance.id } },
    CreateTags: { Resources: [instance.id], Tags: [{ Key: 'a', Value: 'b' }] },
    DeleteLaunchTemplate: { LaunchTemplateName: 'web' },
    DeleteNetworkInterface: { NetworkInterfaceId: looseInterface },
    DeleteSecurityGroup: { GroupId: groupId },
    DeleteSnapshot: { SnapshotId: loose },
    DeleteTags: { Resources: [instance.id] },
    DeregisterImage: { ImageId: image.id, DeleteAssociatedSnapshots: true },
    DescribeImageAttribute: { ImageId: image.id, Attribute: 'description' },
    DescribeInstanceAttribute: { InstanceId: instance.id, Attribute: 'userData' },
    DescribeLaunchTemplateVersions: { Versions: ['$Latest'] },
    DescribeSnapshotAttribute: { SnapshotId: snapshot, Attribute: 'createVolumePermission' },
    DetachNetworkInterface: { AttachmentId: second?.attachment?.id },
    DisableImage: { ImageId: image.id },
    DisableImageDeprecation: { ImageId: image.id },
    DisableImageDeregistrationProtection: { ImageId: image.id },
    DisassociateAddress: { AssociationId: association },
    EnableImage: { ImageId: image.id },
    EnableImageDeprecation: { ImageId: image.id, DeprecateAt: new Date(now + 86_400_000) },
    EnableImageDeregistrationProtection: { ImageId: image.id },
    LockSnapshot: { SnapshotId: loose, LockMode: 'governance', LockDuration: 1 },
    ModifyImageAttribute: { ImageId: image.id, LaunchPermission: { Add: [{ Group: 'all' }] } },
    ModifyInstanceAttribute: { InstanceId: instance.id, DisableApiTermination: { Value: true } },
    ModifyLaunchTemplate: { LaunchTemplateName: 'web', DefaultVersion: '1' },
    ModifyNetworkInterfaceAttribute: { NetworkInterfaceId: second?.id, SourceDestCheck: { Value: false } },
    ModifySnapshotAttribute: { SnapshotId: snapshot, OperationType: 'add', GroupNames: ['all'] },
    RebootInstances: { InstanceIds: [instance.id] },
    RegisterImage: {
      Name: 'registered',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: snapshot } }],
    },
    ReleaseAddress: { AllocationId: address.allocationId },
    ResetImageAttribute: { ImageId: image.id, Attribute: 'launchPermission' },
    RevokeSecurityGroupIngress: rule,
    RunInstances: { ImageId: image.id, MinCount: 1, MaxCount: 1, ClientToken: 'once' },
    StartInstances: { InstanceIds: [stopped.id] },
    StopInstances: { InstanceIds: [instance.id] },
    TerminateInstances: { InstanceIds: [instance.id] },
    UnlockSnapshot: { SnapshotId: snapshot },
  };
  return { ec2, call, inputs };
}

/** Everything that the Region holds, as text; not the counters of pending snapshots, which counting itself tidies up. */
const stateOf = (region: object): string =>
  JSON.stringify(
    Object.entries(region).filter(([name]) => !/^(shared|pendingOf)/.test(name)),
    (_key, value: unknown) => {
      if (value instanceof Map) return [...value];
      if (value instanceof Set) return [...value];
      return value;
    },
  );

const actions = Object.keys(prepare().ec2.service.handlers);

test.each(actions)('%s with DryRun checks everything and changes nothing', (action) => {
  const { ec2, call, inputs } = prepare();
  const region = ec2.region('eu-west-1');
  const before = stateOf(region);
  expect(() => call(action, { ...inputs[action], DryRun: true })).toThrow(
    expect.objectContaining({ code: 'DryRunOperation', status: 412 }),
  );
  expect(stateOf(region) === before).toBe(true);
});

test.each(Object.keys(prepare().inputs))('%s goes through without DryRun', (action) => {
  const { call, inputs } = prepare();
  expect(() => call(action, inputs[action] ?? {})).not.toThrow();
});

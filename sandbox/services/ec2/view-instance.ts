import type { GroupIdentifier, Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2';
import { describeState, instanceState } from './model/instances.ts';
import { privateDnsName, publicDnsName } from './model/network.ts';
import type { Address, InstanceRecord, NetworkInterfaceRecord } from './model/records.ts';
import type { RegionState } from './model/region.ts';
import { tagList } from './model/tags.ts';

export const groupIdentifiers = (region: RegionState, ids: readonly string[]): GroupIdentifier[] =>
  ids.map((GroupId) => ({ GroupId, GroupName: region.securityGroups.get(GroupId)?.name ?? GroupId }));

export function addressOn(region: RegionState, interfaceId: string | undefined): Address | undefined {
  const allocation = interfaceId === undefined ? undefined : region.addressOf.get(interfaceId);
  return allocation === undefined ? undefined : region.addresses.get(allocation);
}

/** The address from outside: the Elastic IP, else the lent one. */
export const publicIpOf = (region: RegionState, instance: InstanceRecord): string | undefined =>
  addressOn(region, instance.interfaces[0])?.publicIp ?? instance.publicIp;

export function viewInstance(region: RegionState, instance: InstanceRecord, now: number): Instance {
  const state = instanceState(instance, now);
  const primary = region.interfaces.get(instance.interfaces[0] ?? '');
  const publicIp = publicIpOf(region, instance);
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    State: describeState(state),
    PrivateDnsName: primary ? privateDnsName(region.name, primary.privateIp) : '',
    PublicDnsName: publicIp === undefined ? '' : publicDnsName(region.name, publicIp),
    StateTransitionReason: instance.transitionReason,
    KeyName: instance.keyName,
    AmiLaunchIndex: instance.launchIndex,
    ProductCodes: [],
    InstanceType: instance.type,
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: instance.zone, GroupName: '', Tenancy: 'default' },
    Monitoring: { State: instance.monitoring ? 'enabled' : 'disabled' },
    ...(primary
      ? { SubnetId: instance.subnetId, VpcId: instance.vpcId, PrivateIpAddress: primary.privateIp }
      : {}),
    PublicIpAddress: publicIp,
    Architecture: instance.architecture,
    RootDeviceType: 'ebs',
    RootDeviceName: instance.rootDeviceName,
    BlockDeviceMappings: instance.devices.flatMap(({ device, volumeId }) => {
      const attachment = region.volumes.get(volumeId)?.attachment;
      if (!attachment) return [];
      return [
        {
          DeviceName: device,
          Ebs: {
            VolumeId: volumeId,
            Status: 'attached' as const,
            AttachTime: new Date(attachment.attachedAt),
            DeleteOnTermination: attachment.deleteOnTermination,
          },
        },
      ];
    }),
    VirtualizationType: 'hvm',
    ClientToken: instance.clientToken ?? '',
    Tags: tagList(instance.tags),
    SecurityGroups: groupIdentifiers(region, primary?.groups ?? []),
    SourceDestCheck: primary?.sourceDestCheck ?? true,
    Hypervisor: 'xen',
    NetworkInterfaces: instance.interfaces.flatMap((id) => {
      const record = region.interfaces.get(id);
      return record ? [viewInstanceInterface(region, instance, record)] : [];
    }),
    IamInstanceProfile: instance.profile && { Arn: instance.profile.arn, Id: instance.profile.id },
    EbsOptimized: instance.ebsOptimized,
    EnaSupport: true,
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
    CapacityReservationSpecification: { CapacityReservationPreference: 'open' },
    HibernationOptions: { Configured: false },
    MetadataOptions: instance.metadata,
    EnclaveOptions: { Enabled: false },
    BootMode: instance.bootMode,
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    UsageOperationUpdateTime: new Date(instance.createdAt),
    PrivateDnsNameOptions: {
      HostnameType: 'ip-name',
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    MaintenanceOptions: { AutoRecovery: 'default' },
    StateReason: instance.stateReason && {
      Code: instance.stateReason.code,
      Message: instance.stateReason.message,
    },
  };
}

function viewInstanceInterface(
  region: RegionState,
  instance: InstanceRecord,
  record: NetworkInterfaceRecord,
): InstanceNetworkInterface {
  const address = addressOn(region, record.id);
  const isPrimary = record.id === instance.interfaces[0];
  const publicIp = address?.publicIp ?? (isPrimary ? instance.publicIp : undefined);
  const association =
    publicIp === undefined
      ? undefined
      : {
          PublicIp: publicIp,
          PublicDnsName: publicDnsName(region.name, publicIp),
          IpOwnerId: address ? address.owner : 'amazon',
        };
  const privateName = privateDnsName(region.name, record.privateIp);
  return {
    NetworkInterfaceId: record.id,
    SubnetId: record.subnetId,
    VpcId: record.vpcId,
    OwnerId: record.owner,
    Status: 'in-use',
    InterfaceType: 'interface',
    MacAddress: record.mac,
    Description: record.description,
    PrivateIpAddress: record.privateIp,
    PrivateDnsName: privateName,
    SourceDestCheck: record.sourceDestCheck,
    Groups: groupIdentifiers(region, record.groups),
    Ipv6Addresses: [],
    Association: association,
    Attachment: record.attachment && {
      AttachmentId: record.attachment.id,
      AttachTime: new Date(record.attachment.attachedAt),
      DeleteOnTermination: record.attachment.deleteOnTermination,
      DeviceIndex: record.attachment.deviceIndex,
      Status: 'attached',
      NetworkCardIndex: 0,
    },
    PrivateIpAddresses: [
      {
        Primary: true,
        PrivateIpAddress: record.privateIp,
        PrivateDnsName: privateName,
        Association: association,
      },
      ...record.secondaryIps.map((ip) => ({
        Primary: false,
        PrivateIpAddress: ip,
        PrivateDnsName: privateDnsName(region.name, ip),
      })),
    ],
  };
}

import type { Address, Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2';
import type { Relaunch } from '../../catalog/documents.ts';

/**
 * What RunInstances needs to bring this machine back, and its old addresses for the rewrite; keys as they stand in
 * `backup_information.json`. Whether there is user data takes a call of its own: `user_data` is absent here.
 */
export function relaunchOf(instance: Instance, addresses: ReadonlyMap<string, Address>): Relaunch {
  const interfaces = instance.NetworkInterfaces ?? [];
  const primary = interfaces.find((candidate) => candidate.Attachment?.DeviceIndex === 0) ?? interfaces[0];
  return {
    instance_type: instance.InstanceType,
    image_id: instance.ImageId,
    architecture: instance.Architecture,
    platform: instance.PlatformDetails,
    availability_zone: instance.Placement?.AvailabilityZone,
    tenancy: instance.Placement?.Tenancy,
    vpc: instance.VpcId,
    subnet: instance.SubnetId,
    security_groups: (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    instance_profile: instance.IamInstanceProfile?.Arn,
    key_name: instance.KeyName,
    private_ip: instance.PrivateIpAddress,
    ipv6: (primary?.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
    public_ip: instance.PublicIpAddress,
    elastic_ip: elasticIpOf(instance.PublicIpAddress, addresses),
    private_dns: instance.PrivateDnsName || undefined,
    public_dns: instance.PublicDnsName || undefined,
    hostname: hostnameOf(instance),
    network_interfaces: interfaces.map((each) => interfaceOf(each, addresses)),
    block_devices: (instance.BlockDeviceMappings ?? []).map(({ DeviceName, Ebs }) => ({
      device: DeviceName,
      volume: Ebs?.VolumeId,
      delete_on_termination: Ebs?.DeleteOnTermination,
    })),
    root_device: instance.RootDeviceName,
    ebs_optimized: instance.EbsOptimized,
    metadata_options: {
      http_tokens: instance.MetadataOptions?.HttpTokens,
      http_endpoint: instance.MetadataOptions?.HttpEndpoint,
      http_put_response_hop_limit: instance.MetadataOptions?.HttpPutResponseHopLimit,
      instance_metadata_tags: instance.MetadataOptions?.InstanceMetadataTags,
    },
    tags: Object.fromEntries((instance.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    state: instance.State?.Name,
  };
}

/** The name that EC2 gives the machine's system at its first boot: the first label of its private DNS name. */
function hostnameOf(instance: Instance): string | undefined {
  return instance.PrivateDnsName?.split('.')[0] || undefined;
}

function elasticIpOf(
  publicIp: string | undefined,
  addresses: ReadonlyMap<string, Address>,
): Relaunch | undefined {
  const address = addresses.get(publicIp ?? '');
  if (!address) return undefined;
  return {
    allocation_id: address.AllocationId,
    association_id: address.AssociationId,
    public_ip: address.PublicIp,
  };
}

function interfaceOf(
  networkInterface: InstanceNetworkInterface,
  addresses: ReadonlyMap<string, Address>,
): Relaunch {
  return {
    id: networkInterface.NetworkInterfaceId,
    device_index: networkInterface.Attachment?.DeviceIndex,
    subnet: networkInterface.SubnetId,
    security_groups: (networkInterface.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    private_ips: (networkInterface.PrivateIpAddresses ?? []).flatMap(
      ({ PrivateIpAddress }) => PrivateIpAddress ?? [],
    ),
    ipv6: (networkInterface.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
    public_ip: networkInterface.Association?.PublicIp,
    // The instance tells of its first interface only; a second one may have an Elastic IP of its own.
    elastic_ip: elasticIpOf(networkInterface.Association?.PublicIp, addresses),
    source_dest_check: networkInterface.SourceDestCheck,
    delete_on_termination: networkInterface.Attachment?.DeleteOnTermination,
  };
}

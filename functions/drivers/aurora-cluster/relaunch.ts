import type { DBCluster, DBInstance } from '@aws-sdk/client-rds';
import type { Relaunch } from '../../catalog/documents.ts';

/**
 * What RestoreDBClusterFromSnapshot does not take from the snapshot, the members that CreateDBInstance must add,
 * writer first, and the old endpoints for the rewrite; keys as they stand in `backup_information.json`.
 */
export function relaunchOf(cluster: DBCluster, instances: readonly DBInstance[]): Relaunch {
  const { Port: port } = cluster;
  const scaling = cluster.ServerlessV2ScalingConfiguration;
  return {
    engine: cluster.Engine,
    engine_version: cluster.EngineVersion,
    engine_mode: cluster.EngineMode,
    cluster_parameter_group: cluster.DBClusterParameterGroup,
    option_groups: (cluster.DBClusterOptionGroupMemberships ?? []).flatMap(
      ({ DBClusterOptionGroupName }) => DBClusterOptionGroupName ?? [],
    ),
    subnet_group: cluster.DBSubnetGroup,
    vpc_security_groups: (cluster.VpcSecurityGroups ?? []).flatMap(
      ({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? [],
    ),
    endpoint: cluster.Endpoint ? { address: cluster.Endpoint, port } : undefined,
    reader_endpoint: cluster.ReaderEndpoint ? { address: cluster.ReaderEndpoint, port } : undefined,
    custom_endpoints: cluster.CustomEndpoints ?? [],
    port,
    members: membersOf(cluster, instances),
    availability_zones: cluster.AvailabilityZones ?? [],
    // Multi-AZ DB clusters make their instances themselves, of this class and storage.
    cluster_instance_class: cluster.DBClusterInstanceClass,
    publicly_accessible: cluster.PubliclyAccessible,
    network_type: cluster.NetworkType,
    storage: {
      type: cluster.StorageType,
      allocated_gib: cluster.AllocatedStorage,
      iops: cluster.Iops,
      throughput: cluster.StorageThroughput,
    },
    serverless_v2: scaling
      ? {
          min: scaling.MinCapacity,
          max: scaling.MaxCapacity,
          seconds_until_auto_pause: scaling.SecondsUntilAutoPause,
        }
      : undefined,
    // The first generation of Aurora Serverless; absent for every other engine mode.
    serverless_v1: cluster.ScalingConfigurationInfo
      ? {
          min: cluster.ScalingConfigurationInfo.MinCapacity,
          max: cluster.ScalingConfigurationInfo.MaxCapacity,
          auto_pause: cluster.ScalingConfigurationInfo.AutoPause,
          seconds_until_auto_pause: cluster.ScalingConfigurationInfo.SecondsUntilAutoPause,
        }
      : undefined,
    encrypted: cluster.StorageEncrypted,
    kms_key_id: cluster.KmsKeyId,
    database_name: cluster.DatabaseName,
    master_username: cluster.MasterUsername,
    master_user_secret: cluster.MasterUserSecret?.SecretArn,
    iam_auth: cluster.IAMDatabaseAuthenticationEnabled,
    http_endpoint: cluster.HttpEndpointEnabled,
    deletion_protection: cluster.DeletionProtection,
    copy_tags_to_snapshot: cluster.CopyTagsToSnapshot,
    backup_retention_days: cluster.BackupRetentionPeriod,
    backtrack_window_seconds: cluster.BacktrackWindow,
    global_cluster: cluster.GlobalClusterIdentifier,
    tags: Object.fromEntries((cluster.TagList ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    status: cluster.Status,
    resource_id: cluster.DbClusterResourceId,
  };
}

/** The cluster knows who its members are and who writes; their classes and zones stand with the instances. */
function membersOf(cluster: DBCluster, instances: readonly DBInstance[]): Relaunch[] {
  const members = (cluster.DBClusterMembers ?? []).map((member): Relaunch => {
    const id = member.DBInstanceIdentifier;
    const instance = instances.find((candidate) => candidate.DBInstanceIdentifier === id);
    return {
      id,
      writer: member.IsClusterWriter,
      promotion_tier: member.PromotionTier,
      class: instance?.DBInstanceClass,
      availability_zone: instance?.AvailabilityZone,
      parameter_group: instance?.DBParameterGroups?.[0]?.DBParameterGroupName,
      publicly_accessible: instance?.PubliclyAccessible,
      endpoint: instance?.Endpoint
        ? { address: instance.Endpoint.Address, port: instance.Endpoint.Port }
        : undefined,
      tags: Object.fromEntries((instance?.TagList ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    };
  });
  const rank = (member: Relaunch): string => `${member.writer === true ? 0 : 1} ${String(member.id)}`;
  return members.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

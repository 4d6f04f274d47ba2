import type { DBInstance } from '@aws-sdk/client-rds';
import type { Relaunch } from '../../catalog/documents.ts';

/**
 * What RestoreDBInstanceFromDBSnapshot does not take from the snapshot, and the old endpoint for the rewrite; keys
 * as they stand in `backup_information.json`. Passwords never come out of the API, the secret's ARN may.
 */
export function relaunchOf(instance: DBInstance): Relaunch {
  return {
    instance_class: instance.DBInstanceClass,
    engine: instance.Engine,
    engine_version: instance.EngineVersion,
    license_model: instance.LicenseModel,
    parameter_groups: names(instance.DBParameterGroups, (group) => group.DBParameterGroupName),
    option_groups: names(instance.OptionGroupMemberships, (group) => group.OptionGroupName),
    subnet_group: instance.DBSubnetGroup?.DBSubnetGroupName,
    vpc: instance.DBSubnetGroup?.VpcId,
    vpc_security_groups: names(instance.VpcSecurityGroups, (group) => group.VpcSecurityGroupId),
    endpoint: instance.Endpoint
      ? { address: instance.Endpoint.Address, port: instance.Endpoint.Port }
      : undefined,
    availability_zone: instance.AvailabilityZone,
    multi_az: instance.MultiAZ,
    publicly_accessible: instance.PubliclyAccessible,
    network_type: instance.NetworkType,
    storage: {
      allocated_gib: instance.AllocatedStorage,
      max_allocated_gib: instance.MaxAllocatedStorage,
      type: instance.StorageType,
      iops: instance.Iops,
      throughput: instance.StorageThroughput,
    },
    encrypted: instance.StorageEncrypted,
    kms_key_id: instance.KmsKeyId,
    ca_certificate: instance.CACertificateIdentifier,
    db_name: instance.DBName,
    master_username: instance.MasterUsername,
    master_user_secret: instance.MasterUserSecret?.SecretArn,
    iam_auth: instance.IAMDatabaseAuthenticationEnabled,
    deletion_protection: instance.DeletionProtection,
    copy_tags_to_snapshot: instance.CopyTagsToSnapshot,
    auto_minor_version_upgrade: instance.AutoMinorVersionUpgrade,
    backup_retention_days: instance.BackupRetentionPeriod,
    read_replica_of: instance.ReadReplicaSourceDBInstanceIdentifier,
    tags: Object.fromEntries((instance.TagList ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    status: instance.DBInstanceStatus,
    resource_id: instance.DbiResourceId,
  };
}

const names = <T>(items: readonly T[] | undefined, name: (item: T) => string | undefined): string[] =>
  (items ?? []).flatMap((item) => name(item) ?? []);

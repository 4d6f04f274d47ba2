import type { RestoreDBInstanceFromDBSnapshotMessage } from '@aws-sdk/client-rds';
import { restoredId, restoredTags } from '../database-restore.ts';
import { flagAt, numberAt, recordAt, textAt, textsAt, withoutUndefined } from '../recorded.ts';
import type { DatabaseOrder } from '../restorer.ts';

/** "Must contain from 1 to 63 letters, numbers, or hyphens." */
const identifierLimit = 63;

export const targetId = (order: DatabaseOrder): string => restoredId(order, identifierLimit);

/** Everything that RDS would replace by a default of its own is given as recorded. */
export function restoreInput(order: DatabaseOrder): RestoreDBInstanceFromDBSnapshotMessage {
  const { relaunch, id } = order.point;
  const securityGroups = textsAt(relaunch, 'vpc_security_groups');
  const networkType = textAt(relaunch, 'network_type');
  return withoutUndefined({
    DBInstanceIdentifier: targetId(order),
    DBSnapshotIdentifier: id,
    DBInstanceClass: textAt(relaunch, 'instance_class'),
    DBSubnetGroupName: textAt(relaunch, 'subnet_group'),
    VpcSecurityGroupIds: securityGroups.length > 0 ? securityGroups : undefined,
    DBParameterGroupName: textsAt(relaunch, 'parameter_groups')[0],
    OptionGroupName: textsAt(relaunch, 'option_groups')[0],
    Port: numberAt(recordAt(relaunch, 'endpoint'), 'port'),
    MultiAZ: flagAt(relaunch, 'multi_az'),
    PubliclyAccessible: flagAt(relaunch, 'publicly_accessible'),
    NetworkType: networkType === 'IPV4' ? undefined : networkType,
    ...storage(order),
    EnableIAMDatabaseAuthentication: flagAt(relaunch, 'iam_auth'),
    CACertificateIdentifier: textAt(relaunch, 'ca_certificate'),
    AutoMinorVersionUpgrade: flagAt(relaunch, 'auto_minor_version_upgrade'),
    CopyTagsToSnapshot: flagAt(relaunch, 'copy_tags_to_snapshot'),
    DeletionProtection: flagAt(relaunch, 'deletion_protection'),
    BackupRetentionPeriod: numberAt(relaunch, 'backup_retention_days'),
    Tags: restoredTags(order),
  });
}

/** What every gp3 volume has. RDS refuses these values for small ones, where nothing else is possible ("gp3 storage"). */
const gp3Baseline = { iops: 3000, throughput: 125 };

function storage({ point }: DatabaseOrder) {
  const recorded = recordAt(point.relaunch, 'storage');
  const type = textAt(recorded, 'type');
  const iops = numberAt(recorded, 'iops');
  const throughput = numberAt(recorded, 'throughput');
  const provisioned = type === 'io1' || type === 'io2';
  return {
    StorageType: type,
    Iops: provisioned || (type === 'gp3' && (iops ?? 0) > gp3Baseline.iops) ? iops : undefined,
    StorageThroughput: type === 'gp3' && (throughput ?? 0) > gp3Baseline.throughput ? throughput : undefined,
  };
}

import type { CreateDBInstanceMessage, RestoreDBClusterFromSnapshotMessage } from '@aws-sdk/client-rds';
import type { Relaunch } from '../../catalog/documents.ts';
import { ownTags, restoredId, restoredTags } from '../database-restore.ts';
import {
  flagAt,
  numberAt,
  recordAt,
  recordsAt,
  tagsOfRestored,
  textAt,
  textsAt,
  withoutUndefined,
} from '../recorded.ts';
import type { DatabaseOrder } from '../restorer.ts';

/** A Multi-AZ DB cluster has at most 52 characters, and its members' identifiers are longer than its own. */
const identifierLimit = 52;

export const targetId = (order: DatabaseOrder): string => restoredId(order, identifierLimit);

/** Clusters of these engines make their three instances themselves ("Multi-AZ DB cluster deployments"). */
export const makesOwnMembers = (relaunch: Relaunch): boolean =>
  /^(mysql|postgres)$/.test(textAt(relaunch, 'engine') ?? '');

/** The first generation of Aurora Serverless has no instances at all. */
const isServerlessV1 = (relaunch: Relaunch): boolean => textAt(relaunch, 'engine_mode') === 'serverless';

export function restoreInput(order: DatabaseOrder): RestoreDBClusterFromSnapshotMessage {
  const { relaunch, id } = order.point;
  const securityGroups = textsAt(relaunch, 'vpc_security_groups');
  const mode = textAt(relaunch, 'engine_mode');
  const networkType = textAt(relaunch, 'network_type');
  const storageOf = recordAt(relaunch, 'storage');
  const input: RestoreDBClusterFromSnapshotMessage = {
    DBClusterIdentifier: targetId(order),
    SnapshotIdentifier: id,
    Engine: textAt(relaunch, 'engine'),
    EngineVersion: textAt(relaunch, 'engine_version'),
    EngineMode: mode === 'provisioned' ? undefined : mode,
    Port: numberAt(relaunch, 'port'),
    DBSubnetGroupName: textAt(relaunch, 'subnet_group'),
    VpcSecurityGroupIds: securityGroups.length > 0 ? securityGroups : undefined,
    DBClusterParameterGroupName: textAt(relaunch, 'cluster_parameter_group'),
    OptionGroupName: textsAt(relaunch, 'option_groups')[0],
    NetworkType: networkType === 'IPV4' ? undefined : networkType,
    StorageType: textAt(storageOf, 'type'),
    ...(makesOwnMembers(relaunch)
      ? {
          DBClusterInstanceClass: textAt(relaunch, 'cluster_instance_class'),
          Iops: numberAt(storageOf, 'iops'),
          PubliclyAccessible: flagAt(relaunch, 'publicly_accessible'),
        }
      : {}),
    ...scaling(relaunch),
    BacktrackWindow: numberAt(relaunch, 'backtrack_window_seconds'),
    EnableIAMDatabaseAuthentication: flagAt(relaunch, 'iam_auth'),
    CopyTagsToSnapshot: flagAt(relaunch, 'copy_tags_to_snapshot'),
    DeletionProtection: flagAt(relaunch, 'deletion_protection'),
    BackupRetentionPeriod: numberAt(relaunch, 'backup_retention_days'),
    Tags: restoredTags(order),
  };
  return withoutUndefined(input);
}

function scaling(relaunch: Relaunch) {
  const second = recordAt(relaunch, 'serverless_v2');
  const first = recordAt(relaunch, 'serverless_v1');
  return {
    ServerlessV2ScalingConfiguration:
      numberAt(second, 'max') === undefined
        ? undefined
        : withoutUndefined({
            MinCapacity: numberAt(second, 'min'),
            MaxCapacity: numberAt(second, 'max'),
            SecondsUntilAutoPause: numberAt(second, 'seconds_until_auto_pause'),
          }),
    ScalingConfiguration:
      isServerlessV1(relaunch) && numberAt(first, 'max') !== undefined
        ? withoutUndefined({
            MinCapacity: numberAt(first, 'min'),
            MaxCapacity: numberAt(first, 'max'),
            AutoPause: flagAt(first, 'auto_pause'),
            SecondsUntilAutoPause: numberAt(first, 'seconds_until_auto_pause'),
          })
        : undefined,
  };
}

export interface PlannedMember {
  readonly id: string;
  /** Undefined where nothing is recorded. */
  readonly oldEndpoint: string | undefined;
  readonly input: CreateDBInstanceMessage;
}

/** As recorded, the writer first: the first instance of a cluster becomes its writer. */
export function plannedMembers(order: DatabaseOrder): PlannedMember[] {
  const { relaunch } = order.point;
  if (makesOwnMembers(relaunch) || isServerlessV1(relaunch)) return [];
  const target = targetId(order);
  return recordsAt(relaunch, 'members').map((member, index) => {
    const id = `${target}-${index + 1}`;
    const input: CreateDBInstanceMessage = {
      DBInstanceIdentifier: id,
      DBClusterIdentifier: target,
      Engine: textAt(relaunch, 'engine'),
      DBInstanceClass: textAt(member, 'class'),
      DBParameterGroupName: textAt(member, 'parameter_group'),
      PromotionTier: numberAt(member, 'promotion_tier'),
      PubliclyAccessible: flagAt(member, 'publicly_accessible'),
      Tags: tagsOfRestored(member, ownTags(order)).tags,
    };
    return {
      id,
      oldEndpoint: textAt(recordAt(member, 'endpoint'), 'address'),
      input: withoutUndefined(input),
    };
  });
}

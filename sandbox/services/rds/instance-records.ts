import type { CreateDBInstanceMessage, DBInstance } from '@aws-sdk/client-rds';
import { engineOf, isAurora } from './engines.ts';
import { instanceNotFound, invalidParameterValue } from './errors.ts';
import { optionGroupOf, parameterGroupOf, subnetGroupOf } from './groups.ts';
import { arnOf, bareIdentifier, instanceEndpoint, resourceId } from './identifiers.ts';
import {
  type Holdings,
  type InstanceFacts,
  membersOf,
  type RdsModel,
  type StoredCluster,
  type StoredInstance,
} from './model.ts';
import { requireKey } from './snapshot-family.ts';
import { type Tags, tagList } from './tags.ts';

/** Point-in-time restore reaches to five minutes ago, as a rule. */
export const restorableLag = 5 * 60 * 1000;

/** An instance that is still being made has no endpoint yet. */
export function viewInstance(instance: StoredInstance, now: number): DBInstance {
  const { account, region, id } = instance;
  return {
    ...instance.facts,
    DBInstanceIdentifier: id,
    DBInstanceArn: arnOf('db', region, account, id),
    DBInstanceStatus: instance.status,
    DbiResourceId: instance.resourceId,
    ...(instance.clusterId === undefined ? {} : { DBClusterIdentifier: instance.clusterId }),
    ...(instance.status === 'creating'
      ? {}
      : {
          Endpoint: {
            Address: instanceEndpoint(id, account, region),
            Port: instance.port,
            HostedZoneId: 'Z0SANDBOX0RDS',
          },
        }),
    DbInstancePort: 0,
    // Aurora keeps its log in the cluster, which answers these times itself.
    ...(instance.status === 'creating' || instance.clusterId !== undefined
      ? {}
      : { LatestRestorableTime: new Date(now - restorableLag) }),
    TagList: tagList(instance.tags),
  };
}

export function instanceOf(holdings: Holdings, name: string | undefined): StoredInstance {
  const found = holdings.instances.get(bareIdentifier(name ?? '', 'db', holdings));
  if (!found) throw instanceNotFound(name ?? '');
  return found;
}

export type NewInstance = Pick<
  CreateDBInstanceMessage,
  | 'AllocatedStorage'
  | 'AvailabilityZone'
  | 'BackupRetentionPeriod'
  | 'CopyTagsToSnapshot'
  | 'DBName'
  | 'DBParameterGroupName'
  | 'DBSubnetGroupName'
  | 'DeletionProtection'
  | 'EnableIAMDatabaseAuthentication'
  | 'EngineVersion'
  | 'Iops'
  | 'KmsKeyId'
  | 'LicenseModel'
  | 'MasterUsername'
  | 'MultiAZ'
  | 'OptionGroupName'
  | 'Port'
  | 'PromotionTier'
  | 'PubliclyAccessible'
  | 'StorageEncrypted'
  | 'StorageThroughput'
  | 'StorageType'
  | 'VpcSecurityGroupIds'
> & { readonly engine: string; readonly instanceClass: string };

/** Puts an `available` instance with RDS' own defaults for what is not given; members take much from their cluster. */
export function putInstance(
  model: RdsModel,
  holdings: Holdings,
  id: string,
  wanted: NewInstance,
  tags: Tags,
  cluster: StoredCluster | undefined,
): StoredInstance {
  const { account, region } = holdings;
  const engine = engineOf(wanted.engine);
  const version = cluster?.facts.EngineVersion ?? wanted.EngineVersion ?? engine.version;
  const network = model.network(account, region);
  const subnetGroup = subnetGroupOf(holdings, wanted.DBSubnetGroupName ?? cluster?.facts.DBSubnetGroup);
  const encrypted = cluster?.facts.StorageEncrypted ?? wanted.StorageEncrypted ?? false;
  const key = cluster
    ? cluster.facts.KmsKeyId
    : encrypted
      ? (wanted.KmsKeyId ?? defaultKey(holdings))
      : undefined;
  requireKey(model, key);
  const groups = wanted.VpcSecurityGroupIds ?? [network.securityGroupId];
  const members = cluster ? membersOf(holdings, cluster.id) : [];
  const aurora = isAurora(wanted.engine);
  const facts: InstanceFacts = {
    DBInstanceClass: wanted.instanceClass,
    Engine: wanted.engine,
    EngineVersion: version,
    MasterUsername: cluster?.facts.MasterUsername ?? wanted.MasterUsername ?? 'admin',
    ...(wanted.DBName === undefined ? {} : { DBName: wanted.DBName }),
    AllocatedStorage: aurora ? 1 : (wanted.AllocatedStorage ?? 20),
    StorageType: aurora ? 'aurora' : (wanted.StorageType ?? 'gp3'),
    ...(wanted.Iops === undefined ? {} : { Iops: wanted.Iops }),
    ...(wanted.StorageThroughput === undefined ? {} : { StorageThroughput: wanted.StorageThroughput }),
    InstanceCreateTime: new Date(model.world.now()),
    PreferredBackupWindow: '03:00-03:30',
    PreferredMaintenanceWindow: 'sun:04:00-sun:04:30',
    BackupRetentionPeriod: wanted.BackupRetentionPeriod ?? 1,
    DBSecurityGroups: [],
    VpcSecurityGroups: cluster?.facts.VpcSecurityGroups ?? memberships(groups),
    DBParameterGroups: [
      {
        DBParameterGroupName: parameterGroupOf(holdings, wanted.DBParameterGroupName, wanted.engine, version),
        ParameterApplyStatus: 'in-sync',
      },
    ],
    OptionGroupMemberships: [
      {
        OptionGroupName: optionGroupOf(holdings, wanted.OptionGroupName, wanted.engine, version),
        Status: 'in-sync',
      },
    ],
    AvailabilityZone:
      wanted.AvailabilityZone ??
      network.subnets[members.length % network.subnets.length]?.zone ??
      `${region}a`,
    DBSubnetGroup: subnetGroup,
    PendingModifiedValues: {},
    MultiAZ: wanted.MultiAZ ?? false,
    AutoMinorVersionUpgrade: true,
    ReadReplicaDBInstanceIdentifiers: [],
    LicenseModel: wanted.LicenseModel ?? engine.licenseModel,
    PubliclyAccessible: wanted.PubliclyAccessible ?? false,
    StorageEncrypted: encrypted,
    ...(key === undefined ? {} : { KmsKeyId: key }),
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    DomainMemberships: [],
    CopyTagsToSnapshot: wanted.CopyTagsToSnapshot ?? false,
    MonitoringInterval: 0,
    ...(cluster ? { PromotionTier: wanted.PromotionTier ?? 1 } : {}),
    IAMDatabaseAuthenticationEnabled: wanted.EnableIAMDatabaseAuthentication ?? false,
    PerformanceInsightsEnabled: false,
    DeletionProtection: wanted.DeletionProtection ?? false,
    AssociatedRoles: [],
    CustomerOwnedIpEnabled: false,
    NetworkType: 'IPV4',
    BackupTarget: 'region',
  };
  const instance: StoredInstance = {
    account,
    region,
    visibleAt: model.world.now() + model.world.consistencySeconds * 1000,
    tags,
    id,
    status: 'available',
    resourceId: resourceId('db', model.world.random),
    clusterId: cluster?.id,
    isWriter: cluster !== undefined && !members.some((member) => member.isWriter),
    port: cluster?.facts.Port ?? wanted.Port ?? engine.port,
    facts,
  };
  holdings.instances.set(id, instance);
  return instance;
}

export const memberships = (groups: readonly string[]) =>
  groups.map((id) => ({ VpcSecurityGroupId: id, Status: 'active' }));

/** The AWS managed key `aws/rds`, written as the key ARN that Describe answers. */
export const defaultKey = ({ account, region }: Holdings): string =>
  `arn:aws:kms:${region}:${account}:key/00000000-0000-4000-8000-000000000001`;

export function checkPort(port: number | undefined): void {
  if (port !== undefined && (port < 1150 || port > 65535)) {
    throw invalidParameterValue(`Invalid database port ${port}. Must be between 1150 and 65535.`);
  }
}

import type {
  CreateDBClusterMessage,
  DBCluster,
  DBClusterMessage,
  DescribeDBClustersMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { engineOf, isAurora } from './engines.ts';
import {
  clusterExists,
  clusterNotFound,
  invalidParameterCombination,
  invalidParameterValue,
} from './errors.ts';
import { clusterParameterGroupOf, subnetGroupOf } from './groups.ts';
import {
  arnOf,
  bareIdentifier,
  clusterEndpoint,
  identifierLimits,
  newIdentifier,
  resourceId,
} from './identifiers.ts';
import { checkPort, defaultKey, memberships, putInstance, restorableLag } from './instance-records.ts';
import {
  type ClusterFacts,
  changeLater,
  type Holdings,
  isVisible,
  membersOf,
  ofCaller,
  type RdsModel,
  type StoredCluster,
} from './model.ts';
import { matcher, pageOf } from './paging.ts';
import { requireKey } from './snapshot-family.ts';
import { readTags, type Tags, tagList } from './tags.ts';

export function viewCluster(holdings: Holdings, cluster: StoredCluster, now: number): DBCluster {
  const { account, region, id } = cluster;
  return {
    ...cluster.facts,
    DBClusterIdentifier: id,
    DBClusterArn: arnOf('cluster', region, account, id),
    DbClusterResourceId: cluster.resourceId,
    Status: cluster.status,
    EarliestRestorableTime: cluster.facts.ClusterCreateTime,
    LatestRestorableTime: new Date(now - restorableLag),
    Endpoint: clusterEndpoint(id, 'cluster', account, region),
    ReaderEndpoint: clusterEndpoint(id, 'cluster-ro', account, region),
    DBClusterMembers: membersOf(holdings, id).map((member) => ({
      DBInstanceIdentifier: member.id,
      IsClusterWriter: member.isWriter,
      DBClusterParameterGroupStatus: 'in-sync',
      PromotionTier: member.facts.PromotionTier ?? 1,
    })),
    TagList: tagList(cluster.tags),
  };
}

export function clusterOf(holdings: Holdings, name: string | undefined): StoredCluster {
  const found = holdings.clusters.get(bareIdentifier(name ?? '', 'cluster', holdings));
  if (!found) throw clusterNotFound(name ?? '');
  return found;
}

export type NewCluster = Pick<
  CreateDBClusterMessage,
  | 'AllocatedStorage'
  | 'AvailabilityZones'
  | 'BacktrackWindow'
  | 'BackupRetentionPeriod'
  | 'CopyTagsToSnapshot'
  | 'DatabaseName'
  | 'DBClusterInstanceClass'
  | 'DBClusterParameterGroupName'
  | 'DBSubnetGroupName'
  | 'DeletionProtection'
  | 'EnableHttpEndpoint'
  | 'EnableIAMDatabaseAuthentication'
  | 'EngineMode'
  | 'EngineVersion'
  | 'GlobalClusterIdentifier'
  | 'Iops'
  | 'KmsKeyId'
  | 'MasterUsername'
  | 'Port'
  | 'ServerlessV2ScalingConfiguration'
  | 'StorageEncrypted'
  | 'StorageType'
  | 'VpcSecurityGroupIds'
> & { readonly engine: string };

/** Puts an `available` cluster without members; Multi-AZ DB clusters bring their three instances with them. */
export function putCluster(
  model: RdsModel,
  holdings: Holdings,
  id: string,
  wanted: NewCluster,
  tags: Tags,
): StoredCluster {
  const { account, region } = holdings;
  const engine = engineOf(wanted.engine);
  const version = wanted.EngineVersion ?? engine.version;
  const network = model.network(account, region);
  const aurora = isAurora(wanted.engine);
  const encrypted = wanted.StorageEncrypted ?? false;
  const key = encrypted ? (wanted.KmsKeyId ?? defaultKey(holdings)) : undefined;
  requireKey(model, key);
  const scaling = wanted.ServerlessV2ScalingConfiguration;
  const facts: ClusterFacts = {
    AllocatedStorage: aurora ? 1 : (wanted.AllocatedStorage ?? 100),
    AvailabilityZones: wanted.AvailabilityZones ?? network.subnets.map(({ zone }) => zone),
    BackupRetentionPeriod: wanted.BackupRetentionPeriod ?? 1,
    ...(wanted.DatabaseName === undefined ? {} : { DatabaseName: wanted.DatabaseName }),
    DBClusterParameterGroup: clusterParameterGroupOf(
      holdings,
      wanted.DBClusterParameterGroupName,
      wanted.engine,
      version,
    ),
    DBSubnetGroup: subnetGroupOf(holdings, wanted.DBSubnetGroupName).DBSubnetGroupName,
    MultiAZ: !aurora,
    Engine: wanted.engine,
    EngineVersion: version,
    EngineMode: wanted.EngineMode ?? 'provisioned',
    Port: wanted.Port ?? engine.port,
    MasterUsername: wanted.MasterUsername ?? 'admin',
    PreferredBackupWindow: '03:00-03:30',
    PreferredMaintenanceWindow: 'sun:04:00-sun:04:30',
    ReadReplicaIdentifiers: [],
    VpcSecurityGroups: memberships(wanted.VpcSecurityGroupIds ?? [network.securityGroupId]),
    HostedZoneId: 'Z0SANDBOX0RDS',
    StorageEncrypted: encrypted,
    ...(key === undefined ? {} : { KmsKeyId: key }),
    AssociatedRoles: [],
    IAMDatabaseAuthenticationEnabled: wanted.EnableIAMDatabaseAuthentication ?? false,
    ClusterCreateTime: new Date(model.world.now()),
    ...(wanted.BacktrackWindow === undefined ? {} : { BacktrackWindow: wanted.BacktrackWindow }),
    ...(wanted.StorageType === undefined && aurora ? {} : { StorageType: wanted.StorageType ?? 'io1' }),
    ...(wanted.Iops === undefined ? {} : { Iops: wanted.Iops }),
    ...(wanted.DBClusterInstanceClass === undefined
      ? {}
      : { DBClusterInstanceClass: wanted.DBClusterInstanceClass }),
    ...(scaling ? { ServerlessV2ScalingConfiguration: scaling } : {}),
    ...(wanted.GlobalClusterIdentifier === undefined
      ? {}
      : { GlobalClusterIdentifier: wanted.GlobalClusterIdentifier }),
    DeletionProtection: wanted.DeletionProtection ?? false,
    HttpEndpointEnabled: wanted.EnableHttpEndpoint ?? false,
    CopyTagsToSnapshot: wanted.CopyTagsToSnapshot ?? false,
    CrossAccountClone: false,
    AutoMinorVersionUpgrade: true,
    NetworkType: 'IPV4',
  };
  const cluster: StoredCluster = {
    account,
    region,
    visibleAt: model.world.now() + model.world.consistencySeconds * 1000,
    tags,
    id,
    status: 'available',
    resourceId: resourceId('cluster', model.world.random),
    facts,
  };
  holdings.clusters.set(id, cluster);
  if (engine.makes === 'both') {
    const instanceClass = wanted.DBClusterInstanceClass ?? 'db.m6gd.large';
    for (const number of [1, 2, 3]) {
      const member = { engine: wanted.engine, instanceClass };
      putInstance(model, holdings, `${id}-instance-${number}`, member, new Map(), cluster);
    }
  }
  return cluster;
}

export function clusterRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    CreateDBCluster: (input: CreateDBClusterMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const tags = readTags(input.Tags);
      const engine = engineOf(input.Engine ?? '');
      if (engine.makes === 'instances')
        throw invalidParameterValue(`${input.Engine} has no DB clusters; use CreateDBInstance.`);
      const limit = engine.makes === 'both' ? 52 : identifierLimits.cluster;
      const id = newIdentifier('DBClusterIdentifier', input.DBClusterIdentifier ?? '', limit);
      if (holdings.clusters.has(id)) throw clusterExists();
      checkPort(input.Port);
      if (input.MasterUsername === undefined && input.ReplicationSourceIdentifier === undefined) {
        throw invalidParameterValue('The parameter MasterUsername must be provided.');
      }
      if (input.MasterUserPassword === undefined && input.ManageMasterUserPassword !== true) {
        throw invalidParameterCombination('MasterUserPassword is required unless RDS manages it.');
      }
      const wanted = { ...input, engine: input.Engine ?? '' };
      const cluster = putCluster(model, holdings, id, wanted, tags);
      changeLater(model, cluster, 'creating', 'available');
      for (const member of membersOf(holdings, id)) changeLater(model, member, 'creating', 'available');
      return { DBCluster: viewCluster(holdings, cluster, request.now) };
    },

    DescribeDBClusters: (input: DescribeDBClustersMessage, request: RequestContext): DBClusterMessage => {
      const holdings = ofCaller(model, request);
      const { account, region } = holdings;
      const matches = matcher<StoredCluster>(input.Filters, {
        'clone-group-id': ({ facts }) => [facts.CloneGroupId],
        'db-cluster-id': ({ id }) => [id, arnOf('cluster', region, account, id)],
        'db-cluster-resource-id': (cluster) => [cluster.resourceId],
        domain: () => [],
        engine: ({ facts }) => [facts.Engine],
      });
      const name = input.DBClusterIdentifier;
      const candidates = name === undefined ? [...holdings.clusters.values()] : [clusterOf(holdings, name)];
      const visible = candidates.filter((cluster) => isVisible(cluster, request.now));
      if (name !== undefined && visible.length === 0) throw clusterNotFound(name);
      const page = pageOf(visible.filter(matches), (cluster) => cluster.id, input);
      return {
        DBClusters: page.items.map((cluster) => viewCluster(holdings, cluster, request.now)),
        Marker: page.marker,
      };
    },
  };
}

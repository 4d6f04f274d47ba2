import type {
  CopyDBClusterSnapshotMessage,
  CreateDBClusterSnapshotMessage,
  DBClusterSnapshot,
  DBClusterSnapshotMessage,
  DeleteDBClusterSnapshotMessage,
  DescribeDBClusterSnapshotsMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { clusterNotFound, invalidClusterState, invalidParameterCombination } from './errors.ts';
import { arnOf, bareIdentifier } from './identifiers.ts';
import {
  type ClusterSnapshotFacts,
  type Holdings,
  ofCaller,
  type RdsModel,
  type StoredCluster,
  type StoredSnapshot,
} from './model.ts';
import { matcher, pageOf } from './paging.ts';
import {
  beginSnapshot,
  claimName,
  clusterFamily,
  deleteSnapshot,
  findSourceOfCopy,
  keyOfCopy,
  percentOf,
  requireKey,
  snapshotArn,
} from './snapshot-family.ts';
import { listed } from './snapshot-listing.ts';
import { readTags, type Tags, tagList } from './tags.ts';

type Stored = StoredSnapshot<ClusterSnapshotFacts>;

export const viewClusterSnapshot = (stored: Stored, now: number): DBClusterSnapshot => ({
  ...stored.facts,
  DBClusterSnapshotIdentifier: stored.id,
  DBClusterSnapshotArn: snapshotArn(clusterFamily, stored),
  DBClusterIdentifier: stored.sourceId,
  DbClusterResourceId: stored.sourceResourceId,
  Status: stored.status,
  SnapshotType: stored.type,
  PercentProgress: percentOf(stored, now),
  SnapshotCreateTime: new Date(stored.startedAt),
  TagList: tagList(stored.tags),
});

/** Starts a manual snapshot of an `available` cluster, which shows `backing-up` until it has ended. */
export function snapshotCluster(
  model: RdsModel,
  holdings: Holdings,
  cluster: StoredCluster,
  id: string,
  tags: Tags,
): Stored {
  if (cluster.status !== 'available') {
    throw invalidClusterState(
      `The DB cluster ${cluster.id} is in the state ${cluster.status}; a snapshot needs it to be available.`,
    );
  }
  requireKey(model, cluster.facts.KmsKeyId);
  cluster.status = 'backing-up';
  const inherited: Tags = cluster.facts.CopyTagsToSnapshot ? cluster.tags : new Map();
  const { facts } = cluster;
  return beginSnapshot(model, clusterFamily, holdings, {
    id,
    sourceId: cluster.id,
    sourceResourceId: cluster.resourceId,
    tags: new Map([...inherited, ...tags]),
    during: 'creating',
    facts: {
      AvailabilityZones: facts.AvailabilityZones,
      Engine: facts.Engine,
      EngineMode: facts.EngineMode,
      EngineVersion: facts.EngineVersion,
      AllocatedStorage: facts.AllocatedStorage,
      Port: facts.Port,
      VpcId: model.network(holdings.account, holdings.region).vpcId,
      ClusterCreateTime: facts.ClusterCreateTime,
      MasterUsername: facts.MasterUsername,
      LicenseModel: facts.Engine?.includes('postgres') ? 'postgresql-license' : 'general-public-license',
      StorageEncrypted: facts.StorageEncrypted,
      StorageType: facts.StorageType,
      KmsKeyId: facts.KmsKeyId,
      IAMDatabaseAuthenticationEnabled: facts.IAMDatabaseAuthenticationEnabled,
    },
    ended: () => {
      if (cluster.status === 'backing-up') cluster.status = 'available';
    },
  });
}

export function clusterSnapshotRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    CreateDBClusterSnapshot: (input: CreateDBClusterSnapshotMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const tags = readTags(input.Tags);
      const name = input.DBClusterIdentifier ?? '';
      const cluster = holdings.clusters.get(bareIdentifier(name, 'cluster', holdings));
      if (!cluster) throw clusterNotFound(name);
      const wanted = input.DBClusterSnapshotIdentifier ?? '';
      const id = claimName(model, clusterFamily, holdings, 'DBClusterSnapshotIdentifier', wanted);
      const made = snapshotCluster(model, holdings, cluster, id, tags);
      return { DBClusterSnapshot: viewClusterSnapshot(made, request.now) };
    },

    DescribeDBClusterSnapshots: (
      input: DescribeDBClusterSnapshotsMessage,
      request: RequestContext,
    ): DBClusterSnapshotMessage => {
      if (input.DBClusterIdentifier !== undefined && input.DBClusterSnapshotIdentifier !== undefined) {
        throw invalidParameterCombination(
          'DBClusterIdentifier cannot be used together with DBClusterSnapshotIdentifier.',
        );
      }
      const matches = matcher<Stored>(input.Filters, {
        'db-cluster-id': (snapshot) => [
          snapshot.sourceId,
          arnOf('cluster', snapshot.region, snapshot.account, snapshot.sourceId),
        ],
        'db-cluster-snapshot-id': (snapshot) => [snapshot.id],
        'snapshot-type': (snapshot) => [snapshot.type],
        engine: (snapshot) => [snapshot.facts.Engine],
      });
      const holdings = ofCaller(model, request);
      const source =
        input.DBClusterIdentifier === undefined
          ? undefined
          : bareIdentifier(input.DBClusterIdentifier, 'cluster', holdings);
      const found = listed(model, clusterFamily, request, input.DBClusterSnapshotIdentifier, input).filter(
        (snapshot) =>
          (source === undefined || snapshot.sourceId === source) &&
          (input.DbClusterResourceId === undefined ||
            snapshot.sourceResourceId === input.DbClusterResourceId) &&
          matches(snapshot),
      );
      const page = pageOf(found, (snapshot) => `${snapshot.id} ${snapshot.account}`, input);
      return {
        DBClusterSnapshots: page.items.map((item) => viewClusterSnapshot(item, request.now)),
        Marker: page.marker,
      };
    },

    DeleteDBClusterSnapshot: (input: DeleteDBClusterSnapshotMessage, request: RequestContext) => {
      const stored = deleteSnapshot(
        clusterFamily,
        ofCaller(model, request),
        input.DBClusterSnapshotIdentifier,
      );
      return { DBClusterSnapshot: { ...viewClusterSnapshot(stored, request.now), Status: 'deleted' } };
    },

    CopyDBClusterSnapshot: (input: CopyDBClusterSnapshotMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const given = readTags(input.Tags);
      const source = findSourceOfCopy(
        model,
        clusterFamily,
        holdings,
        input.SourceDBClusterSnapshotIdentifier,
      );
      const wanted = input.TargetDBClusterSnapshotIdentifier ?? '';
      const id = claimName(model, clusterFamily, holdings, 'TargetDBClusterSnapshotIdentifier', wanted);
      const key = keyOfCopy(model, clusterFamily, holdings, source, source.facts.KmsKeyId, input.KmsKeyId);
      const copy = beginSnapshot(model, clusterFamily, holdings, {
        id,
        sourceId: source.sourceId,
        sourceResourceId: source.sourceResourceId,
        tags: new Map([...(input.CopyTags ? source.tags : []), ...given]),
        during: 'copying',
        facts: {
          ...source.facts,
          StorageEncrypted: source.facts.StorageEncrypted || input.KmsKeyId !== undefined,
          KmsKeyId: key,
          SourceDBClusterSnapshotArn: snapshotArn(clusterFamily, source),
        },
      });
      return { DBClusterSnapshot: viewClusterSnapshot(copy, request.now) };
    },
  };
}

import type {
  DeleteDBClusterMessage,
  ModifyDBClusterMessage,
  StartDBClusterMessage,
  StopDBClusterMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { snapshotCluster } from './cluster-snapshots.ts';
import { clusterOf, viewCluster } from './clusters.ts';
import { engineOf } from './engines.ts';
import { clusterExists, invalidClusterState, invalidParameterCombination } from './errors.ts';
import { clusterParameterGroupOf } from './groups.ts';
import { identifierLimits, newIdentifier } from './identifiers.ts';
import { checkFinalSnapshot, removeLater } from './instance-changes.ts';
import { checkPort, memberships } from './instance-records.ts';
import {
  changeLater,
  type Holdings,
  membersOf,
  ofCaller,
  type RdsModel,
  type StoredCluster,
} from './model.ts';
import { claimName, clusterFamily } from './snapshot-family.ts';

export function clusterChangeRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    ModifyDBCluster: (input: ModifyDBClusterMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const cluster = clusterOf(holdings, input.DBClusterIdentifier);
      requireAvailable(cluster);
      modify(model, holdings, cluster, input);
      return { DBCluster: viewCluster(holdings, cluster, request.now) };
    },

    StartDBCluster: (input: StartDBClusterMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const cluster = clusterOf(holdings, input.DBClusterIdentifier);
      if (cluster.status !== 'stopped') {
        throw invalidClusterState(
          `DbCluster ${cluster.id} is in ${cluster.status} state but expected stopped.`,
        );
      }
      changeLater(model, cluster, 'starting', 'available');
      for (const member of membersOf(holdings, cluster.id))
        changeLater(model, member, 'starting', 'available');
      return { DBCluster: viewCluster(holdings, cluster, request.now) };
    },

    StopDBCluster: (input: StopDBClusterMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const cluster = clusterOf(holdings, input.DBClusterIdentifier);
      requireAvailable(cluster);
      changeLater(model, cluster, 'stopping', 'stopped');
      for (const member of membersOf(holdings, cluster.id)) changeLater(model, member, 'stopping', 'stopped');
      return { DBCluster: viewCluster(holdings, cluster, request.now) };
    },

    DeleteDBCluster: (input: DeleteDBClusterMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const cluster = clusterOf(holdings, input.DBClusterIdentifier);
      const final = input.FinalDBSnapshotIdentifier;
      checkFinalSnapshot(input.SkipFinalSnapshot === true, final);
      if (cluster.facts.DeletionProtection === true) {
        throw invalidParameterCombination(
          'Cannot delete a protected cluster; disable deletion protection first.',
        );
      }
      if (cluster.status === 'deleting') {
        throw invalidClusterState(`The cluster ${cluster.id} is already being deleted.`);
      }
      const multiAz = engineOf(cluster.facts.Engine ?? '').makes === 'both';
      const members = membersOf(holdings, cluster.id).filter(({ status }) => status !== 'deleting');
      if (members.length > 0 && !multiAz) {
        throw invalidClusterState(
          'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
        );
      }
      if (final !== undefined) {
        const id = claimName(model, clusterFamily, holdings, 'FinalDBSnapshotIdentifier', final);
        snapshotCluster(model, holdings, cluster, id, new Map());
      }
      for (const member of members) removeLater(model, holdings, member);
      changeLater(model, cluster, 'deleting', 'deleted', () => holdings.clusters.delete(cluster.id));
      return { DBCluster: viewCluster(holdings, cluster, request.now) };
    },
  };
}

function requireAvailable(cluster: StoredCluster): void {
  if (cluster.status !== 'available') {
    throw invalidClusterState(
      `DbCluster ${cluster.id} is in ${cluster.status} state but expected it to be available.`,
    );
  }
}

function modify(
  model: RdsModel,
  holdings: Holdings,
  cluster: StoredCluster,
  input: ModifyDBClusterMessage,
): void {
  const { facts } = cluster;
  checkPort(input.Port);
  const renamed =
    input.NewDBClusterIdentifier === undefined
      ? undefined
      : newIdentifier('NewDBClusterIdentifier', input.NewDBClusterIdentifier, identifierLimits.cluster);
  if (renamed !== undefined && holdings.clusters.has(renamed)) throw clusterExists();
  // Members know their cluster by name and would all have to be made anew; nothing here needs it.
  if (renamed !== undefined && membersOf(holdings, cluster.id).length > 0) {
    throw invalidParameterCombination('The sandbox renames only clusters without instances.');
  }
  const version = input.EngineVersion ?? facts.EngineVersion ?? '';
  if (input.VpcSecurityGroupIds) facts.VpcSecurityGroups = memberships(input.VpcSecurityGroupIds);
  if (input.DeletionProtection !== undefined) facts.DeletionProtection = input.DeletionProtection;
  if (input.CopyTagsToSnapshot !== undefined) facts.CopyTagsToSnapshot = input.CopyTagsToSnapshot;
  if (input.BackupRetentionPeriod !== undefined) facts.BackupRetentionPeriod = input.BackupRetentionPeriod;
  if (input.DBClusterParameterGroupName !== undefined) {
    facts.DBClusterParameterGroup = clusterParameterGroupOf(
      holdings,
      input.DBClusterParameterGroupName,
      facts.Engine ?? '',
      version,
    );
  }
  const scaling = input.ServerlessV2ScalingConfiguration;
  if (scaling) {
    facts.ServerlessV2ScalingConfiguration = { ...facts.ServerlessV2ScalingConfiguration, ...scaling };
  }
  const deferred = {
    ...(input.EngineVersion === undefined ? {} : { EngineVersion: input.EngineVersion }),
    ...(input.EnableIAMDatabaseAuthentication === undefined
      ? {}
      : { IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication }),
    ...(input.Port === undefined ? {} : { Port: input.Port }),
    ...(input.StorageType === undefined ? {} : { StorageType: input.StorageType }),
  };
  const secret = input.MasterUserPassword !== undefined;
  if (Object.keys(deferred).length === 0 && renamed === undefined && !secret) return;
  if (input.ApplyImmediately !== true) return;
  changeLater(model, cluster, 'modifying', 'available', () => {
    Object.assign(facts, deferred);
    if (input.Port !== undefined) {
      for (const member of membersOf(holdings, cluster.id)) member.port = input.Port;
    }
    if (renamed !== undefined && !holdings.clusters.has(renamed)) {
      holdings.clusters.delete(cluster.id);
      cluster.id = renamed;
      holdings.clusters.set(renamed, cluster);
    }
  });
}

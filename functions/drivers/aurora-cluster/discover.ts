import {
  type DBCluster,
  type DBInstance,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  type RDSClient,
} from '@aws-sdk/client-rds';
import type { Logger } from '../../shared/logger.ts';
import { matchesTags, missingOf, selectionOf } from '../database-selection.ts';
import type { DiscoverRequest, Discovery } from '../driver.ts';
import { relaunchOf } from './relaunch.ts';

/** Up to this many clusters their members are asked for by name; beyond, all instances of the Region are swept. */
const filterValueLimit = 20;

/** One sweep over the clusters and, where any is selected, one over their members, which a restore must make anew. */
export async function discoverClusters(
  rds: RDSClient,
  region: string,
  logger: Logger,
  request: DiscoverRequest,
): Promise<Discovery> {
  const selection = selectionOf('aurora', request.selections);
  if (selection === undefined) return { sources: [], missing: [] };

  const found = new Map<string, DBCluster>();
  const reasons = new Map<string, string>();
  for await (const page of paginateDescribeDBClusters({ client: rds, pageSize: 100 }, {})) {
    for (const cluster of page.DBClusters ?? []) {
      const id = cluster.DBClusterIdentifier;
      if (id === undefined) continue;
      for (const { DBInstanceIdentifier: member = '' } of cluster.DBClusterMembers ?? []) {
        if (selection.named.has(member)) {
          reasons.set(member, `${member} is a member of the cluster ${id}: name the cluster, [${id}]`);
        }
      }
      const named = selection.named.has(id);
      if (!named && !matchesTags(selection, cluster.TagList)) continue;
      const refusal = refusalOf(cluster);
      if (refusal === undefined) found.set(id, cluster);
      else if (named) reasons.set(id, refusal);
      else logger.warn(`left out ${id}, which only a tag selects: ${refusal}`, { source: `aurora/${id}` });
    }
  }
  const members = await membersOf(rds, [...found.keys()]);
  const sources = [...found]
    .map(([id, cluster]) => ({
      source: { kind: 'aurora' as const, id, region },
      relaunch: relaunchOf(cluster, members.get(id) ?? []),
    }))
    .sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
  const missing = missingOf(selection, new Set(found.keys()), reasons, 'aurora', 'DB cluster', region);
  return { sources, missing };
}

/** Why a cluster that is there is no source of this kind. */
function refusalOf({
  DBClusterIdentifier: id,
  Engine: engine = '',
  Status: status,
}: DBCluster): string | undefined {
  // Neptune and DocumentDB clusters come back from the same API.
  const ours = engine.startsWith('aurora') || engine === 'mysql' || engine === 'postgres';
  if (!ours) return `${id} is a cluster of ${engine}, which Snapkeep does not back up`;
  return status === 'deleting' ? `the cluster ${id} is being deleted` : undefined;
}

async function membersOf(
  rds: RDSClient,
  clusterIds: readonly string[],
): Promise<ReadonlyMap<string, DBInstance[]>> {
  const members = new Map<string, DBInstance[]>();
  if (clusterIds.length === 0) return members;
  const filters =
    clusterIds.length <= filterValueLimit
      ? { Filters: [{ Name: 'db-cluster-id', Values: [...clusterIds] }] }
      : {};
  for await (const page of paginateDescribeDBInstances({ client: rds, pageSize: 100 }, filters)) {
    for (const instance of page.DBInstances ?? []) {
      const cluster = instance.DBClusterIdentifier;
      if (cluster === undefined) continue;
      members.set(cluster, [...(members.get(cluster) ?? []), instance]);
    }
  }
  return members;
}

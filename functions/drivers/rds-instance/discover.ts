import { type DBInstance, paginateDescribeDBInstances, type RDSClient } from '@aws-sdk/client-rds';
import type { Logger } from '../../shared/logger.ts';
import { matchesTags, missingOf, selectionOf } from '../database-selection.ts';
import type { DiscoveredSource, DiscoverRequest, Discovery } from '../driver.ts';
import { relaunchOf } from './relaunch.ts';

/**
 * One sweep over all instances of the Region: tags are in the answer, and the API has no filter for them. Stopped
 * instances are found as well; that they cannot be copied is what their start reports.
 */
export async function discoverInstances(
  rds: RDSClient,
  region: string,
  logger: Logger,
  request: DiscoverRequest,
): Promise<Discovery> {
  const selection = selectionOf('rds', request.selections);
  if (selection === undefined) return { sources: [], missing: [] };

  const found = new Map<string, DiscoveredSource>();
  const reasons = new Map<string, string>();
  for await (const page of paginateDescribeDBInstances({ client: rds, pageSize: 100 }, {})) {
    for (const instance of page.DBInstances ?? []) {
      const id = instance.DBInstanceIdentifier;
      if (id === undefined) continue;
      const cluster = instance.DBClusterIdentifier ?? '';
      if (selection.named.has(cluster) && !reasons.has(cluster)) {
        reasons.set(cluster, `${cluster} is a cluster: name it under aurora: identifiers: [${cluster}]`);
      }
      const named = selection.named.has(id);
      if (!named && !matchesTags(selection, instance.TagList)) continue;
      const refusal = refusalOf(instance);
      if (refusal === undefined) {
        found.set(id, { source: { kind: 'rds', id, region }, relaunch: relaunchOf(instance) });
      } else if (named) {
        reasons.set(id, refusal);
      } else {
        logger.warn(`left out ${id}, which only a tag selects: ${refusal}`, { source: `rds/${id}` });
      }
    }
  }
  const sources = [...found.values()].sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
  const missing = missingOf(selection, new Set(found.keys()), reasons, 'rds', 'DB instance', region);
  return { sources, missing };
}

/** Why an instance that is there is no source of this kind. */
function refusalOf(instance: DBInstance): string | undefined {
  const { DBInstanceIdentifier: id, DBClusterIdentifier: cluster, Engine: engine = '' } = instance;
  // Neptune and DocumentDB answer through the same API, but their copies are not RDS snapshots.
  if (engine === 'neptune' || engine === 'docdb') {
    return `${id} is a ${engine} instance, which Snapkeep does not back up`;
  }
  if (cluster !== undefined && cluster !== '') {
    return `${id} is a member of the cluster ${cluster}; back up the cluster: aurora: identifiers: [${cluster}]`;
  }
  if (instance.DBInstanceStatus === 'deleting') return `the instance ${id} is being deleted`;
  return undefined;
}

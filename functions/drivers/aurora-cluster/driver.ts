import type { RDSClient } from '@aws-sdk/client-rds';
import type { Logger } from '../../shared/logger.ts';
import { pollDatabaseCopies, startDatabaseCopy } from '../database-copies.ts';
import type { Driver } from '../driver.ts';
import { discoverClusters } from './discover.ts';
import { clusterCopies } from './snapshots.ts';

export interface AuroraClusterDriverOptions {
  readonly rds: RDSClient;
  readonly region: string;
  /** The caller's account; only copies of this one are adopted. */
  readonly account: () => Promise<string>;
  readonly logger: Logger;
}

/** Aurora clusters, and Multi-AZ DB clusters, which the same API copies, as manual DB cluster snapshots. */
export function createAuroraClusterDriver(options: AuroraClusterDriverOptions): Driver {
  const copies = clusterCopies(options.rds, options.account);
  return {
    kind: 'aurora',
    contentFixedAt: 'completion',
    discover: (request) => discoverClusters(options.rds, options.region, options.logger, request),
    start: (request) => startDatabaseCopy(copies, request),
    poll: (request) => pollDatabaseCopies(copies, request),
  };
}

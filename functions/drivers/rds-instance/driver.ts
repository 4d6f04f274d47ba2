import type { RDSClient } from '@aws-sdk/client-rds';
import type { Logger } from '../../shared/logger.ts';
import { pollDatabaseCopies, startDatabaseCopy } from '../database-copies.ts';
import type { Driver } from '../driver.ts';
import { discoverInstances } from './discover.ts';
import { instanceCopies } from './snapshots.ts';

export interface RdsInstanceDriverOptions {
  readonly rds: RDSClient;
  readonly region: string;
  /** The caller's account; only copies of this one are adopted. */
  readonly account: () => Promise<string>;
  readonly logger: Logger;
}

/** RDS DB instances as manual DB snapshots. Members of clusters belong to the driver of kind `aurora`. */
export function createRdsInstanceDriver(options: RdsInstanceDriverOptions): Driver {
  const copies = instanceCopies(options.rds, options.account);
  return {
    kind: 'rds',
    contentFixedAt: 'completion',
    discover: (request) => discoverInstances(options.rds, options.region, options.logger, request),
    start: (request) => startDatabaseCopy(copies, request),
    poll: (request) => pollDatabaseCopies(copies, request),
  };
}

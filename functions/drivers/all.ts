import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { SourceKind } from '../shared/source.ts';
import { createAuroraClusterDriver } from './aurora-cluster/driver.ts';
import type { Driver } from './driver.ts';
import { createEc2AmiDriver } from './ec2-ami/driver.ts';
import { createRdsInstanceDriver } from './rds-instance/driver.ts';

export interface DriverEnvironment {
  /** Looked at when a driver is first used, so that a plan without databases makes no RDS client. */
  readonly clients: { readonly ec2: EC2Client; readonly rds: RDSClient };
  readonly region: string;
  /** The account that the credentials belong to. */
  readonly account: () => Promise<string>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The registry: a new kind of source is one folder and one line here. */
const factories = {
  ec2: ({ clients, region }) => createEc2AmiDriver({ ec2: clients.ec2, region }),
  rds: ({ clients, ...rest }) => createRdsInstanceDriver({ rds: clients.rds, ...rest }),
  aurora: ({ clients, ...rest }) => createAuroraClusterDriver({ rds: clients.rds, ...rest }),
} satisfies Record<SourceKind, (environment: DriverEnvironment) => Driver>;

/** A driver for every kind, each made when it is first asked for. */
export function createDrivers(environment: DriverEnvironment): Readonly<Record<SourceKind, Driver>> {
  const made: Partial<Record<SourceKind, Driver>> = {};
  const driver = (kind: SourceKind): Driver => {
    made[kind] ??= factories[kind](environment);
    return made[kind];
  };
  return {
    get ec2() {
      return driver('ec2');
    },
    get rds() {
      return driver('rds');
    },
    get aurora() {
      return driver('aurora');
    },
  };
}

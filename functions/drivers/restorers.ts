import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { SourceKind } from '../shared/source.ts';
import { createAuroraClusterRestorer } from './aurora-cluster/restorer.ts';
import { createEc2AmiRestorer } from './ec2-ami/restorer.ts';
import { createRdsInstanceRestorer } from './rds-instance/restorer.ts';
import type { Restorer, Restorers } from './restorer.ts';

export interface RestorerEnvironment {
  /** Looked at when a restorer is first used, so that a plan without databases makes no RDS client. */
  readonly clients: { readonly ec2: EC2Client; readonly rds: RDSClient };
}

/** The registry of the restoring halves, beside that of the drivers in `all.ts`. */
const factories = {
  ec2: ({ clients }) => createEc2AmiRestorer({ ec2: clients.ec2 }),
  rds: ({ clients }) => createRdsInstanceRestorer({ rds: clients.rds, ec2: clients.ec2 }),
  aurora: ({ clients }) => createAuroraClusterRestorer({ rds: clients.rds, ec2: clients.ec2 }),
} satisfies Record<SourceKind, (environment: RestorerEnvironment) => Restorer>;

/** A restorer for every kind, each made when it is first asked for. */
export function createRestorers(environment: RestorerEnvironment): Restorers {
  const made: Partial<Record<SourceKind, Restorer>> = {};
  const restorer = (kind: SourceKind): Restorer => {
    made[kind] ??= factories[kind](environment);
    return made[kind];
  };
  return {
    get ec2() {
      return restorer('ec2');
    },
    get rds() {
      return restorer('rds');
    },
    get aurora() {
      return restorer('aurora');
    },
  };
}

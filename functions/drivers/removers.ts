import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { Clock } from '../shared/clock.ts';
import type { SourceKind } from '../shared/source.ts';
import { createAuroraClusterRemover } from './aurora-cluster/remover.ts';
import { createEc2AmiRemover } from './ec2-ami/remover.ts';
import { createRdsInstanceRemover } from './rds-instance/remover.ts';
import type { Remover } from './removal.ts';

export interface RemoverEnvironment {
  /** Looked at when a remover is first used, so that a plan without databases makes no RDS client. */
  readonly clients: {
    readonly ec2: EC2Client;
    readonly rds: RDSClient;
    readonly autoscaling: AutoScalingClient;
  };
  /** The account that the credentials belong to. */
  readonly account: () => Promise<string>;
  readonly clock: Clock;
}

/** The registry of the removing halves, beside that of the drivers in `all.ts`. */
const factories = {
  ec2: ({ clients, account, clock }) =>
    createEc2AmiRemover({ ec2: clients.ec2, autoscaling: clients.autoscaling, account, clock }),
  rds: ({ clients, account }) => createRdsInstanceRemover({ rds: clients.rds, account }),
  aurora: ({ clients, account }) => createAuroraClusterRemover({ rds: clients.rds, account }),
} satisfies Record<SourceKind, (environment: RemoverEnvironment) => Remover>;

/** A remover for every kind, each made when it is first asked for. */
export function createRemovers(environment: RemoverEnvironment): Readonly<Record<SourceKind, Remover>> {
  const made: Partial<Record<SourceKind, Remover>> = {};
  const remover = (kind: SourceKind): Remover => {
    made[kind] ??= factories[kind](environment);
    return made[kind];
  };
  return {
    get ec2() {
      return remover('ec2');
    },
    get rds() {
      return remover('rds');
    },
    get aurora() {
      return remover('aurora');
    },
  };
}

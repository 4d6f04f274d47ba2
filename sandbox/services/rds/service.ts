import * as rds from '@aws-sdk/client-rds';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { clusterChangeRoutes } from './cluster-changes.ts';
import { clusterSnapshotRoutes } from './cluster-snapshots.ts';
import { clusterRoutes } from './clusters.ts';
import { groupRoutes } from './groups.ts';
import { instanceChangeRoutes } from './instance-changes.ts';
import { instanceSnapshotRoutes } from './instance-snapshots.ts';
import { instanceRoutes } from './instances.ts';
import type { Holdings, NetworkDefaults, RdsFaults, RdsLimits, RdsModel } from './model.ts';
import { restoreRoutes } from './restores.ts';
import { putSubnetGroup, type RdsSeed, seedOf } from './seed.ts';
import { sharingRoutes } from './sharing.ts';
import { tagRoutes } from './tag-routes.ts';

export interface RdsOptions {
  /** How long a database takes to be made, changed, started or stopped; `world.snapshotSeconds` unless told. */
  readonly changeSeconds?: number;
  readonly limits?: Partial<RdsLimits>;
  /** The default VPC of an account's Region, so that RDS and EC2 name the same one. */
  readonly network?: (account: string, region: string) => NetworkDefaults;
}

export interface Rds {
  readonly service: Service;
  readonly limits: RdsLimits;
  readonly faults: RdsFaults;
  seed(account: string, region: string): RdsSeed;
  /** What an account has in a Region, for tests: read it, do not write it. */
  inspect(account: string, region: string): Holdings;
  /** Takes a KMS key away; with `noticed` (the default) databases that use it change their status, as RDS does after a while. */
  revokeKey(keyId: string, options?: { readonly noticed?: boolean }): void;
  grantKey(keyId: string): void;
}

export function createRds(world: World, options: RdsOptions = {}): Rds {
  const all = new Map<string, Holdings>();
  const model: RdsModel = {
    world,
    limits: { manualSnapshots: 100, manualClusterSnapshots: 100, copiesInProgress: 20, ...options.limits },
    faults: { failSnapshotsOf: new Map(), inaccessibleKeys: new Set() },
    changeSeconds: options.changeSeconds ?? world.snapshotSeconds,
    network: options.network ?? defaultNetwork,
    holdings: (account, region) => {
      const key = `${account}/${region}`;
      let found = all.get(key);
      if (!found) {
        found = emptyHoldings(account, region);
        putSubnetGroup(found, { name: 'default', ...model.network(account, region) });
        all.set(key, found);
      }
      return found;
    },
    everyone: (region) => [...all.values()].filter((holdings) => holdings.region === region),
  };
  const service: Service = {
    signingName: 'rds',
    protocol: 'awsQuery',
    clientPackage: rds,
    xmlNamespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
    handlers: {
      ...instanceRoutes(model),
      ...instanceChangeRoutes(model),
      ...instanceSnapshotRoutes(model),
      ...clusterRoutes(model),
      ...clusterChangeRoutes(model),
      ...clusterSnapshotRoutes(model),
      ...restoreRoutes(model),
      ...sharingRoutes(model),
      ...tagRoutes(model),
      ...groupRoutes(model),
    },
  };
  return {
    service,
    limits: model.limits,
    faults: model.faults,
    seed: (account, region) => seedOf(model, model.holdings(account, region)),
    inspect: (account, region) => model.holdings(account, region),
    revokeKey: (keyId, { noticed = true } = {}) => {
      model.faults.inaccessibleKeys.add(keyId);
      if (noticed) setKeyStatus(all.values(), keyId, 'available', 'inaccessible-encryption-credentials');
    },
    grantKey: (keyId) => {
      model.faults.inaccessibleKeys.delete(keyId);
      setKeyStatus(all.values(), keyId, 'inaccessible-encryption-credentials', 'available');
    },
  };
}

function setKeyStatus(all: Iterable<Holdings>, keyId: string, from: string, to: string): void {
  for (const { instances, clusters } of all) {
    for (const database of [...instances.values(), ...clusters.values()]) {
      if (database.facts.KmsKeyId === keyId && database.status === from) database.status = to;
    }
  }
}

const emptyHoldings = (account: string, region: string): Holdings => ({
  account,
  region,
  instances: new Map(),
  clusters: new Map(),
  snapshots: new Map(),
  clusterSnapshots: new Map(),
  subnetGroups: new Map(),
  parameterGroups: new Map(),
  clusterParameterGroups: new Map(),
  optionGroups: new Map(),
});

const defaultNetwork = (_account: string, region: string): NetworkDefaults => ({
  vpcId: 'vpc-0d0d0d0d0d0d0d0d0',
  securityGroupId: 'sg-0d0d0d0d0d0d0d0d0',
  subnets: [
    { id: 'subnet-0d0d0d0d0d0d0d0da', zone: `${region}a` },
    { id: 'subnet-0d0d0d0d0d0d0d0db', zone: `${region}b` },
  ],
});

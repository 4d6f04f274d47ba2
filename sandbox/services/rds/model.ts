import type {
  DBCluster,
  DBClusterParameterGroup,
  DBClusterSnapshot,
  DBInstance,
  DBParameterGroup,
  DBSnapshot,
  DBSubnetGroup,
  OptionGroup,
} from '@aws-sdk/client-rds';
import type { RequestContext } from '../../service.ts';
import type { World } from '../../world.ts';
import type { Tags } from './tags.ts';

interface Stored {
  readonly account: string;
  readonly region: string;
  /** Sandbox time from which on Describe calls show it. */
  readonly visibleAt: number;
  readonly tags: Tags;
}

/** What Describe answers beside the members that the sandbox derives, in the API's own names. */
export type InstanceFacts = Omit<
  DBInstance,
  | 'DBInstanceIdentifier'
  | 'DBInstanceArn'
  | 'DBInstanceStatus'
  | 'DBClusterIdentifier'
  | 'TagList'
  | 'Endpoint'
>;

export interface StoredInstance extends Stored {
  /** Changes when the instance is renamed. */
  id: string;
  /** As "Viewing Amazon RDS DB instance status" lists them. */
  status: string;
  readonly resourceId: string;
  readonly clusterId: string | undefined;
  isWriter: boolean;
  port: number;
  facts: InstanceFacts;
}

export type ClusterFacts = Omit<
  DBCluster,
  | 'DBClusterIdentifier'
  | 'DBClusterArn'
  | 'Status'
  | 'DBClusterMembers'
  | 'TagList'
  | 'Endpoint'
  | 'ReaderEndpoint'
>;

export interface StoredCluster extends Stored {
  id: string;
  status: string;
  readonly resourceId: string;
  facts: ClusterFacts;
}

export type SnapshotStatus = 'creating' | 'copying' | 'available' | 'failed';

export interface StoredSnapshot<Facts> extends Stored {
  readonly id: string;
  readonly type: 'manual' | 'automated';
  status: SnapshotStatus;
  /** Identifier of the instance or cluster it was made of; that may be gone or renamed since. */
  readonly sourceId: string;
  readonly sourceResourceId: string;
  readonly startedAt: number;
  readonly endsAt: number;
  /** Accounts that may restore it, or `all`. */
  readonly sharedWith: Set<string>;
  readonly facts: Facts;
}

type Derived = 'Status' | 'SnapshotType' | 'PercentProgress' | 'TagList' | 'SnapshotCreateTime';

export type InstanceSnapshotFacts = Omit<
  DBSnapshot,
  Derived | 'DBSnapshotIdentifier' | 'DBSnapshotArn' | 'DBInstanceIdentifier' | 'DbiResourceId'
> & {
  /** Not part of the answer; what a restore takes over when it is not told. */
  readonly sandboxInstanceClass: string | undefined;
  readonly sandboxSourceTags: Tags;
};

export type ClusterSnapshotFacts = Omit<
  DBClusterSnapshot,
  | Derived
  | 'DBClusterSnapshotIdentifier'
  | 'DBClusterSnapshotArn'
  | 'DBClusterIdentifier'
  | 'DbClusterResourceId'
>;

/** All that one account has in one Region. */
export interface Holdings {
  readonly account: string;
  readonly region: string;
  readonly instances: Map<string, StoredInstance>;
  readonly clusters: Map<string, StoredCluster>;
  readonly snapshots: Map<string, StoredSnapshot<InstanceSnapshotFacts>>;
  readonly clusterSnapshots: Map<string, StoredSnapshot<ClusterSnapshotFacts>>;
  readonly subnetGroups: Map<string, DBSubnetGroup>;
  readonly parameterGroups: Map<string, DBParameterGroup>;
  readonly clusterParameterGroups: Map<string, DBClusterParameterGroup>;
  readonly optionGroups: Map<string, OptionGroup>;
}

export interface NetworkDefaults {
  readonly vpcId: string;
  readonly securityGroupId: string;
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
}

/** Quotas that a test or the control page may change at any time. */
export interface RdsLimits {
  /** Manual DB snapshots per account and Region; "Quotas and constraints for Amazon RDS" says 100. */
  manualSnapshots: number;
  /** Manual DB cluster snapshots, counted apart. */
  manualClusterSnapshots: number;
  /** Copies under way from other Regions. */
  copiesInProgress: number;
}

/** What goes wrong on purpose. */
export interface RdsFaults {
  /** Identifier of an instance or cluster -> how many of its next snapshots end as `failed`. */
  readonly failSnapshotsOf: Map<string, number>;
  /** KMS keys that RDS cannot use. */
  readonly inaccessibleKeys: Set<string>;
}

export interface RdsModel {
  readonly world: World;
  readonly limits: RdsLimits;
  readonly faults: RdsFaults;
  /** How long a database takes to be made, changed, started or stopped, in seconds of the sandbox clock. */
  readonly changeSeconds: number;
  network(account: string, region: string): NetworkDefaults;
  holdings(account: string, region: string): Holdings;
  /** Everybody's holdings in a Region, for what is shared between accounts. */
  everyone(region: string): Holdings[];
}

export const ofCaller = (model: RdsModel, request: RequestContext): Holdings =>
  model.holdings(request.caller.account, request.region);

export const isVisible = (stored: { readonly visibleAt: number }, now: number): boolean =>
  stored.visibleAt <= now;

export const membersOf = (holdings: Holdings, clusterId: string): StoredInstance[] =>
  [...holdings.instances.values()].filter((instance) => instance.clusterId === clusterId);

/** Moves to `target` after the model's change time, unless something else happened to the database meanwhile. */
export function changeLater(
  model: RdsModel,
  stored: { status: string },
  during: string,
  target: string,
  done?: () => void,
): void {
  stored.status = during;
  model.world.schedule(model.world.now() + model.changeSeconds * 1000, () => {
    if (stored.status !== during) return;
    stored.status = target;
    done?.();
  });
}

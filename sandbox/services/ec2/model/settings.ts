import type { SnapshotReturnCodes } from '@aws-sdk/client-ec2';

/** Switches of the sandbox's EC2. All may be changed while it runs; what has begun keeps the values it began with. */
export interface Ec2Settings {
  /** Snapshots of an account that may be pending at once in a Region (`PendingSnapshotLimitExceeded`). */
  pendingSnapshotsPerAccount: number | 'unlimited';
  /** Snapshots of one volume that may be pending at once (`ConcurrentSnapshotLimitExceeded`); 1 for st1 and sc1. */
  pendingSnapshotsPerVolume: number | 'unlimited';
  /** Seconds from CreateImage until its snapshots exist and their content is fixed. */
  snapshotStartSeconds: number;
  /** Share by which a snapshot may be faster than the world's `snapshotSeconds`: 0.2 gives 80 % to 100 % of it. */
  snapshotSpread: number;
  /** Seconds in `pending`, `stopping` and `shutting-down`. */
  instancePendingSeconds: number;
  instanceStoppingSeconds: number;
  instanceShuttingDownSeconds: number;
  /** Instance types that are not there: `m1.small` nowhere, `m7i.large@eu-west-1b` not in that zone. */
  unofferedTypes: readonly string[];
  /** Seconds that status checks stay `initializing` after a boot. */
  statusCheckSeconds: number;
  /**
   * What DeregisterImage does when it is asked to delete the associated snapshots, too. `deleted`: does as documented;
   * `ignored`: as older implementations, which do not know the option; a return code: every snapshot stays and this is
   * its result.
   */
  associatedSnapshots: 'deleted' | 'ignored' | SnapshotReturnCodes;
}

export function defaultSettings(snapshotSeconds: number): Ec2Settings {
  return {
    pendingSnapshotsPerAccount: 100,
    pendingSnapshotsPerVolume: 5,
    snapshotStartSeconds: Math.min(2, 0.2 * snapshotSeconds),
    snapshotSpread: 0.2,
    instancePendingSeconds: 1,
    instanceStoppingSeconds: 1,
    instanceShuttingDownSeconds: 1,
    unofferedTypes: [],
    statusCheckSeconds: 2,
    associatedSnapshots: 'deleted',
  };
}

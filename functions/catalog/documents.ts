import type { Json } from '../shared/durable.ts';
import type { Consistency, SourceRef } from '../shared/source.ts';

/** What a driver recorded so that the source can be made again from its copy; its keys are the driver's own. */
export type Relaunch = { readonly [key: string]: Json | undefined };

export interface PlannedSource {
  readonly source: SourceRef;
  /** Name of the first attempt's copy, see `copyName`. */
  readonly copy_name: string;
  readonly relaunch: Relaunch;
  /** Options of the plan that decide how the copy is made. */
  readonly reboot?: boolean;
}

/** An EBS snapshot lock, by duration. */
export interface SnapshotLock {
  readonly days: number;
  readonly mode: 'governance' | 'compliance';
  readonly cool_off_hours?: number;
}

/** What keeps the copies of a backup from being deleted before their time, where their service can. */
export interface IntendedProtection {
  readonly lock?: SnapshotLock;
  readonly deregistration?: 'with-cooldown' | 'without-cooldown';
}

/** `intent.json`: written before anything is created, so that everything that a crash leaves has a name here. */
export interface Intent {
  readonly metadata_version: 2;
  readonly backup_id: string;
  readonly deployment: string;
  /** In which the copies are; absent in documents of the first versions. */
  readonly account?: string;
  readonly plan: string;
  readonly slot: string;
  readonly created_at: string;
  /** After this moment recovery points that are still pending count as failed. */
  readonly deadline: string;
  readonly application: ApplicationRef | null;
  readonly sources: readonly PlannedSource[];
  /** Sources that the plan names and that could not even be found or are in a state that forbids a copy. */
  readonly missing: readonly MissingSource[];
  /** Of the plan at the time, so that a run that goes on later asks for the same. */
  readonly protection?: IntendedProtection;
  readonly snapkeep_version: string;
}

export interface ApplicationRef {
  readonly profile: string;
  readonly version: string | null;
}

export interface MissingSource {
  readonly source: SourceRef;
  readonly reason: string;
}

interface RecoveryPointBase {
  readonly source: SourceRef;
  readonly relaunch: Relaunch;
}

export interface AvailablePoint extends RecoveryPointBase {
  readonly status: 'available';
  readonly consistency: Consistency;
  /** AMI ID or snapshot identifier. */
  readonly id: string;
  readonly name: string;
  /** EBS snapshots behind an AMI; empty for databases. */
  readonly snapshots: readonly string[];
  readonly bytes: number;
  readonly created_at: string;
  /** Why it lacks the protection that the plan asked for. */
  readonly unprotected?: string;
}

export interface FailedPoint extends RecoveryPointBase {
  readonly status: 'failed';
  readonly reason: string;
  /** What the attempt left behind, if it came far enough to leave anything. */
  readonly id?: string;
  readonly name?: string;
  readonly snapshots?: readonly string[];
}

export type RecoveryPoint = AvailablePoint | FailedPoint;

export const backupStatuses = ['completed', 'partial', 'failed'] as const;
export type BackupStatus = (typeof backupStatuses)[number];

/** `backup_information.json`: the sealed manifest, also what `backup --json` prints. */
export interface Manifest {
  readonly metadata_version: 2;
  readonly backup_id: string;
  readonly created_at: string;
  readonly plan: string;
  readonly slot: string;
  readonly deployment: string;
  readonly snapkeep_version: string;
  readonly application: ApplicationRef | null;
  readonly status: BackupStatus;
  readonly consistency: Consistency;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** What the plan asked for; a point that lacks it says why. */
  readonly protection?: IntendedProtection;
  /** `<kind>/<id>` of what the backup before this one had and the plan does not select any more; absent when nothing. */
  readonly lost_sources?: readonly string[];
  readonly started_at: string;
  readonly completed_at: string;
  readonly recovery_points: readonly RecoveryPoint[];
}

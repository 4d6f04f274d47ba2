import type { RetentionPolicy } from '../retention/policy.ts';
import type { SourceKind } from '../shared/source.ts';

export interface TagSelector {
  readonly tags: Readonly<Record<string, string>>;
}

/** One entry of a plan's `sources`: by tags (all must match) or by identifiers, never both. */
export type SourceSelection =
  | {
      readonly kind: 'ec2';
      readonly select: TagSelector | { readonly ids: readonly string[] };
      readonly reboot: boolean;
    }
  | {
      readonly kind: Exclude<SourceKind, 'ec2'>;
      readonly select: TagSelector | { readonly identifiers: readonly string[] };
    };

export interface Schedule {
  /** `cron(...)`, `rate(...)` or `at(...)` in EventBridge Scheduler's dialect. */
  readonly expression: string;
  /** IANA zone; UTC unless the plan says otherwise. Also cuts the periods of retention. */
  readonly timezone: string;
  readonly flexibleWindowMinutes?: number;
}

/** An EBS snapshot lock, by duration. */
export interface SnapshotLock {
  readonly days: number;
  readonly mode: 'governance' | 'compliance';
  /** Compliance only; without it such a lock is final at once. */
  readonly coolOffHours?: number;
}

/** What keeps the AMIs of a plan from being deleted before their time; of the two at least one. */
export interface Protection {
  readonly lockSnapshots?: SnapshotLock;
  readonly deregistrationProtection?: 'with-cooldown' | 'without-cooldown';
}

export interface RestoreTargets {
  readonly subnet?: string;
  readonly securityGroups?: readonly string[];
  readonly quarantineGroup?: string;
  readonly instanceProfile?: string;
  readonly hostname?: string;
  /** ID of the Route 53 zone in which a deployed restore may change the record of `hostname`. */
  readonly hostedZone?: string;
  /** Further targets that a request may name. */
  readonly allow?: AllowedTargets;
}

export interface AllowedTargets {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly instanceProfiles: readonly string[];
}

export interface Plan {
  readonly name: string;
  /** A profile's name; undefined for a plain fleet. */
  readonly application?: string;
  readonly schedule: Schedule;
  readonly sources: readonly SourceSelection[];
  readonly retention: RetentionPolicy;
  readonly timeoutSeconds: number;
  readonly consistency: 'preferred' | 'required';
  readonly protect?: Protection;
  readonly restore?: RestoreTargets;
}

/** A plan without the times at which it runs: the work on it needs the zone alone, which cuts the periods of retention. */
export interface WorkPlan extends Omit<Plan, 'schedule'> {
  readonly schedule: Pick<Schedule, 'timezone'>;
}

export interface Vault {
  readonly bucket: string;
  readonly lockDays: number;
  readonly lockMode: 'governance' | 'compliance';
  readonly existing: boolean;
  readonly kmsKey?: string;
}

/** Test events of the functions, for the Lambda console. */
export interface ConsoleEvents {
  readonly testEvents: boolean;
  /** An account has one registry for all of them in each Region: it is made, or it is there already. */
  readonly registry: 'create' | 'existing';
}

/** One Region of `snapkeep.yaml` after validation, with every default filled in. */
export interface Config {
  readonly deployment: string;
  readonly region: string;
  readonly vault: Vault;
  readonly notify: { readonly emails: readonly string[] };
  /** Absent: test events are deployed, and the registry that they lie in. */
  readonly console?: ConsoleEvents;
  /** Those of this Region, in the order of the file. */
  readonly plans: Readonly<Record<string, Plan>>;
}

/**
 * A whole deployment: every Region that has plans, the one at the top of the file first, the others as the file names
 * them. A plan is in exactly one of them, and each has a vault of its own.
 */
export type Regions = readonly [Config, ...Config[]];

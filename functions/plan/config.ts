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

export interface RestoreTargets {
  readonly subnet?: string;
  readonly securityGroups?: readonly string[];
  readonly quarantineGroup?: string;
  readonly instanceProfile?: string;
  readonly hostname?: string;
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
  readonly restore?: RestoreTargets;
}

export interface Vault {
  readonly bucket: string;
  readonly lockDays: number;
  readonly lockMode: 'governance' | 'compliance';
  readonly existing: boolean;
  readonly kmsKey?: string;
}

/** `snapkeep.yaml` after validation, with every default filled in. */
export interface Config {
  readonly deployment: string;
  readonly region: string;
  readonly vault: Vault;
  readonly notify: { readonly emails: readonly string[] };
  /** In the order of the file. */
  readonly plans: Readonly<Record<string, Plan>>;
}

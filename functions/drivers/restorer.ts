import type { AvailablePoint } from '../catalog/documents.ts';
import type { PlannedCall } from '../shared/planned-call.ts';
import type { SourceKind, SourceRef } from '../shared/source.ts';

/** Which restore something is made for. Every name, token and tag of what a restorer makes follows from it. */
export interface RestoreIdentity {
  readonly deployment: string;
  readonly plan: string;
  readonly backupId: string;
  /** At most 40 characters `[a-z0-9-]`, unique in the deployment. The value of the tag `snapkeep:restore`. */
  readonly restoreId: string;
}

/** An old and a new name of the same thing, for the address map. */
export interface Renamed {
  /** `endpoint`, `reader endpoint`, `member endpoint`: for people. */
  readonly what: string;
  readonly old: string;
  readonly new: string;
}

export interface DatabaseOrder {
  readonly identity: RestoreIdentity;
  readonly point: AvailablePoint;
}

export type DatabaseStart =
  /** It is being made, by this call or by an earlier one of the same restore. `id`: the new identifier. */
  | { readonly state: 'started'; readonly id: string }
  /** Not now (a quota, another restore under way); asked again at the next poll. */
  | { readonly state: 'wait'; readonly reason: string }
  /** However often it is tried: the snapshot is gone, a recorded group no longer exists, the identifier is foreign. */
  | { readonly state: 'failed'; readonly reason: string };

export type DatabaseStanding =
  /** `detail`: the service's own word (`creating`, `2 of 3 members`), for progress and time-out messages. */
  | { readonly state: 'pending'; readonly detail: string }
  /** Connections are accepted, all recorded members included. */
  | { readonly state: 'available'; readonly id: string; readonly endpoints: readonly Renamed[] }
  | { readonly state: 'failed'; readonly reason: string };

/** Restores one kind of database beside the old one, under a new identifier. The old one is never touched. */
export interface DatabaseRestorer {
  readonly role: 'database';
  readonly kind: SourceKind;

  /** The identifier that the restored database will have: a pure function of the order. */
  targetId(order: DatabaseOrder): string;

  /**
   * What is in the way, one sentence each, all at once: the snapshot or a recorded subnet group, security group,
   * parameter or option group no longer exists, the new identifier belongs to somebody else. Read-only, retryable.
   */
  check(order: DatabaseOrder): Promise<readonly string[]>;

  /** The calls that `start` and `poll` would make. Pure. */
  describe(order: DatabaseOrder): readonly PlannedCall[];

  /**
   * Begins the restore, with class, groups, subnet group, options and tags as recorded. Idempotent by the new
   * identifier: what exists is adopted when its tag `snapkeep:restore` names this restore, else `failed`. Throws only
   * for what concerns every call (credentials, network).
   */
  start(order: DatabaseOrder): Promise<DatabaseStart>;

  /** One look. May add what could not be added before (members of a cluster), idempotently. Retryable. */
  poll(order: DatabaseOrder): Promise<DatabaseStanding>;
}

export interface MachineOrder {
  readonly identity: RestoreIdentity;
  readonly point: AvailablePoint;
  /** Undefined: as recorded. */
  readonly subnet?: string;
  readonly instanceType?: string;
  /** Name, not ARN. */
  readonly instanceProfile?: string;
  readonly keyName?: string;
  /** Groups of the machine when it starts: the quarantine group alone, where there is something to hold back. */
  readonly launchGroups: readonly string[];
  /** This primary private IPv4 address, or any free one of the subnet. */
  readonly privateIp?: string;
  /** Plain text (the driver encodes it), at most 16 KB. Undefined: none, whatever the old machine had. */
  readonly userData?: string;
}

/** A machine's names and addresses; keys as in `relaunch` of a recovery point, so old and new are the same shape. */
export interface MachineFacts {
  readonly id: string;
  readonly private_ip: string;
  readonly ipv6: readonly string[];
  readonly public_ip?: string;
  readonly private_dns?: string;
  readonly public_dns?: string;
  /** First label of the private DNS name: what the system calls itself after its first boot. */
  readonly hostname?: string;
  readonly subnet: string;
  readonly availability_zone: string;
  readonly instance_type: string;
  readonly security_groups: readonly string[];
}

export type MachineLaunch =
  | { readonly state: 'launched'; readonly id: string }
  /** Not now (a rate or vCPU limit that others free again, no capacity at the moment): asked again at the next poll. */
  | { readonly state: 'wait'; readonly reason: string }
  /** However often it is tried. `addressTaken`: only the asked-for private address is in the way. */
  | { readonly state: 'failed'; readonly reason: string; readonly addressTaken?: true };

export type MachineStanding =
  /** It does not run yet, or the service does not show it yet. */
  | { readonly state: 'pending'; readonly detail: string }
  | {
      readonly state: 'running';
      /** Both status checks of the service, the system's and the instance's, together. */
      readonly statusChecks: 'passed' | 'initializing' | 'failed';
      readonly facts: MachineFacts;
    }
  /** It stopped or was terminated; the reason names the service's own (KMS key, volume limit). */
  | { readonly state: 'failed'; readonly reason: string };

/** What became of the machine that the recovery point is a copy of. */
export interface OldMachine {
  readonly id: string;
  readonly state: 'running' | 'stopped' | 'gone';
  /** The recorded Elastic IP where it still exists, and what it is associated with now. */
  readonly elasticIp?: { readonly address: string; readonly attachedTo?: string };
}

/** Restores one kind of machine as a new one. The old one is never changed, stopped or terminated. */
export interface MachineRestorer {
  readonly role: 'machine';
  readonly kind: SourceKind;

  /**
   * What is in the way of a launch, one sentence each, all at once: image, type in that zone, subnet, group, key or
   * instance profile no longer exists, groups of another network than the subnet's. Read-only, retryable. The address
   * is the business of `isAddressFree`.
   */
  check(order: MachineOrder): Promise<readonly string[]>;

  /** The calls of launch, release and (with `moveElasticIp`) of moving the address. Pure. */
  describe(
    order: MachineOrder,
    then: { readonly releaseGroups?: readonly string[]; readonly moveElasticIp: boolean },
  ): readonly PlannedCall[];

  /** What a launch will not bring back, one sentence each (a second interface, a placement group, ...). Pure. */
  omissions(order: MachineOrder): readonly string[];

  /**
   * Whether the private address lies in the subnet and nothing uses it (an interface of a stopped or running machine
   * does, so does one of the subnet's five reserved addresses). Read-only.
   */
  isAddressFree(request: { readonly subnet: string; readonly address: string }): Promise<boolean>;

  oldMachine(point: AvailablePoint): Promise<OldMachine>;

  /** The old machine's user data as text; undefined when it had none or the machine is gone. Read-only. */
  readUserData(source: SourceRef): Promise<string | undefined>;

  /**
   * Launches one machine from the image: IMDSv2 required, tagged at creation (the recorded tags without reserved ones,
   * `snapkeep:restore`). Idempotent by a client token that follows from the identity and the source, for as long as
   * the service remembers it; beyond that a machine with this restore's tag and source is adopted, also when the
   * orders differ.
   */
  launch(order: MachineOrder): Promise<MachineLaunch>;

  /** One look. A machine that the service does not show yet is pending. Read-only, retryable. */
  poll(request: { readonly id: string }): Promise<MachineStanding>;

  /** Gives the machine these groups instead of all it has, on its primary interface. Idempotent. */
  release(request: { readonly id: string; readonly securityGroups: readonly string[] }): Promise<void>;

  /**
   * Moves the recorded Elastic IP to the new machine, away from whatever holds it. Idempotent. Throws a `failed`
   * sentence when the point recorded none or it no longer exists. The new public address shows up in `poll`.
   */
  moveElasticIp(request: { readonly point: AvailablePoint; readonly id: string }): Promise<void>;
}

/** The half of a driver that restores use. Wrappers add pacing and retries, never the driver. */
export type Restorer = DatabaseRestorer | MachineRestorer;

export type Restorers = Readonly<Record<SourceKind, Restorer>>;

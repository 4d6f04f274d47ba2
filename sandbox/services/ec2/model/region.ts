import { createHash } from 'node:crypto';
import type { Machine } from '../../../machines/machine.ts';
import type { TreeStore } from '../../../machines/trees.ts';
import type { World } from '../../../world.ts';
import type {
  Address,
  ImageRecord,
  InstanceProfile,
  InstanceRecord,
  KeyPair,
  LaunchTemplate,
  NetworkInterfaceRecord,
  Resource,
  SecurityGroup,
  SnapshotRecord,
  Subnet,
  Tags,
  VolumeRecord,
  Vpc,
} from './records.ts';
import type { Ec2Settings } from './settings.ts';

/** What comes out of a machine's power switch; the boot of a launched machine hangs in here. */
export interface MachinePort {
  /** Called at the moment when an instance reaches `running`: after a launch, a start or a reboot. */
  onBoot(event: {
    readonly region: string;
    readonly instanceId: string;
    readonly machine: Machine;
    readonly firstBoot: boolean;
    /** Base64, as it was passed to RunInstances. */
    readonly userData: string | undefined;
    readonly at: number;
  }): void;
}

/** What all Regions share. */
export interface Ec2Shared {
  readonly world: World;
  readonly settings: Ec2Settings;
  readonly trees: TreeStore;
  /** Volume id -> why its snapshots fail. */
  readonly failingVolumes: Map<string, string>;
  /** Key ARN -> why it cannot be used. */
  readonly failingKeys: Map<string, string>;
  machines: MachinePort | undefined;
  region(name: string): RegionState;
}

interface RememberedToken {
  readonly fingerprint: string;
  readonly ids: readonly string[];
}

/** Everything of one Region, by id. Maps keep the order of creation, which is the order of lists and pages. */
export class RegionState {
  readonly name: string;
  readonly shared: Ec2Shared;
  readonly vpcs = new Map<string, Vpc>();
  readonly subnets = new Map<string, Subnet>();
  readonly securityGroups = new Map<string, SecurityGroup>();
  readonly keyPairs = new Map<string, KeyPair>();
  readonly launchTemplates = new Map<string, LaunchTemplate>();
  readonly interfaces = new Map<string, NetworkInterfaceRecord>();
  readonly addresses = new Map<string, Address>();
  /** Interface id -> allocation id, for the Elastic IPs in use. */
  readonly addressOf = new Map<string, string>();
  readonly volumes = new Map<string, VolumeRecord>();
  readonly snapshots = new Map<string, SnapshotRecord>();
  readonly images = new Map<string, ImageRecord>();
  /** `<account>/<name>` -> image id. */
  readonly imageNames = new Map<string, string>();
  /** Deregistered AMIs and their owners: asking for one again gets another answer than asking for one that never was. */
  readonly formerImages = new Map<string, string>();
  readonly instances = new Map<string, InstanceRecord>();
  /** `<account>/<name>`. */
  readonly profiles = new Map<string, InstanceProfile>();
  /** `<account>/<action>/<token>`. */
  readonly clientTokens = new Map<string, RememberedToken>();
  /** Snapshots that were pending when somebody last counted, by account and by volume. */
  readonly pendingOfAccount = new Map<string, Set<SnapshotRecord>>();
  readonly pendingOfVolume = new Map<string, Set<SnapshotRecord>>();
  #order = 0;
  #publicIps = 0;

  constructor(name: string, shared: Ec2Shared) {
    this.name = name;
    this.shared = shared;
  }

  newId(prefix: string): string {
    return `${prefix}${this.shared.world.random.hex(17)}`;
  }

  /** The common part of a new resource. Seeded ones are visible at once. */
  newResource(
    owner: string,
    prefix: string,
    tags: Tags,
    options: { id?: string; seeded?: boolean } = {},
  ): Resource {
    const now = this.shared.world.now();
    const delay = options.seeded ? 0 : this.shared.world.consistencySeconds * 1000;
    this.#order += 1;
    return {
      id: options.id ?? this.newId(prefix),
      owner,
      order: this.#order,
      createdAt: now,
      visibleFrom: now + delay,
      tags,
    };
  }

  /** A public address out of the range that RFC 2544 reserves for tests, so that it belongs to nobody. */
  newPublicIp(): string {
    const index = this.#publicIps;
    this.#publicIps += 1;
    return `198.${18 + ((index >> 16) & 1)}.${(index >> 8) & 255}.${index & 255}`;
  }

  /** Zones as every account sees them: `eu-west-1a` to `eu-west-1c`. */
  get zones(): readonly string[] {
    return ['a', 'b', 'c'].map((letter) => `${this.name}${letter}`);
  }

  /** The account's `aws/ebs` key in this Region. */
  defaultKey(owner: string): string {
    const digest = createHash('sha256').update(`${owner}/${this.name}/aws/ebs`).digest('hex');
    const uuid = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
    return `arn:aws:kms:${this.name}:${owner}:key/${uuid}`;
  }

  /** A key id or alias as the ARN that answers carry. */
  keyArn(owner: string, key: string | undefined): string {
    if (key === undefined) return this.defaultKey(owner);
    if (key.startsWith('arn:')) return key;
    return `arn:aws:kms:${this.name}:${owner}:${key.startsWith('alias/') ? key : `key/${key}`}`;
  }
}

/** Whether Describe calls show it by now. */
export const isVisible = (resource: Resource, now: number): boolean => resource.visibleFrom <= now;

/** Those of an account that are visible, lazily, in order. */
export function* ownedBy<R extends Resource>(
  records: ReadonlyMap<string, R>,
  owner: string,
  now: number,
): Generator<R> {
  for (const record of records.values()) if (record.owner === owner && isVisible(record, now)) yield record;
}

/** Looks an account's resource up; somebody else's does not exist for it. */
export const ownLookup =
  <R extends Resource>(records: ReadonlyMap<string, R>, owner: string) =>
  (id: string): R | undefined => {
    const record = records.get(id);
    return record?.owner === owner ? record : undefined;
  };

/** The same for Describe calls, which do not see what is too new. */
export const visibleLookup =
  <R extends Resource>(records: ReadonlyMap<string, R>, owner: string, now: number) =>
  (id: string): R | undefined => {
    const record = records.get(id);
    return record?.owner === owner && isVisible(record, now) ? record : undefined;
  };

import type {
  _InstanceType,
  InstanceMetadataOptionsResponse,
  InstanceStateName,
  IpPermission,
  ResponseLaunchTemplateData,
  VolumeType,
} from '@aws-sdk/client-ec2';
import type { Machine } from '../../../machines/machine.ts';
import type { FrozenTree } from '../../../machines/trees.ts';

export type Tags = Map<string, string>;

/** What all resources have. Times are milliseconds of the sandbox clock. */
export interface Resource {
  readonly id: string;
  readonly owner: string;
  /** Grows with every resource of the Region; lists come in this order. */
  readonly order: number;
  readonly createdAt: number;
  /** Describe calls do not show it before. */
  readonly visibleFrom: number;
  readonly tags: Tags;
}

export interface Vpc extends Resource {
  readonly cidr: string;
  readonly isDefault: boolean;
}

export interface Subnet extends Resource {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly mapPublicIp: boolean;
  readonly defaultForZone: boolean;
  readonly usedIps: Set<string>;
}

export interface SecurityGroup extends Resource {
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  ingress: IpPermission[];
  egress: IpPermission[];
}

export interface KeyPair extends Resource {
  readonly name: string;
  readonly fingerprint: string;
}

export interface LaunchTemplate extends Resource {
  readonly name: string;
  readonly versions: LaunchTemplateVersionRecord[];
  defaultVersion: number;
}

export interface LaunchTemplateVersionRecord {
  readonly number: number;
  readonly createdAt: number;
  readonly description: string | undefined;
  readonly data: ResponseLaunchTemplateData;
}

export interface NetworkInterfaceRecord extends Resource {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly privateIp: string;
  readonly secondaryIps: readonly string[];
  readonly mac: string;
  description: string;
  groups: string[];
  sourceDestCheck: boolean;
  attachment: InterfaceAttachment | undefined;
}

export interface InterfaceAttachment {
  readonly id: string;
  readonly instanceId: string;
  readonly deviceIndex: number;
  readonly attachedAt: number;
  readonly deleteOnTermination: boolean;
}

export interface Address extends Resource {
  readonly publicIp: string;
  association: { readonly id: string; readonly interfaceId: string; readonly privateIp: string } | undefined;
}

export interface VolumeRecord extends Resource {
  readonly sizeGiB: number;
  readonly volumeType: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly zone: string;
  readonly snapshotId: string | undefined;
  /** Where the machine mounts it: `/` for a root volume. Also known to its snapshots. */
  readonly mount: string | undefined;
  attachment: VolumeAttachmentRecord | undefined;
  /** What is on a volume that is attached to no machine. */
  content: FrozenTree | undefined;
}

export interface VolumeAttachmentRecord {
  readonly instanceId: string;
  readonly device: string;
  readonly attachedAt: number;
  deleteOnTermination: boolean;
}

export interface SnapshotLock {
  readonly mode: 'governance' | 'compliance';
  readonly durationDays: number;
  readonly createdAt: number;
  readonly startsAt: number;
  readonly expiresAt: number;
  readonly coolOffHours: number | undefined;
  readonly coolOffUntil: number | undefined;
}

export interface SnapshotRecord extends Resource {
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly description: string;
  readonly mount: string | undefined;
  /** The moment from which it exists for Describe calls and its content can no longer change. */
  readonly startsAt: number;
  /** When it completes, or ends in error if `failure` is set. */
  endsAt: number;
  failure: string | undefined;
  tree: FrozenTree | undefined;
  /** AMIs that are built on it; it cannot be deleted while there are any. */
  readonly usedBy: Set<string>;
  /** Accounts that may make volumes of it, or `all`. */
  readonly sharedWith: Set<string>;
  lock: SnapshotLock | undefined;
  deleted: boolean;
}

export interface ImageDevice {
  readonly device: string;
  readonly snapshot: SnapshotRecord | undefined;
  readonly virtualName: string | undefined;
  readonly sizeGiB: number | undefined;
  readonly volumeType: VolumeType | undefined;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
}

export interface ImageRecord extends Resource {
  readonly name: string;
  description: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly rootDeviceName: string;
  readonly devices: readonly ImageDevice[];
  readonly sourceInstanceId: string | undefined;
  readonly sourceImage: { readonly id: string; readonly region: string } | undefined;
  readonly bootMode: 'legacy-bios' | 'uefi' | 'uefi-preferred' | undefined;
  readonly imdsSupport: 'v2.0' | undefined;
  /** Not pending any longer from here on, provided that its snapshots are done. */
  readonly readyAt: number;
  /** Accounts that may launch it, or `all`. */
  readonly sharedWith: Set<string>;
  disabled: boolean;
  deprecatedAt: number | undefined;
  protection: ImageProtection;
  lastLaunchedAt: number | undefined;
}

export type ImageProtection =
  | { readonly kind: 'off'; readonly until: number | undefined }
  | { readonly kind: 'on'; readonly cooldown: boolean };

/** The instance is in `state` from `at` on. */
export interface InstancePhase {
  readonly at: number;
  readonly state: InstanceStateName;
}

export interface InstanceRecord extends Resource {
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly clientToken: string | undefined;
  readonly imageId: string;
  type: _InstanceType;
  readonly architecture: 'x86_64' | 'arm64';
  readonly keyName: string | undefined;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly profile: InstanceProfile | undefined;
  userData: string | undefined;
  readonly metadata: InstanceMetadataOptionsResponse;
  readonly rootDeviceName: string;
  readonly devices: { readonly device: string; readonly volumeId: string }[];
  /** In the order of their device index; the first one is the primary. */
  readonly interfaces: string[];
  readonly wantsPublicIp: boolean;
  publicIp: string | undefined;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly bootMode: ImageRecord['bootMode'];
  disableApiTermination: boolean;
  disableApiStop: boolean;
  shutdownBehavior: 'stop' | 'terminate';
  launchedAt: number;
  /** In order of time; the last one that has begun counts. */
  phases: InstancePhase[];
  stateReason: { readonly code: string; readonly message: string } | undefined;
  transitionReason: string;
  readonly machine: Machine;
}

export interface InstanceProfile {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
}

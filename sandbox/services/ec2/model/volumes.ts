import type { EbsBlockDevice, VolumeType } from '@aws-sdk/client-ec2';
import type { FrozenTree } from '../../../machines/trees.ts';
import { ec2Error } from '../errors.ts';
import type { SnapshotRecord, Tags, VolumeRecord } from './records.ts';
import type { RegionState } from './region.ts';

/** What a volume is to be, all settled. */
export interface VolumePlan {
  readonly device: string;
  readonly sizeGiB: number;
  readonly volumeType: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly deleteOnTermination: boolean;
  readonly snapshot: SnapshotRecord | undefined;
  readonly mount: string | undefined;
}

const volumeTypes = ['standard', 'io1', 'io2', 'gp2', 'gp3', 'sc1', 'st1'] satisfies VolumeType[];

/**
 * A block device of a request with its defaults: type gp2, the size of the snapshot, the encryption of the snapshot.
 * gp3 has 3,000 IOPS and 125 MiB/s unless told otherwise; gp2 three IOPS per GiB, at least 100, at most 16,000.
 */
export function planVolume(
  region: RegionState,
  owner: string,
  device: string,
  ebs: EbsBlockDevice,
  snapshot: SnapshotRecord | undefined,
  mount: string | undefined,
): VolumePlan {
  const volumeType = ebs.VolumeType ?? 'gp2';
  if (!volumeTypes.some((type) => type === volumeType))
    throw ec2Error('InvalidParameterValue', `Value (${volumeType}) for parameter volumeType is invalid.`);
  const sizeGiB = ebs.VolumeSize ?? snapshot?.sizeGiB;
  if (sizeGiB === undefined)
    throw ec2Error(
      'InvalidBlockDeviceMapping',
      `The block device mapping of ${device} needs a snapshot or a volume size.`,
    );
  if (snapshot && sizeGiB < snapshot.sizeGiB)
    throw ec2Error(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGiB}GB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGiB}GB`,
    );
  if (snapshot?.encrypted && ebs.Encrypted === false)
    throw ec2Error(
      'InvalidParameterCombination',
      `The volume of ${device} cannot be unencrypted: its snapshot is encrypted.`,
    );
  const encrypted = ebs.Encrypted ?? snapshot?.encrypted ?? false;
  if (!encrypted && ebs.KmsKeyId !== undefined)
    throw ec2Error(
      'InvalidParameterDependency',
      'The parameter KmsKeyId requires the parameter Encrypted to be set.',
    );
  return {
    device,
    sizeGiB,
    volumeType,
    iops: ebs.Iops ?? defaultIops(volumeType, sizeGiB),
    throughput: ebs.Throughput ?? (volumeType === 'gp3' ? 125 : undefined),
    encrypted,
    kmsKeyId: encrypted ? region.keyArn(owner, ebs.KmsKeyId ?? snapshot?.kmsKeyId) : undefined,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
    snapshot,
    mount,
  };
}

function defaultIops(type: VolumeType, sizeGiB: number): number | undefined {
  if (type === 'gp3') return 3000;
  if (type === 'gp2') return Math.min(16_000, Math.max(100, 3 * sizeGiB));
  return undefined;
}

/** A volume attached to an instance. Its content, if any, belongs to the machine. */
export function createVolume(
  region: RegionState,
  owner: string,
  plan: VolumePlan,
  zone: string,
  instanceId: string,
  tags: Tags,
  options: { seeded?: boolean; id?: string } = {},
): VolumeRecord {
  const base = region.newResource(owner, 'vol-', tags, options);
  const volume: VolumeRecord = {
    ...base,
    sizeGiB: plan.sizeGiB,
    volumeType: plan.volumeType,
    iops: plan.iops,
    throughput: plan.throughput,
    encrypted: plan.encrypted,
    kmsKeyId: plan.kmsKeyId,
    zone,
    snapshotId: plan.snapshot?.id,
    mount: plan.mount,
    attachment: {
      instanceId,
      device: plan.device,
      attachedAt: base.createdAt,
      deleteOnTermination: plan.deleteOnTermination,
    },
    content: undefined,
  };
  region.volumes.set(volume.id, volume);
  return volume;
}

/** The machine's own share of a snapshot's content. */
export const contentFor = (snapshot: SnapshotRecord | undefined): FrozenTree | undefined =>
  snapshot?.tree?.retain();

import type { BlockDeviceMapping, Image, Snapshot, Volume } from '@aws-sdk/client-ec2';
import { imageFailure, imageState, protectionText } from './model/images.ts';
import type { ImageDevice, ImageRecord, SnapshotRecord, VolumeRecord } from './model/records.ts';
import { snapshotPercent, snapshotState } from './model/snapshots.ts';
import { tagList } from './model/tags.ts';

const isoTime = (at: number): string => new Date(at).toISOString();

export function viewImage(image: ImageRecord, now: number): Image {
  const failure = imageFailure(image, now);
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.description === '' ? undefined : image.description,
    ImageLocation: `${image.owner}/${image.name}`,
    ImageType: 'machine',
    OwnerId: image.owner,
    CreationDate: isoTime(image.createdAt),
    State: imageState(image, now),
    StateReason: failure === undefined ? undefined : { Code: 'Client.InternalError', Message: failure },
    Public: image.sharedWith.has('all'),
    Architecture: image.architecture,
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    RootDeviceName: image.rootDeviceName,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: image.devices.map((device) => viewImageDevice(device, now)),
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EnaSupport: true,
    SriovNetSupport: 'simple',
    BootMode: image.bootMode,
    ImdsSupport: image.imdsSupport,
    DeprecationTime: image.deprecatedAt === undefined ? undefined : isoTime(image.deprecatedAt),
    DeregistrationProtection: protectionText(image, now),
    LastLaunchedTime: image.lastLaunchedAt === undefined ? undefined : isoTime(image.lastLaunchedAt),
    SourceInstanceId: image.sourceInstanceId,
    SourceImageId: image.sourceImage?.id,
    SourceImageRegion: image.sourceImage?.region,
    Tags: tagList(image.tags),
    ProductCodes: [],
  };
}

/** The id of a snapshot shows once it exists, a little after the image. */
function viewImageDevice(device: ImageDevice, now: number): BlockDeviceMapping {
  if (device.virtualName !== undefined) return { DeviceName: device.device, VirtualName: device.virtualName };
  const { snapshot } = device;
  const exists = snapshot !== undefined && snapshotState(snapshot, now) !== undefined;
  return {
    DeviceName: device.device,
    Ebs: {
      DeleteOnTermination: device.deleteOnTermination,
      SnapshotId: exists ? snapshot.id : undefined,
      VolumeSize: device.sizeGiB,
      VolumeType: device.volumeType,
      Iops: device.iops,
      Throughput: device.throughput,
      Encrypted: device.encrypted,
    },
  };
}

export function viewSnapshot(snapshot: SnapshotRecord, now: number): Snapshot {
  const state = snapshotState(snapshot, now) ?? 'pending';
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    OwnerId: snapshot.owner,
    Description: snapshot.description,
    State: state,
    StateMessage: state === 'error' ? snapshot.failure : undefined,
    Progress: `${snapshotPercent(snapshot, now)}%`,
    StartTime: new Date(snapshot.startsAt),
    CompletionTime: state === 'completed' ? new Date(snapshot.endsAt) : undefined,
    VolumeSize: snapshot.sizeGiB,
    Encrypted: snapshot.encrypted,
    KmsKeyId: snapshot.kmsKeyId,
    StorageTier: 'standard',
    Tags: tagList(snapshot.tags),
  };
}

export function viewVolume(volume: VolumeRecord): Volume {
  const { attachment } = volume;
  return {
    VolumeId: volume.id,
    Size: volume.sizeGiB,
    VolumeType: volume.volumeType,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    AvailabilityZone: volume.zone,
    CreateTime: new Date(volume.createdAt),
    SnapshotId: volume.snapshotId ?? '',
    State: attachment ? 'in-use' : 'available',
    MultiAttachEnabled: false,
    Attachments: attachment
      ? [
          {
            AttachTime: new Date(attachment.attachedAt),
            DeleteOnTermination: attachment.deleteOnTermination,
            Device: attachment.device,
            InstanceId: attachment.instanceId,
            State: 'attached',
            VolumeId: volume.id,
          },
        ]
      : [],
    Tags: tagList(volume.tags),
  };
}

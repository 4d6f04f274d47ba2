import {
  type EC2Client,
  type Image,
  paginateDescribeImages,
  paginateDescribeSnapshots,
  type Snapshot,
} from '@aws-sdk/client-ec2';
import { tagKeys } from '../../shared/names.ts';
import type { PollOutcome, PollRequest, StartedCopy } from '../driver.ts';

const gibibyte = 2 ** 30;

/** Describe calls take at most 200 values of one filter. */
const filterValueLimit = 200;

/**
 * The images asked for, 200 a call. By filter, not as ImageIds: one that is not shown yet would fail the whole call.
 */
export async function pollImages(ec2: EC2Client, request: PollRequest): Promise<PollOutcome[]> {
  const images = new Map<string, Image>();
  for (let from = 0; from < request.copies.length; from += filterValueLimit) {
    const ids = request.copies.slice(from, from + filterValueLimit).map(({ id }) => id);
    const pages = paginateDescribeImages(
      { client: ec2, pageSize: 1000 },
      { Owners: ['self'], Filters: [{ Name: 'image-id', Values: ids }], IncludeDisabled: true },
    );
    for await (const page of pages) {
      for (const image of page.Images ?? []) images.set(image.ImageId ?? '', image);
    }
  }
  const shown = request.copies.map((copy) => ({ copy, image: images.get(copy.id) }));
  const pending = shown.some(({ image }) => image === undefined || image.State === 'pending');
  const snapshots = pending && request.withContent ? await snapshotsOf(ec2, request) : [];
  return shown.map(({ copy, image }) => outcomeOf(copy, image, snapshots));
}

/** All snapshots of the backup in one paginated sweep, by tag: their IDs are not known before the image names them. */
async function snapshotsOf(ec2: EC2Client, { deployment, backupId }: PollRequest): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  const pages = paginateDescribeSnapshots(
    { client: ec2, pageSize: 1000 },
    {
      OwnerIds: ['self'],
      Filters: [
        { Name: `tag:${tagKeys.managed}`, Values: [deployment] },
        { Name: `tag:${tagKeys.backupId}`, Values: [backupId] },
      ],
    },
  );
  for await (const page of pages) snapshots.push(...(page.Snapshots ?? []));
  return snapshots;
}

function outcomeOf(copy: StartedCopy, image: Image | undefined, snapshots: readonly Snapshot[]): PollOutcome {
  const id = copy.id;
  if (image === undefined) return { state: 'pending', id, contentFixed: false };
  const devices = (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs ?? []);
  const snapshotIds = devices.flatMap(({ SnapshotId }) => SnapshotId ?? []);
  switch (image.State) {
    case 'available':
      return {
        state: 'available',
        id,
        snapshots: snapshotIds,
        bytes: devices.reduce((sum, { VolumeSize = 0 }) => sum + VolumeSize * gibibyte, 0),
        createdAt: `${(image.CreationDate ?? '').slice(0, 19)}Z`,
      };
    case 'pending':
      return { state: 'pending', id, ...progressOf(copy, snapshots) };
    default:
      return {
        state: 'failed',
        id,
        snapshots: snapshotIds,
        reason: `${id} is ${image.State}: ${image.StateReason?.Message ?? 'EC2 gives no reason'}`,
      };
  }
}

/**
 * The content of an AMI is fixed once every one of its volumes has a snapshot with a start time. The image names
 * its snapshots late; the name tag that both were created with tells them from the start.
 */
function progressOf(copy: StartedCopy, snapshots: readonly Snapshot[]) {
  const own = snapshots.filter(({ Tags = [] }) =>
    Tags.some(({ Key, Value }) => Key === 'Name' && Value === copy.name),
  );
  const started = own.filter(({ StartTime }) => StartTime !== undefined);
  const volumes = Array.isArray(copy.relaunch.block_devices) ? copy.relaunch.block_devices.length : 0;
  const percents = own.map(({ Progress = '' }) => Number.parseInt(Progress, 10) || 0);
  return {
    contentFixed: volumes > 0 && started.length >= volumes,
    ...(percents.length > 0 ? { percent: Math.min(...percents) } : {}),
  };
}

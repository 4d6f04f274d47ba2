import {
  type EC2Client,
  type Filter,
  type Image,
  type ImageState,
  paginateDescribeImages,
  paginateDescribeSnapshots,
} from '@aws-sdk/client-ec2';
import { errorCode } from '../../shared/errors.ts';
import { tagKeys } from '../../shared/names.ts';
import type { PollOutcome, PollRequest, StartedCopy } from '../driver.ts';

const gibibyte = 2 ** 30;

/** Every state but `pending`: what is under way tells nothing new, and most of what a backup looks at is under way. */
const finalStates: ImageState[] = [
  'available',
  'failed',
  'error',
  'invalid',
  'deregistered',
  'disabled',
  'transient',
];

/** A call takes at most 200 values in all its filters. */
const imagesPerCall = 200 - finalStates.length;

/** The images asked for, in batches. */
export async function pollImages(ec2: EC2Client, request: PollRequest): Promise<PollOutcome[]> {
  const outcomes = new Map<string, PollOutcome>();
  const shown = new Set<string>();
  for (let from = 0; from < request.copies.length; from += imagesPerCall) {
    const ids = request.copies.slice(from, from + imagesPerCall).map(({ id }) => id);
    // Image by image, since a page of them is large: only the outcomes are kept.
    const images = request.withAbsent ? allImages(ec2, ids) : finishedImages(ec2, ids);
    for await (const image of images) {
      const outcome = outcomeOf(image);
      if (outcome) outcomes.set(outcome.id, outcome);
      else shown.add(image.ImageId ?? '');
    }
  }
  const pending = request.copies.some(({ id }) => !outcomes.has(id));
  const progress = pending && request.withContent ? await progressByName(ec2, request) : new Map();
  return request.copies.map((copy) => {
    const { id } = copy;
    const outcome = outcomes.get(id);
    if (outcome) return outcome;
    if (request.withAbsent && !shown.has(id)) return { state: 'absent', id };
    return { state: 'pending', id, ...progressOf(copy, progress.get(copy.name)) };
  });
}

/** By filter, not as ImageIds: one that is not shown would fail the whole call. */
const idFilter = (ids: string[]): Filter => ({ Name: 'image-id', Values: ids });

const allImages = (ec2: EC2Client, ids: string[]) => describeImages(ec2, [idFilter(ids)]);

async function* finishedImages(ec2: EC2Client, ids: string[]): AsyncGenerator<Image> {
  try {
    yield* describeImages(ec2, [idFilter(ids), { Name: 'state', Values: finalStates }]);
  } catch (error) {
    // The reference of DescribeImages lists fewer values of this filter than states of an image.
    if (errorCode(error) !== 'InvalidParameterValue') throw error;
    yield* allImages(ec2, ids);
  }
}

async function* describeImages(ec2: EC2Client, Filters: Filter[]): AsyncGenerator<Image> {
  const pages = paginateDescribeImages(
    { client: ec2, pageSize: 1000 },
    { Owners: ['self'], Filters, IncludeDisabled: true },
  );
  for await (const page of pages) yield* page.Images ?? [];
}

function outcomeOf(image: Image): PollOutcome | undefined {
  const id = image.ImageId ?? '';
  const devices = (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs ?? []);
  const snapshots = devices.flatMap(({ SnapshotId }) => SnapshotId ?? []);
  switch (image.State) {
    case 'pending':
      return undefined;
    case 'available':
      return {
        state: 'available',
        id,
        snapshots,
        bytes: devices.reduce((sum, { VolumeSize = 0 }) => sum + VolumeSize * gibibyte, 0),
        createdAt: `${(image.CreationDate ?? '').slice(0, 19)}Z`,
      };
    default:
      return {
        state: 'failed',
        id,
        snapshots,
        reason: `${id} is ${image.State}: ${image.StateReason?.Message ?? 'EC2 gives no reason'}`,
      };
  }
}

interface Progress {
  /** Snapshots that have a start time. */
  readonly started: number;
  /** Of the one that has come least far. */
  readonly percent: number;
}

/**
 * How far the snapshots of the backup are, by the name tag that they share with their image: the image names its
 * snapshots late. All in one paginated sweep, by tag.
 */
async function progressByName(
  ec2: EC2Client,
  { deployment, backupId }: PollRequest,
): Promise<Map<string, Progress>> {
  const progress = new Map<string, Progress>();
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
  for await (const page of pages) {
    for (const { Tags = [], StartTime, Progress: text = '' } of page.Snapshots ?? []) {
      const name = Tags.find(({ Key }) => Key === 'Name')?.Value;
      if (name === undefined) continue;
      const before = progress.get(name) ?? { started: 0, percent: 100 };
      progress.set(name, {
        started: before.started + (StartTime === undefined ? 0 : 1),
        percent: Math.min(before.percent, Number.parseInt(text, 10) || 0),
      });
    }
  }
  return progress;
}

/** The content of an AMI is fixed once every one of its volumes has a snapshot with a start time. */
function progressOf({ relaunch }: StartedCopy, progress: Progress | undefined) {
  const volumes = Array.isArray(relaunch.block_devices) ? relaunch.block_devices.length : 0;
  return {
    contentFixed: volumes > 0 && (progress?.started ?? 0) >= volumes,
    ...(progress === undefined ? {} : { percent: progress.percent }),
  };
}

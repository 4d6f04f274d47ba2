import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  DescribeImageAttributeCommand,
  DescribeSnapshotAttributeCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import pLimit from 'p-limit';
import { errorCode } from '../../shared/errors.ts';
import type { LiveCopy, Obstacle } from '../removal.ts';
import { imageReferences } from './obstacles-references.ts';
import { imagesById, imagesUsing, locks, snapshotIdsOf } from './removal-lookups.ts';
import { protectionOf } from './remove-protection.ts';

export interface ObstacleClients {
  readonly ec2: EC2Client;
  readonly autoscaling: AutoScalingClient;
}

/** Calls on the way at once; what they cost a second is the pacing's business. */
const concurrency = 10;

/**
 * Batched where the API allows it; who an image or a snapshot is shared with takes one call each (20 a second).
 */
export async function obstaclesOfImages(
  clients: ObstacleClients,
  copies: readonly LiveCopy[],
): Promise<ReadonlyMap<string, readonly Obstacle[]>> {
  const { ec2 } = clients;
  const ids = copies.map(({ id }) => id);
  const images = new Map((await imagesById(ec2, ids)).map((image) => [image.ImageId ?? '', image]));
  const candidates = copies.flatMap(({ id, snapshots }) => {
    const image = images.get(id);
    return image ? [{ image, id, snapshots: [...new Set([...snapshots, ...snapshotIdsOf(image)])] }] : [];
  });
  if (candidates.length === 0) return new Map();

  const locked = await locks(ec2);
  const users = await imagesUsing(
    ec2,
    candidates.flatMap(({ snapshots }) => snapshots),
  );
  const references = await imageReferences(clients, new Set(images.keys()));
  const limit = pLimit(concurrency);
  const found = await Promise.all(
    candidates.map(async ({ image, id, snapshots }): Promise<[string, Obstacle[]]> => {
      const shared = await Promise.all([
        limit(() => sharingOfImage(ec2, id)),
        ...snapshots.map((snapshot) => limit(() => sharingOfSnapshot(ec2, snapshot))),
      ]);
      const protection = protectionOf(image);
      const foreign = protection !== undefined && !protection.ours;
      return [
        id,
        [
          ...(foreign ? [{ kind: 'protected' as const, id, reason: protection.text }] : []),
          ...(references.get(id) ?? []).map((reason) => ({ kind: 'in-use' as const, id, reason })),
          ...snapshots.flatMap((snapshot) => obstaclesOfSnapshot(snapshot, id, locked, users)),
          ...shared.flatMap((obstacle) => obstacle ?? []),
        ],
      ];
    }),
  );
  return new Map(found.filter(([, obstacles]) => obstacles.length > 0));
}

function obstaclesOfSnapshot(
  id: string,
  imageId: string,
  locked: ReadonlyMap<string, string>,
  users: ReadonlyMap<string, ReadonlySet<string>>,
): Obstacle[] {
  const lock = locked.get(id);
  const others = [...(users.get(id) ?? [])].filter((user) => user !== imageId).sort();
  return [
    ...(lock === undefined ? [] : [{ kind: 'locked' as const, id, reason: lock }]),
    ...(others.length === 0
      ? []
      : [{ kind: 'in-use' as const, id, reason: `also used by ${others.join(', ')}` }]),
  ];
}

interface Grant {
  readonly Group?: string | undefined;
  readonly UserId?: string | undefined;
  readonly OrganizationArn?: string | undefined;
  readonly OrganizationalUnitArn?: string | undefined;
}

async function sharingOfImage(ec2: EC2Client, id: string): Promise<Obstacle | undefined> {
  const command = new DescribeImageAttributeCommand({ ImageId: id, Attribute: 'launchPermission' });
  const grants = await unlessGone(async () => (await ec2.send(command)).LaunchPermissions);
  return sharedObstacle(id, grants);
}

export async function sharingOfSnapshot(ec2: EC2Client, id: string): Promise<Obstacle | undefined> {
  const command = new DescribeSnapshotAttributeCommand({
    SnapshotId: id,
    Attribute: 'createVolumePermission',
  });
  const grants = await unlessGone(async () => (await ec2.send(command)).CreateVolumePermissions);
  return sharedObstacle(id, grants);
}

function sharedObstacle(id: string, grants: readonly Grant[] | undefined): Obstacle | undefined {
  if (grants === undefined || grants.length === 0) return undefined;
  const names = grants.map(({ Group, UserId, OrganizationArn, OrganizationalUnitArn }) => {
    if (Group !== undefined) return Group === 'all' ? 'everybody' : `the group ${Group}`;
    if (UserId !== undefined) return `account ${UserId}`;
    return OrganizationArn ?? OrganizationalUnitArn ?? 'somebody';
  });
  return { kind: 'shared', id, reason: `shared with ${names.sort().join(', ')}` };
}

/** What is gone stands in nobody's way. */
async function unlessGone<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (/^Invalid(AMIID|Snapshot)\.(NotFound|Unavailable)$/.test(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

import {
  DeregisterImageCommand,
  DescribeImagesCommand,
  DisableImageDeregistrationProtectionCommand,
  type Image,
} from '@aws-sdk/client-ec2';
import { toTimestamp } from '../../shared/clock.ts';
import { describeError, errorCode } from '../../shared/errors.ts';
import { tagKeys } from '../../shared/names.ts';
import type { LiveCopy, RemovalOutcome } from '../removal.ts';
import { isPassing, outcomeOfRefusal, postponeWhenBusy } from '../removal-refusals.ts';
import { imagesUsing, isManagedBy, locksOf, snapshotIdsOf, snapshotsById } from './removal-lookups.ts';
import { cooldownMilliseconds, protectionOf } from './remove-protection.ts';
import {
  deleteSnapshot,
  type RemovalTools,
  removeLeftSnapshots,
  strangeness,
  together,
} from './remove-snapshots.ts';

/**
 * Deregisters an image together with its snapshots. All that could keep one of the snapshots is looked at first, since
 * an image whose snapshots stay must stay, too. A process that dies in between leaves snapshots with our tag and no
 * image: strays, which the deletion intent names.
 */
export function removeImage(
  tools: RemovalTools,
  copy: LiveCopy,
  deployment: string,
): Promise<RemovalOutcome> {
  return postponeWhenBusy(async () => {
    const image = await describeImage(tools, copy.id);
    if (image === undefined) return await removeLeftSnapshots(tools, copy.snapshots, deployment);
    if (image === 'foreign') {
      return { state: 'kept', reason: `${copy.id} belongs to another account`, left: [copy.id] };
    }
    const snapshots = [...new Set([...copy.snapshots, ...snapshotIdsOf(image)])];
    const whole = [copy.id, ...snapshots];
    const account = await tools.account();
    const stranger = strangenessOfImage(image, account, deployment);
    if (stranger !== undefined) return { state: 'kept', reason: stranger, left: whole };
    if (image.State === 'pending' || image.State === 'transient') {
      return { state: 'postponed', reason: `${copy.id} is still being made` };
    }
    const { kept, locked } = await reasonsToStay(tools, copy.id, snapshots, account, deployment);
    const reason = [...kept, ...locked].join('; ');
    if (kept.length > 0) return { state: 'kept', reason, left: whole };
    // A lock ends by itself; until then nothing is touched, the protection of the image neither.
    if (locked.length > 0) return { state: 'postponed', reason };
    const refusal = (await liftProtection(tools, image, whole)) ?? (await deregister(tools, image, whole));
    return refusal ?? (await removeSnapshotsOf(tools, copy.id, snapshots, deployment));
  });
}

/** By ID, so that an image of somebody else is seen as such; `foreign` when it is not even shown to us. */
async function describeImage({ ec2 }: RemovalTools, id: string): Promise<Image | 'foreign' | undefined> {
  try {
    const command = new DescribeImagesCommand({ ImageIds: [id], IncludeDisabled: true });
    const { Images = [] } = await ec2.send(command);
    return Images.find(({ State }) => State !== 'deregistered');
  } catch (error) {
    if (isGone(error)) return undefined;
    // The code is also that of bad credentials, which must be thrown; the message tells.
    if (errorCode(error) === 'AuthFailure' && /^Not authorized for image/.test(describeText(error)))
      return 'foreign';
    throw error;
  }
}

const describeText = (error: unknown): string => (error instanceof Error ? error.message : '');

function strangenessOfImage(
  { ImageId: id, OwnerId, Tags }: Image,
  account: string,
  deployment: string,
): string | undefined {
  if (OwnerId !== account) return `${id} belongs to account ${OwnerId}`;
  if (!isManagedBy(deployment, Tags)) {
    return `${id} does not carry the tag ${tagKeys.managed} = ${deployment}`;
  }
  return undefined;
}

async function reasonsToStay(
  { ec2 }: RemovalTools,
  imageId: string,
  snapshotIds: readonly string[],
  account: string,
  deployment: string,
): Promise<{ readonly kept: readonly string[]; readonly locked: readonly string[] }> {
  const snapshots = await snapshotsById(ec2, snapshotIds);
  const ids = snapshots.map(({ SnapshotId = '' }) => SnapshotId);
  if (ids.length === 0) return { kept: [], locked: [] };
  const locks = await locksOf(ec2, ids);
  const users = await imagesUsing(ec2, ids);
  const kept = snapshots.flatMap((snapshot) => {
    const { SnapshotId: id = '' } = snapshot;
    const others = [...(users.get(id) ?? [])].filter((user) => user !== imageId).sort();
    return [
      strangeness(snapshot, account, deployment) ?? [],
      others.length === 0 ? [] : `${id} is also used by ${others.join(', ')}`,
    ].flat();
  });
  const locked = ids.flatMap((id) => (locks.has(id) ? `${id} is ${locks.get(id)}` : []));
  return { kept, locked };
}

/** Undefined when nothing protects the image from being deregistered now. */
async function liftProtection(
  { ec2, clock }: RemovalTools,
  image: Image,
  whole: readonly string[],
): Promise<RemovalOutcome | undefined> {
  const { ImageId = '' } = image;
  const protection = protectionOf(image);
  if (protection === undefined) return undefined;
  if (protection.state === 'cooling')
    return { state: 'postponed', reason: `${ImageId} is ${protection.text}` };
  if (!protection.ours)
    return { state: 'kept', reason: `${ImageId} is ${protection.text}, by somebody else`, left: whole };
  try {
    await ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
  } catch (error) {
    return isGone(error) ? undefined : outcomeOfRefusal(error, whole);
  }
  if (!protection.withCooldown) return undefined;
  const until = toTimestamp(clock.now() + cooldownMilliseconds);
  return {
    state: 'postponed',
    reason: `${ImageId}: its deregistration protection has been lifted, its cooldown ends ${until}`,
  };
}

/** Undefined when the image is gone now. */
async function deregister(
  { ec2 }: RemovalTools,
  image: Image,
  whole: readonly string[],
): Promise<RemovalOutcome | undefined> {
  const { ImageId = '' } = image;
  try {
    // What became of the snapshots is looked at afterwards: this option is ignored by older implementations, and
    // may skip any of them.
    await ec2.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    return undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    // Protection that was lifted a moment ago, or whose cooldown the description did not show.
    if (!isPassing(error) && errorCode(error) === 'OperationNotPermitted' && isOurProtection(image)) {
      return { state: 'postponed', reason: describeError(error) };
    }
    return outcomeOfRefusal(error, whole);
  }
}

const isOurProtection = ({ Tags = [] }: Image): boolean => Tags.some(({ Key }) => Key === tagKeys.protected);

/** Gone already: by an earlier call whose answer got lost, or by another run. */
const isGone = (error: unknown): boolean =>
  /^InvalidAMIID\.(NotFound|Unavailable)$/.test(errorCode(error) ?? '');

/** Deletes what deregistering left of an image; all of it has been looked at just before. */
async function removeSnapshotsOf(
  tools: RemovalTools,
  goneImage: string,
  snapshotIds: readonly string[],
  deployment: string,
): Promise<RemovalOutcome> {
  const account = await tools.account();
  const outcomes: RemovalOutcome[] = [];
  for (const snapshot of await snapshotsById(tools.ec2, snapshotIds)) {
    const { SnapshotId: id = '' } = snapshot;
    const stranger = strangeness(snapshot, account, deployment);
    outcomes.push(
      stranger === undefined
        ? await deleteSnapshot(tools, id, goneImage)
        : { state: 'kept', reason: stranger, left: [id] },
    );
  }
  return together(outcomes);
}

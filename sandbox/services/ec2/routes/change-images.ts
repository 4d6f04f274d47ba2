import type {
  DeleteSnapshotReturnCode,
  DeregisterImageRequest,
  DeregisterImageResult,
  DisableImageDeprecationRequest,
  DisableImageDeprecationResult,
  DisableImageDeregistrationProtectionRequest,
  DisableImageDeregistrationProtectionResult,
  DisableImageRequest,
  DisableImageResult,
  EnableImageDeprecationRequest,
  EnableImageDeprecationResult,
  EnableImageDeregistrationProtectionRequest,
  EnableImageDeregistrationProtectionResult,
  EnableImageRequest,
  EnableImageResult,
  SnapshotReturnCodes,
} from '@aws-sdk/client-ec2';
import type { Handler, RequestContext } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue, notPermitted } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { imageState, isProtected, ownImageLookup, protectionText, removeImage } from '../model/images.ts';
import type { ImageRecord } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';
import { deletionRefusal, removeSnapshot } from '../model/snapshots.ts';

const day = 86_400_000;

/** Deregistering, and what protects from it: protection, disabling, deprecation. */
export function changeImageRoutes(shared: Ec2Shared) {
  const find = (
    id: string | undefined,
    request: RequestContext,
  ): { region: RegionState; image: ImageRecord } => {
    const region = shared.region(request.region);
    return { region, image: findOne(kinds.image, id ?? '', ownImageLookup(region, request.caller.account)) };
  };

  const DeregisterImage: Handler<DeregisterImageRequest, DeregisterImageResult> = (input, request) => {
    const { region, image } = find(input.ImageId, request);
    if (isProtected(image, request.now))
      throw notPermitted(
        `The image ${image.id} is protected from deregistration (${protectionText(image, request.now)}).`,
      );
    endDryRun(input.DryRun);
    removeImage(region, image);
    const way = shared.settings.associatedSnapshots;
    if (input.DeleteAssociatedSnapshots !== true || way === 'ignored') return { Return: true };
    return {
      Return: true,
      DeleteSnapshotResults:
        way === 'deleted' ? deleteSnapshots(region, image, request.now) : keepSnapshots(image, way),
    };
  };

  const DisableImage: Handler<DisableImageRequest, DisableImageResult> = (input, request) => {
    const { image } = find(input.ImageId, request);
    const state = imageState(image, request.now);
    if (state !== 'available' && state !== 'disabled')
      throw ec2Error(
        'InvalidAMIID.Unavailable',
        `The image ID '${image.id}' is ${state} and cannot be disabled`,
      );
    endDryRun(input.DryRun);
    image.disabled = true;
    // "If an AMI is shared, disabling removes all launch permissions."
    image.sharedWith.clear();
    return { Return: true };
  };

  const EnableImage: Handler<EnableImageRequest, EnableImageResult> = (input, request) => {
    const { image } = find(input.ImageId, request);
    endDryRun(input.DryRun);
    image.disabled = false;
    return { Return: true };
  };

  const EnableImageDeregistrationProtection: Handler<
    EnableImageDeregistrationProtectionRequest,
    EnableImageDeregistrationProtectionResult
  > = (input, request) => {
    const { image } = find(input.ImageId, request);
    endDryRun(input.DryRun);
    image.protection = { kind: 'on', cooldown: input.WithCooldown ?? false };
    return { Return: protectionText(image, request.now) };
  };

  const DisableImageDeregistrationProtection: Handler<
    DisableImageDeregistrationProtectionRequest,
    DisableImageDeregistrationProtectionResult
  > = (input, request) => {
    const { image } = find(input.ImageId, request);
    endDryRun(input.DryRun);
    // "you won't immediately be able to deregister the AMI" until 24 hours have passed, when it was on with cooldown.
    if (image.protection.kind === 'on')
      image.protection = { kind: 'off', until: image.protection.cooldown ? request.now + day : undefined };
    return { Return: protectionText(image, request.now) };
  };

  const EnableImageDeprecation: Handler<EnableImageDeprecationRequest, EnableImageDeprecationResult> = (
    input,
    request,
  ) => {
    const { image } = find(input.ImageId, request);
    const at = input.DeprecateAt?.getTime() ?? Number.NaN;
    // The upper limit for a private AMI is 10 years from now.
    const limit = new Date(request.now);
    limit.setUTCFullYear(limit.getUTCFullYear() + 10);
    if (!(at > request.now) || at > limit.getTime())
      throw invalidValue(
        'The value for parameter DeprecateAt must lie in the future, at most 10 years from now.',
      );
    endDryRun(input.DryRun);
    // "If you specified a value for seconds, Amazon EC2 rounds the seconds to the nearest minute."
    image.deprecatedAt = Math.round(at / 60_000) * 60_000;
    return { Return: true };
  };

  const DisableImageDeprecation: Handler<DisableImageDeprecationRequest, DisableImageDeprecationResult> = (
    input,
    request,
  ) => {
    const { image } = find(input.ImageId, request);
    endDryRun(input.DryRun);
    image.deprecatedAt = undefined;
    return { Return: true };
  };

  return {
    DeregisterImage,
    DisableImage,
    EnableImage,
    EnableImageDeregistrationProtection,
    DisableImageDeregistrationProtection,
    EnableImageDeprecation,
    DisableImageDeprecation,
  };
}

/** The switch of the sandbox: nothing is deleted, each result is `code`. */
function keepSnapshots(image: ImageRecord, code: SnapshotReturnCodes): DeleteSnapshotReturnCode[] {
  return image.devices.flatMap(({ snapshot }) =>
    snapshot && !snapshot.deleted ? { SnapshotId: snapshot.id, ReturnCode: code } : [],
  );
}

/** One result per snapshot: shared ones are `skipped`, locked ones a `client-error`; the image is gone either way. */
function deleteSnapshots(region: RegionState, image: ImageRecord, now: number): DeleteSnapshotReturnCode[] {
  return image.devices.flatMap(({ snapshot }) => {
    if (!snapshot || snapshot.deleted) return [];
    const refusal = deletionRefusal(snapshot, now);
    if (!refusal) {
      removeSnapshot(region, snapshot);
      return { SnapshotId: snapshot.id, ReturnCode: 'success' as const };
    }
    const inUse = refusal.code === 'InvalidSnapshot.InUse';
    return { SnapshotId: snapshot.id, ReturnCode: inUse ? ('skipped' as const) : ('client-error' as const) };
  });
}

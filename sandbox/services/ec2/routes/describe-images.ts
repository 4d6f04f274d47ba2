import type {
  DescribeImageAttributeRequest,
  DescribeImagesRequest,
  DescribeImagesResult,
  ImageAttribute,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue } from '../errors.ts';
import { compileFilters, type FilterTable, matchingNothing } from '../filters.ts';
import { findAll, findOne, kinds } from '../ids.ts';
import { imageFailure, imageLookup, imageState, isShownTo, ownImageLookup } from '../model/images.ts';
import type { ImageDevice, ImageRecord } from '../model/records.ts';
import { type Ec2Shared, isVisible, type RegionState } from '../model/region.ts';
import { snapshotState } from '../model/snapshots.ts';
import { paginate } from '../pages.ts';
import { viewImage } from '../views.ts';

/** DescribeImages and DescribeImageAttribute. */
export function describeImageRoutes(shared: Ec2Shared) {
  const DescribeImages: Handler<DescribeImagesRequest, DescribeImagesResult> = (input, request) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    const matches = compileFilters(input.Filters, imageFilters(now), (image) => image.tags);
    const shown = shownBy(input, caller.account, now);
    const page = paginate(
      select(region, input.ImageIds, caller.account, now, (image) => shown(image) && matches(image)),
      {
        maxResults: input.MaxResults,
        nextToken: input.NextToken,
        scope: 'DescribeImages',
        minimum: 1,
      },
    );
    endDryRun(input.DryRun);
    return { Images: page.items.map((image) => viewImage(image, now)), NextToken: page.nextToken };
  };

  const DescribeImageAttribute: Handler<DescribeImageAttributeRequest, ImageAttribute> = (input, request) => {
    const region = shared.region(request.region);
    const image = findOne(kinds.image, input.ImageId ?? '', ownImageLookup(region, request.caller.account));
    endDryRun(input.DryRun);
    const { now } = request;
    switch (input.Attribute) {
      case 'description':
        return { ImageId: image.id, Description: { Value: image.description } };
      case 'launchPermission':
        return {
          ImageId: image.id,
          LaunchPermissions: [...image.sharedWith].map((account) =>
            account === 'all' ? { Group: 'all' as const } : { UserId: account },
          ),
        };
      case 'blockDeviceMapping':
        return { ImageId: image.id, BlockDeviceMappings: viewImage(image, now).BlockDeviceMappings };
      case 'productCodes':
        return { ImageId: image.id, ProductCodes: [] };
      case 'bootMode':
        return { ImageId: image.id, BootMode: { Value: image.bootMode } };
      case 'imdsSupport':
        return { ImageId: image.id, ImdsSupport: { Value: image.imdsSupport } };
      case 'lastLaunchedTime':
        return { ImageId: image.id, LastLaunchedTime: { Value: viewImage(image, now).LastLaunchedTime } };
      case 'deregistrationProtection':
        return {
          ImageId: image.id,
          DeregistrationProtection: { Value: viewImage(image, now).DeregistrationProtection },
        };
      case 'sriovNetSupport':
        return { ImageId: image.id, SriovNetSupport: { Value: 'simple' } };
      case 'tpmSupport':
        return { ImageId: image.id, TpmSupport: {} };
      case 'uefiData':
        return { ImageId: image.id, UefiData: {} };
      case 'kernel':
        return { ImageId: image.id, KernelId: {} };
      case 'ramdisk':
        return { ImageId: image.id, RamdiskId: {} };
      default:
        throw invalidValue(
          `Value (${input.Attribute ?? ''}) for parameter attribute is invalid. Unknown attribute.`,
        );
    }
  };

  return { DescribeImages, DescribeImageAttribute };
}

function* select(
  region: RegionState,
  ids: readonly string[] | undefined,
  account: string,
  now: number,
  matches: (image: ImageRecord) => boolean,
): Generator<ImageRecord> {
  if (ids && ids.length > 0) {
    const found = findAll(kinds.image, ids, imageLookup(region, account, now));
    for (const image of found.sort((a, b) => a.order - b.order)) if (matches(image)) yield image;
    return;
  }
  for (const image of region.images.values())
    if (isVisible(image, now) && isShownTo(image, account) && matches(image)) yield image;
}

/** What `Owners`, `ExecutableUsers`, `IncludeDisabled` and `IncludeDeprecated` let through. */
function shownBy(
  input: DescribeImagesRequest,
  account: string,
  now: number,
): (image: ImageRecord) => boolean {
  const owners = input.Owners?.length
    ? input.Owners.map((owner) => (owner === 'self' ? account : owner))
    : undefined;
  for (const owner of owners ?? [])
    if (!/^(\d{12}|amazon|aws-marketplace|aws-backup-vault)$/.test(owner))
      throw ec2Error('InvalidUserID.Malformed', `Invalid user id: "${owner}"`);
  const byId = (input.ImageIds?.length ?? 0) > 0;
  return (image) => {
    if (owners && !owners.includes(image.owner)) return false;
    if (input.ExecutableUsers?.length && !executableBy(image, input.ExecutableUsers, account)) return false;
    if (image.disabled && input.IncludeDisabled !== true && imageState(image, now) === 'disabled')
      return false;
    // "If you are the AMI owner, all deprecated AMIs appear in the response regardless of what is specified"; one that
    // is asked for by id is shown as well.
    const deprecated = image.deprecatedAt !== undefined && image.deprecatedAt <= now;
    return !deprecated || image.owner === account || byId || input.IncludeDeprecated === true;
  };
}

function executableBy(image: ImageRecord, users: readonly string[], account: string): boolean {
  return users.some((user) => {
    if (user === 'all') return image.sharedWith.has('all');
    return image.sharedWith.has(user === 'self' ? account : user);
  });
}

function imageFilters(now: number): FilterTable<ImageRecord> {
  const devices = (image: ImageRecord): readonly ImageDevice[] => image.devices;
  return {
    ...matchingNothing(
      'free-tier-eligible',
      'image-allowed',
      'kernel-id',
      'product-code',
      'product-code.type',
      'ramdisk-id',
    ),
    'sriov-net-support': () => 'simple',
    architecture: (image) => image.architecture,
    'block-device-mapping.delete-on-termination': (image) =>
      devices(image).map(({ deleteOnTermination }) => deleteOnTermination),
    'block-device-mapping.device-name': (image) => devices(image).map(({ device }) => device),
    'block-device-mapping.encrypted': (image) => devices(image).map(({ encrypted }) => encrypted),
    'block-device-mapping.snapshot-id': (image) =>
      devices(image).map(({ snapshot }) =>
        snapshot && snapshotState(snapshot, now) !== undefined ? snapshot.id : undefined,
      ),
    'block-device-mapping.volume-size': (image) => devices(image).map(({ sizeGiB }) => sizeGiB),
    'block-device-mapping.volume-type': (image) => devices(image).map(({ volumeType }) => volumeType),
    'creation-date': (image) => new Date(image.createdAt).toISOString(),
    description: (image) => image.description,
    'ena-support': () => true,
    hypervisor: () => 'xen',
    'image-id': (image) => image.id,
    'image-type': () => 'machine',
    'is-public': (image) => image.sharedWith.has('all'),
    'manifest-location': (image) => `${image.owner}/${image.name}`,
    name: (image) => image.name,
    'owner-alias': () => undefined,
    'owner-id': (image) => image.owner,
    platform: () => undefined,
    'root-device-name': (image) => image.rootDeviceName,
    'root-device-type': () => 'ebs',
    'source-instance-id': (image) => image.sourceInstanceId,
    'source-image-id': (image) => image.sourceImage?.id,
    'source-image-region': (image) => image.sourceImage?.region,
    state: (image) => imageState(image, now),
    'state-reason-code': (image) =>
      imageFailure(image, now) === undefined ? undefined : 'Client.InternalError',
    'state-reason-message': (image) => imageFailure(image, now),
    'virtualization-type': () => 'hvm',
  };
}

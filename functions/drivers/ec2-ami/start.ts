import { CreateImageCommand, DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { httpStatus, isCredentialProblem, isServiceFailure } from '../../shared/cloud-errors.ts';
import { describeError, errorCode } from '../../shared/errors.ts';
import { copyName, tagKeys } from '../../shared/names.ts';
import type { StartOutcome, StartRequest } from '../driver.ts';
import { carriesTags, ownershipTags, relaunchTag } from './tags.ts';

export async function startImage(ec2: EC2Client, request: StartRequest): Promise<StartOutcome> {
  const name = copyName(request.deployment, request.plan, request.source, request.slot, request.attempt);
  const tags = ownershipTags(request);
  const named = [...tags, { Key: 'Name', Value: name }];
  const mark = request.markProtected ? [{ Key: tagKeys.protected, Value: 'true' }] : [];
  const command = new CreateImageCommand({
    InstanceId: request.source.id,
    Name: name,
    Description: `Snapkeep backup ${request.backupId} of ${request.source.id}`,
    NoReboot: !request.reboot,
    TagSpecifications: [
      { ResourceType: 'image', Tags: [...named, ...mark, relaunchTag(request.relaunch)] },
      { ResourceType: 'snapshot', Tags: named },
    ],
  });
  try {
    const { ImageId } = await ec2.send(command);
    if (ImageId === undefined) return { state: 'wait', reason: 'EC2 answered without an image ID' };
    return { state: 'started', id: ImageId, name };
  } catch (error) {
    if (errorCode(error) === 'InvalidAMIName.Duplicate') return adopt(ec2, request, name);
    return outcomeOf(error, request);
  }
}

/** The name is the idempotency key: an AMI that has it is ours if everything else about it is, too. */
async function adopt(ec2: EC2Client, request: StartRequest, name: string): Promise<StartOutcome> {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({
      Owners: ['self'],
      Filters: [{ Name: 'name', Values: [name] }],
      IncludeDisabled: true,
    }),
  );
  const [image] = Images;
  if (image?.ImageId === undefined) {
    return { state: 'wait', reason: `an AMI named ${name} exists but is not shown yet` };
  }
  const stranger = strangeness(image, request);
  if (stranger !== undefined) {
    return { state: 'failed', reason: `the name ${name} is taken by ${image.ImageId}, which ${stranger}` };
  }
  if (image.State === 'pending' || image.State === 'available')
    return { state: 'started', id: image.ImageId, name };
  const reason = `${image.ImageId} is ${image.State}: ${image.StateReason?.Message ?? 'no reason given'}`;
  return { state: 'spoilt', id: image.ImageId, name, reason };
}

function strangeness(image: Image, request: StartRequest): string | undefined {
  if (!carriesTags(image.Tags, ownershipTags(request))) return 'does not carry the tags of this backup';
  if (image.SourceInstanceId !== undefined && image.SourceInstanceId !== request.source.id) {
    return `was made from ${image.SourceInstanceId}`;
  }
  return undefined;
}

/** The account's, so every further source would get the same answer until some copies are done. */
const accountCodes = new Set([
  'PendingSnapshotLimitExceeded',
  'ConcurrentSnapshotLimitExceeded',
  'RequestLimitExceeded',
]);
function outcomeOf(error: unknown, { source }: StartRequest): StartOutcome {
  const code = errorCode(error) ?? '';
  // Without an answer nothing is known about the source; with a bad identity every source would end the same.
  if (isCredentialProblem(error) || httpStatus(error) === undefined) throw error;
  if (accountCodes.has(code)) return { state: 'wait', reason: describeError(error), blocksOthers: true };
  if (code === 'SnapshotCreationPerVolumeRateExceeded' || isServiceFailure(error)) {
    return { state: 'wait', reason: describeError(error) };
  }
  if (code === 'InvalidInstanceID.NotFound') {
    return { state: 'failed', reason: `instance ${source.id} no longer exists` };
  }
  if (code === 'SnapshotLimitExceeded') {
    return {
      state: 'failed',
      reason:
        'the quota of EBS snapshots per Region is used up: raise it or delete snapshots (waiting does not help)',
    };
  }
  return { state: 'failed', reason: describeError(error) };
}

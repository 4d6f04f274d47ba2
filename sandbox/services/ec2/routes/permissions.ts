import type {
  CreateVolumePermission,
  LaunchPermission,
  ModifyImageAttributeRequest,
  ModifySnapshotAttributeRequest,
  ResetImageAttributeRequest,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, invalidValue } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { checkDescription, ownImageLookup } from '../model/images.ts';
import type { Ec2Shared } from '../model/region.ts';
import { ownSnapshotLookup } from './describe-snapshots.ts';

/** Who else may use an image or a snapshot. */
export function permissionRoutes(shared: Ec2Shared) {
  const ModifyImageAttribute: Handler<ModifyImageAttributeRequest, object> = (input, request) => {
    const region = shared.region(request.region);
    const image = findOne(kinds.image, input.ImageId ?? '', ownImageLookup(region, request.caller.account));
    const description =
      input.Description?.Value ?? (input.Attribute === 'description' ? input.Value : undefined);
    if (description !== undefined) {
      checkDescription(description);
      endDryRun(input.DryRun);
      image.description = description;
      return {};
    }
    const changes = readChanges(input.LaunchPermission, input);
    if (!changes) throw invalidCombination('No attributes specified.');
    if (image.disabled && changes.add.length > 0)
      throw ec2Error(
        'InvalidAMIID.Unavailable',
        `The image ID '${image.id}' is disabled and cannot be shared`,
      );
    if (changes.add.includes('all') && image.devices.some(({ encrypted }) => encrypted))
      throw ec2Error('InvalidParameter', 'Snapshots that are encrypted cannot be shared publicly.');
    checkShareable(
      changes.add,
      image.devices.map(({ snapshot }) => snapshot?.kmsKeyId),
      region.defaultKey(image.owner),
    );
    endDryRun(input.DryRun);
    applyChanges(image.sharedWith, changes);
    return {};
  };

  const ResetImageAttribute: Handler<ResetImageAttributeRequest, object> = (input, request) => {
    const region = shared.region(request.region);
    const image = findOne(kinds.image, input.ImageId ?? '', ownImageLookup(region, request.caller.account));
    if (input.Attribute !== 'launchPermission')
      throw invalidValue(
        `Value (${input.Attribute ?? ''}) for parameter attribute is invalid. Unknown attribute.`,
      );
    endDryRun(input.DryRun);
    image.sharedWith.clear();
    return {};
  };

  const ModifySnapshotAttribute: Handler<ModifySnapshotAttributeRequest, object> = (input, request) => {
    const region = shared.region(request.region);
    const snapshot = findOne(
      kinds.snapshot,
      input.SnapshotId ?? '',
      ownSnapshotLookup(region, request.caller.account, request.now),
    );
    const changes = readChanges(input.CreateVolumePermission, {
      OperationType: input.OperationType,
      UserIds: input.UserIds,
      UserGroups: input.GroupNames,
    });
    if (!changes) throw invalidCombination('No attributes specified.');
    if (changes.add.includes('all') && snapshot.encrypted)
      throw ec2Error('InvalidParameter', 'Snapshots that are encrypted cannot be shared publicly.');
    checkShareable(changes.add, [snapshot.kmsKeyId], region.defaultKey(snapshot.owner));
    endDryRun(input.DryRun);
    applyChanges(snapshot.sharedWith, changes);
    return {};
  };

  return { ModifyImageAttribute, ResetImageAttribute, ModifySnapshotAttribute };
}

interface Changes {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface Modifications {
  readonly Add?: readonly (LaunchPermission | CreateVolumePermission)[] | undefined;
  readonly Remove?: readonly (LaunchPermission | CreateVolumePermission)[] | undefined;
}

/** The structure and the older form with an operation type; undefined when the request has neither. */
function readChanges(
  modifications: Modifications | undefined,
  older: {
    readonly OperationType?: 'add' | 'remove' | undefined;
    readonly UserIds?: readonly string[] | undefined;
    readonly UserGroups?: readonly string[] | undefined;
  },
): Changes | undefined {
  const read = (items: Modifications['Add']) =>
    (items ?? []).map(({ Group, UserId }) => checkAccount(UserId ?? Group ?? ''));
  const named = [...(older.UserIds ?? []), ...(older.UserGroups ?? [])].map(checkAccount);
  const add = [...read(modifications?.Add), ...(older.OperationType === 'add' ? named : [])];
  const remove = [...read(modifications?.Remove), ...(older.OperationType === 'remove' ? named : [])];
  return add.length + remove.length === 0 ? undefined : { add, remove };
}

function checkAccount(account: string): string {
  if (account !== 'all' && !/^\d{12}$/.test(account))
    throw ec2Error(
      'InvalidAMIAttributeItemValue',
      `Invalid attribute item value "${account}" for userId item type.`,
    );
  return account;
}

/** "You can't share ... encrypted with the default AWS managed key." */
function checkShareable(
  add: readonly string[],
  keys: readonly (string | undefined)[],
  defaultKey: string,
): void {
  if (add.length > 0 && keys.includes(defaultKey))
    throw ec2Error('InvalidParameter', 'Encrypted snapshots with EBS default key cannot be shared.');
}

function applyChanges(sharedWith: Set<string>, changes: Changes): void {
  for (const account of changes.add) sharedWith.add(account);
  for (const account of changes.remove) sharedWith.delete(account);
}

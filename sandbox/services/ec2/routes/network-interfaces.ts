import type {
  AttachNetworkInterfaceRequest,
  AttachNetworkInterfaceResult,
  CreateNetworkInterfaceRequest,
  CreateNetworkInterfaceResult,
  DeleteNetworkInterfaceRequest,
  DetachNetworkInterfaceRequest,
  ModifyNetworkInterfaceAttributeRequest,
} from '@aws-sdk/client-ec2';
import type { Handler, RequestContext } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, invalidValue, missingParameter } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { instanceLookup, instanceState } from '../model/instances.ts';
import { createInterface, deleteInterface } from '../model/network.ts';
import type { NetworkInterfaceRecord } from '../model/records.ts';
import { type Ec2Shared, ownLookup, type RegionState } from '../model/region.ts';
import { readTagSpecifications, tagsFor } from '../model/tags.ts';
import { planInterface } from './launch-interfaces.ts';
import { viewInterface } from './network.ts';
import { groupsOf } from './security-group-choice.ts';

/** Network interfaces apart from a launch: made, attached, changed and deleted by themselves. */
export function networkInterfaceRoutes(shared: Ec2Shared) {
  const find = (id: string | undefined, { caller, region }: RequestContext): NetworkInterfaceRecord =>
    findOne(kinds.networkInterface, id ?? '', ownLookup(shared.region(region).interfaces, caller.account));
  const attached = (region: RegionState, account: string, id: string | undefined) => {
    if (!/^eni-attach-[0-9a-f]+$/.test(id ?? ''))
      throw ec2Error('InvalidAttachmentID.Malformed', `Invalid id: "${id ?? ''}"`);
    const record = [...region.interfaces.values()].find(
      ({ owner, attachment }) => owner === account && attachment?.id === id,
    );
    if (!record?.attachment)
      throw ec2Error(
        'InvalidAttachmentID.NotFound',
        `The networkInterface attachment '${id}' does not exist`,
      );
    return { record, attachment: record.attachment };
  };

  const CreateNetworkInterface: Handler<CreateNetworkInterfaceRequest, CreateNetworkInterfaceResult> = (
    input,
    request,
  ) => {
    const region = shared.region(request.region);
    const account = request.caller.account;
    const { target } = planInterface(region, account, 1, {
      DeviceIndex: 0,
      SubnetId: input.SubnetId ?? '',
      PrivateIpAddress: input.PrivateIpAddress,
      PrivateIpAddresses: input.PrivateIpAddresses,
      Groups: input.Groups,
      Description: input.Description,
    });
    if ('existing' in target) throw missingParameter('SubnetId');
    const tags = readTagSpecifications(input.TagSpecifications, ['network-interface']);
    endDryRun(input.DryRun);
    const record = createInterface(region, {
      owner: account,
      ...target,
      tags: tagsFor(tags, 'network-interface'),
    });
    return { NetworkInterface: viewInterface(region, record), ClientToken: input.ClientToken };
  };

  const DeleteNetworkInterface: Handler<DeleteNetworkInterfaceRequest, object> = (input, request) => {
    const record = find(input.NetworkInterfaceId, request);
    if (record.attachment)
      throw ec2Error('InvalidParameterValue', `Network interface '${record.id}' is currently in use.`);
    endDryRun(input.DryRun);
    deleteInterface(shared.region(request.region), record);
    return {};
  };

  const AttachNetworkInterface: Handler<AttachNetworkInterfaceRequest, AttachNetworkInterfaceResult> = (
    input,
    request,
  ) => {
    const region = shared.region(request.region);
    const record = find(input.NetworkInterfaceId, request);
    const { account } = request.caller;
    const instance = findOne(
      kinds.instance,
      input.InstanceId ?? '',
      instanceLookup(region, account, request.now, { describing: false }),
    );
    if (record.attachment)
      throw ec2Error('InvalidNetworkInterface.InUse', `Interface: [${record.id}] in use.`);
    if (!/^(running|stopped)$/.test(instanceState(instance, request.now)))
      throw ec2Error('IncorrectState', `The instance '${instance.id}' is not running or stopped.`);
    if (record.zone !== instance.zone)
      throw ec2Error(
        'InvalidParameterCombination',
        'You may not attach a network interface to an instance if they are not in the same availability zone',
      );
    const deviceIndex = input.DeviceIndex ?? 0;
    const taken = instance.interfaces.some(
      (id) => region.interfaces.get(id)?.attachment?.deviceIndex === deviceIndex,
    );
    if (taken)
      throw invalidValue(
        `Instance '${instance.id}' already has an interface attached at device index '${deviceIndex}'.`,
      );
    endDryRun(input.DryRun);
    const attachment = {
      id: region.newId('eni-attach-'),
      instanceId: instance.id,
      deviceIndex,
      attachedAt: request.now,
      deleteOnTermination: false,
    };
    record.attachment = attachment;
    instance.interfaces.push(record.id);
    return { AttachmentId: attachment.id, NetworkCardIndex: 0 };
  };

  const DetachNetworkInterface: Handler<DetachNetworkInterfaceRequest, object> = (input, request) => {
    const region = shared.region(request.region);
    const { record, attachment } = attached(region, request.caller.account, input.AttachmentId);
    if (attachment.deviceIndex === 0)
      throw ec2Error('OperationNotPermitted', 'The network interface at device index 0 cannot be detached.');
    endDryRun(input.DryRun);
    const interfaces = region.instances.get(attachment.instanceId)?.interfaces;
    if (interfaces?.includes(record.id)) interfaces.splice(interfaces.indexOf(record.id), 1);
    record.attachment = undefined;
    return {};
  };

  const ModifyNetworkInterfaceAttribute: Handler<ModifyNetworkInterfaceAttributeRequest, object> = (
    input,
    request,
  ) => {
    const region = shared.region(request.region);
    const record = find(input.NetworkInterfaceId, request);
    const changes = plannedChanges(region, record, input);
    if (changes.length === 0) throw missingParameter('attribute');
    // "You can specify only one attribute at a time."
    if (changes.length > 1) throw invalidCombination('Fields for multiple attribute types specified');
    endDryRun(input.DryRun);
    for (const apply of changes) apply();
    return {};
  };

  return {
    CreateNetworkInterface,
    DeleteNetworkInterface,
    AttachNetworkInterface,
    DetachNetworkInterface,
    ModifyNetworkInterfaceAttribute,
  };
}

function plannedChanges(
  region: RegionState,
  record: NetworkInterfaceRecord,
  input: ModifyNetworkInterfaceAttributeRequest,
): (() => void)[] {
  const changes: (() => void)[] = [];
  if (input.Groups && input.Groups.length > 0) {
    const groups = groupsOf(region, record.owner, record.vpcId, input.Groups);
    changes.push(() => {
      record.groups = groups;
    });
  }
  const check = input.SourceDestCheck?.Value;
  if (check !== undefined)
    changes.push(() => {
      record.sourceDestCheck = check;
    });
  const description = input.Description?.Value;
  if (description !== undefined)
    changes.push(() => {
      record.description = description;
    });
  if (input.Attachment) {
    const { AttachmentId: id, DeleteOnTermination: deletes } = input.Attachment;
    const { attachment } = record;
    if (!attachment || attachment.id !== id)
      throw ec2Error(
        'InvalidAttachmentID.NotFound',
        `The networkInterface attachment '${id}' does not exist`,
      );
    if (deletes !== undefined)
      changes.push(() => {
        record.attachment = { ...attachment, deleteOnTermination: deletes };
      });
  }
  return changes;
}

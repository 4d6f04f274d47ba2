import type {
  Address as AddressView,
  AllocateAddressRequest,
  AllocateAddressResult,
  AssociateAddressRequest,
  AssociateAddressResult,
  DescribeAddressesRequest,
  DescribeAddressesResult,
  DisassociateAddressRequest,
  ReleaseAddressRequest,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, missingParameter } from '../errors.ts';
import { compileFilters, type FilterTable } from '../filters.ts';
import { findAll, findOne, kinds } from '../ids.ts';
import { instanceLookup, instanceState } from '../model/instances.ts';
import { parseIp, releaseAddress } from '../model/network.ts';
import type { Address, NetworkInterfaceRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy, ownLookup, type RegionState, visibleLookup } from '../model/region.ts';
import { readTagSpecifications, tagList, tagsFor } from '../model/tags.ts';

/** Elastic IP addresses. */
export function addressRoutes(shared: Ec2Shared) {
  const AllocateAddress: Handler<AllocateAddressRequest, AllocateAddressResult> = (input, request) => {
    const region = shared.region(request.region);
    const tags = readTagSpecifications(input.TagSpecifications, ['elastic-ip']);
    endDryRun(input.DryRun);
    const address: Address = {
      ...region.newResource(request.caller.account, 'eipalloc-', tagsFor(tags, 'elastic-ip')),
      publicIp: region.newPublicIp(),
      association: undefined,
    };
    region.addresses.set(address.id, address);
    return {
      AllocationId: address.id,
      PublicIp: address.publicIp,
      Domain: 'vpc',
      PublicIpv4Pool: 'amazon',
      NetworkBorderGroup: region.name,
    };
  };

  const AssociateAddress: Handler<AssociateAddressRequest, AssociateAddressResult> = (input, request) => {
    const region = shared.region(request.region);
    const account = request.caller.account;
    const address = findAddress(region, account, input.AllocationId, input.PublicIp);
    const target = targetOf(region, account, input, request.now);
    if (
      address.association &&
      address.association.interfaceId !== target.id &&
      input.AllowReassociation === false
    )
      throw ec2Error(
        'Resource.AlreadyAssociated',
        `resource ${address.id} is already associated with associate-id ${address.association.id}`,
      );
    endDryRun(input.DryRun);
    if (address.association) region.addressOf.delete(address.association.interfaceId);
    releaseAddress(region, target.id);
    address.association = {
      id: region.newId('eipassoc-'),
      interfaceId: target.id,
      privateIp: input.PrivateIpAddress ?? target.privateIp,
    };
    region.addressOf.set(target.id, address.id);
    return { AssociationId: address.association.id };
  };

  const DisassociateAddress: Handler<DisassociateAddressRequest, object> = (input, request) => {
    const region = shared.region(request.region);
    const account = request.caller.account;
    if (input.AssociationId === undefined && input.PublicIp === undefined)
      throw missingParameter('AssociationId');
    const address = [...region.addresses.values()].find(
      ({ owner, association, publicIp }) =>
        owner === account &&
        association !== undefined &&
        (association.id === input.AssociationId || publicIp === input.PublicIp),
    );
    if (!address?.association)
      throw ec2Error(
        'InvalidAssociationID.NotFound',
        `The association ID '${input.AssociationId ?? input.PublicIp}' does not exist`,
      );
    endDryRun(input.DryRun);
    releaseAddress(region, address.association.interfaceId);
    return {};
  };

  const ReleaseAddress: Handler<ReleaseAddressRequest, object> = (input, request) => {
    const region = shared.region(request.region);
    const address = findAddress(region, request.caller.account, input.AllocationId, input.PublicIp);
    if (address.association)
      throw ec2Error('InvalidIPAddress.InUse', `Address ${address.publicIp} is in use.`);
    endDryRun(input.DryRun);
    region.addresses.delete(address.id);
    return {};
  };

  const DescribeAddresses: Handler<DescribeAddressesRequest, DescribeAddressesResult> = (input, request) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    const matches = compileFilters(input.Filters, addressFilters(region), (address) => address.tags);
    const chosen = [
      ...findAll(
        kinds.address,
        input.AllocationIds ?? [],
        visibleLookup(region.addresses, caller.account, now),
      ),
      ...(input.PublicIps ?? []).map((ip) => findAddress(region, caller.account, undefined, ip)),
    ];
    const asked = (input.AllocationIds?.length ?? 0) + (input.PublicIps?.length ?? 0) > 0;
    const candidates = asked ? chosen : [...ownedBy(region.addresses, caller.account, now)];
    endDryRun(input.DryRun);
    return { Addresses: candidates.filter(matches).map((address) => viewAddress(region, address)) };
  };

  return { AllocateAddress, AssociateAddress, DisassociateAddress, ReleaseAddress, DescribeAddresses };
}

function findAddress(
  region: RegionState,
  account: string,
  id: string | undefined,
  ip: string | undefined,
): Address {
  if (id !== undefined) return findOne(kinds.address, id, ownLookup(region.addresses, account));
  if (ip === undefined) throw missingParameter('AllocationId');
  if (parseIp(ip) === undefined) throw ec2Error('InvalidAddress.Malformed', `Invalid IPv4 address: ${ip}`);
  for (const address of region.addresses.values())
    if (address.owner === account && address.publicIp === ip) return address;
  throw ec2Error('InvalidAddress.NotFound', `Address '${ip}' not found.`);
}

function targetOf(
  region: RegionState,
  account: string,
  input: AssociateAddressRequest,
  now: number,
): NetworkInterfaceRecord {
  if (input.InstanceId !== undefined && input.NetworkInterfaceId !== undefined)
    throw invalidCombination('Give either the instance or the network interface, not both.');
  if (input.NetworkInterfaceId !== undefined)
    return findOne(kinds.networkInterface, input.NetworkInterfaceId, ownLookup(region.interfaces, account));
  if (input.InstanceId === undefined) throw missingParameter('InstanceId');
  const instance = findOne(
    kinds.instance,
    input.InstanceId,
    instanceLookup(region, account, now, { describing: false }),
  );
  // "You can associate ... with an instance that is in the running or stopped state."
  const state = instanceState(instance, now);
  if (state === 'pending' || state === 'shutting-down' || state === 'terminated')
    throw ec2Error(
      'InvalidInstanceID',
      `The ${state} instance '${instance.id}' is not in a valid state for this operation.`,
    );
  const primary = region.interfaces.get(instance.interfaces[0] ?? '');
  if (!primary)
    throw ec2Error('InvalidInstanceID', `The instance '${instance.id}' has no network interface.`);
  return primary;
}

function addressFilters(region: RegionState): FilterTable<Address> {
  const interfaceOf = ({ association }: Address) => region.interfaces.get(association?.interfaceId ?? '');
  return {
    'allocation-id': (address) => address.id,
    'association-id': ({ association }) => association?.id,
    'instance-id': (address) => interfaceOf(address)?.attachment?.instanceId,
    'network-border-group': () => region.name,
    'network-interface-id': ({ association }) => association?.interfaceId,
    'network-interface-owner-id': (address) => interfaceOf(address)?.owner,
    'private-ip-address': ({ association }) => association?.privateIp,
    'public-ip': (address) => address.publicIp,
    domain: () => 'vpc',
  };
}

function viewAddress(region: RegionState, address: Address): AddressView {
  const { association } = address;
  const target = region.interfaces.get(association?.interfaceId ?? '');
  return {
    AllocationId: address.id,
    PublicIp: address.publicIp,
    Domain: 'vpc',
    PublicIpv4Pool: 'amazon',
    NetworkBorderGroup: region.name,
    AssociationId: association?.id,
    InstanceId: target?.attachment?.instanceId,
    NetworkInterfaceId: association?.interfaceId,
    NetworkInterfaceOwnerId: target?.owner,
    PrivateIpAddress: association?.privateIp,
    Tags: tagList(address.tags),
  };
}

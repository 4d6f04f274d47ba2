import {
  type Address,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  type EC2Client,
  type InstanceNetworkInterface,
  ModifyNetworkInterfaceAttributeCommand,
} from '@aws-sdk/client-ec2';
import type { AvailablePoint } from '../../catalog/documents.ts';
import { errorCode, failedError } from '../../shared/errors.ts';
import { recordAt, textAt } from '../recorded.ts';
import { instanceById } from './machine.ts';

async function primaryInterface(ec2: EC2Client, id: string): Promise<InstanceNetworkInterface> {
  const interfaces = (await instanceById(ec2, id))?.NetworkInterfaces ?? [];
  const primary = interfaces.find(({ Attachment }) => Attachment?.DeviceIndex === 0) ?? interfaces[0];
  if (primary) return primary;
  throw failedError(
    `the machine ${id} is not there any more, or has no network interface`,
    'look at it in EC2; if it was terminated, start a new restore',
  );
}

/** On the interface, not on the instance: EC2 refuses the latter as soon as there are two. */
export async function releaseMachine(
  ec2: EC2Client,
  { id, securityGroups }: { readonly id: string; readonly securityGroups: readonly string[] },
): Promise<void> {
  const primary = await primaryInterface(ec2, id);
  const present = (primary.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  if (present.toSorted().join() === securityGroups.toSorted().join()) return;
  try {
    await ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({
        NetworkInterfaceId: primary.NetworkInterfaceId,
        Groups: [...securityGroups],
      }),
    );
  } catch (error) {
    if (!/^Invalid(Group|GroupId|SecurityGroupID)\./.test(errorCode(error) ?? '')) throw error;
    throw failedError(
      `one of the security groups ${securityGroups.join(', ')} does not exist in the network of ${id}`,
      'correct the groups under `restore` of the plan, then resume the restore',
      error,
    );
  }
}

/** The Elastic IP that the point recorded, where it still exists. */
export async function recordedAddress(ec2: EC2Client, point: AvailablePoint): Promise<Address | undefined> {
  const allocation = textAt(recordAt(point.relaunch, 'elastic_ip'), 'allocation_id');
  if (allocation === undefined) return undefined;
  const { Addresses = [] } = await ec2.send(
    new DescribeAddressesCommand({ Filters: [{ Name: 'allocation-id', Values: [allocation] }] }),
  );
  return Addresses[0];
}

export async function moveElasticIp(
  ec2: EC2Client,
  { point, id }: { readonly point: AvailablePoint; readonly id: string },
): Promise<void> {
  const recorded = textAt(recordAt(point.relaunch, 'elastic_ip'), 'public_ip');
  if (recorded === undefined)
    throw failedError(
      `no Elastic IP was recorded for ${point.source.id}`,
      'restore with `elasticIp: none`, or associate an address by hand',
    );
  const address = await recordedAddress(ec2, point);
  if (address?.AllocationId === undefined)
    throw failedError(
      `the Elastic IP ${recorded} was released and is gone`,
      'restore with `elasticIp: none`, and give the machine another address',
    );
  const primary = await primaryInterface(ec2, id);
  if (address.NetworkInterfaceId === primary.NetworkInterfaceId) return;
  await ec2.send(
    new AssociateAddressCommand({
      AllocationId: address.AllocationId,
      NetworkInterfaceId: primary.NetworkInterfaceId,
      AllowReassociation: true,
    }),
  );
}

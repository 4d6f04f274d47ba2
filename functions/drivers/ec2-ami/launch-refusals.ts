import { describeError, errorCode } from '../../shared/errors.ts';
import type { MachineOrder } from '../restorer.ts';
import { keyOf, profileOf, subnetOf, typeOf } from './launch-order.ts';

export interface LaunchRefusal {
  readonly sentence: string;
  /** Only the private address that was asked for is in the way. */
  readonly addressTaken: boolean;
}

/** What RunInstances refuses, in a sentence that names the value and what to give instead. */
export function refusalOfLaunch(order: MachineOrder, error: unknown): LaunchRefusal {
  const message = error instanceof Error ? error.message : '';
  const code = errorCode(error) ?? '';
  const type = typeOf(order) ?? 'no type';
  const subnet = subnetOf(order) ?? 'no subnet';
  const profile = profileOf(order);
  const image = order.point.id;
  const outsideOfSubnet = order.privateIp !== undefined && /address range/i.test(message);
  if (code === 'InvalidIPAddress.InUse' || outsideOfSubnet) {
    const why = outsideOfSubnet ? `does not lie in ${subnet}` : 'is in use';
    return { sentence: `the private address ${order.privateIp ?? ''} ${why}`, addressTaken: true };
  }
  const sentences: Readonly<Record<string, string>> = {
    'InvalidAMIID.NotFound': `the image ${image} no longer exists: choose another backup`,
    'InvalidAMIID.Unavailable': `the image ${image} cannot be launched (${message}): enable it, or choose another backup`,
    'InvalidKeyPair.NotFound': `the key pair ${keyOf(order) ?? ''} no longer exists: give another one with keyName`,
    'InvalidSubnetID.NotFound': `the subnet ${subnet} no longer exists: give another one with subnet`,
    'InvalidGroup.NotFound': `a security group of ${order.launchGroups.join(', ')} no longer exists: give others`,
    'InvalidSecurityGroupID.NotFound': `a security group of ${order.launchGroups.join(', ')} no longer exists: give others`,
    Unsupported: `EC2 cannot launch ${type} in ${subnet} (${message}): give another instanceType or subnet`,
    UnsupportedOperation: `EC2 cannot launch ${image} as ${type} (${message}): give another instanceType`,
    InsufficientInstanceCapacity: `AWS has no capacity for ${type} in the zone of ${subnet} at the moment: it is tried again; another instanceType or subnet may have some`,
    InsufficientHostCapacity: `AWS has no capacity for ${type} in the zone of ${subnet} at the moment: it is tried again; another instanceType or subnet may have some`,
    InsufficientCapacity: `AWS has no capacity for ${type} in the zone of ${subnet} at the moment: it is tried again; another instanceType or subnet may have some`,
    InsufficientFreeAddressesInSubnet: `the subnet ${subnet} has no free address: give another one with subnet`,
    VcpuLimitExceeded: `the account's vCPU quota for ${type} is used up: it is tried again; stop machines or have the quota raised`,
    InstanceLimitExceeded: `the account's quota of instances for ${type} is used up: it is tried again; stop machines or have the quota raised`,
    UnauthorizedOperation: `the credentials may not launch this machine (RunInstances, and iam:PassRole for its profile): ${message}`,
  };
  if (code === 'InvalidParameterValue') {
    if (profile && /instance profile/i.test(message)) {
      const name = profile.Name ?? profile.Arn;
      return plain(`the instance profile ${name} no longer exists: give another one with instanceProfile`);
    }
    if (/instancetype/i.test(message))
      return plain(`the instance type ${type} does not exist here: give another one with instanceType`);
  }
  if (code === 'InvalidParameter' && /belong to different networks/.test(message))
    return plain(
      `the groups ${order.launchGroups.join(', ')} do not all belong to the network of ${subnet}: give groups of its VPC`,
    );
  return plain((Object.hasOwn(sentences, code) ? sentences[code] : undefined) ?? describeError(error));
}

const plain = (sentence: string): LaunchRefusal => ({ sentence, addressTaken: false });

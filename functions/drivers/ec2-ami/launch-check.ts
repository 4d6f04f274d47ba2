import {
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  RunInstancesCommand,
  type Subnet,
} from '@aws-sdk/client-ec2';
import { httpStatus, isCredentialProblem, isServiceFailure } from '../../shared/cloud-errors.ts';
import { errorCode } from '../../shared/errors.ts';
import type { MachineOrder } from '../restorer.ts';
import { subnetById } from './address-space.ts';
import { keyOf, launchInput, subnetOf, typeOf } from './launch-order.ts';
import { refusalOfLaunch } from './launch-refusals.ts';

/**
 * Asks for everything that a launch names, then, where nothing is missing, for the launch itself as a dry run: that
 * also tells what has no question of its own here, the instance profile and the permission.
 */
export async function checkLaunch(ec2: EC2Client, order: MachineOrder): Promise<string[]> {
  const subnetId = subnetOf(order);
  const subnet = subnetId === undefined ? undefined : await subnetById(ec2, subnetId);
  const problems = [
    ...(await imageProblems(ec2, order)),
    ...subnetProblems(subnetId, subnet),
    ...(await typeProblems(ec2, order, subnet)),
    ...(await groupProblems(ec2, order, subnet)),
    ...(await keyProblems(ec2, order)),
  ];
  return problems.length > 0 ? problems : await dryRunProblems(ec2, order);
}

async function imageProblems(ec2: EC2Client, { point }: MachineOrder): Promise<string[]> {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [point.id] }], IncludeDisabled: true }),
  );
  const state = Images[0]?.State;
  if (state === 'available') return [];
  if (state === undefined) return [`the image ${point.id} no longer exists: choose another backup`];
  return [
    `the image ${point.id} is ${state}: ${state === 'disabled' ? 'enable it' : 'choose another backup'}`,
  ];
}

function subnetProblems(id: string | undefined, subnet: Subnet | undefined): string[] {
  if (id === undefined) return ['no subnet is recorded: give one with subnet'];
  if (!subnet) return [`the subnet ${id} no longer exists: give another one with subnet`];
  return subnet.AvailableIpAddressCount === 0
    ? [`the subnet ${id} has no free address: give another one with subnet`]
    : [];
}

async function typeProblems(
  ec2: EC2Client,
  order: MachineOrder,
  subnet: Subnet | undefined,
): Promise<string[]> {
  const type = typeOf(order);
  if (type === undefined) return ['no instance type is recorded: give one with instanceType'];
  const zone = subnet?.AvailabilityZone;
  if (zone === undefined) return [];
  const { InstanceTypeOfferings = [] } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: [
        { Name: 'instance-type', Values: [type] },
        { Name: 'location', Values: [zone] },
      ],
    }),
  );
  return InstanceTypeOfferings.length > 0
    ? []
    : [`the instance type ${type} is not offered in ${zone}: give another instanceType or subnet`];
}

async function groupProblems(
  ec2: EC2Client,
  { launchGroups }: MachineOrder,
  subnet: Subnet | undefined,
): Promise<string[]> {
  if (launchGroups.length === 0) return ['no security group is given for the launch'];
  const { SecurityGroups = [] } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-id', Values: [...launchGroups] }] }),
  );
  return launchGroups.flatMap((id) => {
    const group = SecurityGroups.find(({ GroupId }) => GroupId === id);
    if (!group) return [`the security group ${id} no longer exists: give another one`];
    if (subnet === undefined || group.VpcId === subnet.VpcId) return [];
    return [
      `the security group ${id} belongs to ${group.VpcId}, the subnet ${subnet.SubnetId} to ${subnet.VpcId}: give groups of one network`,
    ];
  });
}

async function keyProblems(ec2: EC2Client, order: MachineOrder): Promise<string[]> {
  const key = keyOf(order);
  if (key === undefined) return [];
  const { KeyPairs = [] } = await ec2.send(
    new DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [key] }] }),
  );
  return KeyPairs.some(({ KeyName }) => KeyName === key)
    ? []
    : [`the key pair ${key} no longer exists: give another one with keyName`];
}

/** Codes that speak of the moment, not of the order; and the address, which is somebody else's question. */
const passing = new Set(['DryRunOperation', 'InvalidIPAddress.InUse', 'RequestLimitExceeded']);

async function dryRunProblems(ec2: EC2Client, order: MachineOrder): Promise<string[]> {
  // Without the token: a launch that went through before must not answer for this order.
  const { ClientToken: _, ...input } = launchInput(order, new Set());
  try {
    await ec2.send(new RunInstancesCommand({ ...input, DryRun: true }));
    return [];
  } catch (error) {
    if (isCredentialProblem(error) || httpStatus(error) === undefined) throw error;
    if (passing.has(errorCode(error) ?? '') || isServiceFailure(error)) return [];
    const { sentence, addressTaken } = refusalOfLaunch(order, error);
    return addressTaken ? [] : [sentence];
  }
}

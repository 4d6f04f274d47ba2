import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
  type InstanceStatus,
} from '@aws-sdk/client-ec2';
import { errorCode } from '../../shared/errors.ts';
import type { MachineFacts, MachineStanding } from '../restorer.ts';

/** By filter, not by ID: one that is not shown yet, or no longer, would fail the call. */
export async function instanceById(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }),
  );
  return Reservations.flatMap(({ Instances = [] }) => Instances)[0];
}

export async function lookAtMachine(ec2: EC2Client, id: string): Promise<MachineStanding> {
  const instance = await instanceById(ec2, id);
  const state = instance?.State?.Name;
  if (!instance || state === undefined) return { state: 'pending', detail: `EC2 does not show ${id} yet` };
  if (state === 'pending') return { state: 'pending', detail: 'pending' };
  if (state !== 'running')
    return { state: 'failed', reason: `the machine ${id} is ${state}${why(instance)}` };
  return { state: 'running', statusChecks: await statusChecks(ec2, id), facts: factsOf(instance) };
}

/** The service's own words, with what is behind the two that say too little. */
function why({ StateReason, StateTransitionReason }: Instance): string {
  const text = StateReason?.Message ?? StateTransitionReason ?? '';
  if (text === '') return '';
  const hints: Readonly<Record<string, string>> = {
    'Client.InternalError':
      'mostly a KMS key of a volume that EC2 may not use: enable the key and its grants',
    'Client.VolumeLimitExceeded': 'the quota of EBS storage is used up',
    'Client.InvalidSnapshot.NotFound': 'a snapshot behind the image no longer exists',
    'Server.InsufficientInstanceCapacity': 'AWS has no capacity for this type in this zone at the moment',
  };
  const code = StateReason?.Code ?? '';
  const hint = Object.hasOwn(hints, code) ? ` (${hints[code]})` : '';
  return `: ${text}${hint}`;
}

/** Both checks together ("Status checks for Amazon EC2 instances"); the EBS check is not among them. */
async function statusChecks(ec2: EC2Client, id: string): Promise<'passed' | 'initializing' | 'failed'> {
  let statuses: readonly InstanceStatus[] = [];
  try {
    const { InstanceStatuses = [] } = await ec2.send(
      new DescribeInstanceStatusCommand({ InstanceIds: [id] }),
    );
    statuses = InstanceStatuses;
  } catch (error) {
    // This call may know of a new machine later than the one before.
    if (errorCode(error) !== 'InvalidInstanceID.NotFound') throw error;
  }
  const [status] = statuses;
  const checks = [status?.SystemStatus?.Status, status?.InstanceStatus?.Status];
  if (checks.includes('impaired')) return 'failed';
  return checks.every((check) => check === 'ok') ? 'passed' : 'initializing';
}

function factsOf(instance: Instance): MachineFacts {
  const { PublicIpAddress: publicIp, PrivateDnsName: privateDns, PublicDnsName: publicDns } = instance;
  const interfaces = instance.NetworkInterfaces ?? [];
  const primary = interfaces.find(({ Attachment }) => Attachment?.DeviceIndex === 0) ?? interfaces[0];
  const hostname = privateDns?.split('.')[0];
  return {
    id: instance.InstanceId ?? '',
    private_ip: instance.PrivateIpAddress ?? '',
    ipv6: (primary?.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
    ...(publicIp ? { public_ip: publicIp } : {}),
    ...(privateDns ? { private_dns: privateDns } : {}),
    ...(publicDns ? { public_dns: publicDns } : {}),
    ...(hostname ? { hostname } : {}),
    subnet: instance.SubnetId ?? '',
    availability_zone: instance.Placement?.AvailabilityZone ?? '',
    instance_type: instance.InstanceType ?? '',
    security_groups: (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  };
}

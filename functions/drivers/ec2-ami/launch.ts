import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { httpStatus, isCredentialProblem, isServiceFailure } from '../../shared/cloud-errors.ts';
import { describeError, errorCode } from '../../shared/errors.ts';
import { tagsOfRestore } from '../recorded.ts';
import type { MachineLaunch, MachineOrder } from '../restorer.ts';
import { clientToken, launchInput, subnetOf, typeOf } from './launch-order.ts';
import { refusalOfLaunch } from './launch-refusals.ts';
import { carriesTags } from './tags.ts';

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded" (EC2 user guide). */
const userDataLimit = 16_384;

/** Looks for the machine of this restore first: EC2 remembers a client token for a limited time only. */
export async function launchMachine(ec2: EC2Client, order: MachineOrder): Promise<MachineLaunch> {
  const size = Buffer.byteLength(order.userData ?? '');
  if (size > userDataLimit)
    return { state: 'failed', reason: `the user data has ${size} bytes, EC2 takes ${userDataLimit}` };
  // What is left out, EC2 would choose by itself: the default VPC, its default group, an ancient type.
  const missing = [
    ...(subnetOf(order) === undefined ? ['subnet'] : []),
    ...(typeOf(order) === undefined ? ['instance type'] : []),
    ...(order.launchGroups.length === 0 ? ['security group'] : []),
  ];
  if (missing.length > 0)
    return { state: 'failed', reason: `no ${missing.join(', ')} is recorded or given for the launch` };
  const existing = await machineOf(ec2, order);
  if (existing !== undefined) return existing;
  try {
    const input = launchInput(order, await devicesOf(ec2, order.point.id));
    const { Instances = [] } = await ec2.send(new RunInstancesCommand(input));
    const id = Instances[0]?.InstanceId;
    return id === undefined
      ? { state: 'wait', reason: 'EC2 answered without an instance ID' }
      : { state: 'launched', id };
  } catch (error) {
    return await outcomeOf(ec2, order, error);
  }
}

/** What was launched with this restore's token before, as far as EC2 still shows it. */
async function machineOf(ec2: EC2Client, order: MachineOrder): Promise<MachineLaunch | undefined> {
  const token = clientToken(order);
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'client-token', Values: [token] }] }),
  );
  const machines = Reservations.flatMap(({ Instances = [] }) => Instances);
  const [machine] = machines.sort((a, b) => Number(isOver(a.State?.Name)) - Number(isOver(b.State?.Name)));
  if (machine?.InstanceId === undefined) return undefined;
  if (isOver(machine.State?.Name)) return { state: 'failed', reason: terminated(machine.InstanceId) };
  const tags = Object.entries(tagsOfRestore(order.identity, order.point.source));
  const wanted = tags.map(([Key, Value]) => ({ Key, Value }));
  return carriesTags(machine.Tags, wanted)
    ? { state: 'launched', id: machine.InstanceId }
    : {
        state: 'failed',
        reason: `the machine ${machine.InstanceId} was launched by this restore and has lost its tags: put ${tags.map(([key, value]) => `${key} = ${value}`).join(', ')} back, or terminate it and start a new restore`,
      };
}

const isOver = (state: string | undefined): boolean => state === 'terminated' || state === 'shutting-down';

const terminated = (id?: string): string =>
  `the machine${id === undefined ? '' : ` ${id}`} of this restore has been terminated: look for its reason in EC2, then start a new restore`;

/** Devices that the image has no volume for must not be named in a launch. */
async function devicesOf(ec2: EC2Client, imageId: string): Promise<ReadonlySet<string>> {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }], IncludeDisabled: true }),
  );
  return new Set((Images[0]?.BlockDeviceMappings ?? []).flatMap(({ DeviceName }) => DeviceName ?? []));
}

async function outcomeOf(ec2: EC2Client, order: MachineOrder, error: unknown): Promise<MachineLaunch> {
  // Without an answer nothing is known about this launch; with a bad identity every call would end the same.
  if (isCredentialProblem(error) || httpStatus(error) === undefined) throw error;
  switch (errorCode(error) ?? '') {
    case 'IdempotentParameterMismatch':
      // An earlier order of this restore went through with other parameters: its machine is the one.
      return (
        (await machineOf(ec2, order)) ?? {
          state: 'wait',
          reason: 'a machine of this restore exists and is not shown yet',
        }
      );
    case 'IdempotentInstanceTerminated':
      return (await machineOf(ec2, order)) ?? { state: 'failed', reason: terminated() };
    case 'RequestLimitExceeded':
    case 'ResourceCountExceeded':
    case 'RequestResourceCountExceeded':
    case 'InsufficientInstanceCapacity':
    case 'InsufficientCapacity':
    case 'InsufficientHostCapacity':
    case 'VcpuLimitExceeded':
    case 'InstanceLimitExceeded':
      return { state: 'wait', reason: refusalOfLaunch(order, error).sentence };
    default:
      break;
  }
  if (isServiceFailure(error)) return { state: 'wait', reason: describeError(error) };
  const { sentence, addressTaken } = refusalOfLaunch(order, error);
  return { state: 'failed', reason: sentence, ...(addressTaken ? { addressTaken } : {}) };
}

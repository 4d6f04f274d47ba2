import { isUtf8 } from 'node:buffer';
import { DescribeInstanceAttributeCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { AvailablePoint } from '../../catalog/documents.ts';
import { errorCode, failedError } from '../../shared/errors.ts';
import type { SourceRef } from '../../shared/source.ts';
import type { OldMachine } from '../restorer.ts';
import { instanceById } from './machine.ts';
import { recordedAddress } from './machine-network.ts';

/** A machine that is just stopping still does something; one that is being terminated has nothing to lose. */
const states: Readonly<Record<string, OldMachine['state']>> = {
  pending: 'running',
  running: 'running',
  stopping: 'running',
  stopped: 'stopped',
};

/** Looks only. Nothing of a restore ever changes the machine that the point is a copy of. */
export async function oldMachine(ec2: EC2Client, point: AvailablePoint): Promise<OldMachine> {
  const { id } = point.source;
  const instance = await instanceById(ec2, id);
  const address = await recordedAddress(ec2, point);
  const holder = address?.InstanceId || address?.NetworkInterfaceId || undefined;
  return {
    id,
    state: states[instance?.State?.Name ?? ''] ?? 'gone',
    ...(address?.PublicIp === undefined
      ? {}
      : {
          elasticIp: {
            address: address.PublicIp,
            ...(holder === undefined ? {} : { attachedTo: holder }),
          },
        }),
  };
}

export async function readUserData(ec2: EC2Client, { id }: SourceRef): Promise<string | undefined> {
  try {
    const { UserData } = await ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }),
    );
    const encoded = UserData?.Value;
    if (encoded === undefined || encoded === '') return undefined;
    const bytes = Buffer.from(encoded, 'base64');
    if (isUtf8(bytes)) return bytes.toString();
    throw failedError(
      `the user data of ${id} is not text (compressed, perhaps), so nothing can be put before it`,
      'restore without the old user data',
    );
  } catch (error) {
    if (errorCode(error) === 'InvalidInstanceID.NotFound') return undefined;
    throw error;
  }
}

import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Driver } from '../driver.ts';
import { discoverInstances } from './discover.ts';
import { pollImages } from './poll.ts';
import { protectImages } from './protect.ts';
import { startImage } from './start.ts';

export interface Ec2AmiDriverOptions {
  readonly ec2: EC2Client;
  readonly region: string;
}

/** EC2 instances as AMIs with their snapshots, without a reboot unless the plan asks for one. */
export function createEc2AmiDriver({ ec2, region }: Ec2AmiDriverOptions): Driver {
  return {
    kind: 'ec2',
    contentFixedAt: 'initiation',
    discover: (request) => discoverInstances(ec2, region, request),
    start: (request) => startImage(ec2, request),
    poll: (request) => pollImages(ec2, request),
    protect: (request) => protectImages(ec2, request),
  };
}

import type { EC2Client } from '@aws-sdk/client-ec2';
import type { MachineRestorer } from '../restorer.ts';
import { isAddressFree } from './address-space.ts';
import { launchMachine } from './launch.ts';
import { checkLaunch } from './launch-check.ts';
import { describeLaunch, omissionsOf } from './launch-order.ts';
import { lookAtMachine } from './machine.ts';
import { moveElasticIp, releaseMachine } from './machine-network.ts';
import { oldMachine, readUserData } from './old-machine.ts';

/** EC2 instances from the AMIs that the driver of kind `ec2` made. */
export function createEc2AmiRestorer({ ec2 }: { readonly ec2: EC2Client }): MachineRestorer {
  return {
    role: 'machine',
    kind: 'ec2',
    check: (order) => checkLaunch(ec2, order),
    describe: describeLaunch,
    omissions: omissionsOf,
    isAddressFree: (request) => isAddressFree(ec2, request),
    oldMachine: (point) => oldMachine(ec2, point),
    readUserData: (source) => readUserData(ec2, source),
    launch: (order) => launchMachine(ec2, order),
    poll: ({ id }) => lookAtMachine(ec2, id),
    release: (request) => releaseMachine(ec2, request),
    moveElasticIp: (request) => moveElasticIp(ec2, request),
  };
}

import type { RestorableApplication } from '../../applications/restore-port.ts';
import type { AvailablePoint, Relaunch } from '../../catalog/documents.ts';
import type { MachineOrder, MachineRestorer, RestoreIdentity } from '../../drivers/restorer.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { RestoreRequest } from '../../plan/restore-request.ts';
import { chooseTarget } from '../../plan/restore-targets.ts';
import { sourceKey } from '../../shared/source.ts';

/** One machine to be restored: what it is made of, where it goes, and what holds it back until it may run. */
export interface MachineTarget {
  /** `<kind>/<id>` */
  readonly key: string;
  readonly restorer: MachineRestorer;
  readonly point: AvailablePoint;
  /** The launch without address and user data, which are decided when it is made. */
  readonly order: MachineOrder;
  /** Groups that it gets once its configuration has been rewritten; undefined: it keeps those of the launch. */
  readonly releaseGroups: readonly string[] | undefined;
  /** The old private address, and the same where the request and the subnet let it be kept. */
  readonly recordedAddress: string | undefined;
  readonly oldAddress: string | undefined;
  readonly problems: readonly string[];
}

export interface MachineQuestion {
  readonly restorer: MachineRestorer;
  readonly identity: RestoreIdentity;
  readonly point: AvailablePoint;
  readonly plan: WorkPlan;
  readonly request: RestoreRequest;
  readonly application: RestorableApplication | undefined;
  /** Name of the application at the time of the backup, whether there is a profile of it or not. */
  readonly profile: string | undefined;
}

export function machineTarget(question: MachineQuestion): MachineTarget {
  const { restorer, identity, point, plan, request, application, profile } = question;
  const key = sourceKey(point.source);
  const { relaunch } = point;
  const recorded = {
    subnet: textAt(relaunch, 'subnet'),
    securityGroups: textsAt(relaunch, 'security_groups'),
    instanceProfile: textAt(relaunch, 'instance_profile')?.split('/').at(-1),
  };
  const { target, problems: refused } = chooseTarget(plan, request, recorded);
  const problems = [...refused];

  const quarantine = plan.restore?.quarantineGroup;
  const held = profile !== undefined;
  if (held && quarantine === undefined) {
    problems.push(
      `${key} runs ${profile}, whose old configuration must not come up: set plans.${plan.name}.restore.quarantineGroup to a security group that lets out nothing but HTTPS to Systems Manager`,
    );
  }
  if (application && target.instanceProfile === undefined) {
    problems.push(
      `${key} had no instance profile, so Systems Manager could not reach the restored machine: set plans.${plan.name}.restore.instanceProfile`,
    );
  }
  const oldAddress = textAt(relaunch, 'private_ip');
  if (request.privateIp === 'keep')
    problems.push(...whyNotKept(key, oldAddress, recorded.subnet, target.subnet));
  if (request.elasticIp === 'move' && relaunch.elastic_ip === undefined) {
    problems.push(`${key} had no Elastic IP when it was copied: leave elasticIp at none`);
  }
  if (request.userData === 'again' && relaunch.user_data === false) {
    problems.push(`${key} had no user data when it was copied: leave userData at skip`);
  }

  const hold = held && quarantine !== undefined;
  return {
    ...{ key, restorer, point, problems },
    order: {
      identity,
      point,
      ...(target.subnet === undefined ? {} : { subnet: target.subnet }),
      ...(request.instanceType === undefined ? {} : { instanceType: request.instanceType }),
      ...(target.instanceProfile === undefined ? {} : { instanceProfile: target.instanceProfile }),
      ...(request.keyName === undefined ? {} : { keyName: request.keyName }),
      launchGroups: hold ? [quarantine] : target.securityGroups,
    },
    // Without a profile nobody rewrites: the machine stays where it can do no harm.
    releaseGroups: hold && application !== undefined ? target.securityGroups : undefined,
    recordedAddress: oldAddress,
    oldAddress: request.privateIp !== 'new' && target.subnet === recorded.subnet ? oldAddress : undefined,
  };
}

function whyNotKept(
  key: string,
  address: string | undefined,
  oldSubnet: string | undefined,
  subnet: string | undefined,
): string[] {
  if (address === undefined) return [`the copy of ${key} does not say which private address it had`];
  if (oldSubnet === subnet) return [];
  return [
    `privateIp: keep needs ${oldSubnet}, the subnet of ${address}, and ${key} would go to ${subnet}: ask for that subnet, or for privateIp: new`,
  ];
}

/** A text of the recorded configuration, or undefined. */
export function textAt(relaunch: Relaunch, key: string): string | undefined {
  const value = relaunch[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textsAt(relaunch: Relaunch, key: string): readonly string[] {
  const value = relaunch[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

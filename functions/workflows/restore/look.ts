import { createHash } from 'node:crypto';
import type { AddressTaking } from '../../catalog/restore-documents.ts';
import type { MachineOrder, OldMachine } from '../../drivers/restorer.ts';
import { httpStatus, isCredentialProblem, isServiceFailure } from '../../shared/cloud-errors.ts';
import { describeError, SnapkeepError, usageError } from '../../shared/errors.ts';
import type { MachineTarget } from './machine-target.ts';
import type { RestoreDependencies } from './ports.ts';
import type { Resolved } from './resolve.ts';

/** What the cloud says about a restore before anything is made. */
export interface Outlook {
  /** By `<kind>/<id>`. */
  readonly oldMachines: Readonly<Record<string, OldMachine>>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Set where a person must confirm. */
  readonly confirm: {
    readonly digest: string;
    readonly reason: string;
    /** What the person agrees to. */
    readonly takings: readonly AddressTaking[];
  } | null;
}

/** Looks at everything that a restore needs and touches. Read-only. Throws a `usage` sentence where it may not. */
export async function lookAhead(deps: RestoreDependencies, resolved: Resolved): Promise<Outlook> {
  try {
    return await look(deps, resolved);
  } catch (error) {
    if (error instanceof SnapkeepError || isCredentialProblem(error)) throw error;
    if (httpStatus(error) === undefined || isServiceFailure(error)) throw error;
    throw usageError(
      `what this restore needs cannot be looked at: ${describeError(error)}`,
      'allow it to these credentials, then run the same command again',
      error,
    );
  }
}

async function look(deps: RestoreDependencies, resolved: Resolved): Promise<Outlook> {
  const problems = [...resolved.problems];
  const oldMachines: Record<string, OldMachine> = {};
  for (const database of resolved.databases) {
    problems.push(...(await database.restorer.check(database.order)));
  }
  for (const machine of resolved.machines) {
    const old = await machine.restorer.oldMachine(machine.point);
    oldMachines[machine.key] = old;
    if (resolved.problems.length === 0) problems.push(...(await machine.restorer.check(machine.order)));
    problems.push(...(await addressProblems(resolved, machine)));
    if (resolved.request.userData === 'again' && old.state === 'gone') {
      problems.push(
        `${machine.key} is gone, and its user data with it: restore with userData: skip, and run it by hand`,
      );
    }
  }
  const { dns } = resolved.request;
  if (dns !== undefined) {
    const record = { zoneId: dns.hostedZoneId, name: dns.name, ttlSeconds: dns.ttl };
    problems.push(...(await deps.dns.check(record)));
  }
  return {
    oldMachines,
    problems: [...new Set(problems)],
    warnings: warningsOf(resolved, oldMachines),
    confirm: confirmation(resolved, oldMachines),
  };
}

async function addressProblems({ request }: Resolved, machine: MachineTarget): Promise<readonly string[]> {
  if (request.privateIp !== 'keep' || (await canKeepAddress(machine))) return [];
  if (machine.oldAddress === undefined) return [];
  return [
    `${machine.oldAddress}, the private address of ${machine.key}, is in use: terminate what holds it, or ask for privateIp: auto or new`,
  ];
}

/** Whether the machine may have its old private address again, right now. */
export async function canKeepAddress({ order, oldAddress, restorer }: MachineTarget): Promise<boolean> {
  if (oldAddress === undefined || order.subnet === undefined) return false;
  return restorer.isAddressFree({ subnet: order.subnet, address: oldAddress });
}

function warningsOf(resolved: Resolved, oldMachines: Readonly<Record<string, OldMachine>>): string[] {
  const { machines, application, manifest, plan, leftOut, machinesLeftOut } = resolved;
  const warnings: string[] = [];
  const live = machines.flatMap(({ key }) => {
    const old = oldMachines[key];
    return old?.state === 'running' ? [old.id] : [];
  });
  if (live.length > 0) {
    warnings.push(
      `${live.join(', ')} still ${live.length === 1 ? 'runs' : 'run'}: from the moment the restored machine works there are two live copies, which both receive webhooks, run schedules and write into what they share`,
    );
  }
  for (const machine of machines) {
    for (const omission of machine.restorer.omissions(machine.order))
      warnings.push(`${machine.key}: ${omission}`);
  }
  if (machines.length > 0 && leftOut.length > 0) {
    warnings.push(
      `${leftOut.join(', ')} ${leftOut.length === 1 ? 'is' : 'are'} not restored: the restored machine will use what it used before, the live ${leftOut.length === 1 ? 'database' : 'databases'}`,
    );
  }
  if (machines.length > 0 && machinesLeftOut.length > 0) {
    const one = machinesLeftOut.length === 1;
    warnings.push(
      `${machinesLeftOut.join(', ')} ${one ? 'is' : 'are'} not restored: where the restored machine calls ${one ? 'it, that is the live machine' : 'them, those are the live machines'}`,
    );
  }
  const profile = manifest.application?.profile;
  if (machines.length > 0 && profile === undefined) {
    warnings.push(
      `plan ${plan.name} names no application: the machine starts at once with the configuration in its image, and nothing is rewritten`,
    );
  } else if (machines.length > 0 && application === undefined) {
    warnings.push(
      `this version has no profile of ${profile}: the machine stays in the quarantine group with its old configuration, and nothing is rewritten`,
    );
  } else if (machines.length > 0 && application?.units.length === 0) {
    warnings.push(
      `profile ${profile} names no units: nothing is held back at boot, and only the quarantine group keeps the old configuration from reaching anything`,
    );
  }
  if (manifest.status !== 'completed') {
    warnings.push(`backup ${manifest.backup_id} is ${manifest.status}: ${manifest.errors.join('; ')}`);
  }
  return warnings;
}

/**
 * What moving the recorded Elastic IP would take from something that a person has to have seen first: from the old
 * machine while it runs, or from anything else that holds the address now, but for the restored machine itself.
 */
export function takingOf(old: OldMachine, restoredId?: string): AddressTaking | undefined {
  const { address, attachedTo } = old.elasticIp ?? {};
  if (address === undefined || attachedTo === undefined || attachedTo === restoredId) return undefined;
  return old.state === 'running' || attachedTo !== old.id ? { address, attached_to: attachedTo } : undefined;
}

/** An address is taken from something that is in use only as a person has seen it. */
function confirmation(
  resolved: Resolved,
  oldMachines: Readonly<Record<string, OldMachine>>,
): Outlook['confirm'] {
  if (resolved.request.elasticIp !== 'move') return null;
  const olds = resolved.machines.flatMap(({ key }) => oldMachines[key] ?? []);
  const takings = olds.flatMap((old) => takingOf(old) ?? []);
  if (takings.length === 0) return null;
  const { deployment, plan, backupId } = resolved.identity;
  const digest = createHash('sha256')
    .update(JSON.stringify(['elastic-ip', deployment, plan, backupId, takings]))
    .digest('hex')
    .slice(0, 12);
  const isOld = (id: string) => olds.some((old) => old.id === id);
  const reason = takings
    .map(
      ({ address, attached_to }) =>
        `${address} would be taken from ${attached_to}, which ${isOld(attached_to) ? 'still runs' : 'holds it now'}`,
    )
    .join('; ');
  return { digest, reason, takings };
}

/** The order with what is decided at the launch: address and user data. */
export async function finalOrder(
  { application, request }: Pick<Resolved, 'application' | 'request'>,
  machine: MachineTarget,
): Promise<MachineOrder> {
  const old =
    request.userData === 'again' ? await machine.restorer.readUserData(machine.point.source) : undefined;
  const userData = application
    ? application.launchUserData({
        sshHostKeys: request.sshHostKeys,
        ...(old === undefined ? {} : { oldUserData: old }),
      })
    : old;
  const address = (await canKeepAddress(machine)) ? machine.oldAddress : undefined;
  return {
    ...machine.order,
    ...(address === undefined ? {} : { privateIp: address }),
    ...(userData === undefined ? {} : { userData }),
  };
}

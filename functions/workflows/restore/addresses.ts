import type { CommandFacts } from '../../applications/restore-port.ts';
import { type AddressChange, addressChange } from '../../rewrite/address-map.ts';
import { SnapkeepError } from '../../shared/errors.ts';
import { type DatabasesBySource, endpointsOf } from './databases.ts';
import { type MachineTarget, textAt } from './machine-target.ts';
import type { KnownMachine } from './machines.ts';
import type { Resolved } from './resolve.ts';

/** The machine as it will be called when the restore is over: an Elastic IP moves after the rewrite, and is known before. */
export function finalMachine(
  { request }: Resolved,
  machine: MachineTarget,
  known: KnownMachine,
): KnownMachine {
  const { relaunch } = machine.point;
  const moving = request.elasticIp === 'move' ? textAt(relaunch, 'public_ip') : undefined;
  if (moving === undefined) return known;
  const name = textAt(relaunch, 'public_dns');
  return { ...known, public_ip: moving, ...(name === undefined ? {} : { public_dns: name }) };
}

/** Everything that has another address or name now, old to new. */
export function changeOf(
  resolved: Resolved,
  machine: MachineTarget,
  known: KnownMachine,
  databases: DatabasesBySource,
): AddressChange {
  const { hostname } = resolved.request;
  return addressChange({
    relaunch: machine.point.relaunch,
    machine: finalMachine(resolved, machine, known),
    ...(hostname === undefined ? {} : { serviceName: hostname }),
    endpoints: endpointsOf(databases),
  });
}

/** As `changeOf`, for a report that is written after just that failed. */
export function changeIfKnown(...question: Parameters<typeof changeOf>): AddressChange | undefined {
  try {
    return changeOf(...question);
  } catch (error) {
    if (error instanceof SnapkeepError) return undefined;
    throw error;
  }
}

/** What the commands of one machine are told. */
export function factsFor(
  resolved: Resolved,
  machine: MachineTarget,
  known: KnownMachine,
  databases: DatabasesBySource,
): CommandFacts {
  const { request, identity } = resolved;
  const final = finalMachine(resolved, machine, known);
  const old = textAt(machine.point.relaunch, 'service_name');
  const serviceName = request.hostname ?? old;
  return {
    restoreId: identity.restoreId,
    machine: known.id,
    change: changeOf(resolved, machine, known, databases),
    privateAddress: final.private_ip,
    ...(final.public_ip === undefined ? {} : { publicAddress: final.public_ip }),
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(old === undefined ? {} : { oldServiceName: old }),
    sshHostKeys: request.sshHostKeys,
  };
}

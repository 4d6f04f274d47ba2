import type { CommandFacts } from '../../applications/restore-port.ts';
import { type AddressChange, addressChange, type Replacement } from '../../rewrite/address-map.ts';
import { SnapkeepError } from '../../shared/errors.ts';
import { type DatabasesBySource, endpointsOf } from './databases.ts';
import { type MachineTarget, textAt } from './machine-target.ts';
import type { FactsBySource, KnownMachine } from './machines.ts';
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

/** What the new machines and databases of a restore are called now. */
export interface Known {
  /** By `<kind>/<id>` of the source. */
  readonly facts: FactsBySource;
  readonly databases: DatabasesBySource;
}

/** Everything that has another address or name now, old to new. */
export function changeOf(
  resolved: Resolved,
  machine: MachineTarget,
  known: KnownMachine,
  others: Known,
): AddressChange {
  const { hostname } = resolved.request;
  const change = (endpoints: readonly Replacement[]): AddressChange =>
    addressChange({
      relaunch: machine.point.relaunch,
      machine: finalMachine(resolved, machine, known),
      ...(hostname === undefined ? {} : { serviceName: hostname }),
      endpoints,
    });
  const endpoints = endpointsOf(others.databases);
  const neighbours = neighboursOf(resolved, machine, others.facts);
  if (neighbours.length === 0) return change(endpoints);
  // What a machine calls itself wins over what another one was called.
  const own = new Set(change(endpoints).replacements.map(({ old }) => old.toLowerCase()));
  const kept = new Set(ownNames(machine).map((name) => name.toLowerCase()));
  const further = neighbours.filter(({ old }) => !own.has(old.toLowerCase()) && !kept.has(old.toLowerCase()));
  return change([...endpoints, ...further]);
}

/** Machines of one backup name each other; without this a restored one would talk to the old ones. */
function neighboursOf(resolved: Resolved, machine: MachineTarget, facts: FactsBySource): Replacement[] {
  const byOld = new Map<string, Replacement>();
  for (const other of resolved.machines) {
    const known = facts[other.key];
    if (other.key === machine.key || known === undefined) continue;
    const { replacements } = addressChange({
      relaunch: other.point.relaunch,
      machine: finalMachine(resolved, other, known),
    });
    for (const each of replacements) {
      const key = each.old.toLowerCase();
      if (!byOld.has(key)) byOld.set(key, { ...each, what: `${each.what} of ${other.key}` });
    }
  }
  return [...byOld.values()];
}

const ownNames = ({ point: { relaunch } }: MachineTarget): string[] =>
  ['private_ip', 'public_ip', 'private_dns', 'public_dns', 'hostname', 'service_name'].flatMap(
    (key) => textAt(relaunch, key) ?? [],
  );

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
  others: Known,
): CommandFacts {
  const { request, identity } = resolved;
  const final = finalMachine(resolved, machine, known);
  const old = textAt(machine.point.relaunch, 'service_name');
  const serviceName = request.hostname ?? old;
  return {
    restoreId: identity.restoreId,
    machine: known.id,
    change: changeOf(resolved, machine, known, others),
    privateAddress: final.private_ip,
    ...(final.public_ip === undefined ? {} : { publicAddress: final.public_ip }),
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(old === undefined ? {} : { oldServiceName: old }),
    sshHostKeys: request.sshHostKeys,
  };
}

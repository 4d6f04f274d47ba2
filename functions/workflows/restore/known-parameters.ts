import type { RestoreCommand } from '../../applications/restore-port.ts';
import { factsFor } from './addresses.ts';
import { type MachineTarget, textsAt } from './machine-target.ts';
import type { KnownMachine } from './machines.ts';
import { type DatabaseTarget, endpointsIn, type Resolved } from './resolve.ts';

/** What a command will be told, as far as that does not depend on how the new machine and databases will be called. */
export function knownParameters(
  resolved: Resolved,
  machine: MachineTarget,
  command: RestoreCommand,
): Record<string, string> {
  const told = ['1', '2'].map((digit) =>
    command.parameters(
      factsFor(resolved, machine, imagined(machine, digit), {
        facts: {},
        databases: Object.fromEntries(
          resolved.databases.map((database) => [database.key, renamed(database, digit)]),
        ),
      }),
    ),
  );
  return Object.fromEntries(
    command.parameterNames.map((name) => {
      const [one, other] = told.map((values) => values[name]);
      return [name, one !== undefined && one === other ? one : '<known once the machine runs>'];
    }),
  );
}

/** A machine that might come of it; two of them have nothing in common, and one has no public address (RFC 5737, 2606). */
const imagined = (machine: MachineTarget, digit: string): KnownMachine => ({
  id: machine.key,
  private_ip: `192.0.2.${digit}`,
  ipv6: textsAt(machine.point.relaunch, 'ipv6').map((_, index) => `2001:db8::${digit}:${index + 1}`),
  private_dns: `ip-192-0-2-${digit}.invalid`,
  ...(digit === '1' ? { public_ip: '198.51.100.1', public_dns: 'ec2-198-51-100-1.invalid' } : {}),
  hostname: `ip-192-0-2-${digit}`,
  subnet: '',
  availability_zone: '',
  instance_type: '',
  security_groups: [],
});

const renamed = ({ key, order }: DatabaseTarget, digit: string) => ({
  id: key,
  endpoints: endpointsIn(order.point.relaunch).map(([what, old]) => ({ what, old, new: `${digit}.${old}` })),
});

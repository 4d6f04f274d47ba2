import type { Json } from '../shared/durable.ts';
import { usageError } from '../shared/errors.ts';
import { requireKind, spellingsOf, type ValueKind } from './values.ts';

/** What is known of a machine, in the keys of a recovery point's `relaunch`. */
export type MachineRecord = { readonly [key: string]: Json | undefined };

/** An old and a new name or address of the same thing. */
export interface Replacement {
  /** `private address`, `host name`, `endpoint of rds/circle-db`: for people. */
  readonly what: string;
  readonly old: string;
  readonly new: string;
}

export interface AddressMapQuestion {
  /** The old machine, as it was recorded. `service_name` is the name under which people reached it. */
  readonly relaunch: MachineRecord;
  /** The new machine, in the same keys. */
  readonly machine: MachineRecord;
  /** The new service name; the old one stays when absent. */
  readonly serviceName?: string;
  /** Databases that were restored beside the old ones. */
  readonly endpoints?: readonly Replacement[];
}

export interface AddressChange {
  /** In order of importance, each old value once; identical and empty pairs are left out. */
  readonly replacements: readonly Replacement[];
  /** Old public addresses that the new machine has no counterpart for. */
  readonly gone: readonly string[];
  /** Every address of the old machine, those that stay included. */
  readonly own: readonly string[];
}

/**
 * What changed between a machine at backup time and the relaunched one. Pure. Throws a `usage` sentence for a value that
 * is no address and no name, and for an old value that would have two new ones.
 */
export function addressChange(question: AddressMapQuestion): AddressChange {
  const { relaunch, machine, serviceName, endpoints = [] } = question;
  const oldFacts = factsOf(relaunch, 'old');
  const newFacts = factsOf(machine, 'new');
  const pairs: Replacement[] = [];
  const gone: string[] = [];
  for (const key of factKeys) {
    const { what } = factTable[key];
    for (const [index, old] of oldFacts[key].entries()) {
      const successor = newFacts[key][index];
      if (successor !== undefined) pairs.push(...spelled(what, old, successor));
      else if (key === 'public_ip') gone.push(old);
    }
  }
  pairs.push(...secondaryAddresses(relaunch, machine));
  pairs.push(...hyphenForms(oldFacts, newFacts));
  const oldName = textOf(relaunch, 'service_name');
  if (oldName !== undefined && serviceName !== undefined) {
    pairs.push({ what: 'service name', old: oldName, new: serviceName });
  }
  pairs.push(...endpoints);
  return {
    replacements: onePerOld(pairs),
    gone,
    own: [...new Set([...oldFacts.private_ip, ...oldFacts.ipv6.flatMap(spellingsOf), ...oldFacts.public_ip])],
  };
}

/** As `addressChange`, the list alone. */
export const addressMap = (question: AddressMapQuestion): readonly Replacement[] =>
  addressChange(question).replacements;

/** Checks the old values alone, so that a manifest that was tampered with is refused before anything is launched. */
export function checkRecorded(relaunch: MachineRecord): void {
  factsOf(relaunch, 'old');
  secondaryOf(relaunch);
  const name = textOf(relaunch, 'service_name');
  if (name !== undefined) requireKind('old service name', name, 'name', 'ipv4', 'ipv6');
}

const factTable = {
  private_ip: { what: 'private address', kind: 'ipv4' },
  ipv6: { what: 'IPv6 address', kind: 'ipv6' },
  public_ip: { what: 'public address', kind: 'ipv4' },
  private_dns: { what: 'private name', kind: 'name' },
  public_dns: { what: 'public name', kind: 'name' },
  hostname: { what: 'host name', kind: 'name' },
} as const satisfies Record<string, { what: string; kind: ValueKind }>;
type FactKey = keyof typeof factTable;
const factKeys: readonly FactKey[] = [
  'private_ip',
  'ipv6',
  'public_ip',
  'private_dns',
  'public_dns',
  'hostname',
];
type Facts = Readonly<Record<FactKey, readonly string[]>>;

function factsOf(record: MachineRecord, age: 'old' | 'new'): Facts {
  const values = (key: FactKey): readonly string[] => {
    const found = listOf(record[key]);
    for (const value of found) requireKind(`${age} ${factTable[key].what}`, value, factTable[key].kind);
    return found;
  };
  return {
    private_ip: values('private_ip'),
    ipv6: values('ipv6'),
    public_ip: values('public_ip'),
    private_dns: values('private_dns'),
    public_dns: values('public_dns'),
    hostname: values('hostname'),
  };
}

const listOf = (value: Json | undefined): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter(
    (each): each is string => typeof each === 'string' && each !== '',
  );

const textOf = (record: MachineRecord, key: string): string | undefined => listOf(record[key])[0];

/** IPv6 addresses are written in several ways; each leads to the canonical form of the new one. */
function spelled(what: string, old: string, successor: string): readonly Replacement[] {
  if (!old.includes(':') || !successor.includes(':')) return [{ what, old, new: successor }];
  const [target] = spellingsOf(successor);
  if (spellingsOf(old)[0] === target) return [];
  return spellingsOf(old).map((spelling) => ({ what, old: spelling, new: target }));
}

/** Secondary private addresses of the first network interface, by their place in the list. */
function secondaryAddresses(relaunch: MachineRecord, machine: MachineRecord): readonly Replacement[] {
  const successors = secondaryOf(machine);
  return secondaryOf(relaunch).flatMap((old, index) => {
    const successor = successors[index];
    return successor === undefined ? [] : [{ what: 'secondary private address', old, new: successor }];
  });
}

function secondaryOf(record: MachineRecord): readonly string[] {
  const interfaces = record.network_interfaces;
  if (!Array.isArray(interfaces)) return [];
  const primary = interfaces.find(isPrimary);
  const addresses = primary === undefined ? [] : listOf(primary.private_ips);
  for (const address of addresses) requireKind('secondary private address', address, 'ipv4');
  return addresses.filter((address) => address !== textOf(record, 'private_ip'));
}

const isPrimary = (value: Json): value is MachineRecord =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  'device_index' in value &&
  value.device_index === 0;

/** `ip-10-0-1-67` and `ec2-203-0-113-20`: first labels of names that EC2 makes of addresses. */
function hyphenForms(oldFacts: Facts, newFacts: Facts): readonly Replacement[] {
  const form = (prefix: string, address: string): string => `${prefix}-${address.replaceAll('.', '-')}`;
  const pairs = (prefix: string, key: 'private_ip' | 'public_ip', what: string): readonly Replacement[] =>
    oldFacts[key].flatMap((old, index) => {
      const successor = newFacts[key][index];
      return successor === undefined ? [] : [{ what, old: form(prefix, old), new: form(prefix, successor) }];
    });
  return [
    ...pairs('ip', 'private_ip', 'private address in names'),
    ...pairs('ec2', 'public_ip', 'public address in names'),
  ];
}

/** Values are compared without case, as host names are. */
function onePerOld(pairs: readonly Replacement[]): readonly Replacement[] {
  const seen = new Map<string, Replacement>();
  for (const pair of pairs) {
    if (pair.old === '' || pair.new === '') continue;
    requireKind(`old ${pair.what}`, pair.old, 'name', 'ipv4', 'ipv6');
    requireKind(`new ${pair.what}`, pair.new, 'name', 'ipv4', 'ipv6');
    const earlier = seen.get(pair.old.toLowerCase());
    if (earlier === undefined) seen.set(pair.old.toLowerCase(), pair);
    else if (earlier.new.toLowerCase() !== pair.new.toLowerCase()) throw conflict(earlier, pair);
  }
  return [...seen.values()].filter((pair) => pair.old.toLowerCase() !== pair.new.toLowerCase());
}

const conflict = (first: Replacement, second: Replacement): Error =>
  usageError(
    `${first.old} would become ${first.new} as ${first.what} and ${second.new} as ${second.what}.`,
    'Choose the host name or the service name so that they agree.',
  );

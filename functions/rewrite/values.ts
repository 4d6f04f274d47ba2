import { usageError } from '../shared/errors.ts';

/** What an old or a new value may be; everything else is refused before it comes near a machine. */
export type ValueKind = 'ipv4' | 'ipv6' | 'name';

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const namePattern = new RegExp(`^${label}(?:\\.${label})*$`);

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const ipv4Pattern = new RegExp(`^(?:${octet}\\.){3}${octet}$`);

/** Text forms of RFC 4291, section 2.2. A zone (`%eth0`) is part of no address that a cloud hands out. */
function isIpv6(value: string): boolean {
  const halves = value.split('::');
  if (halves.length > 2) return false;
  let count = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '' && halves.length === 2) continue;
    const groups = half.split(':');
    const last = groups.at(-1) ?? '';
    // The last 32 bits may be written as an IPv4 address: two groups.
    const embedded = index === halves.length - 1 && ipv4Pattern.test(last);
    const plain = embedded ? groups.slice(0, -1) : groups;
    if (!plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
    count += plain.length + (embedded ? 2 : 0);
  }
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** The kind of an address or host name, undefined for anything else. */
export function kindOf(value: string): ValueKind | undefined {
  if (ipv4Pattern.test(value)) return 'ipv4';
  if (isIpv6(value)) return 'ipv6';
  // Four numbers that are no address (10.0.0.999) are no name either.
  if (value.length > 253 || !namePattern.test(value) || /^[0-9.]+$/.test(value)) return undefined;
  return 'name';
}

/**
 * Throws a `usage` sentence for a value that is of none of the kinds. `what` says where it came from.
 */
export function requireKind(
  what: string,
  value: string,
  ...kinds: readonly [ValueKind, ...ValueKind[]]
): void {
  const kind = kindOf(value);
  if (kind !== undefined && kinds.includes(kind)) return;
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
  throw usageError(
    `the ${what} is recorded as ${shown}, which is no ${kinds.map((each) => kindWords[each]).join(' and no ')}.`,
    'Nothing was changed. If somebody tampered with the manifest or the tags, use another backup.',
  );
}

const kindWords = { ipv4: 'IPv4 address', ipv6: 'IPv6 address', name: 'host name' } as const;

/** The eight groups of an IPv6 address as numbers. */
function groupsOf(address: string): readonly number[] {
  const mapped = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = mapped
    ? `${mapped[1]}${hex(Number(mapped[2]) * 256 + Number(mapped[3]))}:${hex(Number(mapped[4]) * 256 + Number(mapped[5]))}`
    : address;
  const [left = '', right] = plain.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const head = groups(left);
  if (right === undefined) return head;
  const tail = groups(right);
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

const hex = (group: number): string => group.toString(16);

/** RFC 5952: lower case, the longest run of zero groups (the first of equals, at least two) as `::`. */
function canonical(groups: readonly number[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.map(hex).join(':');
  const before = groups.slice(0, best.start).map(hex).join(':');
  const after = groups
    .slice(best.start + best.length)
    .map(hex)
    .join(':');
  return `${before}::${after}`;
}

/** The ways in which people write one IPv6 address, the canonical one first. Comparison ignores case. */
export function spellingsOf(address: string): readonly [string, ...string[]] {
  const groups = groupsOf(address);
  const full = groups.map((group) => hex(group).padStart(4, '0')).join(':');
  const [first, ...others] = new Set([
    canonical(groups),
    groups.map(hex).join(':'),
    full,
    address.toLowerCase(),
  ]);
  return [first ?? full, ...others];
}

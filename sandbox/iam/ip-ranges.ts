import { BlockList, isIP } from 'node:net';

/** Whether an address lies in a range such as `203.0.113.0/24` or `2001:db8::/32`, or is the address that is given. */
export function matchesIp(address: string, range: string): boolean {
  const [base = '', bits] = range.split('/');
  const family = isIP(base);
  if (family === 0 || isIP(address) !== family) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const longest = family === 6 ? 128 : 32;
  const length = bits === undefined ? longest : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > longest) return false;
  const list = new BlockList();
  list.addSubnet(base, length, type);
  return list.check(address, type);
}

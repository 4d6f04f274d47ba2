import { invalidDomainName } from './errors.ts';

/**
 * A name as the service keeps it ("DNS domain name format", Developer Guide): lower case, with a final dot, and
 * every character but letters, digits, hyphen, underscore and dot as a backslash and three octal digits.
 */
export function normalName(name: string): string {
  const dotted = name.endsWith('.') ? name : `${name}.`;
  const escaped = dotted
    .replace(/\\[0-7]{3}|[^A-Za-z0-9._-]/g, (found) =>
      found.length === 4 ? found : `\\${found.charCodeAt(0).toString(8).padStart(3, '0')}`,
    )
    .toLowerCase();
  const labels = escaped.slice(0, -1).split('.');
  const lengthOf = (label: string): number => label.replace(/\\[0-7]{3}/g, '.').length;
  if (labels.some((label) => lengthOf(label) === 0 || lengthOf(label) > 63) || escaped.length > 256)
    throw invalidDomainName(name);
  return escaped;
}

/** Lists are sorted by the labels read backwards: `com.example.www.` */
export const reversed = (name: string): string => `${name.slice(0, -1).split('.').reverse().join('.')}.`;

export function compareNames(left: string, right: string): number {
  const [a, b] = [reversed(left), reversed(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a name is the zone's own or one below it; both in normal form. */
export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

import type { Ec2Settings } from './settings.ts';

/** `m7i.large`: family, generation, attributes and a size. */
export const typePattern = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** Whether a Region, or one of its zones, has an instance type: every well-formed one unless the settings say otherwise. */
export function isOffered({ unofferedTypes }: Ec2Settings, type: string, zone?: string): boolean {
  if (unofferedTypes.includes(type)) return false;
  return zone === undefined || !unofferedTypes.includes(`${type}@${zone}`);
}

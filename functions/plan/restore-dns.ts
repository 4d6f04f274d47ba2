import type { Plan } from './config.ts';

/** A record that a restore by the deployed function may change. */
export interface NamedRecord {
  readonly hostedZone: string;
  /** Lower case, without the final dot: as permissions write it. */
  readonly name: string;
}

/** Of each plan the record of its own host name, where it names the zone as well. */
export function namedRecords(plans: Iterable<Pick<Plan, 'restore'>>): readonly NamedRecord[] {
  return Array.from(plans).flatMap(({ restore: { hostedZone, hostname } = {} }) =>
    hostedZone === undefined || hostname === undefined ? [] : [{ hostedZone, name: hostname.toLowerCase() }],
  );
}

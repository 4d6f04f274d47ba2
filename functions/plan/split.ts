import type { Config, ConsoleEvents, Plan, Regions, Vault } from './config.ts';
import type { PathPart } from './problems.ts';

/** Where the file names a Region and its vault. */
export interface RegionEntry {
  readonly region: string;
  readonly vault: Vault;
  readonly console?: ConsoleEvents;
  /** The section that holds `vault`: the top of the file, or an entry of `regions`. */
  readonly section: readonly PathPart[];
}

/** What a file says, before anybody knows whether its parts fit together. */
export interface FileParts {
  readonly deployment: string;
  readonly notify: Config['notify'];
  /** The Region at the top first. */
  readonly regions: readonly [RegionEntry, ...RegionEntry[]];
  /** In the order of the file. Nobody has checked yet that the Region of a plan is among `regions`. */
  readonly plans: readonly { readonly region: string; readonly plan: Plan }[];
}

/**
 * The configuration of every Region that has plans, in the order of the file. A plan goes to exactly one. Throws a
 * TypeError for a plan of a Region that is not there, and without plans: both are refused before.
 */
export function splitRegions({ deployment, notify, regions, plans }: FileParts): Regions {
  const known = new Set(regions.map(({ region }) => region));
  const lost = plans.find(({ region }) => !known.has(region));
  if (lost) throw new TypeError(`plan ${lost.plan.name} passed the checks in a Region that is not there`);
  const [first, ...others] = regions.flatMap(({ region, vault, console }): Config[] => {
    const own = plans.filter((each) => each.region === region).map(({ plan }) => [plan.name, plan] as const);
    if (own.length === 0) return [];
    const shared = { notify, ...(console === undefined ? {} : { console }) };
    return [{ deployment, region, vault, ...shared, plans: Object.fromEntries(own) }];
  });
  if (!first) throw new TypeError('a file without plans passed the schema');
  return [first, ...others];
}

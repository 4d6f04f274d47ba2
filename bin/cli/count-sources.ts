import type { Regions, SourceSelection } from '../../functions/plan/config.ts';
import { sourceKey, sourceKinds } from '../../functions/shared/source.ts';
import type { Invocation } from './host.ts';
import { inRegion } from './session.ts';

/** How many sources each selection stands for; one that finds what another of its plan has found counts less. */
export type SourceCounts = ReadonlyMap<SourceSelection, number>;

/** Asks AWS what the plans would back up now. Throws a `usage` error without credentials. */
export async function countSources(invocation: Invocation, regions: Regions): Promise<SourceCounts> {
  const counts = new Map<SourceSelection, number>();
  for (const config of regions) {
    await inRegion(invocation, config, async ({ drivers }) => {
      for (const plan of Object.values(config.plans)) {
        for (const kind of sourceKinds) {
          const seen = new Set<string>();
          for (const selection of plan.sources.filter((each) => each.kind === kind)) {
            const { sources } = await drivers[kind].discover({
              selections: [selection],
              withApplication: false,
            });
            const found = sources.map(({ source }) => sourceKey(source)).filter((key) => !seen.has(key));
            counts.set(selection, found.length);
            for (const key of found) seen.add(key);
          }
        }
      }
    });
  }
  return counts;
}

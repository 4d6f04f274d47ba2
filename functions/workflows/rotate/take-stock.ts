import { type Catalog, namedCopies } from '../../catalog/catalog.ts';
import type { PlanHistory } from '../../catalog/history.ts';
import { joinCatalog } from '../../catalog/join.ts';
import type { LiveCopy, StraySnapshot } from '../../catalog/live.ts';
import { isCredentialProblem, isNetworkProblem } from '../../shared/cloud-errors.ts';
import { describeError, refusedError, SnapkeepError } from '../../shared/errors.ts';
import { tagKeys } from '../../shared/names.ts';
import type { SourceKind } from '../../shared/source.ts';
import type { RotateDependencies } from './ports.ts';

export interface Stock {
  readonly catalog: Catalog;
  readonly history: PlanHistory;
}

/**
 * Lists the live resources of the deployment, completely or not at all, then reads the ledger, then joins them. In
 * this order everything that is listed has its entry already, since entries are written first.
 *
 * Throws a refusal when a listing could not be finished.
 */
export async function takeStock(deps: RotateDependencies, plan: string): Promise<Stock> {
  const { backup, ledger } = deps;
  const listedAt = backup.clock.now();
  const { account } = await deps.identity();
  const copies: LiveCopy[] = [];
  const strays: StraySnapshot[] = [];
  const swept = new Set<SourceKind>();
  let kinds: readonly SourceKind[] = Object.values(backup.plans).flatMap(({ sources }) =>
    sources.map(({ kind }) => kind),
  );
  for (;;) {
    for (const kind of kinds) {
      if (swept.has(kind)) continue;
      swept.add(kind);
      const found = await complete(`the copies of kind ${kind}`, () =>
        deps.removers[kind].inventory({ deployment: backup.deployment }),
      );
      copies.push(...found.copies);
      strays.push(...found.strays);
    }
    const alive = backupsNamedBy([...copies, ...strays]);
    const told = await ledger.history(plan, (backupId) => alive.has(backupId));
    // Another deployment may share the vault; its rotations are its own to finish.
    const unfinished = told.unfinished.filter(({ deployment }) => deployment === backup.deployment);
    const history = { ...told, unfinished };
    const named = namedCopies(history);
    kinds = [...new Set(named.values())].filter((kind) => !swept.has(kind));
    // A plan that had databases once: their copies are still looked after.
    if (kinds.length > 0) continue;
    const listed = new Set(copies.map(({ id }) => id));
    const untagged = await findUntagged(
      deps,
      [...named].filter(([id]) => !listed.has(id)),
    );
    const catalog = joinCatalog({
      deployment: backup.deployment,
      account,
      history,
      live: { copies, strays, untagged, listedAt },
      plans: await plansThatAnswer(deps, [...copies, ...strays]),
    });
    return { catalog, history };
  }
}

/** Those of the configuration, and of those that the tags name the ones that are in the ledger all the same. */
async function plansThatAnswer(
  { backup: { plans }, ledger }: RotateDependencies,
  resources: readonly Pick<LiveCopy, 'tags'>[],
): Promise<string[]> {
  const answering = Object.keys(plans);
  const tagged = new Set(resources.flatMap(({ tags }) => tags[tagKeys.plan] ?? []));
  for (const plan of tagged)
    if (!answering.includes(plan) && (await ledger.knowsPlan(plan))) answering.push(plan);
  return answering;
}

const backupsNamedBy = (resources: readonly Pick<LiveCopy, 'tags'>[]): ReadonlySet<string> =>
  new Set(resources.flatMap(({ tags }) => tags[tagKeys.backupId] ?? []));

/** Copies that the ledger names and that do not show under the deployment's tag: they lost it, or they are gone. */
async function findUntagged(
  { removers }: RotateDependencies,
  named: readonly (readonly [id: string, kind: SourceKind])[],
): Promise<LiveCopy[]> {
  const found: LiveCopy[] = [];
  for (const [kind, entries] of Map.groupBy(named, ([, kind]) => kind)) {
    const ids = entries.map(([id]) => id);
    found.push(...(await complete(`the missing copies of kind ${kind}`, () => removers[kind].find(ids))));
  }
  return found;
}

async function complete<T>(what: string, list: () => Promise<T>): Promise<T> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof SnapkeepError || isCredentialProblem(error) || isNetworkProblem(error)) throw error;
    throw refusedError(
      `${what} could not be listed completely, so nothing is deleted: ${describeError(error)}`,
      'run the same command again; if it persists, correct what the service names',
    );
  }
}

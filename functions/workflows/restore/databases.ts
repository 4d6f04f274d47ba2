import * as z from 'zod';
import type { Replacement } from '../../rewrite/address-map.ts';
import type { DatabaseTarget } from './resolve.ts';
import { type Failure, perform, type Run } from './run.ts';
import type { PlannedStep } from './steps.ts';
import { type Look, waitUntil } from './wait.ts';

/** A restored database, by `<kind>/<id>` of its source. */
export type KnownDatabase = { readonly id: string; readonly endpoints: readonly KnownName[] };
type KnownName = { readonly what: string; readonly old: string; readonly new: string };
export type DatabasesBySource = { readonly [source: string]: KnownDatabase };

const idsSchema = z.record(z.string(), z.string());
const databasesSchema: z.ZodType<{ [source: string]: KnownDatabase }> = z.record(
  z.string(),
  z.object({
    id: z.string(),
    endpoints: z.array(z.object({ what: z.string(), old: z.string(), new: z.string() })),
  }),
);

/** Begins to restore every database. */
export function startDatabases(run: Run, step: PlannedStep): Promise<{ [source: string]: string }> {
  return perform<{ [source: string]: string }>(
    run,
    step,
    { schema: idsSchema, fallback: {} },
    async (begunAt) => {
      const { value, failure } = await waitUntil<{ [source: string]: string }>(run, step, {
        name: 'start-databases',
        begunAt,
        initial: {},
        lookAt: 'the quotas of the account for databases',
        look: async (started) => {
          const next = { ...started };
          return lookAtAll(run, next, async ({ key, restorer, order }) => {
            if (next[key] !== undefined) return { done: true };
            const outcome = await restorer.start(order);
            if (outcome.state === 'failed') return { failure: { reason: `${key}: ${outcome.reason}` } };
            if (outcome.state === 'wait') return { pending: `${key}: ${outcome.reason}` };
            next[key] = outcome.id;
            return { done: true };
          });
        },
      });
      return failure === undefined ? { output: value } : { failure };
    },
  );
}

/** Waits until every database accepts connections, and answers how each is called now. */
export function awaitDatabases(run: Run, step: PlannedStep): Promise<DatabasesBySource> {
  return perform<{ [source: string]: KnownDatabase }>(
    run,
    step,
    { schema: databasesSchema, fallback: {} },
    async (begunAt) => {
      const { value, failure } = await waitUntil<{ [source: string]: KnownDatabase }>(run, step, {
        name: 'databases',
        begunAt,
        initial: {},
        lookAt: 'the events of the databases in the console',
        look: async (known) => {
          const next = { ...known };
          return lookAtAll(run, next, async ({ key, restorer, order }) => {
            if (next[key] !== undefined) return { done: true };
            const standing = await restorer.poll(order);
            if (standing.state === 'failed') return { failure: { reason: `${key}: ${standing.reason}` } };
            if (standing.state === 'pending') return { pending: `${key}: ${standing.detail}` };
            next[key] = { id: standing.id, endpoints: standing.endpoints.map((name) => ({ ...name })) };
            return { done: true };
          });
        },
      });
      return failure === undefined ? { output: value } : { failure };
    },
  );
}

type One = { readonly done: true } | { readonly pending: string } | { readonly failure: Failure };

/** One look at each database; `value` is what they have been found to be so far. */
async function lookAtAll<T>(
  run: Run,
  value: T,
  look: (database: DatabaseTarget) => Promise<One>,
): Promise<Look<T>> {
  const pending: string[] = [];
  for (const database of (await run.resolved()).databases) {
    const one = await look(database);
    if ('failure' in one) return { at: 'failed', value, failure: one.failure };
    if ('pending' in one) pending.push(one.pending);
  }
  return pending.length === 0 ? { at: 'done', value } : { at: 'pending', value, detail: pending.join('; ') };
}

/** Old and new names of all databases, each said to be of its source. */
export const endpointsOf = (databases: DatabasesBySource): Replacement[] =>
  Object.entries(databases).flatMap(([source, { endpoints }]) =>
    endpoints.map((endpoint) => ({ ...endpoint, what: `${endpoint.what} of ${source}` })),
  );

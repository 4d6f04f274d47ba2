import type { Json } from '../../shared/durable.ts';

/**
 * Where one source stands, as it is checkpointed: by its index in the intent, so that 500 of them stay far below
 * the 200 KB of a step's result. What a finished copy consists of is asked for once, when the backup is sealed.
 */
export type SourceState =
  /** No copy has been started; `reason` says what was in the way last time. */
  | { readonly at: 'todo'; readonly attempt: number; readonly reason?: string }
  | {
      readonly at: 'pending';
      readonly attempt: number;
      readonly id: string;
      readonly name: string;
      /** Epoch seconds at which this run knew of the copy. */
      readonly since: number;
      readonly fixed?: true;
      /** The last look did not find it, long after it should be shown. */
      readonly unseen?: true;
    }
  | {
      readonly at: 'available';
      readonly id: string;
      readonly name: string;
      readonly bytes: number;
      /** The protection that the plan asked for stands. */
      readonly protected?: true;
      /** Why it does not. */
      readonly unprotected?: string;
    }
  | { readonly at: 'failed'; readonly reason: string; readonly id?: string; readonly name?: string };

/** States by the source's index in the intent. */
export type States = { readonly [index: string]: SourceState };

/** A closed form of `States` for the durable port, whose results are plain data. */
export type StatesJson = States & Json;

/**
 * Reasons come from services and may be long; 500 of them, with two names of 57 characters each, must fit into the
 * 200 KB of one checkpoint. Counted as they are written there: as JSON in UTF-8.
 */
const reasonBytes = 230;

export function shortened(full: string, limit = reasonBytes): string {
  const fits = (text: string): boolean => Buffer.byteLength(JSON.stringify(text)) <= limit;
  if (fits(full)) return full;
  const reason = denialOf(full) ?? full;
  if (fits(reason)) return reason;
  // No character takes less than a byte.
  let end = limit;
  while (!fits(`${reason.slice(0, end)}...`)) end -= 1;
  return `${reason.slice(0, end)}...`;
}

/** A refusal names the caller at length before what was refused, which is all that helps. */
function denialOf(reason: string): string | undefined {
  const [, code, action, resource] =
    /^(\w+): .*?is not authorized to perform: (\S+)(?: on resource: (\S+))?/.exec(reason) ?? [];
  if (code === undefined) return undefined;
  return `${code}: not authorized to perform ${action}${resource === undefined ? '' : ` on ${resource}`}`;
}

export const failed = (reason: string, copy: { id?: string; name?: string } = {}): SourceState => ({
  at: 'failed',
  reason: shortened(reason),
  ...(copy.id === undefined ? {} : { id: copy.id }),
  ...(copy.name === undefined ? {} : { name: copy.name }),
});

export const waiting = (attempt: number, reason: string): SourceState => ({
  at: 'todo',
  attempt,
  reason: shortened(reason),
});

/** How far a run is; one shard's share of it where the backup is divided. */
export interface Tally {
  readonly shard: number;
  /** Bytes of the available copies. */
  readonly bytes: number;
  readonly total: number;
  readonly todo: number;
  readonly pending: number;
  readonly available: number;
  readonly failed: number;
  /** Why one of those that wait for their start does, where it is known. */
  readonly waitsFor?: string;
}

export function tally(states: States, shard: number): Tally {
  const counts = { shard, bytes: 0, total: 0, todo: 0, pending: 0, available: 0, failed: 0 };
  let waitsFor: string | undefined;
  for (const state of Object.values(states)) {
    counts.total += 1;
    counts[state.at] += 1;
    if (state.at === 'available') counts.bytes += state.bytes;
    if (state.at === 'todo') waitsFor ??= state.reason;
  }
  return waitsFor === undefined ? counts : { ...counts, waitsFor };
}

/** Nothing is left to start or to wait for. */
export const settled = (states: States): boolean =>
  Object.values(states).every((state) => state.at === 'available' || state.at === 'failed');

/** At most `limit` of the sources that wait for their start. */
export const todoOnly = (states: States, limit: number): States =>
  Object.fromEntries(
    Object.entries(states)
      .filter(([, state]) => state.at === 'todo')
      .slice(0, limit),
  );

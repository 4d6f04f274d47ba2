import { invalidArgument } from './errors.ts';
import { compareKeys, type SortedKeys } from './sorted-keys.ts';

export interface ListingRequest<V, T> {
  readonly keys: SortedKeys<V>;
  readonly prefix: string;
  readonly delimiter: string;
  readonly max: number;
  /** List only what comes after this key or common prefix. */
  readonly after: string | undefined;
  /** The last page ended inside the history of `after`: look at that key again. */
  readonly resumesInKey?: boolean;
  /** What one key contributes, in order; nothing hides the key and its common prefix. */
  items(key: string, value: V): readonly T[];
}

export type Entry<T> =
  | { readonly kind: 'item'; readonly key: string; readonly item: T }
  | { readonly kind: 'prefix'; readonly key: string };

export interface Page<T> {
  readonly entries: readonly Entry<T>[];
  readonly truncated: boolean;
}

/**
 * One page of a listing: keys in order, those that have the delimiter behind the prefix rolled up into one common
 * prefix each. Skips over a rolled-up group in one step, so the cost follows the page and not the bucket.
 */
export function listPage<V, T>(request: ListingRequest<V, T>): Page<T> {
  const { keys, prefix, delimiter, max, after } = request;
  if (max === 0) return { entries: [], truncated: false };
  const entries: Entry<T>[] = [];
  let reached = startingAt(prefix, delimiter, after, request.resumesInKey ?? false);
  for (;;) {
    let group: string | undefined;
    for (const [key, value] of keys.from(reached)) {
      if (!key.startsWith(prefix)) return { entries, truncated: false };
      const items = request.items(key, value);
      if (items.length === 0) continue;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end >= 0) {
        group = key.slice(0, end + delimiter.length);
        if (entries.length === max) return { entries, truncated: true };
        entries.push({ kind: 'prefix', key: group });
        break;
      }
      for (const item of items) {
        if (entries.length === max) return { entries, truncated: true };
        entries.push({ kind: 'item', key, item });
      }
    }
    if (group === undefined) return { entries, truncated: false };
    reached = behindGroup(group);
  }
}

function startingAt(
  prefix: string,
  delimiter: string,
  after: string | undefined,
  resumesInKey: boolean,
): (key: string) => boolean {
  const inPrefix = (key: string): boolean => compareKeys(key, prefix) >= 0;
  if (after === undefined) return inPrefix;
  // A group counts by its own name, so a marker in it, or the group itself as the last page's end, is behind it.
  const end = delimiter !== '' && after.startsWith(prefix) ? after.indexOf(delimiter, prefix.length) : -1;
  const behind =
    end >= 0
      ? behindGroup(after.slice(0, end + delimiter.length))
      : (key: string) => compareKeys(key, after) > (resumesInKey ? -1 : 0);
  return (key) => inPrefix(key) && behind(key);
}

const behindGroup =
  (group: string) =>
  (key: string): boolean =>
    compareKeys(key, group) > 0 && !key.startsWith(group);

/** Pages hold at most 1,000 entries, whatever is asked for. */
export function pageSize(maxKeys: number | undefined): number {
  if (maxKeys === undefined) return 1000;
  if (!Number.isInteger(maxKeys) || maxKeys < 0 || maxKeys > 2 ** 31 - 1) {
    throw invalidArgument(
      'Argument maxKeys must be an integer between 0 and 2147483647',
      'max-keys',
      maxKeys,
    );
  }
  return Math.min(maxKeys, 1000);
}

/** How a listing writes keys: as they are, or for `encoding-type=url` percent-encoded with `/` left alone. */
export function keyWriter(encodingType: string | undefined): (key: string) => string {
  if (encodingType === undefined) return (key) => key;
  if (encodingType !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encodingType);
  }
  return (key) =>
    encodeURIComponent(key.toWellFormed())
      .replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%2F', '/')
      .replaceAll('%20', '+');
}

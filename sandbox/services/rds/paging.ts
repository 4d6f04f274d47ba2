import { invalidParameterValue } from './errors.ts';

export interface PageRequest {
  readonly MaxRecords?: number | undefined;
  readonly Marker?: string | undefined;
}

/**
 * One page of `items`, sorted by `key`. The marker names the last key of the page before, so records that come
 * and go between two pages shift nothing. Throws InvalidParameterValue outside 20 to 100 records.
 */
export function pageOf<T>(
  items: Iterable<T>,
  key: (item: T) => string,
  request: PageRequest,
): { readonly items: T[]; readonly marker: string | undefined } {
  const limit = request.MaxRecords ?? 100;
  if (limit < 20 || limit > 100) {
    throw invalidParameterValue(`Invalid value ${limit} for MaxRecords. Must be between 20 and 100`);
  }
  const after = request.Marker === undefined || request.Marker === '' ? undefined : decode(request.Marker);
  const sorted = [...items]
    .map((item) => ({ item, at: key(item) }))
    .filter(({ at }) => after === undefined || at > after)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    marker: last && sorted.length > limit ? Buffer.from(`rds:${last.at}`).toString('base64url') : undefined,
  };
}

function decode(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (!text.startsWith('rds:')) throw invalidParameterValue(`Invalid marker: ${marker}`);
  return text.slice(4);
}

export interface Filter {
  readonly Name?: string | undefined;
  readonly Values?: readonly string[] | undefined;
}

/** For each filter name that an operation documents: the values of a record, any of which may match. */
export type FilterTable<T> = Readonly<Record<string, (record: T) => readonly (string | undefined)[]>>;

/** All filters must match, any value of a filter is enough. Identifiers and ARNs match in any case. */
export function matcher<T>(
  filters: readonly Filter[] | undefined,
  table: FilterTable<T>,
): (record: T) => boolean {
  const tests = (filters ?? []).map((filter) => {
    const name = filter.Name ?? '';
    const read = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!read) throw invalidParameterValue(`Unrecognized filter name: ${name}`);
    const wanted = new Set((filter.Values ?? []).map((value) => value.toLowerCase()));
    if (wanted.size === 0) throw invalidParameterValue(`No value given for the filter ${name}`);
    return (record: T) =>
      read(record).some((value) => value !== undefined && wanted.has(value.toLowerCase()));
  });
  return (record) => tests.every((test) => test(record));
}

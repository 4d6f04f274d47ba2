import type { Filter } from '@aws-sdk/client-ec2';
import { ec2Error, invalidValue } from './errors.ts';

type Value = string | number | boolean | undefined;

/** What a filter compares: one value, several (any may match), or nothing. */
export type FilterTable<R> = Readonly<Record<string, (record: R) => Value | readonly Value[]>>;

/** Documented filters on things that no resource of the sandbox has: valid, but nothing matches. */
export const matchingNothing = (...names: readonly string[]): FilterTable<unknown> =>
  Object.fromEntries(names.map((name) => [name, () => undefined]));

type Matcher = (value: string) => boolean;

/** "You can specify up to 200 filter values in a single call" (List and filter using the API). */
const valueLimit = 200;

/**
 * One predicate of all filters: they are ANDed, the values of one are ORed, case counts, `*` and `?` are wildcards that
 * a backslash makes ordinary. `tag:<key>`, `tag-key` and `tag-value` work wherever `tagsOf` is given.
 */
export function compileFilters<R>(
  filters: readonly Filter[] | undefined,
  table: FilterTable<R>,
  tagsOf?: (record: R) => ReadonlyMap<string, string>,
): (record: R) => boolean {
  if (!filters || filters.length === 0) return () => true;
  const count = filters.reduce((sum, filter) => sum + (filter.Values?.length ?? 0), 0);
  if (count > valueLimit)
    throw ec2Error(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${valueLimit}`,
    );
  const tests = filters.map((filter) => compileFilter(filter, table, tagsOf));
  return (record) => tests.every((test) => test(record));
}

function compileFilter<R>(
  filter: Filter,
  table: FilterTable<R>,
  tagsOf: ((record: R) => ReadonlyMap<string, string>) | undefined,
): (record: R) => boolean {
  const name = filter.Name ?? '';
  const values = filter.Values ?? [];
  const read = reader(name, table, tagsOf);
  if (!read) throw invalidValue(`The filter '${name}' is invalid`);
  if (values.length === 0) throw invalidValue(`The filter '${name}' has no values`);
  const matches = anyOf(values);
  return (record) => {
    const found = read(record);
    if (found === undefined) return false;
    // Array.isArray does not narrow readonly arrays away from the scalar branch, hence typeof.
    if (typeof found !== 'object') return matches(String(found));
    return found.some((value) => value !== undefined && matches(String(value)));
  };
}

function reader<R>(
  name: string,
  table: FilterTable<R>,
  tagsOf: ((record: R) => ReadonlyMap<string, string>) | undefined,
): ((record: R) => Value | readonly Value[]) | undefined {
  if (Object.hasOwn(table, name)) return table[name];
  if (!tagsOf) return undefined;
  if (name.startsWith('tag:') && name.length > 4) {
    const key = name.slice(4);
    return (record) => tagsOf(record).get(key);
  }
  if (name === 'tag-key') return (record) => [...tagsOf(record).keys()];
  if (name === 'tag-value') return (record) => [...tagsOf(record).values()];
  return undefined;
}

function anyOf(patterns: readonly string[]): Matcher {
  const exact = new Set(patterns.filter((pattern) => !/[*?\\]/.test(pattern)));
  const wild = patterns.filter((pattern) => /[*?\\]/.test(pattern)).map(toExpression);
  if (wild.length === 0) return (value) => exact.has(value);
  return (value) => exact.has(value) || wild.some((expression) => expression.test(value));
}

function toExpression(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === '\\' && index + 1 < pattern.length) {
      index += 1;
      source += literally(pattern.charAt(index));
    } else if (character === '*') source += '[^]*';
    else if (character === '?') source += '[^]';
    else source += literally(character);
  }
  return new RegExp(`^${source}$`, 'u');
}

const literally = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');

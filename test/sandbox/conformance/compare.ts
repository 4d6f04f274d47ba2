/** Two values of a shape, compared as what they mean: bytes as bytes, times as moments. */

/** @param dropEmpty empty lists, maps and structures count as absent, at any depth */
export function canonical(value: unknown, dropEmpty: boolean): unknown {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return `time ${value.toISOString()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof String) return String(value);
  if (typeof value === 'bigint') return `bigint ${value}`;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => canonical(item, dropEmpty));
    return dropEmpty && items.length === 0 ? undefined : items;
  }
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .map(([key, item]): [string, unknown] => [key, canonical(item, dropEmpty)])
    .filter(([key, item]) => item !== undefined && key !== '$metadata');
  if (dropEmpty && entries.length === 0) return undefined;
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where two canonical values first differ; undefined when they do not. */
export function firstDifference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (Object.is(expected, actual)) return undefined;
  if (!isObject(expected) || !isObject(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return `${path || 'value'}: ${show(expected)} became ${show(actual)}`;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const difference = firstDifference(
      Reflect.get(expected, key),
      Reflect.get(actual, key),
      `${path}.${key}`,
    );
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 120) ?? 'nothing';
}

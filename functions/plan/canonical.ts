/** The same data with the keys of every mapping in order, and without those that are undefined; lists stay as they are. */
export function canonical<T>(value: T): T {
  // Sound: it is the same data, in another order.
  return inOrder(value) as T;
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, inOrder(each)]),
  );
}

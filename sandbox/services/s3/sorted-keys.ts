/** Order of keys in every listing: UTF-8 bytes ("ListObjectsV2", Amazon S3 API Reference). */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    // Bytes order like code points. UTF-16 units do not: surrogates stand for the planes above U+FFFF.
    const aHigh = a >= 0xd800 && a <= 0xdfff;
    const bHigh = b >= 0xd800 && b <= 0xdfff;
    return aHigh === bHigh ? a - b : aHigh ? 1 : -1;
  }
  return left.length - right.length;
}

const chunkSize = 512;

/**
 * A map whose keys stay in order, as a list of short sorted arrays: setting, deleting and finding a place cost
 * two binary searches, so a listing starts anywhere in a million keys without reading those before.
 */
export class SortedKeys<V> {
  readonly #values = new Map<string, V>();
  readonly #chunks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const reached = (candidate: string): boolean => compareKeys(candidate, key) >= 0;
    const chunkIndex = firstIndex(this.#chunks, (chunk) => reached(chunk.at(-1) ?? ''));
    const chunk = this.#chunks[chunkIndex];
    if (!chunk) return;
    chunk.splice(firstIndex(chunk, reached), 1);
    if (chunk.length === 0) this.#chunks.splice(chunkIndex, 1);
  }

  /** The first key for which `reached` holds; it must be false for a beginning of the order and true from there on. */
  first(reached: (key: string) => boolean): string | undefined {
    const chunk = this.#chunks[firstIndex(this.#chunks, (one) => reached(one.at(-1) ?? ''))];
    return chunk?.[firstIndex(chunk, reached)];
  }

  /** Entries in order from the first key for which `reached` holds. The map must not change meanwhile. */
  *from(reached: (key: string) => boolean): Generator<[string, V]> {
    const start = firstIndex(this.#chunks, (one) => reached(one.at(-1) ?? ''));
    for (let index = start; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] ?? [];
      for (let at = index === start ? firstIndex(chunk, reached) : 0; at < chunk.length; at++) {
        const key = chunk[at];
        const value = key === undefined ? undefined : this.#values.get(key);
        if (key !== undefined && value !== undefined) yield [key, value];
      }
    }
  }

  #insert(key: string): void {
    const past = (candidate: string): boolean => compareKeys(candidate, key) > 0;
    const found = firstIndex(this.#chunks, (chunk) => past(chunk.at(-1) ?? ''));
    const index = Math.min(found, this.#chunks.length - 1);
    const chunk = this.#chunks[index];
    if (!chunk) {
      this.#chunks.push([key]);
      return;
    }
    chunk.splice(firstIndex(chunk, past), 0, key);
    if (chunk.length > chunkSize) this.#chunks.splice(index + 1, 0, chunk.splice(chunkSize / 2));
  }
}

/** Binary search: the first index for which `holds` is true, else the length. */
function firstIndex<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}

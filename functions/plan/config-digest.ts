import { createHash } from 'node:crypto';
import type { Config } from './config.ts';

/**
 * Twelve hex digits of what a configuration means: the same for another order of keys, other comments and defaults that
 * are written out; different as soon as the functions would do something else. Of two versions of Snapkeep it may
 * differ for the same file.
 */
export const configDigest = (config: Config): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex')
    .slice(0, 12);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]),
  );
}

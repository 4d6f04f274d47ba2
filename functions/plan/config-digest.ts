import { createHash } from 'node:crypto';
import { canonical } from './canonical.ts';
import type { Config } from './config.ts';

/**
 * Twelve hex digits of what a configuration means: the same for another order of keys, other comments and defaults that
 * are written out; different as soon as the functions would do something else. Of two versions of Snapkeep it may
 * differ for the same file.
 */
export const configDigest = (config: Config): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(config)))
    .digest('hex')
    .slice(0, 12);

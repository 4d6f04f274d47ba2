import type { Json } from '../shared/durable.ts';

/**
 * The ledger's storage: keys are written once and never changed. Both methods that answer about one key see its
 * **oldest** version, so a delete marker or a later version hides nothing.
 */
export interface Vault {
  /**
   * Writes the document, plain data, as JSON unless the key is taken; members that are undefined are left out.
   * Idempotent; retryable. `exists` also when an earlier try of the same call had arrived: read it to find out
   * whose it is.
   */
  create(key: string, document: Json | object): Promise<'created' | 'exists'>;

  /** The oldest document of a key, or undefined when it was never written. Throws when it is not JSON. */
  read(key: string): Promise<Json | undefined>;

  /** All keys below the prefix that were ever written, deleted or not, in order. Complete, or it throws. */
  list(prefix: string): Promise<readonly string[]>;
}

import type { Json } from '../shared/durable.ts';

/**
 * The ledger's storage: keys are written once and never changed. All methods see a key's
 * **oldest** version, so a delete marker or a later version hides nothing.
 */
export interface Vault {
  /**
   * Writes the document, plain data, as JSON unless the key is taken; members that are undefined are left out.
   * Idempotent; retryable. `exists` also when an earlier try of the same call had arrived: read it to find out
   * whose it is.
   */
  create(key: string, document: Json | object): Promise<'created' | 'exists'>;

  /**
   * The oldest document of a key, or undefined when it was never written. `version` is what `oldest` told of the key,
   * and saves the question which one that is. Throws `UnreadableDocumentError` when it is not JSON.
   */
  read(key: string, version?: string): Promise<Json | undefined>;

  /** All keys below the prefix that were ever written, deleted or not, in order. Complete, or it throws. */
  list(prefix: string): Promise<readonly string[]>;

  /** The same keys in the same order, each with the name of its oldest version. Complete, or it throws. */
  oldest(prefix: string): Promise<ReadonlyMap<string, string>>;
}

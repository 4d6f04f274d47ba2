import type { Vault } from '../../functions/catalog/vault.ts';
import type { Json } from '../../functions/shared/durable.ts';

/** The vault's promises without S3: create-only, oldest first, in key order. */
export class MemoryVault implements Vault {
  readonly documents = new Map<string, Json>();

  async create(key: string, document: Json | object): Promise<'created' | 'exists'> {
    if (this.documents.has(key)) return 'exists';
    this.documents.set(key, JSON.parse(JSON.stringify(document)));
    return 'created';
  }

  async read(key: string): Promise<Json | undefined> {
    return structuredClone(this.documents.get(key));
  }

  async oldest(prefix: string): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.list(prefix)).map((key) => [key, 'the only one']));
  }

  async list(prefix: string): Promise<readonly string[]> {
    return [...this.documents.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}

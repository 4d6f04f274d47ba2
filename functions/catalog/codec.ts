import type { Json } from '../shared/durable.ts';
import { failedError } from '../shared/errors.ts';
import type { Vault } from './vault.ts';

type Parsed<T> = { success: true; data: T } | { success: false; error: { message: string } };

export interface DocumentSchema<T> {
  safeParse(value: unknown): Parsed<T>;
}

/** Documents are interfaces of plain data; the round trip proves it and drops what is undefined. */
export const toJson = (document: object): Json => JSON.parse(JSON.stringify(document));

/** The document behind a key, or undefined when it was never written. Throws when it is none of this version's. */
export async function readDocument<T>(
  vault: Vault,
  key: string,
  schema: DocumentSchema<T>,
): Promise<T | undefined> {
  const value = await vault.read(key);
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw failedError(
    `${key} in the vault is not a document that this version understands: ${parsed.error.message.replace(/\s+/g, ' ')}`,
    'use the version of Snapkeep that wrote it, or look at its versions in the vault',
  );
}

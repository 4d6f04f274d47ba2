import type { Json } from '../shared/durable.ts';
import { failedError } from '../shared/errors.ts';
import type { Vault } from './vault.ts';

interface Finding {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type Parsed<T> =
  | { success: true; data: T }
  | { success: false; error: { readonly issues: readonly Finding[] } };

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
    `${key} in the vault is not a document that this version understands: ${describe(parsed.error.issues)}`,
    'use the version of Snapkeep that wrote it, or look at its versions in the vault',
  );
}

/** The first findings: a document of another kind has one for every key, and a sentence has to end. */
function describe(findings: readonly Finding[]): string {
  const shown = findings
    .slice(0, 2)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`));
  const hidden = findings.length - shown.length;
  return shown.join('; ') + (hidden > 0 ? ` (and ${hidden} more)` : '');
}

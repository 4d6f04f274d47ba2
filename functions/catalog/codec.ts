import type { Json } from '../shared/durable.ts';
import { mismatch } from './keys.ts';
import type { Vault } from './vault.ts';
import { UnreadableDocumentError } from './vault-errors.ts';

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

/**
 * The document behind a key, or undefined when it was never written; `version` as in `Vault.read`. Throws
 * `UnreadableDocumentError` when it is none of this version's, or one of another key.
 */
export async function readDocument<T>(
  vault: Vault,
  key: string,
  schema: DocumentSchema<T>,
  version?: string,
): Promise<T | undefined> {
  const value = await vault.read(key, version);
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new UnreadableDocumentError(
      key,
      `${key} in the vault is not a document that this version understands: ${describe(parsed.error.issues)}`,
    );
  const strange = mismatch(key, parsed.data);
  if (strange !== undefined)
    throw new UnreadableDocumentError(key, `${key} in the vault is the document of another key: ${strange}`);
  return parsed.data;
}

/** The first findings: a document of another kind has one for every key, and a sentence has to end. */
function describe(findings: readonly Finding[]): string {
  const shown = findings
    .slice(0, 2)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`));
  const hidden = findings.length - shown.length;
  return shown.join('; ') + (hidden > 0 ? ` (and ${hidden} more)` : '');
}

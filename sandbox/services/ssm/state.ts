import { createHash } from 'node:crypto';
import { builtInDocuments } from './built-in.ts';
import { invalidDocument, invalidDocumentVersion, invalidNextToken } from './errors.ts';
import type { Command, DocumentRecord, DocumentVersion, StoredParameter } from './model.ts';

/** Systems Manager of one account in one Region. */
export interface SsmRegion {
  readonly account: string;
  readonly region: string;
  readonly documents: Map<string, DocumentRecord>;
  readonly parameters: Map<string, StoredParameter>;
  /** By command id, in the order in which they were sent. */
  readonly commands: Map<string, Command>;
}

export class SsmState {
  readonly #regions = new Map<string, SsmRegion>();

  at(place: { readonly account: string; readonly region: string }): SsmRegion {
    const key = `${place.account}/${place.region}`;
    const found = this.#regions.get(key);
    if (found) return found;
    const made: SsmRegion = {
      account: place.account,
      region: place.region,
      documents: new Map(builtInDocuments().map((document) => [document.name, document])),
      parameters: new Map(),
      commands: new Map(),
    };
    this.#regions.set(key, made);
    return made;
  }
}

/** A document by its name or ARN. */
export function findDocument(region: SsmRegion, nameOrArn: string): DocumentRecord {
  const name = nameOrArn.startsWith('arn:') ? (nameOrArn.split(':document/')[1] ?? nameOrArn) : nameOrArn;
  const document = region.documents.get(name);
  if (!document) throw invalidDocument(nameOrArn);
  return document;
}

/** `$DEFAULT` (also when nothing is given), `$LATEST`, a number, or the name of a version. */
export function findVersion(
  document: DocumentRecord,
  wanted: string | undefined,
  versionName?: string,
): DocumentVersion {
  const found =
    versionName !== undefined
      ? document.versions.find((version) => version.name === versionName)
      : wanted === '$LATEST'
        ? document.versions.at(-1)
        : document.versions.find(
            (version) =>
              version.number ===
              (wanted === undefined || wanted === '$DEFAULT' ? document.defaultVersion : Number(wanted)),
          );
  if (!found) {
    throw invalidDocumentVersion(
      `Document version ${versionName ?? wanted ?? ''} does not exist for document ${document.name}.`,
    );
  }
  return found;
}

export const sha = (algorithm: 'sha1' | 'sha256', text: string): string =>
  createHash(algorithm).update(text).digest('hex');

/** A page of a list that does not change its order; tokens are opaque to the client. */
export function pageOf<T>(
  items: readonly T[],
  max: number,
  token: string | undefined,
): { items: readonly T[]; next: string | undefined } {
  const start = token === undefined || token === '' ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) throw invalidNextToken('The specified token is not valid.');
  const end = start + max;
  return {
    items: items.slice(start, end),
    next: end < items.length ? Buffer.from(String(end)).toString('base64url') : undefined,
  };
}

/**
 * The Smithy traits that decide how a member travels on the wire (Smithy specification, "HTTP protocol bindings",
 * "XML bindings", "AWS query protocols"), as the client packages write them into their schema tuples.
 */
export interface Traits {
  readonly xmlName?: string;
  readonly ec2QueryName?: string;
  readonly xmlFlattened?: true;
  readonly xmlAttribute?: true;
  /** Prefix (may be empty) and URI. */
  readonly xmlNamespace?: readonly [prefix: string, uri: string];
  readonly jsonName?: string;
  readonly httpHeader?: string;
  readonly httpQuery?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpLabel?: true;
  readonly httpPayload?: true;
  readonly httpResponseCode?: true;
  readonly httpQueryParams?: true;
  readonly idempotencyToken?: true;
  readonly streaming?: true;
  readonly http?: { readonly method: string; readonly uri: string; readonly status: number };
  readonly error?: 'client' | 'server';
  readonly httpError?: number;
  readonly awsQueryError?: { readonly code: string; readonly status: number };
}

/** Bit positions of the short form, in the order that `@smithy/types` documents for `TraitBitVector`. */
const BITS = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
] as const;

const NO_TRAITS: Traits = {};

/** Reads both forms: an object of traits, or a bit vector. Traits that no codec needs are left out. */
export function readTraits(raw: unknown): Traits {
  if (typeof raw === 'number') return raw === 0 ? NO_TRAITS : readFlags((name) => bit(raw, name));
  if (typeof raw !== 'object' || raw === null) return NO_TRAITS;
  const source: Readonly<Record<string, unknown>> = { ...raw };
  const text = (name: string): string | undefined => {
    const value = source[name];
    return typeof value === 'string' ? value : undefined;
  };
  return withoutUndefined({
    ...readFlags((name) => Boolean(source[name])),
    xmlName: text('xmlName'),
    ec2QueryName: text('ec2QueryName'),
    xmlFlattened: source.xmlFlattened ? true : undefined,
    xmlAttribute: source.xmlAttribute ? true : undefined,
    xmlNamespace: readNamespace(source.xmlNamespace),
    jsonName: text('jsonName'),
    httpHeader: text('httpHeader'),
    httpQuery: text('httpQuery'),
    httpPrefixHeaders: text('httpPrefixHeaders'),
    streaming: source.streaming ? true : undefined,
    http: readHttp(source.http),
    error: source.error === 'client' || source.error === 'server' ? source.error : undefined,
    httpError: typeof source.httpError === 'number' ? source.httpError : undefined,
    awsQueryError: readQueryError(source.awsQueryError),
  });
}

export function mergeTraits(base: Traits, over: Traits): Traits {
  if (base === NO_TRAITS) return over;
  if (over === NO_TRAITS) return base;
  return { ...base, ...over };
}

function bit(vector: number, name: (typeof BITS)[number]): boolean {
  return ((vector >> BITS.indexOf(name)) & 1) === 1;
}

function readFlags(has: (name: (typeof BITS)[number]) => boolean): Traits {
  return {
    ...(has('httpLabel') && { httpLabel: true }),
    ...(has('idempotencyToken') && { idempotencyToken: true }),
    ...(has('httpPayload') && { httpPayload: true }),
    ...(has('httpResponseCode') && { httpResponseCode: true }),
    ...(has('httpQueryParams') && { httpQueryParams: true }),
  };
}

function readNamespace(raw: unknown): readonly [string, string] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const [prefix, uri]: readonly unknown[] = raw;
  return typeof uri === 'string' ? [typeof prefix === 'string' ? prefix : '', uri] : undefined;
}

function readHttp(raw: unknown): Traits['http'] {
  if (!Array.isArray(raw)) return undefined;
  const [method, uri, status]: readonly unknown[] = raw;
  if (typeof method !== 'string' || typeof uri !== 'string' || typeof status !== 'number') return undefined;
  return { method, uri, status };
}

function readQueryError(raw: unknown): Traits['awsQueryError'] {
  if (!Array.isArray(raw)) return undefined;
  const [code, status]: readonly unknown[] = raw;
  return typeof code === 'string' && typeof status === 'number' ? { code, status } : undefined;
}

type Optional<T> = { [K in keyof T]: T[K] | undefined };

function withoutUndefined(traits: Optional<Traits>): Traits {
  return Object.fromEntries(Object.entries(traits).filter(([, value]) => value !== undefined));
}

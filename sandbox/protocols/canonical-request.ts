/** The canonical request of Signature Version 4 ("Create a signed AWS API request" in the IAM user guide). */

export interface SignedRequest {
  readonly method: string;
  /** As it was sent, percent-encoding and all. */
  readonly path: string;
  /** The part behind the question mark, as it was sent. */
  readonly query: string;
  /** Names and values in turn, as they were sent: a name may come twice. */
  readonly rawHeaders: readonly string[];
}

/** Lower-case names; values of a name that comes twice are joined in the order sent. */
export function collectHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    const value = rawHeaders[index + 1]?.trim() ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/**
 * @param encodings S3 encodes the path once; every other service encodes the path that was sent once more
 * @param omit a query parameter that is not signed: the signature itself
 */
export function canonicalRequest(
  request: SignedRequest,
  headers: ReadonlyMap<string, string>,
  signedHeaders: readonly string[],
  payloadHash: string,
  encodings: 'once' | 'twice',
  omit?: string,
): string {
  const lines = signedHeaders.map((name) => `${name}:${(headers.get(name) ?? '').replaceAll(/ +/g, ' ')}\n`);
  return [
    request.method,
    encodings === 'once' ? reencode(request.path) : encodeAgain(request.path),
    canonicalQuery(request.query, omit),
    lines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** RFC 3986 unreserved characters stay, everything else becomes `%XX` with capital digits. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function reencode(path: string): string {
  return path
    .split('/')
    .map((step) => encode(decode(step)))
    .join('/');
}

function encodeAgain(path: string): string {
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  const trailing = steps.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${steps.map(encode).join('/')}${trailing}`;
}

function canonicalQuery(query: string, omit: string | undefined): string {
  if (query === '') return '';
  const pairs: (readonly [string, string])[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (name === omit) continue;
    pairs.push([encode(name), equals < 0 ? '' : encode(decode(part.slice(equals + 1)))]);
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** By code point of the encoded text, which is ASCII; never by the rules of a language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Verifies Signature Version 4: signed headers, presigned queries, signed chunks. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Identities, Identity } from '../identities.ts';
import {
  ALGORITHM,
  AuthenticationError,
  type Authorization,
  basicFormat,
  type Credential,
  parseBasicFormat,
} from './authorization.ts';
import type { ChunkedBody } from './aws-chunked.ts';
import { canonicalRequest, collectHeaders, type SignedRequest } from './canonical-request.ts';

export interface Verification {
  readonly identity: Identity;
  /** Verifies the signatures of chunks, for a body that was sent in signed chunks. */
  verifyChunks(body: ChunkedBody): void;
}

/**
 * @param now real time in milliseconds: a client signs with the wall clock, whatever the sandbox's clock says
 * @throws AuthenticationError
 */
export function verifySignature(
  request: SignedRequest,
  authorization: Authorization,
  body: Buffer,
  identities: Identities,
  now: number,
): Verification {
  const { credential, timestamp, signedHeaders } = authorization;
  const isS3 = credential.service === 's3';
  const headers = collectHeaders(request.rawHeaders);
  const identity = identities.find(credential.accessKeyId);
  if (!identity) throw new AuthenticationError('unknown-access-key', credential.accessKeyId);
  verifySession(identity, authorization, now);
  verifyTime(authorization, now, isS3);
  verifyHeaderSet(headers, authorization, isS3);
  const payloadHash = payloadHashOf(authorization, headers, body, isS3);
  const canonical = canonicalRequest(
    request,
    headers,
    signedHeaders,
    payloadHash,
    isS3 ? 'once' : 'twice',
    authorization.expiresSeconds === undefined ? undefined : 'X-Amz-Signature',
  );
  const scope = `${credential.date}/${credential.region}/${credential.service}/aws4_request`;
  const key = signingKey(identity.secretAccessKey, credential);
  const stringToSign = [ALGORITHM, timestamp, scope, sha256(canonical)].join('\n');
  if (!sameSignature(hmac(key, stringToSign), authorization.signature)) {
    throw new AuthenticationError('wrong-signature', SIGNATURE_MESSAGE);
  }
  return {
    identity,
    verifyChunks: (chunked) =>
      verifyChunks(chunked, payloadHash, authorization, `${timestamp}\n${scope}`, key),
  };
}

export const SIGNATURE_MESSAGE =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

function verifySession(identity: Identity, { sessionToken }: Authorization, now: number): void {
  if (identity.sessionToken !== sessionToken) {
    throw new AuthenticationError(
      'bad-session-token',
      'The security token included in the request is invalid',
    );
  }
  if (identity.expiresAt !== undefined && identity.expiresAt <= now) {
    throw new AuthenticationError('expired-session', 'The security token included in the request is expired');
  }
}

const MINUTE = 60_000;

function verifyTime(
  { timestamp, credential, expiresSeconds }: Authorization,
  now: number,
  isS3: boolean,
): void {
  const signedAt = parseBasicFormat(timestamp);
  if (signedAt === undefined) {
    throw new AuthenticationError(
      'malformed',
      'The request needs an X-Amz-Date of the form 20261120T020000Z.',
    );
  }
  if (!timestamp.startsWith(credential.date)) {
    throw new AuthenticationError(
      'wrong-signature',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${credential.date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  const allowance = (isS3 ? 15 : 5) * MINUTE;
  const clock = basicFormat(new Date(now).toISOString());
  const bound = (offset: number): string => basicFormat(new Date(now + offset).toISOString());
  const minutes = allowance / MINUTE;
  if (signedAt > now + allowance) {
    throw new AuthenticationError(
      'skewed',
      `Signature not yet current: ${timestamp} is still later than ${bound(allowance)} (${clock} + ${minutes} min.)`,
    );
  }
  if (expiresSeconds === undefined) {
    if (signedAt >= now - allowance) return;
    throw new AuthenticationError(
      'skewed',
      `Signature expired: ${timestamp} is now earlier than ${bound(-allowance)} (${clock} - ${minutes} min.)`,
    );
  }
  // A week at most ("Authenticating requests: using query parameters" in the S3 API reference).
  if (!(expiresSeconds >= 1 && expiresSeconds <= 604_800)) {
    throw new AuthenticationError(
      'malformed',
      'X-Amz-Expires must be a number between 1 and 604800 seconds.',
    );
  }
  if (signedAt + expiresSeconds * 1000 < now) throw new AuthenticationError('expired', 'Request has expired');
}

function verifyHeaderSet(
  headers: ReadonlyMap<string, string>,
  authorization: Authorization,
  isS3: boolean,
): void {
  const signed = new Set(authorization.signedHeaders);
  if (!signed.has('host')) {
    throw new AuthenticationError(
      'wrong-signature',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  if (!isS3) return;
  const unsigned = [...headers.keys()].filter((name) => name.startsWith('x-amz-') && !signed.has(name));
  if (unsigned.length === 0) return;
  throw new AuthenticationError(
    'unsigned-headers',
    'There were headers present in the request which were not signed',
  );
}

function payloadHashOf(
  { expiresSeconds }: Authorization,
  headers: ReadonlyMap<string, string>,
  body: Buffer,
  isS3: boolean,
): string {
  const declared = headers.get('x-amz-content-sha256');
  if (declared === undefined) {
    if (!isS3) return sha256(body);
    if (expiresSeconds !== undefined) return 'UNSIGNED-PAYLOAD';
    throw new AuthenticationError(
      'unsupported',
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  if (declared === 'UNSIGNED-PAYLOAD' || declared.startsWith('STREAMING-')) return declared;
  if (declared !== sha256(body)) {
    throw new AuthenticationError(
      'wrong-payload-hash',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return declared;
}

const EMPTY_HASH = sha256('');

/** Every chunk signs its own bytes and the signature before it; the trailers sign the last. */
function verifyChunks(
  { chunks, trailers, trailerSignature }: ChunkedBody,
  payloadHash: string,
  authorization: Authorization,
  timeAndScope: string,
  key: Buffer,
): void {
  if (!payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')) return;
  let previous = authorization.signature;
  for (const { bytes, signature } of chunks) {
    const text = `${ALGORITHM}-PAYLOAD\n${timeAndScope}\n${previous}\n${EMPTY_HASH}\n${sha256(bytes)}`;
    const expected = hmac(key, text);
    if (!sameSignature(expected, signature ?? ''))
      throw new AuthenticationError('wrong-signature', SIGNATURE_MESSAGE);
    previous = expected.toString('hex');
  }
  if (!payloadHash.endsWith('-TRAILER')) return;
  const canonical = trailers.map(([name, value]) => `${name}:${value}\n`).join('');
  const expected = hmac(key, `${ALGORITHM}-TRAILER\n${timeAndScope}\n${previous}\n${sha256(canonical)}`);
  if (!sameSignature(expected, trailerSignature ?? '')) {
    throw new AuthenticationError('wrong-signature', SIGNATURE_MESSAGE);
  }
}

const signingKeys = new Map<string, Buffer>();

function signingKey(secret: string, { date, region, service }: Credential): Buffer {
  const name = [secret, date, region, service].join('\n');
  let key = signingKeys.get(name);
  if (!key) {
    // Keys change with the day and Region; a handful lives at a time.
    if (signingKeys.size >= 100) signingKeys.clear();
    key = [date, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
    signingKeys.set(name, key);
  }
  return key;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function sameSignature(expected: Buffer, received: string): boolean {
  return /^[0-9a-f]{64}$/.test(received) && timingSafeEqual(expected, Buffer.from(received, 'hex'));
}

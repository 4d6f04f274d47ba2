import { describe, expect, test } from 'vitest';
import { Identities, type Identity } from '../../../sandbox/identities.ts';
import { AuthenticationError, readAuthorization } from '../../../sandbox/protocols/authorization.ts';
import type { SignedRequest } from '../../../sandbox/protocols/canonical-request.ts';
import { verifySignature } from '../../../sandbox/protocols/sigv4.ts';

const NOW = Date.parse('2026-11-20T02:00:00Z');
const MINUTE = 60_000;
const ACCESS_KEY = 'AKIASIGNATURETESTS00';
const SECRET = 'secret/of+the-signature-tests';

const permanent: Identity = {
  accessKeyId: ACCESS_KEY,
  secretAccessKey: SECRET,
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/tests',
  userId: 'AIDATESTS',
};
const temporary: Identity = { ...permanent, sessionToken: 'a/session+token==' };

interface Vector extends SignedRequest {
  readonly body: Buffer;
}

interface VectorOptions {
  readonly service: string;
  readonly signature: string;
  readonly signedHeaders?: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request signed at NOW; `signature` comes from another implementation (botocore 1.43) for the same request. */
function signedRequest(options: VectorOptions): Vector {
  const { service, signature, signedHeaders = 'host;x-amz-date', headers = {} } = options;
  const all = {
    host: '127.0.0.1:4577',
    'x-amz-date': '20261120T020000Z',
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/20261120/eu-west-1/${service}/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
  return {
    method: options.method ?? 'GET',
    path: options.path ?? '/',
    query: options.query ?? '',
    rawHeaders: Object.entries(all).flat(),
    body: Buffer.from(options.body ?? ''),
  };
}

const form = 'application/x-www-form-urlencoded; charset=utf-8';

const ec2 = {
  service: 'ec2',
  method: 'POST',
  signedHeaders: 'content-type;host;x-amz-date',
  headers: { 'content-type': form },
  body: 'Action=DescribeInstances&Version=2016-11-15',
  signature: '913bc96d97205c91c9b7dcad9a2818b9e6c240bb629cd50ced8a36a2cf7d6a0c',
};

const sts = {
  service: 'sts',
  method: 'POST',
  signedHeaders: 'content-type;host;x-amz-date;x-amz-security-token',
  headers: { 'content-type': form, 'x-amz-security-token': 'a/session+token==' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
  signature: '9bbcff3a834e96bdfccbdd439fc24ae052d6641006c95410a69e7775c17bfe6b',
};

const lambda = {
  service: 'lambda',
  path: '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aone/versions',
  query: 'MaxItems=10&Marker=b%20c%2Fd',
  signature: 'bea9851e17f97e19048bb9a4245c1b0ac2fa247e1611c3185b2d3bc69954dc32',
};

const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const s3Get = {
  service: 's3',
  path: '/vault/ledger/a%20b/%C3%BC%2Bc/../x',
  query: 'versionId=v%2F1&partNumber=2&attributes',
  signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
  headers: { 'x-amz-content-sha256': EMPTY_HASH },
  signature: '834bb1dbe05d59433ed46f1da466e96f037352d50448bb0559c76654bc4e0afa',
};

const s3Put = {
  service: 's3',
  method: 'PUT',
  path: '/vault/k',
  signedHeaders: 'host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-meta-two',
  headers: {
    'if-none-match': '*',
    'x-amz-content-sha256': '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    'x-amz-meta-two': 'a   b  c',
  },
  body: 'hello',
  signature: 'b305ba24685359acfe58f1c5b94245c3c714684eeb3859c966b93405ebdef28c',
};

function presigned(expires = '600'): Vector {
  return {
    method: 'GET',
    path: '/vault/a%20b',
    query: `versionId=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${ACCESS_KEY}%2F20261120%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261120T020000Z&X-Amz-Expires=${expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=c29cf4e7fc3054c941893e3fad3e7fdf4f415f16934581284dd3c443a7b8d0cb`,
    rawHeaders: ['Host', '127.0.0.1:4577'],
    body: Buffer.alloc(0),
  };
}

/** `valid`, or what was wrong. */
function verdict(request: Vector, identity: Identity = permanent, now = NOW): string {
  try {
    const authorization = readAuthorization(request);
    if (!authorization) return 'unsigned';
    verifySignature(request, authorization, request.body, new Identities([identity]), now);
    return 'valid';
  } catch (error) {
    if (error instanceof AuthenticationError) return error.problem;
    throw error;
  }
}

describe('a request that another implementation signed', () => {
  test.each([
    ['a form of EC2', signedRequest(ec2), permanent],
    ['a form with a session token', signedRequest(sts), temporary],
    ['a path that is encoded twice', signedRequest(lambda), permanent],
    ['an S3 key that is encoded once and keeps its dots', signedRequest(s3Get), permanent],
    ['an S3 upload with headers of its own', signedRequest(s3Put), permanent],
    ['a presigned S3 download', presigned(), permanent],
  ])('is taken: %s', (_, request, identity) => {
    expect(verdict(request, identity)).toBe('valid');
  });
});

describe('a request is refused', () => {
  test('when its body is not the one that was signed', () => {
    expect(verdict(signedRequest({ ...ec2, body: 'Action=TerminateInstances&Version=2016-11-15' }))).toBe(
      'wrong-signature',
    );
  });

  test('when its body does not have the hash that S3 was told', () => {
    expect(verdict(signedRequest({ ...s3Put, body: 'hullo' }))).toBe('wrong-payload-hash');
  });

  test.each([
    ['method', { method: 'DELETE' }],
    ['path', { path: '/vault/other' }],
    ['query', { query: 'versionId=v%2F2&partNumber=2&attributes' }],
  ])('when its %s is not the one that was signed', (_, change) => {
    expect(verdict(signedRequest({ ...s3Get, ...change }))).toBe('wrong-signature');
  });

  test('when a signed header was changed', () => {
    const headers = { ...s3Put.headers, 'if-none-match': '"etag"' };
    expect(verdict(signedRequest({ ...s3Put, headers }))).toBe('wrong-signature');
  });

  test('when it was signed with another secret', () => {
    expect(verdict(signedRequest(ec2), { ...permanent, secretAccessKey: 'other' })).toBe('wrong-signature');
  });

  test('when S3 sees a header of AWS that was not signed', () => {
    const headers = { ...s3Put.headers, 'x-amz-acl': 'public-read' };
    expect(verdict(signedRequest({ ...s3Put, headers }))).toBe('unsigned-headers');
  });

  test('when the host was not signed', () => {
    expect(verdict(signedRequest({ ...ec2, signedHeaders: 'content-type;x-amz-date' }))).toBe(
      'wrong-signature',
    );
  });

  test('when nobody has its access key', () => {
    expect(verdict(signedRequest(ec2), { ...permanent, accessKeyId: 'AKIAOTHER' })).toBe(
      'unknown-access-key',
    );
  });

  test.each([
    ['lacks the session token of its identity', signedRequest(ec2), temporary],
    ['has a session token that its identity lacks', signedRequest(sts), permanent],
    [
      'has another session token than its identity',
      signedRequest(sts),
      { ...temporary, sessionToken: 'other' },
    ],
  ])('when it %s', (_, request, identity) => {
    expect(verdict(request, identity)).toBe('bad-session-token');
  });

  test('when its session has ended', () => {
    expect(verdict(signedRequest(sts), { ...temporary, expiresAt: NOW })).toBe('expired-session');
  });

  test('when it is not a complete signature', () => {
    const request = signedRequest(ec2);
    const rawHeaders = request.rawHeaders.map((value) => value.replace(/, SignedHeaders=[^,]*/, ''));
    expect(verdict({ ...request, rawHeaders })).toBe('malformed');
  });

  test('when it is signed with version 2', () => {
    expect(verdict({ ...presigned(), rawHeaders: ['Authorization', 'AWS AKIA:signature='] })).toBe(
      'unsupported',
    );
  });

  test('when an S3 request does not name the hash of its body', () => {
    expect(verdict(signedRequest({ ...s3Get, headers: {}, signedHeaders: 'host;x-amz-date' }))).toBe(
      'unsupported',
    );
  });
});

describe('the clock of the caller', () => {
  test.each([
    ['EC2 within 5 minutes', ec2, 5, 'valid'],
    ['EC2 beyond 5 minutes', ec2, 5.1, 'skewed'],
    ['S3 within 15 minutes', s3Get, 15, 'valid'],
    ['S3 beyond 15 minutes', s3Get, 15.1, 'skewed'],
  ])('is trusted by %s, in both directions', (_, options, minutes, expected) => {
    expect(verdict(signedRequest(options), permanent, NOW + minutes * MINUTE)).toBe(expected);
    expect(verdict(signedRequest(options), permanent, NOW - minutes * MINUTE)).toBe(expected);
  });

  test('does not matter to a presigned request until it expires', () => {
    expect(verdict(presigned(), permanent, NOW + 9.9 * MINUTE)).toBe('valid');
    expect(verdict(presigned(), permanent, NOW + 10.1 * MINUTE)).toBe('expired');
  });

  test('a presigned request lives for a week at most', () => {
    expect(verdict(presigned('604801'))).toBe('malformed');
    expect(verdict(presigned('604800'))).toBe('wrong-signature');
  });
});

import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Identities, type Identity } from '../../../sandbox/identities.ts';
import { AuthenticationError, readAuthorization } from '../../../sandbox/protocols/authorization.ts';
import { decodeAwsChunked } from '../../../sandbox/protocols/aws-chunked.ts';
import { verifySignature } from '../../../sandbox/protocols/sigv4.ts';

const NOW = Date.parse('2026-11-20T02:00:00Z');
const ACCESS_KEY = 'AKIASIGNATURETESTS00';
const SECRET = 'secret/of+the-signature-tests';
const EMPTY_HASH = createHash('sha256').update('').digest('hex');

const permanent: Identity = {
  accessKeyId: ACCESS_KEY,
  secretAccessKey: SECRET,
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/tests',
  userId: 'AIDATESTS',
};

describe('a body in signed chunks', () => {
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const scope = '20261120/eu-west-1/s3/aws4_request';
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, '20261120'), 'eu-west-1'), 's3'), 'aws4_request');
  const sign = (text: string): string => hmac(key, text).toString('hex');
  const streaming = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
  const signedHeaders = 'host;x-amz-content-sha256;x-amz-date';
  const canonical = `PUT\n/vault/k\n\nhost:127.0.0.1:4577\nx-amz-content-sha256:${streaming}\nx-amz-date:20261120T020000Z\n\n${signedHeaders}\n${streaming}`;
  const seed = sign(`AWS4-HMAC-SHA256\n20261120T020000Z\n${scope}\n${hash(canonical)}`);

  function chunkedBody(pieces: readonly string[], trailer: string): Buffer {
    let previous = seed;
    let text = '';
    for (const piece of [...pieces, '']) {
      previous = sign(
        `AWS4-HMAC-SHA256-PAYLOAD\n20261120T020000Z\n${scope}\n${previous}\n${EMPTY_HASH}\n${hash(piece)}`,
      );
      text += `${piece.length.toString(16)};chunk-signature=${previous}\r\n${piece}${piece === '' ? '' : '\r\n'}`;
    }
    const trailers = sign(
      `AWS4-HMAC-SHA256-TRAILER\n20261120T020000Z\n${scope}\n${previous}\n${hash(`${trailer}\n`)}`,
    );
    return Buffer.from(`${text}${trailer}\r\nx-amz-trailer-signature:${trailers}\r\n\r\n`);
  }

  function chunkVerdict(body: Buffer): string {
    const authorizationHeader = `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/${scope}, SignedHeaders=${signedHeaders}, Signature=${seed}`;
    const headers = {
      host: '127.0.0.1:4577',
      'x-amz-content-sha256': streaming,
      'x-amz-date': '20261120T020000Z',
      authorization: authorizationHeader,
    };
    const request = {
      method: 'PUT',
      path: '/vault/k',
      query: '',
      rawHeaders: Object.entries(headers).flat(),
    };
    const authorization = readAuthorization(request);
    if (!authorization) return 'unsigned';
    const verification = verifySignature(request, authorization, body, new Identities([permanent]), NOW);
    try {
      verification.verifyChunks(decodeAwsChunked(body));
      return 'valid';
    } catch (error) {
      return error instanceof AuthenticationError ? error.problem : String(error);
    }
  }

  test('is taken when every chunk and the trailer are signed', () => {
    const body = chunkedBody(['first piece', 'second'], 'x-amz-checksum-crc32:AAAAAA==');
    expect(chunkVerdict(body)).toBe('valid');
    expect(decodeAwsChunked(body).body.toString()).toBe('first piecesecond');
  });

  test('is refused when a chunk or the trailer was changed', () => {
    const body = chunkedBody(['first piece', 'second'], 'x-amz-checksum-crc32:AAAAAA==').toString();
    expect(chunkVerdict(Buffer.from(body.replace('second', 'sekond')))).toBe('wrong-signature');
    expect(chunkVerdict(Buffer.from(body.replace('AAAAAA', 'AAAAAB')))).toBe('wrong-signature');
  });
});

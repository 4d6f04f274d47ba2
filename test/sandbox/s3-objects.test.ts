import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { codeOf, refusalOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

let sandbox: StartedSandbox;
let s3: S3;
let client: S3Client;
let count = 0;
let Bucket = '';

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    s3 = createS3(world);
    return [s3.service];
  });
  client = new S3Client(sandbox.clientConfig);
});
beforeEach(async () => {
  Bucket = `bucket-${++count}`;
  await client.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
  );
});
afterAll(() => sandbox.close());

const put = (Key: string, Body: string | Buffer, more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body), ...more }));
const get = async (Key: string, more: object = {}) => {
  const answer = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, text: await answer.Body?.transformToString() };
};
const enableVersioning = () =>
  client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));

describe('what is stored comes back', () => {
  test('body, type, metadata, tags and entity tag', async () => {
    const { ETag, ServerSideEncryption, VersionId } = await put('ledger/ci/intent.json', '{"a":"ä"}', {
      ContentType: 'application/json',
      CacheControl: 'no-store',
      Metadata: { Slot: '20260101T0200', 'with-dash': 'x' },
      Tagging: 'team=ops%20%26%20co',
    });
    expect(ETag).toBe(`"${createHash('md5').update('{"a":"ä"}').digest('hex')}"`);
    expect(ServerSideEncryption).toBe('AES256');
    expect(VersionId).toBeUndefined();
    expect(await get('ledger/ci/intent.json')).toMatchObject({
      text: '{"a":"ä"}',
      ETag,
      ContentType: 'application/json',
      CacheControl: 'no-store',
      ContentLength: 10,
      Metadata: { slot: '20260101T0200', 'with-dash': 'x' },
      TagCount: 1,
    });
    const { TagSet } = await client.send(
      new GetObjectTaggingCommand({ Bucket, Key: 'ledger/ci/intent.json' }),
    );
    expect(TagSet).toEqual([{ Key: 'team', Value: 'ops & co' }]);
  });

  test.each([
    'plain',
    'with space/and+plus',
    'ünï/😀',
    '../dots/./..',
    'a//b',
    'percent%2Fsign',
    'quote\'s"<&>',
    '/leading',
    'trailing/',
  ])('under the key %j', async (key) => {
    await put(key, key);
    expect((await get(key)).text).toBe(key);
    expect(s3.keys(Bucket)).toEqual([key]);
  });

  test('bytes of any value, and nothing at all', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    await put('bytes', bytes);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'bytes' }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
    await put('empty', '');
    expect(await get('empty')).toMatchObject({ text: '', ContentLength: 0 });
  });

  test('a HEAD tells the same without the body', async () => {
    await put('a', 'hello', { Metadata: { x: 'y' } });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({ ContentLength: 5, Metadata: { x: 'y' }, AcceptRanges: 'bytes' });
    expect(head.LastModified?.getMilliseconds()).toBe(0);
  });

  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'the checksum %s is verified and given back on request',
    async (ChecksumAlgorithm) => {
      const stored = await put('a', 'hello world', { ChecksumAlgorithm });
      const name = `Checksum${ChecksumAlgorithm}` as const;
      expect(stored[name]).toMatch(/=$/);
      const read = await get('a', { ChecksumMode: 'ENABLED' });
      expect(read[name]).toBe(stored[name]);
      expect(read.text).toBe('hello world');
    },
  );

  test('checksums are the published ones of "123456789"', async () => {
    // Check values of CRC-32/ISO-HDLC, CRC-32/ISCSI and CRC-64/NVME in the catalogue of parametrised CRC algorithms.
    const known = { CRC32: 'cbf43926', CRC32C: 'e3069283', CRC64NVME: 'ae8b14860a799888' } as const;
    for (const [algorithm, hex] of Object.entries(known)) {
      s3.seedObject(Bucket, 'a', '');
      const call = put('a', '123456789', {
        ChecksumAlgorithm: algorithm as keyof typeof known, // keys of the table above
      });
      const sum = (await call)[`Checksum${algorithm as keyof typeof known}`];
      expect(Buffer.from(sum ?? '', 'base64').toString('hex')).toBe(hex);
    }
  });

  test('a wrong digest is refused and nothing is stored', async () => {
    const ContentMD5 = createHash('md5').update('other').digest('base64');
    expect(await codeOf(put('a', 'hello', { ContentMD5 }))).toBe('BadDigest 400');
    expect(await codeOf(put('a', 'hello', { ContentMD5: 'no' }))).toBe('InvalidDigest 400');
    expect(await codeOf(put('a', 'hello', { ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest 400');
    expect(s3.keys(Bucket)).toEqual([]);
  });

  test('keys of more than 1,024 bytes and too much metadata are refused', async () => {
    await put('k'.repeat(1024), '');
    expect(await codeOf(put('k'.repeat(1025), ''))).toBe('KeyTooLongError 400');
    expect(await codeOf(put('ü'.repeat(513), ''))).toBe('KeyTooLongError 400');
    expect(await codeOf(put('m', '', { Metadata: { big: 'x'.repeat(2100) } }))).toBe('MetadataTooLarge 400');
  });
});

describe('ranges and conditions of reading', () => {
  test.each([
    ['bytes=1-2', 'el', 'bytes 1-2/5'],
    ['bytes=3-', 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 'lo', 'bytes 3-4/5'],
    ['bytes=0-99', 'hello', 'bytes 0-4/5'],
  ])('%s of hello', async (Range, text, ContentRange) => {
    await put('a', 'hello');
    const answer = await get('a', { Range });
    expect(answer).toMatchObject({ text, ContentRange });
    expect(answer.$metadata.httpStatusCode).toBe(206);
  });

  test('a range beyond the end is 416, a senseless one gives everything', async () => {
    await put('a', 'hello');
    expect(await codeOf(get('a', { Range: 'bytes=5-' }))).toBe('InvalidRange 416');
    expect((await get('a', { Range: 'lines=1-2' })).text).toBe('hello');
  });

  test('conditions answer 304 and 412', async () => {
    const { ETag } = await put('a', 'hello');
    expect((await refusalOf(get('a', { IfNoneMatch: ETag }))).status).toBe(304);
    expect((await get('a', { IfNoneMatch: '"other"' })).text).toBe('hello');
    expect(await codeOf(get('a', { IfMatch: '"other"' }))).toBe('PreconditionFailed 412');
    const past = new Date(Date.now() - 3_600_000);
    expect(await codeOf(get('a', { IfUnmodifiedSince: past }))).toBe('PreconditionFailed 412');
    expect((await refusalOf(get('a', { IfModifiedSince: new Date(Date.now() + 60_000) }))).status).toBe(304);
    expect((await get('a', { IfMatch: ETag, IfUnmodifiedSince: past })).text).toBe('hello');
  });

  test('what is not there is NoSuchKey, to HEAD NotFound', async () => {
    expect(await codeOf(get('a'))).toBe('NoSuchKey 404');
    expect(await codeOf(client.send(new HeadObjectCommand({ Bucket, Key: 'a' })))).toBe('NotFound 404');
    expect(await codeOf(get('a', { VersionId: 'x'.repeat(32) }))).toBe('NoSuchVersion 404');
    expect(await codeOf(get('a', { VersionId: 'short' }))).toBe('InvalidArgument 400');
  });
});

describe('create-only writes', () => {
  const create = (Key: string, Body = 'x') => put(Key, Body, { IfNoneMatch: '*' });

  test('a key is created once', async () => {
    await create('a', 'first');
    expect(await codeOf(create('a', 'second'))).toBe('PreconditionFailed 412');
    expect((await get('a')).text).toBe('first');
  });

  test('only the current version counts: after a delete marker the key is free again', async () => {
    await enableVersioning();
    const { VersionId } = await create('a', 'first');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    await create('a', 'second');
    expect((await get('a')).text).toBe('second');
    expect((await get('a', { VersionId })).text).toBe('first');
    expect(s3.versions(Bucket, 'a').map(({ kind }) => kind)).toEqual(['object', 'marker', 'object']);
  });

  test('two that overlap: one is written, the other is told of the conflict and may try again', async () => {
    s3.switches.conditionalWriteMilliseconds = 100;
    const outcomes = await Promise.all(
      ['one', 'two'].map((body) =>
        create('raced', body).then(
          () => 'written',
          (error: Error) => error.name,
        ),
      ),
    );
    s3.switches.conditionalWriteMilliseconds = 0;
    expect(outcomes.sort()).toEqual(['ConditionalRequestConflict', 'written']);
    expect(await codeOf(create('raced'))).toBe('PreconditionFailed 412');
    expect(s3.versions(Bucket, 'raced')).toHaveLength(1);
  });

  test('a conflict can be asked for', async () => {
    s3.switches.conflicts = 1;
    expect(await codeOf(create('a'))).toBe('ConditionalRequestConflict 409');
    await create('a');
  });

  test('If-Match replaces a known version only', async () => {
    expect(await codeOf(put('a', 'x', { IfMatch: '"abc"' }))).toBe('NoSuchKey 404');
    const { ETag } = await put('a', 'one');
    expect(await codeOf(put('a', 'x', { IfMatch: '"abc"' }))).toBe('PreconditionFailed 412');
    await put('a', 'two', { IfMatch: ETag });
    expect((await get('a')).text).toBe('two');
    expect(await codeOf(put('a', 'x', { IfNoneMatch: '"abc"' }))).toBe('NotImplemented 501');
  });
});

describe('copies', () => {
  const copy = (Key: string, source: string, more: object = {}) =>
    client.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${source}`, ...more }));

  test('take content and metadata along, or replace the metadata', async () => {
    await put('a b/ü', 'hello', { Metadata: { x: 'y' }, ContentType: 'text/plain' });
    const { CopyObjectResult } = await copy('b', encodeURIComponent('a b/ü'));
    expect(CopyObjectResult?.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    expect(await get('b')).toMatchObject({ text: 'hello', Metadata: { x: 'y' }, ContentType: 'text/plain' });
    await copy('b', 'b', { MetadataDirective: 'REPLACE', Metadata: { z: '1' } });
    expect((await get('b')).Metadata).toEqual({ z: '1' });
    expect(await codeOf(copy('b', 'b'))).toBe('InvalidRequest 400');
    expect(await codeOf(copy('b', 'missing'))).toBe('NoSuchKey 404');
  });

  test('an old version can be brought back', async () => {
    await enableVersioning();
    const { VersionId } = await put('a', 'old');
    await put('a', 'new');
    const answer = await copy('a', `a?versionId=${VersionId}`);
    expect(answer.CopySourceVersionId).toBe(VersionId);
    expect((await get('a')).text).toBe('old');
  });
});

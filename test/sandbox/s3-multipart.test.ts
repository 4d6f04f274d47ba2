import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { codeOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const big = Buffer.alloc(5 * 1024 * 1024, 'a');
let sandbox: StartedSandbox;
let s3: S3;
let client: S3Client;
let count = 0;
let Bucket = '';
const Key = 'dump.sql';

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    s3 = createS3(world);
    return [s3.service];
  });
  client = new S3Client(sandbox.clientConfig);
});
beforeEach(() => {
  Bucket = `bucket-${++count}`;
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account });
});
afterAll(() => sandbox.close());

const begin = async (more: object = {}) =>
  (await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId;
const part = (UploadId: string | undefined, PartNumber: number, Body: Buffer | string, more: object = {}) =>
  client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }));
const complete = (UploadId: string | undefined, Parts: CompletedPart[], more: object = {}) =>
  client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
  );

test('parts become one object, with the entity tag of their digests', async () => {
  const id = await begin({ ContentType: 'application/sql', Metadata: { a: 'b' } });
  const second = await part(id, 2, 'tail');
  const first = await part(id, 1, big);
  const parts = await client.send(new ListPartsCommand({ Bucket, Key, UploadId: id }));
  expect(parts.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, big.length],
    [2, 4],
  ]);
  const { ETag } = await complete(id, [
    { PartNumber: 1, ETag: first.ETag },
    { PartNumber: 2, ETag: second.ETag },
  ]);
  const digest = (text: Buffer | string) => createHash('md5').update(text).digest();
  const expected = createHash('md5')
    .update(Buffer.concat([digest(big), digest('tail')]))
    .digest('hex');
  expect(ETag).toBe(`"${expected}-2"`);
  const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ ContentLength: big.length + 4, ContentType: 'application/sql' });
  const tail = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
  expect([await tail.Body?.transformToString(), tail.PartsCount]).toEqual(['tail', 2]);
  expect(await codeOf(complete(id, [{ PartNumber: 1, ETag: first.ETag }]))).toBe('NoSuchUpload 404');
});

test('checksums of parts are verified and combined', async () => {
  const id = await begin({ ChecksumAlgorithm: 'SHA256' });
  const first = await part(id, 1, big, { ChecksumAlgorithm: 'SHA256' });
  const second = await part(id, 2, 'tail', { ChecksumAlgorithm: 'SHA256' });
  expect(await codeOf(part(id, 3, 'x', { ChecksumAlgorithm: 'CRC32' }))).toBe('InvalidRequest 400');
  const done = await complete(id, [
    { PartNumber: 1, ETag: first.ETag, ChecksumSHA256: first.ChecksumSHA256 },
    { PartNumber: 2, ETag: second.ETag, ChecksumSHA256: second.ChecksumSHA256 },
  ]);
  expect(done.ChecksumSHA256).toMatch(/=-2$/);
  expect(done.ChecksumType).toBe('COMPOSITE');
});

test('a checksum of the whole object may come with the completion', async () => {
  const id = await begin({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const { ETag } = await part(id, 1, '123456789');
  const parts = [{ PartNumber: 1, ETag }];
  const wrong = { ChecksumCRC32: 'AAAAAA==', ChecksumType: 'FULL_OBJECT' };
  expect(await codeOf(complete(id, parts, wrong))).toBe('BadDigest 400');
  const right = {
    ChecksumCRC32: Buffer.from('cbf43926', 'hex').toString('base64'),
    ChecksumType: 'FULL_OBJECT',
  };
  expect(await complete(id, parts, right)).toMatchObject(right);
});

test('small parts, wrong order and unknown parts are refused, and the upload stays', async () => {
  const id = await begin();
  const one = await part(id, 1, 'small');
  const two = await part(id, 2, 'x');
  const both = [
    { PartNumber: 1, ETag: one.ETag },
    { PartNumber: 2, ETag: two.ETag },
  ];
  expect(await codeOf(complete(id, both))).toBe('EntityTooSmall 400');
  expect(await codeOf(complete(id, [...both].reverse()))).toBe('InvalidPartOrder 400');
  expect(await codeOf(complete(id, [{ PartNumber: 9, ETag: one.ETag }]))).toBe('InvalidPart 400');
  expect(await codeOf(complete(id, []))).toBe('MalformedXML 400');
  expect(await codeOf(part(id, 10_001, 'x'))).toBe('InvalidArgument 400');
  await complete(id, [{ PartNumber: 2, ETag: two.ETag }]);
  expect(s3.text(Bucket, Key)).toBe('x');
});

test('a create-only completion is refused when the key exists', async () => {
  s3.seedObject(Bucket, Key, 'first');
  const id = await begin();
  const { ETag } = await part(id, 1, 'second');
  const call = complete(id, [{ PartNumber: 1, ETag }], { IfNoneMatch: '*' });
  expect(await codeOf(call)).toBe('PreconditionFailed 412');
  expect(s3.text(Bucket, Key)).toBe('first');
});

test('an upload can be listed, fed by copies and given up', async () => {
  s3.seedObject(Bucket, 'source', 'hello world');
  const id = await begin();
  const copied = await client.send(
    new UploadPartCopyCommand({
      Bucket,
      Key,
      UploadId: id,
      PartNumber: 1,
      CopySource: `${Bucket}/source`,
      CopySourceRange: 'bytes=0-4',
    }),
  );
  expect(copied.CopyPartResult?.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(Uploads).toMatchObject([{ Key, UploadId: id }]);
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }));
  expect(await codeOf(part(id, 1, 'x'))).toBe('NoSuchUpload 404');
  expect(s3.keys(Bucket)).toEqual(['source']);
});

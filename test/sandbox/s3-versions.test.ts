import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { codeOf } from '../support/refusal.ts';
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
beforeEach(() => {
  Bucket = `bucket-${++count}`;
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account, versioned: true });
});
afterAll(() => sandbox.close());

const put = async (Key: string, Body: string) =>
  (await client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
const remove = (Key: string, VersionId?: string) =>
  client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
const get = (Key: string, VersionId?: string) =>
  client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
const read = async (Key: string, VersionId?: string) => (await get(Key, VersionId)).Body?.transformToString();

test('every write makes a version that can be read as long as it is there', async () => {
  const first = await put('a', 'one');
  const second = await put('a', 'two');
  expect(first).toMatch(/^[A-Za-z0-9._]{32}$/);
  expect(await read('a')).toBe('two');
  expect(await read('a', first)).toBe('one');
  expect((await get('a')).VersionId).toBe(second);
  expect(await remove('a', first)).toMatchObject({ VersionId: first });
  expect(await codeOf(get('a', first))).toBe('NoSuchVersion 404');
});

test('a delete without a version puts a marker on top, which hides the key and can be taken away', async () => {
  await put('a', 'one');
  const { DeleteMarker, VersionId } = await remove('a');
  expect(DeleteMarker).toBe(true);
  const seen: unknown[] = [];
  const watcher = new S3Client(sandbox.clientConfig);
  watcher.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      if (typeof result.response === 'object' && result.response && 'headers' in result.response) {
        seen.push(result.response.headers);
      }
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  expect(await codeOf(watcher.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBe('NoSuchKey 404');
  expect(seen.at(-1)).toMatchObject({ 'x-amz-delete-marker': 'true', 'x-amz-version-id': VersionId });
  expect(await codeOf(watcher.send(new HeadObjectCommand({ Bucket, Key: 'a' })))).toBe('NotFound 404');
  expect(seen.at(-1)).toMatchObject({ 'x-amz-delete-marker': 'true' });
  expect(await codeOf(watcher.send(new GetObjectCommand({ Bucket, Key: 'a', VersionId })))).toBe(
    'MethodNotAllowed 405',
  );
  expect(seen.at(-1)).toMatchObject({ 'x-amz-delete-marker': 'true', allow: 'DELETE' });
  expect(await remove('a', VersionId)).toMatchObject({ DeleteMarker: true, VersionId });
  expect(await read('a')).toBe('one');
});

test('deleting what is not there succeeds, with and without a version', async () => {
  expect(await remove('never', 'x'.repeat(32))).toMatchObject({ VersionId: 'x'.repeat(32) });
  expect(await remove('never')).toMatchObject({ DeleteMarker: true });
});

test('what was written before versioning has the version null, and suspension writes null again', async () => {
  Bucket = `${Bucket}-plain`;
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account });
  expect(await put('a', 'unversioned')).toBeUndefined();
  const setVersioning = (Status: 'Enabled' | 'Suspended') =>
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  await setVersioning('Enabled');
  const kept = await put('a', 'versioned');
  expect(await read('a', 'null')).toBe('unversioned');
  await setVersioning('Suspended');
  await put('a', 'suspended');
  expect(await read('a', 'null')).toBe('suspended');
  expect(await read('a', kept)).toBe('versioned');
  expect(s3.versions(Bucket, 'a').map(({ versionId }) => versionId)).toEqual([kept, 'null']);
  expect(await remove('a')).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
  expect(s3.versions(Bucket, 'a').map(({ kind }) => kind)).toEqual(['object', 'marker']);
});

test('many are deleted in one request, each with its own outcome', async () => {
  const version = await put('a', 'x');
  await put('b', 'x');
  const answer = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [{ Key: 'a', VersionId: version }, { Key: 'b' }, { Key: 'c', VersionId: 'bad' }] },
    }),
  );
  expect(answer.Deleted).toMatchObject([
    { Key: 'a', VersionId: version },
    { Key: 'b', DeleteMarker: true },
  ]);
  expect(answer.Errors).toMatchObject([{ Key: 'c', Code: 'InvalidArgument' }]);
  expect(s3.versions(Bucket, 'a')).toEqual([]);
  const quiet = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'b' }] } }),
  );
  expect(quiet.Deleted ?? []).toEqual([]);
  const tooMany = Array.from({ length: 1001 }, (_, index) => ({ Key: `k${index}` }));
  expect(await codeOf(client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: tooMany } })))).toBe(
    'MalformedXML 400',
  );
});

test('versions are listed newest first and say which is the latest', async () => {
  const first = await put('a', 'one');
  const second = await put('a', 'two');
  const { VersionId: marker } = await remove('a');
  const third = await put('b', 'three');
  const { Versions, DeleteMarkers, IsTruncated } = await client.send(
    new ListObjectVersionsCommand({ Bucket }),
  );
  expect(IsTruncated).toBe(false);
  expect(Versions?.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual([
    ['a', second, false],
    ['a', first, false],
    ['b', third, true],
  ]);
  expect(DeleteMarkers).toMatchObject([{ Key: 'a', VersionId: marker, IsLatest: true }]);
});

/** Everything, page by page: `<key> <version>`, prefixes alone. */
async function listAll(options: { MaxKeys: number; Prefix?: string; Delimiter?: string }): Promise<string[]> {
  const found: string[] = [];
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, ...options, ...markers }));
    const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    found.push(...entries.map(({ Key, VersionId }) => `${Key} ${VersionId}`));
    found.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}`));
    expect(entries.length + (page.CommonPrefixes ?? []).length).toBeLessThanOrEqual(options.MaxKeys);
    if (!page.IsTruncated) return found;
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

test('pages of any size hold every version once, also within a key and across prefixes', async () => {
  for (const key of ['a/1', 'a/1', 'a/2', 'b', 'b', 'b', 'c/1']) await put(key, key);
  await remove('b');
  const everything = (await listAll({ MaxKeys: 1000 })).sort();
  expect(everything).toHaveLength(8);
  for (const MaxKeys of [1, 2, 3, 5]) {
    expect((await listAll({ MaxKeys })).sort(), `pages of ${MaxKeys}`).toEqual(everything);
    const grouped = await listAll({ MaxKeys, Delimiter: '/' });
    expect(grouped.filter((entry) => !entry.includes(' ')).sort()).toEqual(['a/', 'c/']);
    expect(grouped).toHaveLength(6);
  }
  expect(await listAll({ MaxKeys: 2, Prefix: 'a/1' })).toHaveLength(2);
});

test('a version marker without a key marker is refused', async () => {
  const call = client.send(new ListObjectVersionsCommand({ Bucket, VersionIdMarker: 'x'.repeat(32) }));
  expect(await codeOf(call)).toBe('InvalidArgument 400');
});

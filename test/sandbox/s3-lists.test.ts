import {
  ListObjectsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { listPage } from '../../sandbox/services/s3/listing.ts';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { compareKeys, SortedKeys } from '../../sandbox/services/s3/sorted-keys.ts';
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
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account });
});
afterAll(() => sandbox.close());

const seed = (...keys: string[]) => {
  for (const key of keys) s3.seedObject(Bucket, key, key);
};
const list = (options: object = {}) => client.send(new ListObjectsV2Command({ Bucket, ...options }));
const keysOf = ({ Contents = [] }: { Contents?: { Key?: string | undefined }[] | undefined }) =>
  Contents.map(({ Key }) => Key);
const prefixesOf = ({
  CommonPrefixes = [],
}: {
  CommonPrefixes?: { Prefix?: string | undefined }[] | undefined;
}) => CommonPrefixes.map(({ Prefix }) => Prefix);

test('keys come in the order of their UTF-8 bytes', async () => {
  seed('b', 'a', 'Z', 'ä', '\u{1F600}', '\uFF5E', 'a/b', 'a b');
  expect(keysOf(await list())).toEqual(['Z', 'a', 'a b', 'a/b', 'b', 'ä', '\uFF5E', '\u{1F600}']);
});

test('a prefix and a delimiter roll keys up, and both are counted', async () => {
  seed('ledger/ci/1/intent.json', 'ledger/ci/1/x', 'ledger/ci/2/intent.json', 'ledger/ci/readme', 'other');
  const answer = await list({ Prefix: 'ledger/ci/', Delimiter: '/' });
  expect(keysOf(answer)).toEqual(['ledger/ci/readme']);
  expect(prefixesOf(answer)).toEqual(['ledger/ci/1/', 'ledger/ci/2/']);
  expect(answer).toMatchObject({ KeyCount: 3, IsTruncated: false, MaxKeys: 1000, Prefix: 'ledger/ci/' });
});

test('pages follow each other by token, also over rolled-up prefixes', async () => {
  seed('a/1', 'a/2', 'b/1', 'c', 'd/1', 'd/2', 'e');
  const found: (string | undefined)[] = [];
  const pages = paginateListObjectsV2({ client, pageSize: 2 }, { Bucket, Delimiter: '/' });
  for await (const page of pages) {
    expect(page.KeyCount).toBeLessThanOrEqual(2);
    found.push(...prefixesOf(page), ...keysOf(page));
  }
  expect(found).toEqual(['a/', 'b/', 'd/', 'c', 'e']);
});

test('start-after is exclusive, and a made-up token is refused', async () => {
  seed('a', 'b', 'c');
  expect(keysOf(await list({ StartAfter: 'a' }))).toEqual(['b', 'c']);
  expect(keysOf(await list({ StartAfter: 'aa' }))).toEqual(['b', 'c']);
  expect(await codeOf(list({ ContinuationToken: '!' }))).toBe('InvalidArgument 400');
  expect(await codeOf(list({ MaxKeys: -1 }))).toBe('InvalidArgument 400');
  expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
});

test('a group counts by its own name: a marker inside of it leaves it behind', async () => {
  seed('a', 'd/1', 'd/2', 'e');
  for (const StartAfter of ['d/', 'd/1', 'd/9']) {
    const answer = await list({ Delimiter: '/', StartAfter });
    expect([...prefixesOf(answer), ...keysOf(answer)], StartAfter).toEqual(['e']);
  }
  expect(prefixesOf(await list({ Delimiter: '/', StartAfter: 'd' }))).toEqual(['d/']);
});

test('no more than 1,000 entries, whatever is asked for', async () => {
  seed(...Array.from({ length: 1001 }, (_, index) => `k${String(index).padStart(4, '0')}`));
  const answer = await list({ MaxKeys: 5000 });
  expect(answer).toMatchObject({ KeyCount: 1000, MaxKeys: 1000, IsTruncated: true });
  const rest = await list({ ContinuationToken: answer.NextContinuationToken });
  expect(keysOf(rest)).toEqual(['k1000']);
});

test('what a delete marker hides is not listed', async () => {
  Bucket = `${Bucket}-v`;
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account, versioned: true });
  seed('a', 'b/1', 'c');
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  for (const Key of ['a', 'b/1']) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  const answer = await list({ Delimiter: '/' });
  expect([...keysOf(answer), ...prefixesOf(answer)]).toEqual(['c']);
});

test('keys are encoded on request, as a file name with brackets shows', async () => {
  seed('test_file(3).png', 'a b/ü+1');
  const answer = await list({ EncodingType: 'url' });
  expect(keysOf(answer)).toEqual(['a+b/%C3%BC%2B1', 'test_file%283%29.png']);
  expect(await codeOf(list({ EncodingType: 'base64' }))).toBe('InvalidArgument 400');
});

test('keys that XML cannot hold come through with encoding', async () => {
  seed('bell\u0007', 'a&<b>');
  expect(keysOf(await list({ EncodingType: 'url' }))).toEqual(['a%26%3Cb%3E', 'bell%07']);
});

test('the first version of the call pages by marker', async () => {
  seed('a/1', 'a/2', 'b', 'c');
  const listV1 = (options: object) => client.send(new ListObjectsCommand({ Bucket, ...options }));
  const first = await listV1({ MaxKeys: 1, Delimiter: '/' });
  expect([prefixesOf(first), first.NextMarker, first.IsTruncated]).toEqual([['a/'], 'a/', true]);
  expect(keysOf(await listV1({ Delimiter: '/', Marker: first.NextMarker }))).toEqual(['b', 'c']);
  const plain = await listV1({ MaxKeys: 2 });
  expect([keysOf(plain), plain.NextMarker]).toEqual([['a/1', 'a/2'], undefined]);
  expect(plain.Contents?.[0]?.Owner?.ID).toHaveLength(64);
});

test('a listing agrees with a naive one for any keys, prefix, delimiter and page size', () => {
  const key = fc.stringMatching(/^[ab/é\u{1F600}]{1,5}$/u);
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 25 }),
      fc.constantFrom('', 'a', 'a/', 'b/a', '/'),
      fc.constantFrom('', '/', 'a'),
      fc.integer({ min: 1, max: 4 }),
      (keys, prefix, delimiter, max) => {
        const sorted = new SortedKeys<true>();
        for (const one of keys) sorted.set(one, true);
        const found: string[] = [];
        let after: string | undefined;
        for (;;) {
          const page = listPage({ keys: sorted, prefix, delimiter, max, after, items: (one) => [one] });
          found.push(...page.entries.map((entry) => `${entry.kind} ${entry.key}`));
          if (!page.truncated) break;
          after = page.entries.at(-1)?.key;
        }
        const bytes = (text: string) => Buffer.from(text);
        const expected = keys
          .filter((one) => one.startsWith(prefix))
          .sort((left, right) => Buffer.compare(bytes(left), bytes(right)))
          .map((one) => {
            const end = delimiter === '' ? -1 : one.indexOf(delimiter, prefix.length);
            return end < 0 ? `item ${one}` : `prefix ${one.slice(0, end + delimiter.length)}`;
          });
        expect(found).toEqual([...new Set(expected)]);
      },
    ),
    { numRuns: 300 },
  );
});

test('keys compare as their bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (left, right) => {
      const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareKeys(left, right))).toBe(bytes);
    }),
  );
});

test('a sorted map agrees with a plain one under any changes', () => {
  const change = fc.record({ key: fc.string({ maxLength: 2 }), present: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const sorted = new SortedKeys<number>();
      const plain = new Map<string, number>();
      for (const [index, { key, present }] of changes.entries()) {
        if (present) sorted.set(key, index);
        else sorted.delete(key);
        if (present) plain.set(key, index);
        else plain.delete(key);
      }
      expect([...sorted.from(() => true)]).toEqual([...plain].sort(([a], [b]) => compareKeys(a, b)));
      expect(sorted.size).toBe(plain.size);
    }),
  );
});

test('a page out of 200,000 keys reads little more than the page', () => {
  const sorted = new SortedKeys<true>();
  for (let index = 0; index < 200_000; index++) sorted.set(`${index % 100}/${index}`, true);
  let looked = 0;
  const page = (prefix: string, delimiter: string) =>
    listPage({
      keys: sorted,
      prefix,
      delimiter,
      max: 1000,
      after: undefined,
      items: (key) => {
        looked++;
        return [key];
      },
    });
  expect(page('', '/').entries).toHaveLength(100);
  expect(page('42/', '').entries).toHaveLength(1000);
  expect(looked).toBeLessThan(1200);
});

import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { World } from '../../sandbox/world.ts';
import { codeOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 31, 12);
let now = start;
let sandbox: StartedSandbox;
let s3: S3;
let client: S3Client;
let count = 0;
let Bucket = '';

beforeAll(async () => {
  const world = new World({ clock: { now: () => now } });
  sandbox = await startSandbox(
    () => {
      s3 = createS3(world);
      return [s3.service];
    },
    { world },
  );
  client = new S3Client(sandbox.clientConfig);
});
beforeEach(() => {
  now = start;
  Bucket = `bucket-${++count}`;
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account, objectLock: true });
});
afterAll(() => sandbox.close());

const put = async (more: Partial<PutObjectCommandInput> = {}) =>
  (await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ...more }))).VersionId;
const remove = (VersionId: string | undefined, BypassGovernanceRetention?: boolean) =>
  client.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId, BypassGovernanceRetention }));
const retain = (Mode: 'GOVERNANCE' | 'COMPLIANCE', days: number, BypassGovernanceRetention?: boolean) =>
  client.send(
    new PutObjectRetentionCommand({
      Bucket,
      Key: 'a',
      Retention: { Mode, RetainUntilDate: new Date(now + days * day) },
      BypassGovernanceRetention,
    }),
  );
const governed = (days: number) => ({
  ObjectLockMode: 'GOVERNANCE' as const,
  ObjectLockRetainUntilDate: new Date(now + days * day),
});

test('a locked version cannot be deleted until its time is over, by the sandbox clock', async () => {
  const version = await put(governed(14));
  expect(await codeOf(remove(version))).toBe('AccessDenied 403');
  now = start + 14 * day - 1;
  expect(await codeOf(remove(version))).toBe('AccessDenied 403');
  now = start + 14 * day;
  await remove(version);
});

test('a delete marker may be put on a locked version, which stays readable below it', async () => {
  const VersionId = await put(governed(14));
  expect(await remove(undefined)).toMatchObject({ DeleteMarker: true });
  const { Body, ObjectLockMode, ObjectLockRetainUntilDate } = await client.send(
    new GetObjectCommand({ Bucket, Key: 'a', VersionId }),
  );
  expect(await Body?.transformToString()).toBe('x');
  expect([ObjectLockMode, ObjectLockRetainUntilDate?.getTime()]).toEqual(['GOVERNANCE', start + 14 * day]);
});

test('governance can be bypassed, compliance cannot', async () => {
  const version = await put(governed(14));
  await remove(version, true);
  const strict = await put({
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: new Date(now + day),
  });
  expect(await codeOf(remove(strict, true))).toBe('AccessDenied 403');
});

test('of many deletions the locked ones fail by themselves', async () => {
  const locked = await put(governed(14));
  const free = await put();
  const answer = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [locked, free].map((VersionId) => ({ Key: 'a', VersionId })) },
    }),
  );
  expect(answer.Errors).toMatchObject([{ VersionId: locked, Code: 'AccessDenied' }]);
  expect(answer.Deleted).toMatchObject([{ VersionId: free }]);
});

test('a legal hold holds whatever the retention says, and no bypass helps', async () => {
  const version = await put();
  const hold = (Status: 'ON' | 'OFF') =>
    client.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'a', LegalHold: { Status } }));
  await hold('ON');
  expect(await codeOf(remove(version, true))).toBe('AccessDenied 403');
  const { LegalHold } = await client.send(new GetObjectLegalHoldCommand({ Bucket, Key: 'a' }));
  expect(LegalHold?.Status).toBe('ON');
  await hold('OFF');
  await remove(version);
});

test('the default retention of the bucket locks every write, in days or calendar years', async () => {
  Bucket = `${Bucket}-vault`;
  const seed = { region: 'eu-west-1', account: DEFAULT_IDENTITY.account };
  s3.seedBucket({ ...seed, name: Bucket, defaultRetention: { mode: 'GOVERNANCE', unit: 'days', count: 14 } });
  const version = await put();
  expect(await codeOf(remove(version))).toBe('AccessDenied 403');
  const { Retention } = await client.send(new GetObjectRetentionCommand({ Bucket, Key: 'a' }));
  expect(Retention).toMatchObject({ Mode: 'GOVERNANCE', RetainUntilDate: new Date(start + 14 * day) });
  Bucket = `${Bucket}-years`;
  s3.seedBucket({ ...seed, name: Bucket, defaultRetention: { mode: 'COMPLIANCE', unit: 'years', count: 2 } });
  await put();
  const yearly = await client.send(new GetObjectRetentionCommand({ Bucket, Key: 'a' }));
  expect(yearly.Retention?.RetainUntilDate?.toISOString()).toBe('2028-01-31T12:00:00.000Z');
});

test('a write that is locked must carry a digest', async () => {
  const bare = new S3Client({
    ...sandbox.clientConfig,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  // Removes what the client adds by itself because it knows of this rule.
  bare.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (typeof request === 'object' && request && 'headers' in request) {
        const { headers } = request;
        if (typeof headers === 'object' && headers) {
          for (const name of Object.keys(headers)) {
            if (/checksum|content-md5|x-amz-trailer/i.test(name)) Reflect.deleteProperty(headers, name);
          }
        }
      }
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'high' },
  );
  const call = (more: object) => bare.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', ...more }));
  await call({});
  expect(await codeOf(call(governed(1)))).toBe('InvalidRequest 400');
});

test('retention is lengthened by anybody, shortened by bypass, and in compliance never', async () => {
  await put(governed(10));
  await retain('GOVERNANCE', 20);
  expect(await codeOf(retain('GOVERNANCE', 5))).toBe('AccessDenied 403');
  await retain('GOVERNANCE', 5, true);
  expect(await codeOf(retain('COMPLIANCE', 5))).toBe('AccessDenied 403');
  await retain('COMPLIANCE', 5, true);
  expect(await codeOf(retain('GOVERNANCE', 50, true))).toBe('AccessDenied 403');
  expect(await codeOf(retain('COMPLIANCE', 1, true))).toBe('AccessDenied 403');
  await retain('COMPLIANCE', 6);
});

test('impossible locks are refused', async () => {
  expect(await codeOf(put({ ObjectLockMode: 'GOVERNANCE' }))).toBe('InvalidArgument 400');
  expect(await codeOf(put(governed(-1)))).toBe('InvalidArgument 400');
  expect(
    await codeOf(put({ ...governed(1), ObjectLockMode: 'FOREVER' as 'GOVERNANCE' /* wrong on purpose */ })),
  ).toBe('InvalidArgument 400');
  await put();
  expect(await codeOf(client.send(new GetObjectRetentionCommand({ Bucket, Key: 'a' })))).toBe(
    'NoSuchObjectLockConfiguration 404',
  );
  expect(await codeOf(client.send(new GetObjectLegalHoldCommand({ Bucket, Key: 'a' })))).toBe(
    'NoSuchObjectLockConfiguration 404',
  );
});

test('a bucket without Object Lock knows no locks', async () => {
  Bucket = `${Bucket}-plain`;
  s3.seedBucket({ name: Bucket, region: 'eu-west-1', account: DEFAULT_IDENTITY.account, versioned: true });
  expect(await codeOf(put(governed(1)))).toBe('InvalidRequest 400');
  const version = await put();
  expect(await codeOf(retain('GOVERNANCE', 1))).toBe('InvalidRequest 400');
  expect(await codeOf(remove(version, true))).toBe('InvalidArgument 400');
  await remove(version);
});

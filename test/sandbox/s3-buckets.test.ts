import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import type { RequestContext } from '../../sandbox/service.ts';
import { isBucketName } from '../../sandbox/services/s3/bucket-names.ts';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { codeOf, refusalOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

let sandbox: StartedSandbox;
let s3: S3;
let client: S3Client;
let count = 0;
let Bucket = '';

const inRegion = (LocationConstraint: 'eu-west-1' | 'eu-central-1') => ({
  CreateBucketConfiguration: { LocationConstraint },
});

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    s3 = createS3(world);
    return [s3.service];
  });
  client = new S3Client(sandbox.clientConfig);
});
beforeEach(async () => {
  Bucket = `bucket-${++count}`;
  await client.send(new CreateBucketCommand({ Bucket, ...inRegion('eu-west-1') }));
});
afterAll(() => sandbox.close());

const request: RequestContext = {
  service: 's3',
  action: 'CreateBucket',
  region: 'eu-west-1',
  caller: DEFAULT_IDENTITY,
  requestId: '1',
  now: 0,
  headers: {},
};

const from = (region: string) => new S3Client({ ...sandbox.clientConfig, region });

describe('names and places', () => {
  test('a bucket is created in the Region of the client and tells it', async () => {
    expect(await client.send(new GetBucketLocationCommand({ Bucket }))).toMatchObject({
      LocationConstraint: 'eu-west-1',
    });
    expect(await client.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: 'eu-west-1' });
  });

  test('the location travels as the text of the root element, and is empty for us-east-1', async () => {
    let body = '';
    const eavesdropper = from('us-east-1');
    eavesdropper.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result;
        if (typeof response === 'object' && response && 'body' in response) {
          // The Node handler's body is the incoming message; the types leave it open.
          const chunks: Uint8Array[] = [];
          for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
          body = Buffer.concat(chunks).toString();
          Object.assign(response, { body: Readable.from([Buffer.from(body)]) });
        }
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await eavesdropper.send(new GetBucketLocationCommand({ Bucket }));
    expect(body).toMatch(/<LocationConstraint xmlns="[^"]+">eu-west-1<\/LocationConstraint>$/);
    await eavesdropper.send(new CreateBucketCommand({ Bucket: `${Bucket}-us` }));
    const { LocationConstraint } = await eavesdropper.send(
      new GetBucketLocationCommand({ Bucket: `${Bucket}-us` }),
    );
    expect(body).toMatch(/<LocationConstraint xmlns="[^"]+"\s*(\/>|><\/LocationConstraint>)$/);
    expect(LocationConstraint || undefined).toBeUndefined();
  });

  test('outside us-east-1 the location constraint must name the Region of the endpoint', async () => {
    const elsewhere = client.send(
      new CreateBucketCommand({ Bucket: 'another-one', ...inRegion('eu-central-1') }),
    );
    expect(await codeOf(elsewhere)).toBe('IllegalLocationConstraintException 400');
    // The client fills in a constraint that is left out, so that one is asked of the handler.
    const create = () =>
      s3.service.handlers.CreateBucket?.({ Bucket: 'another-one' } as never /* any handler */, request);
    expect(create).toThrow('unspecified location constraint');
  });

  test('creating it again is refused, but for the owner in us-east-1', async () => {
    expect(await codeOf(client.send(new CreateBucketCommand({ Bucket, ...inRegion('eu-west-1') })))).toBe(
      'BucketAlreadyOwnedByYou 409',
    );
    const eastern = from('us-east-1');
    await eastern.send(new CreateBucketCommand({ Bucket: `${Bucket}-us` }));
    await eastern.send(new CreateBucketCommand({ Bucket: `${Bucket}-us` }));
  });

  test('a bucket of another account is there, but not for us', async () => {
    s3.seedBucket({ name: 'foreign', region: 'eu-west-1', account: '999999999999' });
    expect(
      await codeOf(client.send(new CreateBucketCommand({ Bucket: 'foreign', ...inRegion('eu-west-1') }))),
    ).toBe('BucketAlreadyExists 409');
    expect((await refusalOf(client.send(new HeadBucketCommand({ Bucket: 'foreign' })))).status).toBe(403);
    expect(await codeOf(client.send(new GetBucketLocationCommand({ Bucket: 'foreign' })))).toBe(
      'AccessDenied 403',
    );
    const { Buckets } = await client.send(new ListBucketsCommand({ Prefix: 'foreign' }));
    expect(Buckets ?? []).toEqual([]);
  });

  test('a missing bucket is NotFound to HeadBucket and NoSuchBucket to the others', async () => {
    expect(await codeOf(client.send(new HeadBucketCommand({ Bucket: 'missing' })))).toBe('NotFound 404');
    expect(await codeOf(client.send(new GetBucketVersioningCommand({ Bucket: 'missing' })))).toBe(
      'NoSuchBucket 404',
    );
  });

  test('a request that was signed for another Region is redirected to the right one', async () => {
    expect(await codeOf(from('eu-central-1').send(new GetBucketVersioningCommand({ Bucket })))).toBe(
      'PermanentRedirect 301',
    );
    const following = new S3Client({
      ...sandbox.clientConfig,
      region: 'eu-central-1',
      followRegionRedirects: true,
    });
    await following.send(new GetBucketVersioningCommand({ Bucket }));
  });

  test('another expected owner is refused', async () => {
    const call = client.send(new GetBucketVersioningCommand({ Bucket, ExpectedBucketOwner: '999999999999' }));
    expect(await codeOf(call)).toBe('AccessDenied 403');
  });

  test('names follow the rules of general purpose buckets', () => {
    for (const name of ['abc', 'my-bucket.example', 'a'.repeat(63), '123'])
      expect(isBucketName(name)).toBe(true);
    const wrong = ['ab', 'a'.repeat(64), 'Upper', 'under_score', '-start', 'end-', 'two..dots', '10.0.0.1'];
    for (const name of [...wrong, 'xn--abc', 'sthree-x', 'abc-s3alias', 'abc--ol-s3', 'a/b']) {
      expect(isBucketName(name), name).toBe(false);
    }
  });

  test('buckets are listed in pages, in order', async () => {
    for (const name of ['page-c', 'page-a', 'page-b']) {
      s3.seedBucket({ name, region: 'eu-west-1', account: DEFAULT_IDENTITY.account });
    }
    const first = await client.send(new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2 }));
    expect(first.Buckets?.map(({ Name }) => Name)).toEqual(['page-a', 'page-b']);
    const second = await client.send(
      new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2, ContinuationToken: first.ContinuationToken }),
    );
    expect(second.Buckets?.map(({ Name }) => Name)).toEqual(['page-c']);
    expect(second.ContinuationToken).toBeUndefined();
  });

  test('only an empty bucket can be deleted, versions and delete markers included', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
    expect(await codeOf(client.send(new DeleteBucketCommand({ Bucket })))).toBe('BucketNotEmpty 409');
    await client.send(new CreateBucketCommand({ Bucket: `${Bucket}-empty`, ...inRegion('eu-west-1') }));
    await client.send(new DeleteBucketCommand({ Bucket: `${Bucket}-empty` }));
    expect(await codeOf(client.send(new HeadBucketCommand({ Bucket: `${Bucket}-empty` })))).toBe(
      'NotFound 404',
    );
  });
});

describe('configuration', () => {
  test('versioning starts off, and can be enabled and suspended but never turned off', async () => {
    expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    for (const Status of ['Enabled', 'Suspended'] as const) {
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
      expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe(Status);
    }
    expect(
      await codeOf(client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} }))),
    ).toBe('IllegalVersioningConfigurationException 400');
  });

  test('Object Lock comes with versioning, and keeps it', async () => {
    const name = `${Bucket}-locked`;
    await client.send(
      new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: true, ...inRegion('eu-west-1') }),
    );
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: name }))).Status).toBe('Enabled');
    expect(
      await codeOf(
        client.send(
          new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Suspended' } }),
        ),
      ),
    ).toBe('InvalidBucketState 409');
    expect(await client.send(new GetObjectLockConfigurationCommand({ Bucket: name }))).toMatchObject({
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
    });
  });

  test('Object Lock can be turned on later, on a versioned bucket only', async () => {
    expect(await codeOf(client.send(new GetObjectLockConfigurationCommand({ Bucket })))).toBe(
      'ObjectLockConfigurationNotFoundError 404',
    );
    const put = () =>
      client.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 14 } },
          },
        }),
      );
    expect(await codeOf(put())).toBe('InvalidBucketState 409');
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    await put();
    expect(await client.send(new GetObjectLockConfigurationCommand({ Bucket }))).toMatchObject({
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 14 } } },
    });
  });

  test('a default retention has a mode and either days or years', async () => {
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const put = (DefaultRetention: { Mode?: 'GOVERNANCE'; Days?: number; Years?: number }) =>
      codeOf(
        client.send(
          new PutObjectLockConfigurationCommand({
            Bucket,
            ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } },
          }),
        ),
      );
    expect(await put({ Mode: 'GOVERNANCE' })).toBe('MalformedXML 400');
    expect(await put({ Days: 1 })).toBe('MalformedXML 400');
    expect(await put({ Mode: 'GOVERNANCE', Days: 1, Years: 1 })).toBe('MalformedXML 400');
    expect(await put({ Mode: 'GOVERNANCE', Days: 0 })).toBe('InvalidArgument 400');
  });

  test('a policy is kept as it was written, and must be one of this bucket', async () => {
    const policyOf = (resource: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: resource }],
      });
    expect(await codeOf(client.send(new GetBucketPolicyCommand({ Bucket })))).toBe('NoSuchBucketPolicy 404');
    const Policy = policyOf(`arn:aws:s3:::${Bucket}/*`);
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    expect(s3.bucket(Bucket)?.policy).toBe(Policy);
    for (const wrong of ['no json', '{}', policyOf('arn:aws:s3:::another/*')]) {
      expect(await codeOf(client.send(new PutBucketPolicyCommand({ Bucket, Policy: wrong })))).toBe(
        'MalformedPolicy 400',
      );
    }
  });

  test('a new bucket encrypts, blocks public access and has no tags', async () => {
    await client.send(new DeleteBucketEncryptionCommand({ Bucket }));
    const { ServerSideEncryptionConfiguration } = await client.send(
      new GetBucketEncryptionCommand({ Bucket }),
    );
    expect(ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
    });
    const { PublicAccessBlockConfiguration } = await client.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
    expect(await codeOf(client.send(new GetBucketTaggingCommand({ Bucket })))).toBe('NoSuchTagSet 404');
    const TagSet = [{ Key: 'team', Value: 'ops & co' }];
    await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    expect((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(TagSet);
  });
});

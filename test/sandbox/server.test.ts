import {
  CreateImageCommand,
  DeregisterImageCommand,
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ListDocumentsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { ServiceError } from '../../sandbox/service.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';
import { Fixture, failureOf } from './server-fixture.ts';

const fixture = new Fixture();
const internalErrors: unknown[] = [];
let forbidden = '';
let sandbox: StartedSandbox;
let ec2: EC2Client;
let s3: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox(() => fixture.services(), {
    authorize: ({ context }) => {
      if (context.action !== forbidden) return;
      throw new ServiceError(
        'UnauthorizedOperation',
        'You are not authorized to perform this operation.',
        403,
      );
    },
    onInternalError: (error) => internalErrors.push(error),
  });
  ec2 = new EC2Client(sandbox.clientConfig);
  s3 = new S3Client(sandbox.clientConfig);
});

beforeEach(() => {
  forbidden = '';
  sandbox.server.requests.reset();
});

afterAll(() => sandbox.close());

const createImage = new CreateImageCommand({ InstanceId: 'i-1', Name: 'name' });

describe('a request', () => {
  test('reaches its handler with who asks, from where and when', async () => {
    const { ImageId, $metadata } = await ec2.send(createImage);
    expect(ImageId).toBe('ami-1');
    expect(fixture.contexts.at(-1)).toMatchObject({
      service: 'ec2',
      action: 'CreateImage',
      region: 'eu-west-1',
      caller: { account: '123456789012', arn: DEFAULT_IDENTITY.arn },
      requestId: $metadata.requestId,
    });
    expect(fixture.contexts.at(-1)?.caller).not.toHaveProperty('secretAccessKey');
  });

  test('lets happen first what is due by now', async () => {
    let happened = false;
    sandbox.world.schedule(sandbox.world.now(), () => {
      happened = true;
    });
    await ec2.send(new DescribeInstancesCommand({}));
    expect(happened).toBe(true);
  });

  test('is refused by the hook that judges permissions, before its handler runs', async () => {
    forbidden = 'CreateImage';
    const before = fixture.images.length;
    expect(await failureOf(ec2.send(createImage))).toMatchObject({
      name: 'UnauthorizedOperation',
      status: 403,
    });
    expect(fixture.images).toHaveLength(before);
  });

  test('for an operation that is not implemented gets a plain answer', async () => {
    expect(await failureOf(ec2.send(new DeregisterImageCommand({ ImageId: 'ami-1' })))).toEqual({
      name: 'InvalidAction',
      status: 400,
      message: 'The sandbox does not implement ec2:DeregisterImage.',
    });
    expect(await failureOf(s3.send(new ListBucketsCommand({})))).toMatchObject({
      name: 'NotImplemented',
      status: 501,
    });
  });

  test('for a service that is not there says which ones are', async () => {
    const sts = new STSClient(sandbox.clientConfig);
    const { message } = await failureOf(sts.send(new GetCallerIdentityCommand({})));
    expect(message).toContain('The sandbox has no service sts, only ec2, s3, ssm.');
  });

  test('whose handler returns what the model does not have is an internal error', async () => {
    expect(await failureOf(ec2.send(new DescribeRegionsCommand({})))).toMatchObject({
      name: 'InternalError',
      status: 500,
    });
    expect(String(internalErrors.at(-1))).toContain('DescribeRegionsResult has no member Regoins');
  });
});

describe('credentials', () => {
  const wrongSecret = { ...DEFAULT_IDENTITY, secretAccessKey: 'wrong' };
  const unknownKey = { ...DEFAULT_IDENTITY, accessKeyId: 'AKIAUNKNOWN' };
  const clients = (credentials: typeof DEFAULT_IDENTITY) => {
    const config = { ...sandbox.clientConfig, credentials };
    return { ec2: new EC2Client(config), s3: new S3Client(config), ssm: new SSMClient(config) };
  };

  test('that are wrong are refused in the words of each service', async () => {
    const wrong = clients(wrongSecret);
    const image = wrong.ec2.send(createImage);
    expect(await failureOf(image)).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
    const object = wrong.s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
    expect(await failureOf(object)).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
    const documents = wrong.ssm.send(new ListDocumentsCommand({}));
    expect(await failureOf(documents)).toMatchObject({ name: 'InvalidSignatureException', status: 400 });
  });

  test('that nobody has are refused in the words of each service', async () => {
    const unknown = clients(unknownKey);
    expect(await failureOf(unknown.ec2.send(createImage))).toMatchObject({
      name: 'AuthFailure',
      status: 401,
    });
    const object = unknown.s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
    expect(await failureOf(object)).toMatchObject({ name: 'InvalidAccessKeyId', status: 403 });
    const documents = unknown.ssm.send(new ListDocumentsCommand({}));
    expect(await failureOf(documents)).toMatchObject({ name: 'UnrecognizedClientException', status: 400 });
  });

  test('of a session need its token, and belong to its account', async () => {
    const session = {
      ...DEFAULT_IDENTITY,
      accessKeyId: 'ASIASESSION',
      sessionToken: 'token',
      account: '210987654321',
    };
    sandbox.server.identities.add(session);
    await clients(session).ec2.send(createImage);
    expect(fixture.contexts.at(-1)?.caller.account).toBe('210987654321');
    const { sessionToken: _, ...withoutToken } = session;
    expect(await failureOf(clients(withoutToken).ec2.send(createImage))).toMatchObject({
      name: 'AuthFailure',
    });
  });

  test.each([
    [
      'EC2',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Action=DescribeInstances&Version=2016-11-15',
      403,
      'MissingAuthenticationToken',
    ],
    [
      'JSON services',
      { 'x-amz-target': 'AmazonSSM.ListDocuments' },
      '{}',
      400,
      'MissingAuthenticationTokenException',
    ],
    ['S3', {}, '', 403, 'AccessDenied'],
  ])('that are missing are refused as %s does', async (_, headers, body, status, code) => {
    const response = await fetch(sandbox.server.url, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(code);
  });
});

describe('over HTTP', () => {
  test('answers carry the real date, so that clients can see their clock skew', async () => {
    const response = await fetch(sandbox.server.url);
    const date = Date.parse(response.headers.get('date') ?? '');
    expect(Math.abs(date - Date.now())).toBeLessThan(2000);
  });

  test('objects go and come back whole, in chunks with a checksum', async () => {
    const body = Buffer.alloc(300_000, 'snapkeep');
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'dir/../a b+ü', Body: body }));
    const answer = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'dir/../a b+ü' }));
    expect(Buffer.from((await answer.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  test('a HEAD answer has the length and no body, and its errors have only a status', async () => {
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'hello' }));
    expect((await s3.send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' }))).ContentLength).toBe(5);
    const absent = s3.send(new HeadObjectCommand({ Bucket: 'b', Key: 'absent' }));
    expect(await failureOf(absent)).toMatchObject({ name: 'NotFound', status: 404 });
    const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket: 'b', Key: 'k' }));
    expect($metadata.httpStatusCode).toBe(204);
  });

  test('an upload that arrives changed is refused', async () => {
    const put = new PutObjectCommand({
      Bucket: 'b',
      Key: 'k',
      Body: 'hello',
      ChecksumSHA256: Buffer.alloc(32).toString('base64'),
    });
    expect(await failureOf(s3.send(put))).toMatchObject({ name: 'BadDigest', status: 400 });
  });

  test('many requests at a time are all answered', async () => {
    const before = fixture.images.length;
    await Promise.all(Array.from({ length: 100 }, () => ec2.send(createImage)));
    expect(fixture.images).toHaveLength(before + 100);
  });
});

describe('the log', () => {
  test('counts by service and action, with what failed', async () => {
    await ec2.send(createImage);
    await failureOf(s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'absent' })));
    await failureOf(ec2.send(new DeregisterImageCommand({ ImageId: 'ami-1' })));
    expect(sandbox.server.requests.counts()).toEqual({
      ec2: {
        CreateImage: { count: 1, throttled: 0, failed: 0 },
        DeregisterImage: { count: 1, throttled: 0, failed: 1 },
      },
      s3: { GetObject: { count: 1, throttled: 0, failed: 1 } },
    });
    expect(sandbox.server.requests.recent(2)).toMatchObject([
      { service: 's3', action: 'GetObject', status: 404, code: 'NoSuchKey', account: '123456789012' },
      { service: 'ec2', action: 'DeregisterImage', status: 400, code: 'InvalidAction' },
    ]);
  });
});

test('a server whose port is taken says so', async () => {
  await expect(startSandboxOn(sandbox.server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

async function startSandboxOn(port: number): Promise<void> {
  const { createSandboxServer } = await import('../../sandbox/server.ts');
  await createSandboxServer({ world: sandbox.world, services: fixture.services() }).listen(port);
}

import { CreateImageCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fault, Faults } from '../../sandbox/faults.ts';
import type { RequestContext } from '../../sandbox/service.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';
import { Fixture, failureOf } from './server-fixture.ts';

let fixture: Fixture;
let sandbox: StartedSandbox;
let ec2: EC2Client;

beforeEach(async () => {
  fixture = new Fixture();
  sandbox = await startSandbox(() => fixture.services());
  ec2 = new EC2Client(sandbox.clientConfig);
});

afterEach(() => sandbox.close());

const image = (name: string): CreateImageCommand => new CreateImageCommand({ InstanceId: 'i-1', Name: name });

describe('an injected fault', () => {
  test('before the handler leaves nothing behind, as often as it should', async () => {
    sandbox.server.faults.add({
      service: 'ec2',
      action: 'CreateImage',
      code: 'Unavailable',
      status: 503,
      message: 'busy',
      times: 2,
    });
    expect(await failureOf(ec2.send(image('one')))).toEqual({
      name: 'Unavailable',
      status: 503,
      message: 'busy',
    });
    expect(await failureOf(ec2.send(image('one')))).toMatchObject({ name: 'Unavailable' });
    await ec2.send(image('one'));
    expect(fixture.images).toEqual(['one']);
  });

  test('after the handler loses the answer to what was done', async () => {
    sandbox.server.faults.add({ action: 'CreateImage', code: 'InternalError', when: 'after', times: 1 });
    expect(await failureOf(ec2.send(image('one')))).toMatchObject({ name: 'InternalError', status: 500 });
    expect(fixture.images).toEqual(['one']);
  });

  test('may cut the connection', async () => {
    sandbox.server.faults.add({ action: 'CreateImage', code: 'Cut', when: 'after', cut: true, times: 1 });
    expect((await failureOf(ec2.send(image('one')))).status).toBeUndefined();
    expect(fixture.images).toEqual(['one']);
    expect(sandbox.server.requests.recent(1)).toMatchObject([
      { action: 'CreateImage', status: 0, code: 'ConnectionCut' },
    ]);
    await ec2.send(image('two'));
    expect(fixture.images).toEqual(['one', 'two']);
  });

  test('strikes only requests whose input holds what it looks for', async () => {
    sandbox.server.faults.add({ code: 'InternalError', match: '"Name":"two"' });
    sandbox.server.faults.add({ code: 'InternalError', match: 'secret body' });
    await ec2.send(image('one'));
    expect(await failureOf(ec2.send(image('two')))).toMatchObject({ name: 'InternalError' });
    const s3 = new S3Client(sandbox.clientConfig);
    const put = new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'a secret body' });
    expect(await failureOf(s3.send(put))).toMatchObject({ name: 'InternalError' });
    expect(await failureOf(s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })))).toMatchObject({
      name: 'NoSuchKey',
    });
  });

  test('of one action leaves the others alone', async () => {
    sandbox.server.faults.add({ service: 'ec2', action: 'CreateImage', code: 'InternalError' });
    sandbox.server.faults.add({ service: 's3', code: 'InternalError' });
    await ec2.send(new DescribeInstancesCommand({}));
  });
});

describe('chance', () => {
  const context: RequestContext = {
    service: 'ec2',
    action: 'CreateImage',
    region: 'eu-west-1',
    caller: { account: '1', arn: 'arn', userId: 'id', accessKeyId: 'key' },
    requestId: 'request-1',
    now: 0,
    headers: {},
  };
  const strikes = (faults: Faults): boolean[] =>
    Array.from({ length: 1000 }, () => faults.strike('before', context, {}) !== undefined);
  const fault: Fault = { code: 'InternalError', probability: 0.2 };

  test('strikes about as often as it should, the same way for the same seed', () => {
    const first = strikes(new Faults([fault], 7));
    expect(first.filter(Boolean).length).toBeGreaterThan(150);
    expect(first.filter(Boolean).length).toBeLessThan(250);
    expect(strikes(new Faults([fault], 7))).toEqual(first);
    expect(strikes(new Faults([fault], 8))).not.toEqual(first);
  });
});

test('latency is added to every answer, or to those of one action', async () => {
  sandbox.server.latency.configure({ milliseconds: 0, actions: { 'ec2:CreateImage': 150 } });
  const start = performance.now();
  await ec2.send(new DescribeInstancesCommand({}));
  await ec2.send(image('one'));
  expect(performance.now() - start).toBeGreaterThan(145);
});

import { CreateImageCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ListDocumentsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import type { RequestContext } from '../../sandbox/service.ts';
import { Throttle } from '../../sandbox/throttle.ts';
import { startSandbox } from '../support/sandbox-server.ts';
import { Fixture, failureOf } from './server-fixture.ts';

function context(action: string, now = 0, change: Partial<RequestContext> = {}): RequestContext {
  const caller = { account: '123456789012', arn: 'arn', userId: 'id', accessKeyId: 'key' };
  return {
    service: 'ec2',
    action,
    region: 'eu-west-1',
    caller,
    requestId: 'request-1',
    now,
    headers: {},
    ...change,
  };
}

/** How many calls pass at one moment. */
function burst(throttle: Throttle, action: string, input: Record<string, unknown> = {}, now = 0): number {
  let passed = 0;
  while (passed < 2000 && throttle.admit(context(action, now), input)) passed += 1;
  return passed;
}

describe('the documented buckets of EC2', () => {
  test.each([
    ['DescribeImages', {}, 100, 20],
    ['DescribeInstances', {}, 50, 10],
    ['DescribeInstances', { MaxResults: 1000 }, 100, 20],
    ['DescribeInstances', { Filters: [{ Name: 'tag:a', Values: ['b'] }] }, 100, 20],
    ['DescribeSnapshots', { OwnerIds: [] }, 50, 10],
    ['CreateImage', {}, 50, 5],
    ['DeregisterImage', {}, 100, 5],
    ['DeleteSnapshot', {}, 100, 5],
    ['CopyImage', {}, 100, 1],
    ['CreateTags', {}, 100, 10],
    ['RunInstances', { MinCount: 1, MaxCount: 1 }, 5, 2],
  ])('%s %j: %i at once, then %i a second', (action, input, size, refill) => {
    const throttle = new Throttle({ enabled: true });
    expect(burst(throttle, action, input, 0)).toBe(size);
    expect(burst(throttle, action, input, 1000)).toBe(refill);
    expect(burst(throttle, action, input, 3_600_000)).toBe(size);
  });

  test('count the instances as well where a call names many', () => {
    const throttle = new Throttle({ enabled: true });
    const input = { InstanceIds: Array.from({ length: 400 }, (_, index) => `i-${index}`) };
    expect(burst(throttle, 'TerminateInstances', input)).toBe(2);
    expect(burst(throttle, 'TerminateInstances', input, 10_000)).toBe(1);
  });

  test('are apart for accounts, Regions and actions', () => {
    const throttle = new Throttle({ enabled: true });
    burst(throttle, 'CreateImage');
    expect(throttle.admit(context('CreateImage'), {})).toBe(false);
    expect(throttle.admit(context('CreateImage', 0, { region: 'eu-west-2' }), {})).toBe(true);
    const caller = { account: '210987654321', arn: 'arn', userId: 'id', accessKeyId: 'key' };
    expect(throttle.admit(context('CreateImage', 0, { caller }), {})).toBe(true);
    expect(throttle.admit(context('CopyImage'), {})).toBe(true);
  });
});

test('throttling is off unless it is switched on', () => {
  expect(burst(new Throttle(), 'CreateImage')).toBe(2000);
});

test('a bucket can be given for any action, and starts full', () => {
  const throttle = new Throttle({ enabled: true });
  burst(throttle, 'CreateImage');
  throttle.configure({ buckets: { 'ec2:CreateImage': { size: 3, refillPerSecond: 1 } } });
  expect(burst(throttle, 'CreateImage')).toBe(3);
});

test('a throttled caller is told in the words of the service, and counted', async () => {
  const nothing = { size: 1, refillPerSecond: 0 };
  await using sandbox = await startSandbox(() => new Fixture().services(), {
    throttling: { enabled: true, buckets: { 'ec2:CreateImage': nothing, 'ssm:ListDocuments': nothing } },
  });
  const ec2 = new EC2Client(sandbox.clientConfig);
  const ssm = new SSMClient(sandbox.clientConfig);
  const createImage = new CreateImageCommand({ InstanceId: 'i-1', Name: 'name' });
  await ec2.send(createImage);
  await ssm.send(new ListDocumentsCommand({}));
  expect(await failureOf(ec2.send(createImage))).toMatchObject({ name: 'RequestLimitExceeded', status: 503 });
  expect(await failureOf(ssm.send(new ListDocumentsCommand({})))).toMatchObject({
    name: 'ThrottlingException',
    status: 400,
  });
  expect(sandbox.server.requests.countsOf('ec2', 'CreateImage')).toEqual({
    count: 2,
    throttled: 1,
    failed: 1,
  });
});

import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.close());

describe('the AWS clients', () => {
  it('wait out throttle answers on their own clock', async () => {
    const { ec2 } = startProcess(cloud, { plans: [] }).clients;
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'DescribeInstances',
      code: 'RequestLimitExceeded',
      status: 503,
      times: 3,
    });
    const begun = performance.now();
    await ec2.send(new DescribeInstancesCommand({}));
    expect(cloud.sandbox.requests.countsOf('ec2', 'DescribeInstances').count).toBe(4);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('try again when a connection is cut, and give up with the error of the last attempt', async () => {
    const { ec2 } = startProcess(cloud, { plans: [] }).clients;
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'DescribeInstances',
      code: 'cut',
      cut: true,
      when: 'after',
      times: 1,
    });
    await ec2.send(new DescribeInstancesCommand({}));
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'DescribeInstances',
      code: 'InternalError',
      status: 500,
    });
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({ name: 'InternalError' });
  });

  it.each([
    [11, 'ahead of'],
    [-11, 'behind'],
  ])('stop at the first answer when the local clock is %d minutes off', async (minutes, words) => {
    const clients = createAwsClients({
      region,
      endpoint: cloud.sandbox.url,
      credentials: cloud.sandbox.identity,
      clock: cloud.clock,
      rates: unpaced,
      localTime: () => Date.now() + minutes * 60_000,
    });
    await expect(clients.ec2.send(new DescribeInstancesCommand({}))).rejects.toThrow(
      `the clock of this machine is 11 minutes ${words} AWS`,
    );
    expect(cloud.sandbox.requests.countsOf('ec2', 'DescribeInstances').count).toBe(1);
    clients.destroy();
  });
});

import { DescribeImagesCommand, EC2Client, EC2ServiceException } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PollRequest } from '../../../functions/drivers/driver.ts';
import { createEc2AmiDriver } from '../../../functions/drivers/ec2-ami/driver.ts';

const ec2 = mockClient(EC2Client);
const driver = createEc2AmiDriver({ ec2: new EC2Client({ region: 'eu-west-1' }), region: 'eu-west-1' });
beforeEach(() => void ec2.reset());

const request = (count: number): PollRequest => ({
  deployment: 'prod-eu',
  plan: 'ci',
  backupId: '1795140000_2026_11_20_ci',
  copies: Array.from({ length: count }, (_, index) => ({
    source: { kind: 'ec2', id: `i-${index}`, region: 'eu-west-1' },
    relaunch: {},
    id: `ami-${index}`,
    name: `copy-${index}`,
  })),
  withContent: false,
  withAbsent: false,
});

const filtersOfCalls = () =>
  ec2.commandCalls(DescribeImagesCommand).map(({ args }) => args[0].input.Filters ?? []);

describe('a look at images', () => {
  it('asks for those that are done, with no more filter values than a call may hold', async () => {
    ec2.on(DescribeImagesCommand).resolves({ Images: [] });
    const outcomes = await driver.poll(request(300));
    expect(outcomes.every(({ state }) => state === 'pending')).toBe(true);
    const calls = filtersOfCalls();
    expect(calls).toHaveLength(2);
    for (const filters of calls) {
      expect(filters.find(({ Name }) => Name === 'state')?.Values).not.toContain('pending');
      expect(filters.flatMap(({ Values = [] }) => Values).length).toBeLessThanOrEqual(200);
    }
  });

  it('asks for all of them where EC2 does not take the states as a filter', async () => {
    const refusal = new EC2ServiceException({
      name: 'InvalidParameterValue',
      message: 'no',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });
    ec2
      .on(DescribeImagesCommand)
      .rejectsOnce(refusal)
      .resolves({
        Images: [
          { ImageId: 'ami-0', State: 'available' },
          { ImageId: 'ami-1', State: 'pending' },
        ],
      });
    const outcomes = await driver.poll(request(2));
    expect(outcomes.map(({ id, state }) => `${id} ${state}`)).toEqual(['ami-0 available', 'ami-1 pending']);
    expect(filtersOfCalls()[1]?.map(({ Name }) => Name)).toEqual(['image-id']);
  });
});

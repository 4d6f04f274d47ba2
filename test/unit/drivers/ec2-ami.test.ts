import {
  CreateImageCommand,
  DescribeAddressesCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  EC2Client,
  EC2ServiceException,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StartRequest } from '../../../functions/drivers/driver.ts';
import { literalFilterValue } from '../../../functions/drivers/ec2-ami/discover.ts';
import { createEc2AmiDriver } from '../../../functions/drivers/ec2-ami/driver.ts';
import { ownershipTags, relaunchTag } from '../../../functions/drivers/ec2-ami/tags.ts';
import { ec2ByIds, ec2ByTags } from '../../support/plans.ts';

const ec2 = mockClient(EC2Client);
const driver = createEc2AmiDriver({ ec2: new EC2Client({ region: 'eu-west-1' }), region: 'eu-west-1' });
beforeEach(() => void ec2.reset());

const request: StartRequest = {
  source: { kind: 'ec2', id: 'i-0123456789abcdef0', region: 'eu-west-1' },
  relaunch: { instance_type: 'm7i.large', private_ip: '10.0.1.67' },
  reboot: false,
  deployment: 'prod-eu',
  plan: 'ci',
  backupId: '1795140000_2026_11_20_ci',
  slot: '2026-11-20T02:00:00Z',
  attempt: 1,
};

const refusal = (name: string, message = 'no') =>
  new EC2ServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });

describe('the EC2 driver finds instances', () => {
  it('with wildcards in tag values taken literally', () => {
    expect(literalFilterValue('a*b?c\\d')).toBe('a\\*b\\?c\\\\d');
  });

  it('in one sweep for several selections, each instance once, without the terminated ones', async () => {
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [
        {
          Instances: [
            { InstanceId: 'i-2', State: { Name: 'running' }, Tags: [{ Key: 'Role', Value: 'ci' }] },
            { InstanceId: 'i-1', State: { Name: 'stopped' }, Tags: [{ Key: 'Role', Value: 'ci' }] },
            { InstanceId: 'i-3', State: { Name: 'terminated' }, Tags: [{ Key: 'Role', Value: 'ci' }] },
            { InstanceId: 'i-4', State: { Name: 'running' }, Tags: [{ Key: 'Role', Value: 'other' }] },
          ],
        },
      ],
    });
    const found = await driver.discover({
      selections: [ec2ByTags({ Role: 'ci' }), ec2ByIds('i-1', 'i-3', 'i-9')],
      withApplication: false,
    });
    expect(found.sources.map(({ source }) => source.id)).toEqual(['i-1', 'i-2']);
    expect(found.missing.map(({ source, reason }) => `${source.id}: ${reason}`)).toEqual([
      'i-3: the instance is terminated',
      'i-9: no instance i-9 exists in eu-west-1',
    ]);
    expect(ec2.commandCalls(DescribeInstancesCommand)).toHaveLength(1);
    expect(ec2.commandCalls(DescribeAddressesCommand)).toHaveLength(0);
  });

  it('with the Elastic IP of every interface, be it the first or another', async () => {
    const of = (PublicIp: string) => ({ PublicIp, IpOwnerId: '123456789012' });
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [
        {
          Instances: [
            {
              InstanceId: 'i-1',
              NetworkInterfaces: [
                { NetworkInterfaceId: 'eni-1', Attachment: { DeviceIndex: 0 } },
                {
                  NetworkInterfaceId: 'eni-2',
                  Attachment: { DeviceIndex: 1 },
                  Association: of('203.0.113.7'),
                },
              ],
            },
          ],
        },
      ],
    });
    ec2.on(DescribeAddressesCommand).resolves({
      Addresses: [{ PublicIp: '203.0.113.7', AllocationId: 'eipalloc-7', AssociationId: 'eipassoc-7' }],
    });
    const { sources } = await driver.discover({ selections: [ec2ByIds('i-1')], withApplication: false });
    expect(sources[0]?.relaunch.elastic_ip).toBeUndefined();
    expect(sources[0]?.relaunch.network_interfaces).toEqual([
      expect.not.objectContaining({ elastic_ip: expect.anything() }),
      expect.objectContaining({
        elastic_ip: {
          allocation_id: 'eipalloc-7',
          association_id: 'eipassoc-7',
          public_ip: '203.0.113.7',
        },
      }),
    ]);
  });

  it('and asks whether user data exists only where an application needs it, without keeping it', async () => {
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [{ Instances: [{ InstanceId: 'i-1', Tags: [{ Key: 'Role', Value: 'ci' }] }] }],
    });
    ec2.on(DescribeInstanceAttributeCommand).resolves({ UserData: { Value: 'c2VjcmV0' } });
    const selections = [ec2ByTags({ Role: 'ci' })];
    const plain = await driver.discover({ selections, withApplication: false });
    expect(plain.sources[0]?.relaunch.user_data).toBeUndefined();
    expect(ec2.commandCalls(DescribeInstanceAttributeCommand)).toHaveLength(0);
    const application = await driver.discover({ selections, withApplication: true });
    expect(application.sources[0]?.relaunch.user_data).toBe(true);
    expect(JSON.stringify(application)).not.toContain('c2VjcmV0');
  });
});

describe('the EC2 driver starts an AMI', () => {
  it('without a reboot and with the tags on the image and on its snapshots', async () => {
    ec2.on(CreateImageCommand).resolves({ ImageId: 'ami-1' });
    expect(await driver.start(request)).toMatchObject({ state: 'started', id: 'ami-1' });
    const input = ec2.commandCalls(CreateImageCommand)[0]?.args[0].input;
    expect(input?.NoReboot).toBe(true);
    for (const type of ['image', 'snapshot']) {
      const tags = input?.TagSpecifications?.find(({ ResourceType }) => ResourceType === type)?.Tags;
      expect(tags).toEqual(expect.arrayContaining(ownershipTags(request)));
    }
  });

  it('with a reboot when the plan says so', async () => {
    ec2.on(CreateImageCommand).resolves({ ImageId: 'ami-1' });
    await driver.start({ ...request, reboot: true });
    expect(ec2.commandCalls(CreateImageCommand)[0]?.args[0].input.NoReboot).toBe(false);
  });

  it.each([
    ['PendingSnapshotLimitExceeded', { state: 'wait', blocksOthers: true }],
    ['RequestLimitExceeded', { state: 'wait', blocksOthers: true }],
    ['SnapshotCreationPerVolumeRateExceeded', { state: 'wait' }],
    [
      'InvalidInstanceID.NotFound',
      { state: 'failed', reason: 'instance i-0123456789abcdef0 no longer exists' },
    ],
    ['SnapshotLimitExceeded', { state: 'failed', reason: expect.stringContaining('raise it') }],
    ['IncorrectState', { state: 'failed', reason: 'IncorrectState: no' }],
  ])('and takes %s for what it is', async (code, outcome) => {
    ec2.on(CreateImageCommand).rejects(refusal(code));
    expect(await driver.start(request)).toEqual(expect.objectContaining(outcome));
  });

  it('and comes back later when the answer is an error page that nobody can read', async () => {
    const unreadable = Object.assign(new SyntaxError('mismatched tags <html>'), {
      $response: { statusCode: 502 },
    });
    ec2.on(CreateImageCommand).rejects(unreadable);
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
  });

  it.each(['ExpiredToken', 'AuthFailure'])('and stops everything on %s', async (code) => {
    ec2.on(CreateImageCommand).rejects(refusal(code));
    await expect(driver.start(request)).rejects.toMatchObject({ name: code });
  });

  it('and stops everything when the network is gone, since that says nothing about the instance', async () => {
    ec2.on(CreateImageCommand).rejects(new Error('connect ECONNREFUSED'));
    await expect(driver.start(request)).rejects.toThrow('ECONNREFUSED');
  });

  const existing = {
    ImageId: 'ami-1',
    State: 'available' as const,
    SourceInstanceId: request.source.id,
    Tags: ownershipTags(request),
  };
  it.each([
    ['adopts', existing, { state: 'started', id: 'ami-1' }],
    ['adopts while pending', { ...existing, State: 'pending' as const }, { state: 'started', id: 'ami-1' }],
    ['calls spoilt', { ...existing, State: 'failed' as const }, { state: 'spoilt', id: 'ami-1' }],
    ['refuses, untagged,', { ...existing, Tags: [] }, { state: 'failed' }],
    ['refuses, of another machine,', { ...existing, SourceInstanceId: 'i-2' }, { state: 'failed' }],
  ])('and %s an image that has its name', async (_, image, outcome) => {
    ec2.on(CreateImageCommand).rejects(refusal('InvalidAMIName.Duplicate'));
    ec2.on(DescribeImagesCommand).resolves({ Images: [image] });
    expect(await driver.start(request)).toEqual(expect.objectContaining(outcome));
  });

  it('and comes back later for an image of its name that is not shown yet', async () => {
    ec2.on(CreateImageCommand).rejects(refusal('InvalidAMIName.Duplicate'));
    ec2.on(DescribeImagesCommand).resolves({ Images: [] });
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
  });
});

describe('the relaunch tag', () => {
  it('is readable and leaves out what no longer fits from its least important end', () => {
    const relaunch = {
      instance_type: 'm7i.large',
      subnet: 'subnet-0123456789abcdef0',
      private_ip: '10.0.1.67',
      public_ip: '203.0.113.20',
      hostname: 'ip-10-0-1-67',
      instance_profile: 'arn:aws:iam::123456789012:instance-profile/ci',
      security_groups: Array.from({ length: 10 }, (_, index) => `sg-0123456789abcde${index}0`),
    };
    expect(relaunchTag({ ...relaunch, security_groups: ['sg-1', 'sg-2'] }).Value).toBe(
      'type=m7i.large subnet=subnet-0123456789abcdef0 private=10.0.1.67 public=203.0.113.20 host=ip-10-0-1-67 profile=ci groups=sg-1,sg-2',
    );
    const cut = relaunchTag(relaunch).Value ?? '';
    expect(cut.length).toBeLessThanOrEqual(256);
    expect(cut).toMatch(/ profile=ci$/);
  });
});

import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeLaunchConfigurationsCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, EC2Client, EC2ServiceException } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { imageReferences } from '../../../functions/drivers/ec2-ami/obstacles-references.ts';

const ec2 = mockClient(EC2Client);
const autoscaling = mockClient(AutoScalingClient);
const clients = {
  ec2: new EC2Client({ region: 'eu-west-1' }),
  autoscaling: new AutoScalingClient({ region: 'eu-west-1' }),
};
const references = async () => [...(await imageReferences(clients, new Set(['ami-1'])))];
const refusal = (name: string, status = 400) =>
  new EC2ServiceException({ name, message: 'no', $fault: 'client', $metadata: { httpStatusCode: status } });

/** The one template of the account, version 3, names its image so. */
const templateNames = (ImageId: string) =>
  ec2.on(DescribeLaunchTemplateVersionsCommand, { Versions: ['$Default', '$Latest'] }).resolves({
    LaunchTemplateVersions: [
      { LaunchTemplateId: 'lt-1', VersionNumber: 3, LaunchTemplateData: { ImageId } },
      { LaunchTemplateId: 'lt-2', VersionNumber: 1 },
    ],
  });
const aliasQuestion = { LaunchTemplateId: 'lt-1', Versions: ['3'], ResolveAlias: true };

beforeEach(() => {
  ec2.reset();
  autoscaling.reset();
  autoscaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
  autoscaling.on(DescribeLaunchConfigurationsCommand).resolves({ LaunchConfigurations: [] });
});

describe('an image that a launch template names by a parameter', () => {
  it('is looked up', async () => {
    templateNames('resolve:ssm:/golden/ami:7');
    ec2.on(DescribeLaunchTemplateVersionsCommand, aliasQuestion).resolves({
      LaunchTemplateVersions: [{ LaunchTemplateData: { ImageId: 'ami-1' } }],
    });
    expect(await references()).toEqual([['ami-1', ['used by launch template lt-1 (version 3)']]]);
  });

  it('is not looked up where AWS publishes the parameter', async () => {
    templateNames('resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64');
    expect(await references()).toEqual([]);
    expect(ec2.commandCalls(DescribeLaunchTemplateVersionsCommand)).toHaveLength(1);
  });

  it('is no reference where the parameter leads nowhere', async () => {
    templateNames('resolve:ssm:/golden/ami');
    ec2.on(DescribeLaunchTemplateVersionsCommand, aliasQuestion).rejects(refusal('InvalidParameterValue'));
    expect(await references()).toEqual([]);
  });

  it.each([
    ['UnauthorizedOperation', 403],
    ['RequestLimitExceeded', 503],
  ])('cannot be passed over where looking it up is refused (%s)', async (code, status) => {
    templateNames('resolve:ssm:/golden/ami');
    ec2.on(DescribeLaunchTemplateVersionsCommand, aliasQuestion).rejects(refusal(code, status));
    await expect(references()).rejects.toThrow();
  });
});

describe('references', () => {
  it('throws when one of the lists cannot be had', async () => {
    templateNames('ami-9');
    autoscaling.on(DescribeLaunchConfigurationsCommand).rejects(refusal('AccessDenied', 403));
    await expect(references()).rejects.toThrow();
  });

  it('asks once for a version that several groups name', async () => {
    templateNames('ami-9');
    const LaunchTemplate = { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'web', Version: '2' };
    const names = ['web-b', 'web-a'];
    autoscaling.on(DescribeAutoScalingGroupsCommand).resolves({
      AutoScalingGroups: names.map((name) => ({
        AutoScalingGroupName: name,
        LaunchTemplate,
        MinSize: 0,
        MaxSize: 1,
        DesiredCapacity: 0,
        DefaultCooldown: 300,
        AvailabilityZones: [],
        HealthCheckType: 'EC2',
        CreatedTime: new Date(0),
      })),
    });
    ec2.on(DescribeLaunchTemplateVersionsCommand, { LaunchTemplateId: 'lt-1', Versions: ['2'] }).resolves({
      LaunchTemplateVersions: [
        { LaunchTemplateId: 'lt-1', VersionNumber: 2, LaunchTemplateData: { ImageId: 'ami-1' } },
      ],
    });
    expect(await references()).toEqual([
      ['ami-1', ['used by launch template lt-1 (version 2) of Auto Scaling group web-a, web-b']],
    ]);
    expect(ec2.commandCalls(DescribeLaunchTemplateVersionsCommand)).toHaveLength(2);
  });
});

import {
  AutoScalingClient,
  type AutoScalingGroupNamesType,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DeleteAutoScalingGroupCommand,
  DeleteLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLaunchConfigurationsCommand,
  paginateDescribeAutoScalingGroups,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { createAutoScaling } from '../../sandbox/services/autoscaling/service.ts';
import { World } from '../../sandbox/world.ts';
import { refusalOf } from '../support/refusal.ts';
import { startSandbox } from '../support/sandbox-server.ts';

const place = { account: '123456789012', region: 'eu-west-1' };

async function startAutoScaling() {
  const world = new World();
  const autoscaling = createAutoScaling(world);
  const sandbox = await startSandbox(() => [autoscaling.service], { world });
  const client = new AutoScalingClient(sandbox.clientConfig);
  return {
    autoscaling,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      await sandbox.close();
    },
  };
}

test('groups come back with what they launch from, in the order of their names', async () => {
  await using sandbox = await startAutoScaling();
  const template = { LaunchTemplateName: 'web', Version: '3' };
  sandbox.autoscaling.seedGroup(place, { name: 'web', LaunchTemplate: template, tags: { Role: 'web' } });
  sandbox.autoscaling.seedGroup(place, { name: 'api', LaunchConfigurationName: 'api-1' });
  sandbox.autoscaling.seedGroup({ ...place, region: 'eu-north-1' }, { name: 'far' });
  sandbox.autoscaling.seedGroup({ ...place, account: '999988887777' }, { name: 'strange' });
  const { AutoScalingGroups = [] } = await sandbox.client.send(new DescribeAutoScalingGroupsCommand({}));
  expect(AutoScalingGroups).toMatchObject([
    { AutoScalingGroupName: 'api', LaunchConfigurationName: 'api-1', MinSize: 0, Instances: [] },
    { AutoScalingGroupName: 'web', LaunchTemplate: template, Tags: [{ Key: 'Role', Value: 'web' }] },
  ]);
  expect(AutoScalingGroups[0]?.AutoScalingGroupARN).toMatch(
    /^arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/api$/,
  );
});

test('names and tags choose groups; names that are not there are left out', async () => {
  await using sandbox = await startAutoScaling();
  for (const name of ['a', 'b', 'c'])
    sandbox.autoscaling.seedGroup(place, {
      name,
      tags: { Stage: name === 'a' ? 'prod' : 'test', [name]: '' },
    });
  const named = async (input: AutoScalingGroupNamesType) => {
    const { AutoScalingGroups = [] } = await sandbox.client.send(new DescribeAutoScalingGroupsCommand(input));
    return AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName);
  };
  expect(await named({ AutoScalingGroupNames: ['c', 'nobody', 'a'] })).toEqual(['a', 'c']);
  expect(await named({ Filters: [{ Name: 'tag:Stage', Values: ['test'] }] })).toEqual(['b', 'c']);
  expect(await named({ Filters: [{ Name: 'tag-key', Values: ['b'] }] })).toEqual(['b']);
  expect(await named({ Filters: [{ Name: 'tag-value', Values: ['prod'] }] })).toEqual(['a']);
  expect((await refusalOf(named({ Filters: [{ Name: 'state', Values: ['x'] }] }))).name).toBe(
    'ValidationError',
  );
});

test('a page holds 50 records unless told, at most 100, and all pages hold each record once', async () => {
  await using sandbox = await startAutoScaling();
  for (let index = 0; index < 130; index += 1) sandbox.autoscaling.seedGroup(place, { name: `web-${index}` });
  const first = await sandbox.client.send(new DescribeAutoScalingGroupsCommand({}));
  expect(first.AutoScalingGroups).toHaveLength(50);
  const seen: (string | undefined)[] = [];
  for await (const page of paginateDescribeAutoScalingGroups({ client: sandbox.client, pageSize: 100 }, {}))
    seen.push(...(page.AutoScalingGroups ?? []).map(({ AutoScalingGroupName }) => AutoScalingGroupName));
  expect([seen.length, new Set(seen).size]).toEqual([130, 130]);
  const tooMany = await refusalOf(
    sandbox.client.send(new DescribeAutoScalingGroupsCommand({ MaxRecords: 101 })),
  );
  expect(tooMany.name).toBe('ValidationError');
  const forged = await refusalOf(
    sandbox.client.send(new DescribeAutoScalingGroupsCommand({ NextToken: 'x' })),
  );
  expect(forged.name).toMatch(/^InvalidNextToken/);
});

test('launch configurations name their image', async () => {
  await using sandbox = await startAutoScaling();
  sandbox.autoscaling.seedLaunchConfiguration(place, { name: 'web-1', imageId: 'ami-0123456789abcdef0' });
  sandbox.autoscaling.seedLaunchConfiguration(place, { name: 'web-2', imageId: 'ami-0fedcba9876543210' });
  const command = new DescribeLaunchConfigurationsCommand({ LaunchConfigurationNames: ['web-2', 'web-9'] });
  const { LaunchConfigurations } = await sandbox.client.send(command);
  expect(LaunchConfigurations).toMatchObject([
    { LaunchConfigurationName: 'web-2', ImageId: 'ami-0fedcba9876543210', InstanceType: 't3.micro' },
  ]);
});

describe('made and deleted through the API', () => {
  const configuration = { LaunchConfigurationName: 'web-1', ImageId: 'ami-1', InstanceType: 'm7i.large' };
  const group = { AutoScalingGroupName: 'web', MinSize: 0, MaxSize: 3, AvailabilityZones: ['eu-west-1b'] };

  test('a group and its launch configuration show what they were made with', async () => {
    await using sandbox = await startAutoScaling();
    const { client } = sandbox;
    await client.send(new CreateLaunchConfigurationCommand(configuration));
    const Tags = [{ Key: 'Role', Value: 'web' }];
    await client.send(
      new CreateAutoScalingGroupCommand({ ...group, LaunchConfigurationName: 'web-1', Tags }),
    );
    const { LaunchConfigurations } = await client.send(new DescribeLaunchConfigurationsCommand({}));
    expect(LaunchConfigurations).toMatchObject([configuration]);
    const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(AutoScalingGroups).toMatchObject([
      { ...group, LaunchConfigurationName: 'web-1', DesiredCapacity: 0, Instances: [], Tags },
    ]);
  });

  test('a name is taken once, a configuration in use stays, and what is gone is not there to delete', async () => {
    await using sandbox = await startAutoScaling();
    const { client } = sandbox;
    const create = () => client.send(new CreateLaunchConfigurationCommand(configuration));
    const createGroup = () =>
      client.send(new CreateAutoScalingGroupCommand({ ...group, LaunchConfigurationName: 'web-1' }));
    const remove = () =>
      client.send(new DeleteLaunchConfigurationCommand({ LaunchConfigurationName: 'web-1' }));
    const removeGroup = () => client.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: 'web' }));
    expect((await refusalOf(createGroup())).name).toBe('ValidationError');
    await create();
    expect((await refusalOf(create())).name).toMatch(/^AlreadyExists/);
    await createGroup();
    expect((await refusalOf(createGroup())).name).toMatch(/^AlreadyExists/);
    expect((await refusalOf(remove())).name).toMatch(/^ResourceInUse/);
    await removeGroup();
    await remove();
    expect((await refusalOf(remove())).name).toBe('ValidationError');
    expect((await refusalOf(removeGroup())).name).toBe('ValidationError');
  });

  test.each([
    ['wants instances', { MinSize: 1, LaunchTemplate: { LaunchTemplateName: 'web' } }],
    ['has no source', {}],
    ['has two sources', { LaunchTemplate: { LaunchTemplateName: 'web' }, LaunchConfigurationName: 'web-1' }],
    ['has its bounds the wrong way round', { MinSize: 4, LaunchTemplate: { LaunchTemplateName: 'web' } }],
  ])('a group that %s is refused', async (_what, change) => {
    await using sandbox = await startAutoScaling();
    const command = new CreateAutoScalingGroupCommand({ ...group, ...change });
    expect((await refusalOf(sandbox.client.send(command))).name).toBe('ValidationError');
  });
});

test('whatever else there is of the service is refused as not implemented', async () => {
  await using sandbox = await startAutoScaling();
  const command = new SetDesiredCapacityCommand({ AutoScalingGroupName: 'web', DesiredCapacity: 1 });
  expect(await refusalOf(sandbox.client.send(command))).toMatchObject({
    name: 'InvalidAction',
    message: expect.stringContaining('autoscaling:SetDesiredCapacity'),
  });
});

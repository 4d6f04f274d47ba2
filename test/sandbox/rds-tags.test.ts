import {
  AddTagsToResourceCommand,
  DescribeDBSubnetGroupsCommand,
  ListTagsForResourceCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-rds';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { account, type RdsWorld, region, startRdsWorld } from '../support/rds-world.ts';

let world: RdsWorld;
const seed = () => world.rds.seed(account, region);
beforeEach(async () => {
  world = await startRdsWorld();
});
afterEach(() => world.close());

describe('tags of databases', () => {
  const arn = `arn:aws:rds:${region}:${account}:db:db`;
  const add = (Key: string, Value: string, ResourceName = arn) =>
    world.client.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key, Value }] }));

  it('are added, replaced, listed and removed by ARN', async () => {
    seed().addInstance({ id: 'db', tags: { Role: 'db' } });
    await add('Role', 'main');
    await add('Team', 'core');
    await world.client.send(
      new RemoveTagsFromResourceCommand({ ResourceName: arn, TagKeys: ['Role', 'None'] }),
    );
    const { TagList } = await world.client.send(new ListTagsForResourceCommand({ ResourceName: arn }));
    expect(TagList).toEqual([{ Key: 'Team', Value: 'core' }]);
  });

  it('keep to the characters, lengths and prefixes of RDS', async () => {
    seed().addInstance({ id: 'db' });
    for (const [key, value] of [
      ['a', 'x*y'],
      ['a', '{"json":1}'],
      ['a,b', 'x'],
      ['aws:x', 'x'],
      ['rds:x', 'x'],
      ['k'.repeat(129), 'x'],
      ['k', 'v'.repeat(257)],
    ] as const) {
      await expect(add(key, value)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    }
    await add('snapkeep:slot', '2026-11-20T02:00:00Z');
    await expect(add('k', 'v', `${arn}x`)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    await expect(add('k', 'v', 'db')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

it('answers subnet groups with the network that it was given', async () => {
  seed().addSubnetGroup({
    name: 'private',
    vpcId: 'vpc-0123456789abcdef0',
    subnets: [{ id: 'subnet-0aaaaaaaaaaaaaaaa', zone: 'eu-west-1c' }],
  });
  const { DBSubnetGroups } = await world.client.send(
    new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: 'Private' }),
  );
  expect(DBSubnetGroups).toMatchObject([
    {
      DBSubnetGroupName: 'private',
      VpcId: 'vpc-0123456789abcdef0',
      Subnets: [{ SubnetIdentifier: 'subnet-0aaaaaaaaaaaaaaaa' }],
    },
  ]);
});

import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { region } from '../support/cloud.ts';
import { type MachineWorld, startMachineWorld } from '../support/machine-world.ts';

let world: MachineWorld;
beforeEach(async () => {
  world = await startMachineWorld();
});
afterEach(() => world.close());

const region1 = () => world.cloud.sandbox.ec2.region(region);
/** The old machine, its interface, volumes and address, as text. */
const oldOne = (): string =>
  JSON.stringify(
    [
      world.old,
      region1().interfaces.get(world.old.interfaces[0] ?? ''),
      ...region1().volumes.values(),
    ].filter(
      (one) =>
        one === world.old || !('attachment' in (one ?? {})) || JSON.stringify(one).includes(world.old.id),
    ),
    (key, value: unknown) => (key === 'machine' || key === 'content' ? undefined : value),
  );

describe('what is in the way', () => {
  it('is nothing for a sound order, and looking changes nothing', async () => {
    const before = oldOne();
    expect(await world.restorer.check(world.order())).toEqual([]);
    expect(await world.restorer.check(world.order({ privateIp: '10.0.1.67' }))).toEqual([]);
    expect(world.others()).toEqual([]);
    expect(oldOne()).toBe(before);
  });

  it('is told all at once', async () => {
    region1().images.clear();
    region1().keyPairs.clear();
    const problems = await world.restorer.check(
      world.order({ subnet: 'subnet-0123456789abcdef0', launchGroups: ['sg-0123456789abcdef0'] }),
    );
    expect(problems).toEqual([
      expect.stringContaining(`the image ${world.point.id} no longer exists`),
      expect.stringContaining('the subnet subnet-0123456789abcdef0 no longer exists'),
      expect.stringContaining('the security group sg-0123456789abcdef0 no longer exists'),
      expect.stringContaining('the key pair ops no longer exists'),
    ]);
  });

  it.each([
    [
      'a type that the zone does not have',
      () => {
        world.cloud.sandbox.ec2.settings.unofferedTypes = ['m7i.large@eu-west-1a'];
      },
      'm7i.large is not offered in eu-west-1a',
    ],
    ['a disabled image', () => disable(), 'disabled'],
    [
      'a profile that is gone, by the dry run',
      () => region1().profiles.clear(),
      'the instance profile arn:aws:iam::123456789012:instance-profile/ci no longer exists',
    ],
  ])('may be %s', async (_, spoil, words) => {
    spoil();
    expect(await world.restorer.check(world.order())).toEqual([expect.stringContaining(words)]);
  });

  it('may be groups of another network', async () => {
    const seed = world.cloud.sandbox.ec2.seed(region);
    const { groupId } = seed.addSecurityGroup({ name: 'far', vpcId: seed.addVpc().vpcId });
    expect(await world.restorer.check(world.order({ launchGroups: [groupId] }))).toEqual([
      expect.stringContaining('give groups of one network'),
    ]);
  });

  const disable = (): void => {
    const image = region1().images.get(world.point.id);
    if (image) image.disabled = true;
  };
});

describe('addresses', () => {
  it('are free when they lie in the subnet and no interface has them', async () => {
    const free = (address: string) => world.restorer.isAddressFree({ subnet: world.subnet, address });
    expect(await free('10.0.1.68')).toBe(true);
    for (const taken of ['10.0.1.67', '10.0.1.3', '10.0.1.255', '10.0.2.9', 'ip', '10.0.1.999'])
      expect(await free(taken)).toBe(false);
    const subnet = 'subnet-0123456789abcdef0';
    expect(await world.restorer.isAddressFree({ subnet, address: '10.0.1.68' })).toBe(false);
  });

  it('are kept once the old machine is gone', async () => {
    await world.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [world.old.id] }));
    world.passSeconds(10);
    expect(await world.restorer.isAddressFree({ subnet: world.subnet, address: '10.0.1.67' })).toBe(true);
    const { standing } = await world.restore(world.order({ privateIp: '10.0.1.67' }));
    expect(standing).toMatchObject({ facts: { private_ip: '10.0.1.67', hostname: 'ip-10-0-1-67' } });
  });

  it('of Elastic IPs move to the new machine, once', async () => {
    const { id } = await world.restore(world.order());
    expect((await world.restorer.oldMachine(world.point)).elasticIp).toEqual({
      address: world.elastic.publicIp,
      attachedTo: world.old.id,
    });
    await world.restorer.moveElasticIp({ point: world.point, id });
    await world.restorer.moveElasticIp({ point: world.point, id });
    expect(world.cloud.sandbox.requests.countsOf('ec2', 'AssociateAddress').count).toBe(1);
    expect(await world.restorer.poll({ id })).toMatchObject({ facts: { public_ip: world.elastic.publicIp } });
    expect((await world.restorer.oldMachine(world.point)).elasticIp?.attachedTo).toBe(id);
  });

  it('that were released cannot be moved', async () => {
    const { id } = await world.restore(world.order());
    region1().addresses.clear();
    await expect(world.restorer.moveElasticIp({ point: world.point, id })).rejects.toThrow(/was released/);
    expect((await world.restorer.oldMachine(world.point)).elasticIp).toBeUndefined();
    const relaunch = { ...world.point.relaunch, elastic_ip: undefined };
    const moved = world.restorer.moveElasticIp({ point: { ...world.point, relaunch }, id });
    await expect(moved).rejects.toThrow(/no Elastic IP was recorded/);
  });
});

describe('the release from quarantine', () => {
  it('gives the machine its groups and takes the quarantine group away, once', async () => {
    const { id } = await world.restore(world.order());
    for (const _ of [1, 2]) await world.restorer.release({ id, securityGroups: world.groups });
    expect(await world.restorer.poll({ id })).toMatchObject({ facts: { security_groups: world.groups } });
    expect(world.cloud.sandbox.requests.countsOf('ec2', 'ModifyNetworkInterfaceAttribute').count).toBe(1);
  });

  it('says which group or machine is gone', async () => {
    const { id } = await world.restore(world.order());
    const securityGroups = ['sg-0123456789abcdef0'];
    await expect(world.restorer.release({ id, securityGroups })).rejects.toThrow('sg-0123456789abcdef0');
    const gone = world.restorer.release({ id: 'i-0123456789abcdef0', securityGroups: world.groups });
    await expect(gone).rejects.toThrow('i-0123456789abcdef0');
  });
});

describe('the old machine', () => {
  it('is running, stopped or gone', async () => {
    const state = async () => (await world.restorer.oldMachine(world.point)).state;
    expect(await state()).toBe('running');
    world.old.phases = [{ at: 0, state: 'stopped' }];
    expect(await state()).toBe('stopped');
    region1().instances.delete(world.old.id);
    expect(await state()).toBe('gone');
  });

  it('tells its user data while it exists', async () => {
    expect(await world.restorer.readUserData(world.point.source)).toBe('#!/bin/sh\necho old');
    world.old.userData = Buffer.from([0x1f, 0x8b, 0xff, 0xfe]).toString('base64');
    await expect(world.restorer.readUserData(world.point.source)).rejects.toThrow('is not text');
    world.old.userData = undefined;
    expect(await world.restorer.readUserData(world.point.source)).toBeUndefined();
    region1().instances.delete(world.old.id);
    expect(await world.restorer.readUserData(world.point.source)).toBeUndefined();
  });
});

it('a description names every call and shows no user data', () => {
  const userData = 'token=secret';
  const calls = world.restorer.describe(world.order({ userData }), {
    releaseGroups: world.groups,
    moveElasticIp: true,
  });
  expect(calls.map(({ action }) => action)).toEqual([
    'RunInstances',
    'ModifyNetworkInterfaceAttribute',
    'AssociateAddress',
  ]);
  expect(calls[0]?.parameters).toMatchObject({ ImageId: world.point.id, UserData: '<12 bytes>' });
  expect(JSON.stringify(calls)).not.toContain('secret');
  expect(calls[2]?.parameters.AllocationId).toBe(world.elastic.allocationId);
});

import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tagKeys } from '../../functions/shared/names.ts';
import type { Fault } from '../../sandbox/faults.ts';
import { region } from '../support/cloud.ts';
import { type MachineWorld, startMachineWorld } from '../support/machine-world.ts';

let world: MachineWorld;
beforeEach(async () => {
  world = await startMachineWorld();
});
afterEach(() => world.close());

const fault = (more: Omit<Fault, 'service'>): void =>
  world.cloud.sandbox.faults.add({ service: 'ec2', ...more });
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

describe('a launch', () => {
  it('brings the machine back as recorded, in the quarantine group, with IMDSv2 and tags of its own', async () => {
    const before = oldOne();
    const { id, standing } = await world.restore(world.order({ userData: '#cloud-boothook\n' }));
    const [machine, ...more] = world.others();
    expect(more).toEqual([]);
    expect(machine).toMatchObject({
      id,
      type: 'm7i.large',
      keyName: 'ops',
      imageId: world.point.id,
      profile: { name: 'ci' },
      metadata: { HttpTokens: 'required', HttpPutResponseHopLimit: 2, HttpEndpoint: 'enabled' },
      userData: Buffer.from('#cloud-boothook\n').toString('base64'),
    });
    expect(Object.fromEntries(machine?.tags ?? [])).toEqual({
      Role: 'ci',
      Name: 'circleci',
      [tagKeys.restore]: 'restore-1',
      [tagKeys.restoredBy]: 'prod-eu',
      [tagKeys.source]: `ec2/${world.old.id}`,
    });
    expect(standing).toMatchObject({
      state: 'running',
      statusChecks: 'passed',
      facts: {
        id,
        subnet: world.subnet,
        availability_zone: 'eu-west-1a',
        instance_type: 'm7i.large',
        security_groups: [world.quarantine],
        private_ip: expect.stringMatching(/^10\.0\.1\.\d+$/),
        hostname: expect.stringMatching(/^ip-10-0-1-\d+$/),
      },
    });
    expect(oldOne()).toBe(before);
  });

  it('takes volumes from the image and their end from the old machine', async () => {
    const { id } = await world.restore(world.order());
    const ends = [...region1().volumes.values()]
      .filter(({ attachment }) => attachment?.instanceId === id)
      .map(({ attachment, sizeGiB, tags }) => [
        attachment?.device,
        sizeGiB,
        attachment?.deleteOnTermination,
        tags.get(tagKeys.restore),
      ]);
    expect(ends).toEqual([
      ['/dev/xvda', 8, false, 'restore-1'],
      ['/dev/sdf', 20, true, 'restore-1'],
    ]);
  });

  it('follows the order where it differs from what was recorded', async () => {
    const { standing } = await world.restore(
      world.order({
        subnet: world.otherSubnet,
        instanceType: 't3.large',
        instanceProfile: 'restored',
        privateIp: '10.0.9.14',
      }),
    );
    expect(standing).toMatchObject({
      facts: { subnet: world.otherSubnet, instance_type: 't3.large', private_ip: '10.0.9.14' },
    });
    expect(world.others()[0]?.profile?.name).toBe('restored');
  });

  it('happens once however often it is asked for, also when the answer is lost or the order changes', async () => {
    fault({ action: 'RunInstances', code: 'InternalError', status: 500, when: 'after', times: 1 });
    expect(await world.restorer.launch(world.order())).toMatchObject({ state: 'wait' });
    const again = await world.restorer.launch(world.order());
    expect(again).toMatchObject({ state: 'launched' });
    expect(await world.restorer.launch(world.order({ instanceType: 't3.large' }))).toEqual(again);
    expect(world.others()).toHaveLength(1);
    expect((await world.restorer.launch(world.order({ restoreId: 'restore-2' }))).state).toBe('launched');
    expect(world.others()).toHaveLength(2);
  });

  it('happens once when two processes launch at the same time', async () => {
    const launches = await Promise.all([1, 2, 3].map(() => world.restorer.launch(world.order())));
    expect(new Set(launches.map((launch) => JSON.stringify(launch))).size).toBe(1);
    expect(world.others()).toHaveLength(1);
  });

  it('waits for a machine that EC2 made and does not show yet', async () => {
    const launched = await world.restorer.launch(world.order());
    const [machine] = world.others();
    if (machine) region1().instances.set(machine.id, { ...machine, visibleFrom: Number.POSITIVE_INFINITY });
    expect(await world.restorer.launch(world.order({ instanceType: 't3.large' }))).toMatchObject({
      state: 'wait',
    });
    expect(await world.restorer.launch(world.order())).toEqual(launched);
    expect(launched.state === 'launched' && (await world.restorer.poll({ id: launched.id }))).toMatchObject({
      state: 'pending',
    });
  });

  it('is not done a second time after its machine was terminated', async () => {
    const { id } = await world.restore(world.order());
    await world.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    world.passSeconds(10);
    expect(await world.restorer.launch(world.order())).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining(id),
    });
    expect(await world.restorer.poll({ id })).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('User initiated'),
    });
  });

  it('tells that only the address is in the way', async () => {
    for (const privateIp of ['10.0.1.67', '192.168.0.9'])
      expect(await world.restorer.launch(world.order({ privateIp }))).toMatchObject({
        state: 'failed',
        addressTaken: true,
        reason: expect.stringContaining(privateIp),
      });
    expect(await world.restorer.launch(world.order())).toMatchObject({ state: 'launched' });
  });

  it.each([
    ['InsufficientInstanceCapacity', 500, 'no capacity for m7i.large'],
    ['VcpuLimitExceeded', 400, 'quota'],
    ['RequestLimitExceeded', 503, 'RequestLimitExceeded'],
    ['InternalError', 500, 'InternalError'],
  ])('that %s stops is tried again later', async (code, status, words) => {
    fault({ action: 'RunInstances', code, status, times: 1 });
    expect(await world.restorer.launch(world.order())).toMatchObject({
      state: 'wait',
      reason: expect.stringContaining(words),
    });
  });

  it('that nobody may make, or whose user data is too long, fails with a sentence', async () => {
    expect(await world.restorer.launch(world.order({ userData: 'x'.repeat(16_385) }))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('16385 bytes'),
    });
    const bare = { ...world.point, relaunch: {} };
    expect(await world.restorer.launch(world.order({ launchGroups: [], point: bare }))).toEqual({
      state: 'failed',
      reason: 'no subnet, instance type, security group is recorded or given for the launch',
    });
    fault({ action: 'RunInstances', code: 'UnauthorizedOperation', status: 403, times: 1 });
    expect(await world.restorer.launch(world.order())).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('iam:PassRole'),
    });
    fault({ action: 'RunInstances', code: 'ExpiredToken', status: 403, times: 1 });
    await expect(world.restorer.launch(world.order())).rejects.toMatchObject({ name: 'ExpiredToken' });
    expect(world.others()).toEqual([]);
  });

  it('that ends at once because of a key says so', async () => {
    const [volume] = [...region1().snapshots.values()];
    world.cloud.sandbox.ec2.failKmsKey(volume?.kmsKeyId ?? '');
    const { standing } = await world.restore(world.order());
    expect(standing).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/Client error on launch.*KMS/),
    });
  });
});

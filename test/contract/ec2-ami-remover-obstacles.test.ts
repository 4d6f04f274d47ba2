import {
  CreateImageCommand,
  DisableImageCommand,
  EnableImageDeregistrationProtectionCommand,
  LockSnapshotCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveCopy, Obstacle } from '../../functions/drivers/removal.ts';
import { type Ec2RemoverWorld, startEc2RemoverWorld } from '../support/ec2-remover-world.ts';
import { account, listedCopy, region } from '../support/remover-cloud.ts';

const place = { account, region };
const deployment = 'prod-eu';

describe('what stands in the way of removing an AMI', () => {
  let world: Ec2RemoverWorld;
  let copy: LiveCopy;
  let other: LiveCopy;
  beforeEach(async () => {
    world = await startEc2RemoverWorld();
    const [id = '', otherId = ''] = await world.makeCopies(2);
    copy = await listedCopy(world.remover, id);
    other = await listedCopy(world.remover, otherId);
  });
  afterEach(() => world.close());

  const seed = () => world.cloud.sandbox.ec2.seed(region);
  const ec2 = () => world.cloud.clients.ec2;
  const obstacles = async (): Promise<readonly Obstacle[]> => {
    const found = await world.remover.obstacles([copy, other]);
    expect([...found.keys()].filter((id) => id !== copy.id)).toEqual([]);
    return found.get(copy.id) ?? [];
  };
  /** Removing keeps all of it, with a reason that says this. */
  const expectKept = async (text: string) => {
    const before = await world.existing();
    const outcome = await world.remover.remove(copy, { deployment });
    expect(outcome).toMatchObject({ state: 'kept', left: [copy.id, ...copy.snapshots] });
    expect(outcome.state === 'kept' && outcome.reason).toContain(text);
    expect(await world.existing()).toEqual(before);
  };
  /** Removing leaves all of it for a later run, with a reason that says this. */
  const expectPostponed = async (text: string) => {
    const before = await world.existing();
    const outcome = await world.remover.remove(copy, { deployment });
    expect(outcome).toEqual({ state: 'postponed', reason: expect.stringContaining(text) });
    expect(await world.existing()).toEqual(before);
  };
  const first = () => copy.snapshots[0] ?? '';
  const second = () => copy.snapshots[1] ?? '';

  describe('locks', () => {
    it.each(['governance', 'compliance'] as const)(
      'a snapshot locked in %s mode keeps the AMI until the lock ends',
      async (LockMode) => {
        await ec2().send(new LockSnapshotCommand({ SnapshotId: second(), LockMode, LockDuration: 1 }));
        const end = new Date(world.cloud.clock.now() + 86_400_000).toISOString().slice(0, 19);
        const reason = `locked until ${end}Z (${LockMode} mode)`;
        expect(await obstacles()).toEqual([{ kind: 'locked', id: second(), reason }]);
        await expectPostponed(`${second()} is locked until`);
        world.cloud.passSeconds(86_400);
        expect(await obstacles()).toEqual([]);
        expect(await world.remover.remove(copy, { deployment })).toEqual({ state: 'removed' });
      },
    );

    it('a compliance lock that is still cooling off counts, and says until when it can be undone', async () => {
      const command = new LockSnapshotCommand({
        SnapshotId: first(),
        LockMode: 'compliance',
        LockDuration: 30,
        CoolOffPeriod: 24,
      });
      await ec2().send(command);
      expect(await obstacles()).toMatchObject([
        {
          kind: 'locked',
          id: first(),
          reason: expect.stringMatching(/compliance mode, cooling-off ends 2026-/),
        },
      ]);
      await expectPostponed('cooling-off ends');
    });
  });

  describe('other users', () => {
    it('a snapshot that another AMI, not ours, is made of keeps both', async () => {
      const { ImageId } = await ec2().send(
        new RegisterImageCommand({
          Name: 'golden',
          RootDeviceName: '/dev/xvda',
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: first() } }],
        }),
      );
      expect(await obstacles()).toEqual([{ kind: 'in-use', id: first(), reason: `also used by ${ImageId}` }]);
      await expectKept(`${first()} is also used by ${ImageId}`);
    });

    it('a snapshot that is shared names the account, beside an AMI that is public', async () => {
      await world.share(first(), '210987654321');
      await world.share(copy.id, 'all');
      expect(await obstacles()).toEqual([
        { kind: 'shared', id: copy.id, reason: 'shared with everybody' },
        { kind: 'shared', id: first(), reason: 'shared with account 210987654321' },
      ]);
    });
  });

  describe('references', () => {
    const versions = (...imageIds: string[]) => imageIds.map((ImageId) => ({ ImageId }));

    it('the default and the latest version of a launch template count, older ones do not', async () => {
      const template = (name: string, ...images: string[]) =>
        seed().addLaunchTemplate({ name, versions: versions(...images), defaultVersion: 2 }).launchTemplateId;
      const byDefault = template('by-default', 'ami-1', copy.id, 'ami-3');
      const latest = template('latest', 'ami-1', 'ami-2', copy.id);
      template('history', copy.id, 'ami-2', 'ami-3');
      const reasons = (await obstacles()).map(({ reason }) => reason);
      expect(reasons).toEqual(
        [
          `used by launch template ${byDefault} (version 2)`,
          `used by launch template ${latest} (version 3)`,
        ].sort(),
      );
    });

    it('finds the one template among many pages of them', async () => {
      for (let index = 0; index < 450; index += 1)
        seed().addLaunchTemplate({ name: `template-${index}`, versions: versions('ami-1', 'ami-2') });
      const { launchTemplateId } = seed().addLaunchTemplate({ name: 'web', versions: versions(copy.id) });
      expect(await obstacles()).toMatchObject([
        { reason: `used by launch template ${launchTemplateId} (version 1)` },
      ]);
    });

    it('an older version counts when an Auto Scaling group names it, by ID or by name', async () => {
      const { launchTemplateId } = seed().addLaunchTemplate({
        name: 'web',
        versions: versions('ami-1', copy.id, 'ami-3'),
      });
      const { autoscaling } = world.cloud.sandbox;
      autoscaling.seedGroup(place, {
        name: 'web-a',
        LaunchTemplate: { LaunchTemplateId: launchTemplateId, Version: '2' },
      });
      autoscaling.seedGroup(place, {
        name: 'web-b',
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateName: 'web', Version: '$Latest' },
            Overrides: [{ LaunchTemplateSpecification: { LaunchTemplateName: 'web', Version: '2' } }],
          },
        },
      });
      autoscaling.seedGroup(place, {
        name: 'old',
        LaunchTemplate: { LaunchTemplateName: 'web', Version: '1' },
      });
      const used = `used by launch template ${launchTemplateId} (version 2) of Auto Scaling group`;
      expect((await obstacles()).map(({ reason }) => reason)).toEqual([`${used} web-a`, `${used} web-b`]);
    });

    it('a group may name a template or a version that is gone', async () => {
      const { launchTemplateId } = seed().addLaunchTemplate({ name: 'web', versions: versions('ami-1') });
      const { autoscaling } = world.cloud.sandbox;
      const group = (name: string, LaunchTemplateId: string) =>
        autoscaling.seedGroup(place, { name, LaunchTemplate: { LaunchTemplateId, Version: '7' } });
      group('stale-version', launchTemplateId);
      group('stale-template', 'lt-0123456789abcdef0');
      expect(await obstacles()).toEqual([]);
    });

    it('launch configurations count, and images in the overrides of a group', async () => {
      const { autoscaling } = world.cloud.sandbox;
      // More than a page of each.
      for (let index = 0; index < 120; index += 1) {
        autoscaling.seedLaunchConfiguration(place, { name: `a-${index}`, imageId: 'ami-1' });
        autoscaling.seedGroup(place, { name: `a-${index}`, LaunchConfigurationName: `a-${index}` });
      }
      autoscaling.seedLaunchConfiguration(place, { name: 'web', imageId: copy.id });
      autoscaling.seedGroup(place, {
        name: 'web',
        MixedInstancesPolicy: { LaunchTemplate: { Overrides: [{ ImageId: copy.id }] } },
      });
      expect((await obstacles()).map(({ reason }) => reason)).toEqual([
        'used by Auto Scaling group web',
        'used by launch configuration web',
      ]);
    });
  });

  describe('deregistration protection', () => {
    const protect = (WithCooldown: boolean) =>
      ec2().send(new EnableImageDeregistrationProtectionCommand({ ImageId: copy.id, WithCooldown }));
    const markAsOurs = () =>
      world.cloud.sandbox.ec2.region(region).images.get(copy.id)?.tags.set('snapkeep:protected', 'true');
    const remove = () => world.remover.remove(copy, { deployment });

    it('of somebody else is respected', async () => {
      await protect(true);
      expect(await obstacles()).toEqual([
        { kind: 'protected', id: copy.id, reason: 'protected from deregistration (with cooldown)' },
      ]);
      await expectKept('protected from deregistration');
    });

    it('of ours without cooldown is lifted on the way', async () => {
      await protect(false);
      markAsOurs();
      expect(await obstacles()).toEqual([]);
      expect(await remove()).toEqual({ state: 'removed' });
      expect(await world.existing()).toEqual(new Set([other.id, ...other.snapshots]));
    });

    it('of ours with cooldown is lifted in one run, and the AMI removed in a later one', async () => {
      await protect(true);
      markAsOurs();
      const before = await world.existing();
      const end = new Date(world.cloud.clock.now() + 86_400_000).toISOString().slice(0, 19);
      expect(await obstacles()).toEqual([]);
      expect(await remove()).toEqual({
        state: 'postponed',
        reason: `${copy.id}: its deregistration protection has been lifted, its cooldown ends ${end}Z`,
      });
      expect(await remove()).toEqual({
        state: 'postponed',
        reason: `${copy.id} is protected from deregistration until ${end}Z`,
      });
      expect(await world.existing()).toEqual(before);
      world.cloud.passSeconds(86_400);
      expect(await remove()).toEqual({ state: 'removed' });
    });
  });

  it('a disabled AMI is seen, has no obstacle and can be removed', async () => {
    await ec2().send(new DisableImageCommand({ ImageId: copy.id }));
    expect(await listedCopy(world.remover, copy.id)).toEqual({ ...copy, state: 'disabled' });
    expect(await obstacles()).toEqual([]);
    expect(await world.remover.remove(copy, { deployment })).toEqual({ state: 'removed' });
    expect(await world.existing()).toEqual(new Set([other.id, ...other.snapshots]));
  });

  it('a snapshot that lost its tag keeps its AMI', async () => {
    await world.pullTag(second());
    await expectKept(`${second()} does not carry the tag snapkeep:managed = prod-eu`);
  });

  it('asks for locks, users and references once, however many copies there are', async () => {
    await world.makeCopies(30);
    const { copies } = await world.remover.inventory({ deployment });
    const { requests } = world.cloud.sandbox;
    const countFor = async (some: readonly LiveCopy[]) => {
      const before = requests.total;
      await world.remover.obstacles(some);
      return requests.total - before;
    };
    const [one, many] = [await countFor(copies.slice(0, 1)), await countFor(copies)];
    // Beyond that, one question for each AMI and each of its two snapshots: whom is it shared with?
    expect(many - one).toBe((copies.length - 1) * 3);
  });

  it('an AMI of the same machine made by hand is nobody’s obstacle', async () => {
    const [instance] = world.cloud.sandbox.ec2.region(region).instances.keys();
    await ec2().send(new CreateImageCommand({ InstanceId: instance, Name: 'by-hand', NoReboot: true }));
    world.cloud.passSeconds(70);
    expect(await obstacles()).toEqual([]);
  });
});

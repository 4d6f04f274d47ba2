import {
  CopySnapshotCommand,
  DeregisterImageCommand,
  LockSnapshotCommand,
  RegisterImageCommand,
  SnapshotReturnCodes,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveCopy } from '../../functions/drivers/removal.ts';
import { type Ec2RemoverWorld, startEc2RemoverWorld } from '../support/ec2-remover-world.ts';
import { listedCopy, region } from '../support/remover-cloud.ts';

const deployment = 'prod-eu';

let world: Ec2RemoverWorld;
let copy: LiveCopy;
let bystanders: ReadonlySet<string>;
beforeEach(async () => {
  world = await startEc2RemoverWorld();
  await world.makeLookAlikes();
  await world.makeCopies(1);
  bystanders = await world.existing();
  const [id = ''] = await world.makeCopies(1);
  copy = await listedCopy(world.remover, id);
});
afterEach(() => world.close());

const ec2 = () => world.cloud.clients.ec2;
const remove = () => world.remover.remove(copy, { deployment });
const deletesOf = (action: string) => world.cloud.sandbox.requests.countsOf('ec2', action).count;
const strays = async () => (await world.remover.inventory({ deployment })).strays;
const snapshotOf = (index: number): string => copy.snapshots[index] ?? '';
/** As if a process had died right after the first of its two halves. */
const deregisterOnly = () => ec2().send(new DeregisterImageCommand({ ImageId: copy.id }));

describe('removing an AMI when its snapshots are not deleted with it', () => {
  const ways = ['ignored', ...Object.values(SnapshotReturnCodes)] as const;

  it.each(ways)('leaves no snapshot behind when the service answers "%s"', async (way) => {
    world.cloud.sandbox.ec2.settings.associatedSnapshots = way;
    expect(await remove()).toEqual({ state: 'removed' });
    expect(await world.existing()).toEqual(bystanders);
    expect(deletesOf('DeleteSnapshot')).toBe(2);
  });

  it('needs no further call when the service does as it is told', async () => {
    expect(await remove()).toEqual({ state: 'removed' });
    expect(deletesOf('DeleteSnapshot')).toBe(0);
  });

  it('asks again while EC2 still counts the AMI that has just gone', async () => {
    world.cloud.sandbox.ec2.settings.associatedSnapshots = 'internal-error';
    world.cloud.fault({
      action: 'DeleteSnapshot',
      code: 'InvalidSnapshot.InUse',
      message: `The snapshot ${snapshotOf(0)} is currently in use by ${copy.id}`,
      status: 400,
      times: 3,
      match: snapshotOf(0),
    });
    expect(await remove()).toEqual({ state: 'removed' });
    expect(await world.existing()).toEqual(bystanders);
  });

  it('puts off what EC2 will not let go in time, and says which snapshot that is', async () => {
    world.cloud.sandbox.ec2.settings.associatedSnapshots = 'internal-error';
    const message = `The snapshot ${snapshotOf(0)} is currently in use by ${copy.id}`;
    const fault = { action: 'DeleteSnapshot', code: 'InvalidSnapshot.InUse', message, status: 400 };
    world.cloud.fault({ ...fault, match: snapshotOf(0) });
    const outcome = await remove();
    expect(outcome).toMatchObject({ state: 'postponed' });
    expect(outcome.state === 'postponed' && outcome.reason).toContain(snapshotOf(0));
    world.cloud.heal();
    expect((await strays()).map(({ id }) => id)).toEqual([snapshotOf(0)]);
  });

  it('names what is left when a snapshot cannot be deleted for another reason', async () => {
    world.cloud.sandbox.ec2.settings.associatedSnapshots = 'missing-permissions';
    const message = 'You are not authorized to perform: ec2:DeleteSnapshot.';
    world.cloud.fault({ action: 'DeleteSnapshot', code: 'UnauthorizedOperation', message, status: 403 });
    expect(await remove()).toEqual({
      state: 'kept',
      reason: copy.snapshots.map((id) => `${id}: UnauthorizedOperation: ${message}`).join('; '),
      left: copy.snapshots,
    });
  });
});

describe('what is left when a process dies between AMI and snapshots', () => {
  it('shows as strays with their tags, which a later run deletes', async () => {
    await deregisterOnly();
    const found = await strays();
    expect(found.map(({ id }) => id)).toEqual(copy.snapshots);
    for (const stray of found) {
      expect(stray).toMatchObject({ owner: copy.owner, tags: { 'snapkeep:managed': deployment } });
      expect(stray.createdAt).toMatch(/^2026-11-20T\d\d:\d\d:\d\dZ$/);
      expect(await world.remover.removeStray(stray, { deployment })).toEqual({ state: 'removed' });
      expect(await world.remover.removeStray(stray, { deployment })).toEqual({ state: 'removed' });
    }
    expect(await world.existing()).toEqual(bystanders);
  });

  it('goes with a second removal of the copy, too', async () => {
    await deregisterOnly();
    expect(await remove()).toEqual({ state: 'removed' });
    expect(await world.existing()).toEqual(bystanders);
  });

  it('stays where a lock, another account or another AMI needs it', async () => {
    await deregisterOnly();
    const [locked, shared] = await strays();
    if (locked === undefined || shared === undefined) throw new Error('two strays were expected');
    await ec2().send(
      new LockSnapshotCommand({ SnapshotId: locked.id, LockMode: 'governance', LockDuration: 3 }),
    );
    await world.share(shared.id, '210987654321');
    const before = await world.existing();
    const outcomes = [
      await world.remover.removeStray(locked, { deployment }),
      await world.remover.removeStray(shared, { deployment }),
    ];
    expect(outcomes).toMatchObject([
      { state: 'postponed', reason: expect.stringContaining('is locked until 2026-11-23T') },
      { state: 'kept', left: [shared.id], reason: `${shared.id} is shared with account 210987654321` },
    ]);
    expect(await remove()).toMatchObject({ state: 'kept', left: [shared.id] });
    expect(await world.existing()).toEqual(before);
  });

  it('stays where its tag was pulled', async () => {
    await deregisterOnly();
    const [stray] = await strays();
    if (stray === undefined) throw new Error('a stray was expected');
    await world.pullTag(stray.id);
    expect(await world.remover.removeStray(stray, { deployment })).toMatchObject({
      state: 'kept',
      left: [stray.id],
    });
    expect(await world.existing()).toContain(stray.id);
  });
});

describe('snapshots that are no strays', () => {
  it('belong to an AMI that lost its tag', async () => {
    await world.pullTag(copy.id);
    expect(await strays()).toEqual([]);
  });

  it('belong to an AMI that somebody registered from them', async () => {
    await deregisterOnly();
    await ec2().send(
      new RegisterImageCommand({
        Name: 'rescued',
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: snapshotOf(0) } }],
      }),
    );
    expect((await strays()).map(({ id }) => id)).toEqual([snapshotOf(1)]);
    const rescued = { id: snapshotOf(0), owner: copy.owner, tags: copy.tags };
    expect(await world.remover.removeStray(rescued, { deployment })).toMatchObject({
      state: 'kept',
      left: [snapshotOf(0)],
      reason: expect.stringContaining('InvalidSnapshot.InUse'),
    });
    expect(await world.existing()).toContain(snapshotOf(0));
  });

  it('are not dragged along because they carry the tags of a copy, description included', async () => {
    const original = world.cloud.sandbox.ec2.region(region).snapshots.get(snapshotOf(0));
    const { SnapshotId = '' } = await ec2().send(
      new CopySnapshotCommand({
        SourceRegion: region,
        SourceSnapshotId: snapshotOf(0),
        Description: original?.description,
        TagSpecifications: [
          {
            ResourceType: 'snapshot',
            Tags: [...(original?.tags ?? [])].map(([Key, Value]) => ({ Key, Value })),
          },
        ],
      }),
    );
    world.cloud.passSeconds(70);
    expect(await listedCopy(world.remover, copy.id)).toEqual(copy);
    expect(await remove()).toEqual({ state: 'removed' });
    expect(await world.existing()).toEqual(new Set([...bystanders, SnapshotId]));
    expect((await strays()).map(({ id }) => id)).toEqual([SnapshotId]);
  });
});

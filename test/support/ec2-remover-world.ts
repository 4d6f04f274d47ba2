import {
  CreateImageCommand,
  DeleteTagsCommand,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { tagKeys } from '../../functions/shared/names.ts';
import type { RemoverWorld } from '../contract/remover-contract.ts';
import {
  account,
  backupId,
  otherAccount,
  type RemoverCloud,
  region,
  startRemoverCloud,
} from './remover-cloud.ts';

export interface Ec2RemoverWorld extends RemoverWorld {
  readonly cloud: RemoverCloud;
}

const deletes = ['DeregisterImage', 'DeleteSnapshot'];

/** AMIs of machines with two volumes. */
export async function startEc2RemoverWorld(): Promise<Ec2RemoverWorld> {
  const cloud = await startRemoverCloud('ec2');
  const { sandbox, clients, remover, rival } = cloud;
  const seed = sandbox.ec2.seed(region);
  const state = sandbox.ec2.region(region);
  const volumes = [
    { device: '/dev/xvda', sizeGiB: 8 },
    { device: '/dev/sdf', sizeGiB: 50 },
  ];
  const instance = seed.addInstance({ volumes });
  const broken = seed.addInstance({ volumes });

  const tagAll = (imageId: string, tags: Readonly<Record<string, string>>) => {
    const image = state.images.get(imageId);
    for (const [key, value] of Object.entries(tags)) {
      image?.tags.set(key, value);
      for (const { snapshot } of image?.devices ?? []) snapshot?.tags.set(key, value);
    }
  };
  const ours = { [tagKeys.managed]: 'prod-eu', [tagKeys.plan]: 'ci', [tagKeys.backupId]: backupId };

  return {
    cloud,
    kind: 'ec2',
    remover,
    rival,
    pageSize: 1000,
    makeCopies: async (count, deployment = 'prod-eu') => {
      const ids = await cloud.beginAll(Array<string>(count).fill(instance.id), deployment);
      cloud.passSeconds(70);
      return ids;
    },
    beginCopy: async () => {
      const id = await cloud.begin(instance.id, 'prod-eu');
      cloud.passSeconds(10);
      return id;
    },
    makeFailedCopy: async () => {
      const [, data] = broken.devices;
      sandbox.ec2.failVolume(data?.volumeId ?? '', 'the volume has an error');
      const id = await cloud.begin(broken.id, 'prod-eu');
      cloud.passSeconds(70);
      return id;
    },
    makeLookAlikes: async () => {
      const untagged = await clients.ec2.send(
        new CreateImageCommand({ InstanceId: instance.id, Name: 'snapkeep-prod-eu-0123456789-by-hand' }),
      );
      const sister = seed.addImage({ name: 'snapkeep-prod-eu-0123456789-sister' });
      tagAll(sister.id, { ...ours, [tagKeys.managed]: 'prod-eu-2' });
      const shared = seed.addImage({
        name: 'snapkeep-prod-eu-0123456789-20261120t0201-a1',
        account: otherAccount,
        sharedWith: [account],
      });
      tagAll(shared.id, ours);
      for (const { snapshot } of shared.devices) snapshot?.sharedWith.add(account);
      const secret = seed.addImage({ name: 'snapkeep-prod-eu-0123456789-private', account: otherAccount });
      tagAll(secret.id, ours);
      cloud.passSeconds(70);
      return [untagged.ImageId ?? '', sister.id, shared.id, secret.id];
    },
    existing: async () => new Set([...state.images.keys(), ...state.snapshots.keys()]),
    share: async (id, withAccount) => {
      const grant = { Add: [withAccount === 'all' ? { Group: 'all' as const } : { UserId: withAccount }] };
      if (id.startsWith('ami-'))
        await clients.ec2.send(new ModifyImageAttributeCommand({ ImageId: id, LaunchPermission: grant }));
      else
        await clients.ec2.send(
          new ModifySnapshotAttributeCommand({ SnapshotId: id, CreateVolumePermission: grant }),
        );
    },
    pullTag: async (id) => {
      await clients.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: tagKeys.managed }] }));
    },
    breakSecondPage: () =>
      cloud.fault({ action: 'DescribeImages', match: 'NextToken', code: 'InternalError', status: 500 }),
    loseAnswersOfDeletes: () => {
      for (const action of deletes)
        cloud.fault({ action, code: 'InternalError', status: 500, times: 1, when: 'after' });
    },
    throttleDeletes: (on) => {
      if (!on) cloud.heal();
      else for (const action of deletes) cloud.fault({ action, code: 'RequestLimitExceeded', status: 503 });
    },
    cutDeletes: () => {
      for (const action of deletes) cloud.fault({ action, code: 'cut', cut: true });
    },
    calls: () => sandbox.requests.total,
    close: cloud.close,
  };
}

import { CreateImageCommand, DeregisterImageCommand, EC2Client } from '@aws-sdk/client-ec2';
import { createEc2AmiDriver } from '../../functions/drivers/ec2-ami/driver.ts';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createSandboxServer } from '../../sandbox/server.ts';
import { createEc2 } from '../../sandbox/services/ec2/service.ts';
import { World } from '../../sandbox/world.ts';
import { describeDriverContract } from './driver-contract.ts';
import {
  describeProtectingDriverContract,
  type ProtectingDriverWorld,
} from './protecting-driver-contract.ts';

const region = 'eu-west-1';
const snapshotSeconds = 60;

describeDriverContract({ name: 'ec2-ami', setUp });
describeProtectingDriverContract({ name: 'ec2-ami', setUp });

async function setUp(): Promise<ProtectingDriverWorld> {
  let now = Date.parse('2026-11-20T02:00:00Z');
  const world = new World({ snapshotSeconds, clock: { now: () => now } });
  const ec2 = createEc2(world);
  const server = createSandboxServer({ world, services: [ec2.service] });
  await server.listen();
  const seed = ec2.seed(region);
  const volumes = new Map<string, string>();
  // More than a page of 1,000.
  const sources = Array.from({ length: 1005 }, () => {
    const instance = seed.addInstance({ tags: { Role: 'ci', Stage: 'prod' } });
    volumes.set(instance.id, instance.devices[0]?.volumeId ?? '');
    return instance.id;
  });
  seed.addInstance({ tags: { Role: 'ci' } });
  const client = new EC2Client({ endpoint: server.url, region, credentials: DEFAULT_IDENTITY });
  const tagsOf = (tags: ReadonlyMap<string, string>) => Object.fromEntries(tags);
  return {
    driver: createEc2AmiDriver({ ec2: client, region }),
    sources,
    tagSelection: { kind: 'ec2', select: { tags: { Role: 'ci', Stage: 'prod' } }, reboot: false },
    idSelection: (ids) => ({ kind: 'ec2', select: { ids }, reboot: false }),
    unknownId: 'i-0ffffffffffffffff',
    nameLimit: 128,
    copySeconds: snapshotSeconds + 5,
    passSeconds: (seconds) => {
      now += seconds * 1000;
    },
    calls: () => server.requests.total,
    resources: async () => {
      world.settle();
      const state = ec2.region(region);
      return [
        ...[...state.images.values()].map(({ id, name, tags }) => ({ id, name, tags: tagsOf(tags) })),
        ...[...state.snapshots.values()].map(({ id, tags }) => ({ id, tags: tagsOf(tags) })),
      ];
    },
    occupy: async (Name, InstanceId) => {
      await client.send(new CreateImageCommand({ InstanceId, Name, NoReboot: true }));
    },
    failCopiesOf: (id, fail) =>
      ec2.failVolume(volumes.get(id) ?? '', fail ? 'the volume has an error' : undefined),
    deleteCopy: async (ImageId) => {
      await client.send(new DeregisterImageCommand({ ImageId }));
    },
    protectionOf: (id) => {
      const image = ec2.region(region).images.get(id);
      const locks = (image?.devices ?? []).flatMap(({ snapshot }) =>
        snapshot?.lock === undefined ? [] : `${snapshot.lock.mode} ${snapshot.lock.durationDays}`,
      );
      return image?.protection.kind === 'on'
        ? [...locks, image.protection.cooldown ? 'with cooldown' : 'without cooldown']
        : locks;
    },
    remove: async (id) => {
      ec2.region(region).instances.delete(id);
    },
    close: async () => {
      client.destroy();
      await server.close();
      world.close();
    },
  };
}

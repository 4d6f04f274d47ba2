import * as clientPackage from '@aws-sdk/client-ec2';
import type { Machine } from '../../machines/machine.ts';
import { TreeStore } from '../../machines/trees.ts';
import type { AnyHandler, Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { type Ec2Shared, type MachinePort, RegionState } from './model/region.ts';
import { defaultSettings, type Ec2Settings } from './model/settings.ts';
import { failSnapshot, unreachableKey } from './model/snapshots.ts';
import { addressRoutes } from './routes/addresses.ts';
import { changeImageRoutes } from './routes/change-images.ts';
import { changeLaunchTemplateRoutes } from './routes/change-launch-templates.ts';
import { changeSnapshotRoutes } from './routes/change-snapshots.ts';
import { copyImageRoutes } from './routes/copy-image.ts';
import { createImageRoutes } from './routes/create-image.ts';
import { describeImageRoutes } from './routes/describe-images.ts';
import { describeInstanceRoutes } from './routes/describe-instances.ts';
import { describeSnapshotRoutes } from './routes/describe-snapshots.ts';
import { instanceAttributeRoutes } from './routes/instance-attributes.ts';
import { instanceStateRoutes } from './routes/instance-states.ts';
import { instanceTypeRoutes } from './routes/instance-types.ts';
import { launchTemplateRoutes } from './routes/launch-templates.ts';
import { networkRoutes } from './routes/network.ts';
import { networkInterfaceRoutes } from './routes/network-interfaces.ts';
import { permissionRoutes } from './routes/permissions.ts';
import { placeRoutes } from './routes/places.ts';
import { runInstancesRoutes } from './routes/run-instances.ts';
import { securityGroupRoutes } from './routes/security-groups.ts';
import { snapshotLockRoutes } from './routes/snapshot-locks.ts';
import { tagRoutes } from './routes/tags.ts';
import { volumeRoutes } from './routes/volumes.ts';
import { createSeed, type Seed } from './seed.ts';

/** EC2 of one world, in as many Regions as are asked for. */
export interface Ec2 {
  readonly service: Service;
  /** May be changed at any time. */
  readonly settings: Ec2Settings;
  /** Puts resources into a Region as if they had always been there. */
  seed(region: string): Seed;
  /** The records of a Region, to look at. */
  region(name: string): RegionState;
  /** The Regions that anybody has looked at or used so far. */
  regionNames(): readonly string[];
  /** The inside of an instance: its directory tree and what happened to it. */
  machine(instanceId: string): Machine;
  /** Snapshots of the volume end in error from now on, those under way included. `undefined` heals it. */
  failVolume(volumeId: string, message: string | undefined): void;
  /** The key cannot be used any longer: snapshots of volumes that it encrypts end in error. */
  failKmsKey(keyArn: string, message?: string): void;
  healKmsKey(keyArn: string): void;
  /** Who boots the machines. Without one an instance runs with nothing going on inside. */
  useMachines(port: MachinePort): void;
}

export interface Ec2Options {
  readonly settings?: Partial<Ec2Settings>;
}

export function createEc2(world: World, options: Ec2Options = {}): Ec2 {
  const regions = new Map<string, RegionState>();
  const shared: Ec2Shared = {
    world,
    settings: { ...defaultSettings(world.snapshotSeconds), ...options.settings },
    trees: new TreeStore(() => world.directory),
    failingVolumes: new Map(),
    failingKeys: new Map(),
    machines: undefined,
    region(name) {
      let region = regions.get(name);
      if (!region) {
        region = new RegionState(name, shared);
        regions.set(name, region);
      }
      return region;
    },
  };

  const failPending = (
    matches: (snapshot: { volumeId: string; kmsKeyId: string | undefined }) => boolean,
    reason: string,
  ) => {
    for (const region of regions.values())
      for (const snapshot of region.snapshots.values())
        if (snapshot.failure === undefined && world.now() < snapshot.endsAt && matches(snapshot))
          failSnapshot(snapshot, reason, world.now());
  };

  return {
    service: {
      signingName: 'ec2',
      protocol: 'ec2Query',
      clientPackage,
      xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
      handlers: createHandlers(shared),
    },
    settings: shared.settings,
    seed: (region) => createSeed(shared.region(region)),
    region: (name) => shared.region(name),
    regionNames: () => [...regions.keys()],
    machine(instanceId) {
      for (const region of regions.values()) {
        const instance = region.instances.get(instanceId);
        if (instance) return instance.machine;
      }
      throw new Error(`There is no instance ${instanceId} in any Region of this world.`);
    },
    failVolume(volumeId, message) {
      if (message === undefined) shared.failingVolumes.delete(volumeId);
      else {
        shared.failingVolumes.set(volumeId, message);
        failPending((snapshot) => snapshot.volumeId === volumeId, message);
      }
    },
    failKmsKey(keyArn, message = unreachableKey) {
      shared.failingKeys.set(keyArn, message);
      failPending((snapshot) => snapshot.kmsKeyId === keyArn, message);
    },
    healKmsKey(keyArn) {
      shared.failingKeys.delete(keyArn);
    },
    useMachines(port) {
      shared.machines = port;
    },
  };
}

function createHandlers(shared: Ec2Shared): Readonly<Record<string, AnyHandler>> {
  return {
    ...addressRoutes(shared),
    ...changeImageRoutes(shared),
    ...changeLaunchTemplateRoutes(shared),
    ...changeSnapshotRoutes(shared),
    ...copyImageRoutes(shared),
    ...createImageRoutes(shared),
    ...describeImageRoutes(shared),
    ...describeInstanceRoutes(shared),
    ...describeSnapshotRoutes(shared),
    ...instanceAttributeRoutes(shared),
    ...instanceStateRoutes(shared),
    ...instanceTypeRoutes(shared),
    ...launchTemplateRoutes(shared),
    ...networkInterfaceRoutes(shared),
    ...networkRoutes(shared),
    ...permissionRoutes(shared),
    ...placeRoutes(shared),
    ...runInstancesRoutes(shared),
    ...securityGroupRoutes(shared),
    ...snapshotLockRoutes(shared),
    ...tagRoutes(shared),
    ...volumeRoutes(shared),
  };
}

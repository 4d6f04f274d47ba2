import { createHash } from 'node:crypto';
import type { _InstanceType, InstanceMetadataOptionsResponse } from '@aws-sdk/client-ec2';
import { type LaunchPlan, launch, metadataOptions } from './model/launch.ts';
import { defaultGroup, defaultVpc } from './model/network.ts';
import type { ImageRecord, InstanceProfile, InstanceRecord, Tags } from './model/records.ts';
import type { RegionState } from './model/region.ts';
import { planVolume } from './model/volumes.ts';

export const defaultAccount = '123456789012';

export type TagMap = Readonly<Record<string, string>>;

export interface SeedBase {
  readonly id?: string;
  /** Default: 123456789012. */
  readonly account?: string;
  readonly tags?: TagMap;
}

export interface SeedVolume {
  readonly id?: string;
  readonly device: string;
  readonly sizeGiB: number;
  readonly volumeType?: 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1' | 'sc1' | 'standard';
  readonly encrypted?: boolean;
  readonly kmsKeyId?: string;
  /** Where the machine mounts it; the first volume is `/`. */
  readonly mount?: string;
  readonly tags?: TagMap;
  /** Default: the root volume goes with the instance, the others stay. */
  readonly deleteOnTermination?: boolean;
}

export interface SeedInstance extends SeedBase {
  readonly type?: string;
  /** By default the id of an image that is long gone, as is common. */
  readonly imageId?: string;
  readonly subnetId?: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
  /** An allocation of `addAddress`, or an address: allocated if it is not there yet. */
  readonly elasticIp?: string;
  readonly securityGroups?: readonly string[];
  readonly instanceProfile?: string;
  readonly keyName?: string;
  /** Plain text; answers carry it as base64. */
  readonly userData?: string;
  /** Default: one encrypted gp3 root volume of 8 GiB on /dev/xvda. The first one is the root volume. */
  readonly volumes?: readonly SeedVolume[];
  /** A directory that becomes the content of `/`, volumes mounted below it included. It is only read. */
  readonly tree?: string;
  /** Default: running. */
  readonly state?: 'running' | 'stopped';
  readonly metadata?: Partial<InstanceMetadataOptionsResponse>;
  readonly disableApiTermination?: boolean;
}

export const toTags = (tags: TagMap | undefined): Tags => new Map(Object.entries(tags ?? {}));

/** An instance profile is known to RunInstances once it was named here. */
export function profileNamed(region: RegionState, account: string, name: string): InstanceProfile {
  const key = `${account}/${name}`;
  const known = region.profiles.get(key);
  if (known) return known;
  const profile = {
    name,
    arn: `arn:aws:iam::${account}:instance-profile/${name}`,
    id: `AIPA${createHash('sha256').update(key).digest('hex').slice(0, 17).toUpperCase()}`,
  };
  region.profiles.set(key, profile);
  return profile;
}

export function seedInstance(region: RegionState, options: SeedInstance): InstanceRecord {
  const account = options.account ?? defaultAccount;
  const image = options.imageId === undefined ? undefined : region.images.get(options.imageId);
  return launch(region, instancePlan(region, account, options, image));
}

function instancePlan(
  region: RegionState,
  account: string,
  options: SeedInstance,
  image: ImageRecord | undefined,
): LaunchPlan {
  const fallback = options.subnetId === undefined ? defaultVpc(region, account) : undefined;
  const subnet = fallback?.subnet ?? region.subnets.get(options.subnetId ?? '');
  if (!subnet)
    throw new Error(`Cannot add an instance: there is no subnet ${options.subnetId} in ${region.name}.`);
  for (const id of options.securityGroups ?? [])
    if (!region.securityGroups.has(id))
      throw new Error(`Cannot add an instance: there is no security group ${id}.`);
  const volumes = options.volumes ?? [
    { device: '/dev/xvda', sizeGiB: 8, volumeType: 'gp3', encrypted: true },
  ];
  const [root] = volumes;
  if (!root) throw new Error('Cannot add an instance without a root volume.');
  return {
    owner: account,
    ...(options.id === undefined ? {} : { id: options.id }),
    seeded: true,
    reservationId: region.newId('r-'),
    launchIndex: 0,
    clientToken: undefined,
    imageId:
      image?.id ??
      options.imageId ??
      `ami-${createHash('sha256').update(`${account}/${region.name}`).digest('hex').slice(0, 17)}`,
    // Instance types are an open set; the SDK's union lists those that it knew when it was built.
    type: (options.type ?? 't3.micro') as _InstanceType,
    architecture: image?.architecture ?? 'x86_64',
    bootMode: image?.bootMode,
    keyName: options.keyName,
    profile:
      options.instanceProfile === undefined
        ? undefined
        : profileNamed(region, account, options.instanceProfile),
    userData: options.userData === undefined ? undefined : Buffer.from(options.userData).toString('base64'),
    metadata: metadataOptions(options.metadata, image?.imdsSupport),
    rootDeviceName: root.device,
    volumes: volumes.map((volume, index) => ({
      plan: planVolume(
        region,
        account,
        volume.device,
        {
          VolumeSize: volume.sizeGiB,
          VolumeType: volume.volumeType ?? 'gp3',
          Encrypted: volume.encrypted ?? false,
          KmsKeyId: volume.encrypted ? volume.kmsKeyId : undefined,
          DeleteOnTermination: volume.deleteOnTermination ?? index === 0,
        },
        undefined,
        index === 0 ? '/' : volume.mount,
      ),
      ...(volume.id === undefined ? {} : { id: volume.id }),
      tags: toTags(volume.tags),
      ...(index === 0 && options.tree !== undefined
        ? { content: region.shared.trees.template(options.tree) }
        : {}),
    })),
    interfaces: [
      {
        deviceIndex: 0,
        deleteOnTermination: true,
        target: {
          subnet,
          privateIp: options.privateIp,
          secondaryIps: [],
          groups: options.securityGroups?.length
            ? options.securityGroups
            : [defaultGroup(region, account, subnet.vpcId)],
          description: '',
        },
      },
    ],
    wantsPublicIp: options.publicIp !== undefined,
    ...(options.publicIp === undefined ? {} : { publicIp: options.publicIp }),
    ebsOptimized: false,
    monitoring: false,
    disableApiTermination: options.disableApiTermination ?? false,
    disableApiStop: false,
    shutdownBehavior: 'stop',
    tags: { instance: toTags(options.tags), volume: new Map(), networkInterface: new Map() },
    runningAt: options.state === 'stopped' ? undefined : region.shared.world.now(),
  };
}

import { createHash } from 'node:crypto';
import type { IpPermission, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { defaultGroup, defaultVpc } from './model/network.ts';
import type { Address, ImageRecord, InstanceRecord, Subnet } from './model/records.ts';
import type { RegionState } from './model/region.ts';
import { type SeedImage, seedImage } from './seed-image.ts';
import {
  defaultAccount,
  profileNamed,
  type SeedBase,
  type SeedInstance,
  seedInstance,
  toTags,
} from './seed-instance.ts';

/** Puts resources into a Region as if they had always been there: visible at once, no ids drawn from requests. */
export interface Seed {
  addVpc(options?: SeedBase & { cidr?: string; isDefault?: boolean }): { vpcId: string };
  addSubnet(options?: SeedBase & { vpcId?: string; cidr?: string; zone?: string; mapPublicIp?: boolean }): {
    subnetId: string;
  };
  addSecurityGroup(
    options: SeedBase & {
      name: string;
      vpcId?: string;
      description?: string;
      ingress?: IpPermission[];
      egress?: IpPermission[];
    },
  ): { groupId: string };
  addKeyPair(options: SeedBase & { name: string }): { keyPairId: string };
  addInstanceProfile(options: { name: string; account?: string }): { arn: string };
  addAddress(options?: SeedBase & { publicIp?: string }): { allocationId: string; publicIp: string };
  addLaunchTemplate(
    options: SeedBase & {
      name: string;
      versions: readonly ResponseLaunchTemplateData[];
      /** 1, the first one, when left out. */
      defaultVersion?: number;
    },
  ): {
    launchTemplateId: string;
  };
  addImage(options: SeedImage): ImageRecord;
  addInstance(options?: SeedInstance): InstanceRecord;
}

export function createSeed(region: RegionState): Seed {
  const base = (prefix: string, options: SeedBase) =>
    region.newResource(options.account ?? defaultAccount, prefix, toTags(options.tags), {
      seeded: true,
      ...(options.id === undefined ? {} : { id: options.id }),
    });

  const seed: Seed = {
    addVpc(options = {}) {
      const vpc = {
        ...base('vpc-', options),
        cidr: options.cidr ?? '10.0.0.0/16',
        isDefault: options.isDefault ?? false,
      };
      region.vpcs.set(vpc.id, vpc);
      defaultGroup(region, vpc.owner, vpc.id);
      return { vpcId: vpc.id };
    },

    addSubnet(options = {}) {
      const account = options.account ?? defaultAccount;
      const vpcId = options.vpcId ?? defaultVpc(region, account).vpcId;
      const siblings = [...region.subnets.values()].filter((subnet) => subnet.vpcId === vpcId).length;
      const network = (region.vpcs.get(vpcId)?.cidr ?? '10.0.0.0/16').split('.').slice(0, 2).join('.');
      const subnet: Subnet = {
        ...base('subnet-', options),
        vpcId,
        cidr: options.cidr ?? `${network}.${siblings + 64}.0/24`,
        zone: options.zone ?? `${region.name}a`,
        mapPublicIp: options.mapPublicIp ?? false,
        defaultForZone: false,
        usedIps: new Set(),
      };
      region.subnets.set(subnet.id, subnet);
      return { subnetId: subnet.id };
    },

    addSecurityGroup(options) {
      const account = options.account ?? defaultAccount;
      const group = {
        ...base('sg-', options),
        vpcId: options.vpcId ?? defaultVpc(region, account).vpcId,
        name: options.name,
        description: options.description ?? options.name,
        ingress: options.ingress ?? [],
        egress: options.egress ?? [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      };
      region.securityGroups.set(group.id, group);
      return { groupId: group.id };
    },

    addKeyPair(options) {
      const fingerprint = createHash('sha1')
        .update(options.name)
        .digest('hex')
        .replace(/..(?!$)/g, '$&:');
      const pair = { ...base('key-', options), name: options.name, fingerprint };
      region.keyPairs.set(pair.id, pair);
      return { keyPairId: pair.id };
    },

    addInstanceProfile: ({ name, account = defaultAccount }) => ({
      arn: profileNamed(region, account, name).arn,
    }),

    addAddress(options = {}) {
      const address: Address = {
        ...base('eipalloc-', options),
        publicIp: options.publicIp ?? region.newPublicIp(),
        association: undefined,
      };
      region.addresses.set(address.id, address);
      return { allocationId: address.id, publicIp: address.publicIp };
    },

    addLaunchTemplate(options) {
      const resource = base('lt-', options);
      region.launchTemplates.set(resource.id, {
        ...resource,
        name: options.name,
        defaultVersion: options.defaultVersion ?? 1,
        versions: options.versions.map((data, index) => ({
          number: index + 1,
          createdAt: resource.createdAt,
          description: undefined,
          data,
        })),
      });
      return { launchTemplateId: resource.id };
    },

    addImage: (options) => seedImage(region, options),

    addInstance(options = {}) {
      const { elasticIp } = options;
      const instance = seedInstance(region, options);
      if (elasticIp !== undefined) {
        const known = [...region.addresses.values()].find(
          ({ id, publicIp }) => id === elasticIp || publicIp === elasticIp,
        );
        const id =
          known?.id ?? seed.addAddress({ account: instance.owner, publicIp: elasticIp }).allocationId;
        associate(region, instance, id);
      }
      return instance;
    },
  };
  return seed;
}

function associate(region: RegionState, instance: InstanceRecord, allocationId: string): void {
  const address = region.addresses.get(allocationId);
  const primary = region.interfaces.get(instance.interfaces[0] ?? '');
  if (!address || !primary) throw new Error(`Cannot associate ${allocationId} with ${instance.id}.`);
  address.association = {
    id: region.newId('eipassoc-'),
    interfaceId: primary.id,
    privateIp: primary.privateIp,
  };
  region.addressOf.set(primary.id, address.id);
}

import { join } from 'node:path';
import { EstateError } from './estate-file.ts';
import type { Estate, EstateFleet, EstateInstance } from './estate-schema.ts';
import { buildTree } from './estate-trees.ts';
import type { Identity } from './identities.ts';
import { DEFAULT_IDENTITY } from './identities.ts';
import type { Ec2 } from './services/ec2/service.ts';
import type { Rds } from './services/rds/service.ts';
import type { S3 } from './services/s3/service.ts';
import type { World } from './world.ts';

export interface EstateServices {
  readonly ec2: Ec2;
  readonly rds: Rds;
  readonly s3: S3;
}

type Seed = ReturnType<Ec2['seed']>;

/** Who may call: the estate's user, or the sandbox's own one moved to the estate's account. */
export function identityOf(estate: Estate): Identity {
  const { account, identity } = estate;
  const user = identity?.user ?? 'sandbox';
  return {
    ...DEFAULT_IDENTITY,
    ...(identity ? { accessKeyId: identity.accessKeyId, secretAccessKey: identity.secretAccessKey } : {}),
    account,
    arn: `arn:aws:iam::${account}:user/${user}`,
  };
}

/**
 * Puts everything that an estate lists into the services, as if it had long been there.
 * @throws EstateError when a service refuses an entry, naming the entry and the service's reason.
 */
export function loadEstate(world: World, services: EstateServices, estate: Estate): void {
  const { account, region } = estate;
  const seed = services.ec2.seed(region);
  addNetwork(seed, estate);
  for (const instance of estate.instances) {
    entry(instance.id, () => addInstance(world, seed, account, instance));
  }
  for (const fleet of estate.fleets) entry(fleet.name, () => addFleet(seed, account, fleet));
  addDatabases(services.rds, estate);
  for (const bucket of estate.buckets) {
    const { name, versioning: versioned, objectLock } = bucket;
    entry(name, () =>
      services.s3.seedBucket({
        ...{ name, region, account, versioned, objectLock: objectLock !== undefined },
        ...(objectLock
          ? { defaultRetention: { mode: objectLock.mode, unit: 'days', count: objectLock.days } }
          : {}),
      }),
    );
  }
}

/** The file can be right in itself and still ask for what a service does not have: an address outside a subnet. */
function entry(name: string, add: () => void): void {
  try {
    add();
  } catch (error) {
    if (error instanceof EstateError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EstateError(`The estate's ${name} cannot be made: ${reason}`, error);
  }
}

function addNetwork(seed: Seed, { account, ...estate }: Estate): void {
  for (const { id, cidr, tags } of estate.vpcs) {
    entry(id, () => seed.addVpc({ id, account, cidr, tags }));
  }
  for (const { id, vpc: vpcId, cidr, zone, tags } of estate.subnets) {
    entry(id, () => seed.addSubnet({ id, account, vpcId, cidr, zone, tags }));
  }
  for (const { id, vpc: vpcId, name, description, tags, ...group } of estate.securityGroups) {
    const egress = group.egress?.map(({ port, cidr }) => ({
      IpProtocol: 'tcp',
      FromPort: port,
      ToPort: port,
      IpRanges: [{ CidrIp: cidr }],
    }));
    entry(id, () =>
      seed.addSecurityGroup({
        ...{ id, account, vpcId, name, description, tags },
        ...(egress ? { egress } : {}),
      }),
    );
  }
  for (const { id, name } of estate.keyPairs) {
    entry(name, () => seed.addKeyPair({ account, name, ...(id === undefined ? {} : { id }) }));
  }
  for (const name of estate.instanceProfiles) {
    entry(name, () => seed.addInstanceProfile({ account, name }));
  }
}

type SeedInstance = NonNullable<Parameters<Seed['addInstance']>[0]>;

/** What a machine of its own and one of a fleet have in common. */
function machineOf(account: string, machine: EstateInstance | EstateFleet): SeedInstance {
  return {
    account,
    type: machine.type,
    subnetId: machine.subnet,
    securityGroups: machine.securityGroups,
    ...(machine.instanceProfile === undefined ? {} : { instanceProfile: machine.instanceProfile }),
    ...(machine.keyPair === undefined ? {} : { keyName: machine.keyPair }),
    volumes: machine.volumes.map((volume) => ({
      device: volume.device,
      sizeGiB: volume.sizeGiB,
      volumeType: volume.type,
      encrypted: volume.encrypted || volume.kmsKey !== undefined,
      ...(volume.kmsKey === undefined ? {} : { kmsKeyId: volume.kmsKey }),
      ...(volume.mount === undefined ? {} : { mount: volume.mount }),
    })),
    state: machine.state,
    tags: machine.tags,
  };
}

function addInstance(world: World, seed: Seed, account: string, instance: EstateInstance): void {
  const { id, privateIp, publicIp, elasticIp, userData, tree } = instance;
  const folder = tree ? join(world.directory, `estate-${id}`) : undefined;
  if (tree && folder) buildTree(tree, folder, id);
  if (elasticIp) seed.addAddress({ account, id: elasticIp.allocation, publicIp: elasticIp.address });
  seed.addInstance({
    ...machineOf(account, instance),
    id,
    privateIp,
    ...(publicIp === undefined ? {} : { publicIp }),
    ...(elasticIp === undefined ? {} : { elasticIp: elasticIp.allocation }),
    ...(userData === undefined ? {} : { userData }),
    ...(folder === undefined ? {} : { tree: folder }),
  });
}

function addFleet(seed: Seed, account: string, fleet: EstateFleet): void {
  const machine = machineOf(account, fleet);
  for (let number = 1; number <= fleet.count; number += 1) {
    seed.addInstance({ ...machine, tags: { ...fleet.tags, Name: `${fleet.name}-${number}` } });
  }
}

function addDatabases(rds: Rds, estate: Estate): void {
  const seed = rds.seed(estate.account, estate.region);
  const zones = new Map(estate.subnets.map(({ id, zone }) => [id, zone]));
  for (const { name, vpc, subnets } of estate.subnetGroups) {
    const members = subnets.map((id) => ({ id, zone: zones.get(id) ?? `${estate.region}a` }));
    entry(name, () => seed.addSubnetGroup({ name, vpcId: vpc, subnets: members }));
  }
  for (const database of estate.databases) {
    const { class: instanceClass, allocatedGiB, storageType, username, kmsKey, ...rest } = database;
    const storage = { allocatedGib: allocatedGiB, type: storageType };
    entry(database.id, () =>
      seed.addInstance({ ...rest, instanceClass, storage, masterUsername: username, kmsKeyId: kmsKey }),
    );
  }
  for (const cluster of estate.clusters) {
    const { username, kmsKey, members, ...rest } = cluster;
    const seeded = members.map(({ class: instanceClass, zone: availabilityZone, ...member }) => ({
      ...member,
      instanceClass,
      availabilityZone,
    }));
    entry(cluster.id, () =>
      seed.addCluster({ ...rest, members: seeded, masterUsername: username, kmsKeyId: kmsKey }),
    );
  }
}

import { type NewCluster, putCluster } from './clusters.ts';
import { engineOf } from './engines.ts';
import { addClusterParameterGroup, addOptionGroup, addParameterGroup } from './groups.ts';
import { arnOf, identifierLimits, newIdentifier } from './identifiers.ts';
import { type NewInstance, putInstance } from './instance-records.ts';
import type { Holdings, RdsModel, StoredCluster, StoredInstance } from './model.ts';
import type { SeedCluster, SeedInstance, SeedMember, SeedSubnetGroup } from './seed-types.ts';
import { readTags } from './tags.ts';

export interface RdsSeed {
  addInstance(seed: SeedInstance): StoredInstance;
  addCluster(seed: SeedCluster): StoredCluster;
  addSubnetGroup(seed: SeedSubnetGroup): void;
  addParameterGroup(name: string, family: string): void;
  addClusterParameterGroup(name: string, family: string): void;
  addOptionGroup(name: string, engine: string): void;
}

/** Puts databases into one account's Region as if they had been there for long. Groups that are named are made. */
export function seedOf(model: RdsModel, holdings: Holdings): RdsSeed {
  return {
    addInstance: (seed) => {
      const id = newIdentifier('id', seed.id, identifierLimits.instance);
      if (holdings.instances.has(id)) throw new Error(`The sandbox already has a DB instance ${id}.`);
      const engine = seed.engine ?? 'postgres';
      const family = engineOf(engine).family(seed.engineVersion ?? engineOf(engine).version);
      ensure(holdings.parameterGroups, seed.parameterGroup, (name) =>
        addParameterGroup(holdings, name, family),
      );
      ensure(holdings.optionGroups, seed.optionGroup, (name) => addOptionGroup(holdings, name, engine));
      ensureSubnetGroup(model, holdings, seed.subnetGroup);
      const wanted: NewInstance = {
        engine,
        instanceClass: seed.instanceClass ?? 'db.t3.medium',
        AllocatedStorage: seed.storage?.allocatedGib,
        StorageType: seed.storage?.type,
        Iops: seed.storage?.iops,
        StorageThroughput: seed.storage?.throughput,
        AvailabilityZone: seed.availabilityZone,
        CopyTagsToSnapshot: seed.copyTagsToSnapshot,
        DBName: seed.databaseName,
        DBParameterGroupName: seed.parameterGroup,
        DBSubnetGroupName: seed.subnetGroup,
        DeletionProtection: seed.deletionProtection,
        EnableIAMDatabaseAuthentication: seed.iamAuthentication,
        EngineVersion: seed.engineVersion,
        KmsKeyId: seed.kmsKeyId,
        MasterUsername: seed.masterUsername,
        MultiAZ: seed.multiAz,
        OptionGroupName: seed.optionGroup,
        Port: seed.port,
        PubliclyAccessible: seed.publiclyAccessible,
        StorageEncrypted: seed.encrypted ?? seed.kmsKeyId !== undefined,
        VpcSecurityGroupIds: seed.securityGroups ? [...seed.securityGroups] : undefined,
      };
      const instance = putInstance(model, holdings, id, wanted, tagsOf(seed.tags), undefined);
      instance.status = seed.status ?? 'available';
      return longThere(holdings.instances, instance);
    },

    addCluster: (seed) => {
      const id = newIdentifier('id', seed.id, identifierLimits.cluster);
      if (holdings.clusters.has(id)) throw new Error(`The sandbox already has a DB cluster ${id}.`);
      const engine = seed.engine ?? 'aurora-postgresql';
      const family = engineOf(engine).family(seed.engineVersion ?? engineOf(engine).version);
      ensure(holdings.clusterParameterGroups, seed.parameterGroup, (name) =>
        addClusterParameterGroup(holdings, name, family),
      );
      ensureSubnetGroup(model, holdings, seed.subnetGroup);
      const { serverlessV2 } = seed;
      const wanted: NewCluster = {
        engine,
        BacktrackWindow: seed.backtrackSeconds,
        CopyTagsToSnapshot: seed.copyTagsToSnapshot,
        DatabaseName: seed.databaseName,
        DBClusterParameterGroupName: seed.parameterGroup,
        DBSubnetGroupName: seed.subnetGroup,
        DeletionProtection: seed.deletionProtection,
        EnableIAMDatabaseAuthentication: seed.iamAuthentication,
        EngineMode: seed.engineMode,
        EngineVersion: seed.engineVersion,
        GlobalClusterIdentifier: seed.globalCluster,
        KmsKeyId: seed.kmsKeyId,
        MasterUsername: seed.masterUsername,
        Port: seed.port,
        ServerlessV2ScalingConfiguration: serverlessV2
          ? { MinCapacity: serverlessV2.min, MaxCapacity: serverlessV2.max }
          : undefined,
        StorageEncrypted: seed.encrypted ?? seed.kmsKeyId !== undefined,
        StorageType: seed.storageType,
        VpcSecurityGroupIds: seed.securityGroups ? [...seed.securityGroups] : undefined,
      };
      const cluster = putCluster(model, holdings, id, wanted, tagsOf(seed.tags));
      const own = engineOf(engine).makes === 'both';
      for (const member of own ? [] : (seed.members ?? [{ id: `${id}-1` }])) {
        addMember(model, holdings, cluster, member, family);
      }
      cluster.status = seed.status ?? 'available';
      for (const instance of holdings.instances.values()) {
        if (instance.clusterId !== id) continue;
        instance.status = cluster.status;
        longThere(holdings.instances, instance);
      }
      return longThere(holdings.clusters, cluster);
    },

    addSubnetGroup: (seed) => putSubnetGroup(holdings, seed),
    addParameterGroup: (name, family) => addParameterGroup(holdings, name.toLowerCase(), family),
    addClusterParameterGroup: (name, family) =>
      addClusterParameterGroup(holdings, name.toLowerCase(), family),
    addOptionGroup: (name, engine) => addOptionGroup(holdings, name.toLowerCase(), engine),
  };
}

function addMember(
  model: RdsModel,
  holdings: Holdings,
  cluster: StoredCluster,
  member: SeedMember,
  family: string,
): void {
  const id = newIdentifier('members.id', member.id, identifierLimits.instance);
  if (holdings.instances.has(id)) throw new Error(`The sandbox already has a DB instance ${id}.`);
  ensure(holdings.parameterGroups, member.parameterGroup, (name) =>
    addParameterGroup(holdings, name, family),
  );
  const serverless = cluster.facts.ServerlessV2ScalingConfiguration !== undefined;
  const wanted: NewInstance = {
    engine: cluster.facts.Engine ?? '',
    instanceClass: member.instanceClass ?? (serverless ? 'db.serverless' : 'db.r6g.large'),
    AvailabilityZone: member.availabilityZone,
    DBParameterGroupName: member.parameterGroup,
    PromotionTier: member.promotionTier,
    PubliclyAccessible: member.publiclyAccessible,
  };
  putInstance(model, holdings, id, wanted, tagsOf(member.tags), cluster);
}

const tagsOf = (tags: Readonly<Record<string, string>> | undefined) =>
  readTags(Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value })));

function ensure(
  groups: ReadonlyMap<string, unknown>,
  name: string | undefined,
  make: (name: string) => void,
): void {
  if (name !== undefined && !groups.has(name.toLowerCase())) make(name.toLowerCase());
}

function ensureSubnetGroup(model: RdsModel, holdings: Holdings, name: string | undefined): void {
  ensure(holdings.subnetGroups, name, (missing) =>
    putSubnetGroup(holdings, { name: missing, ...model.network(holdings.account, holdings.region) }),
  );
}

export function putSubnetGroup(holdings: Holdings, seed: SeedSubnetGroup): void {
  const name = seed.name.toLowerCase();
  holdings.subnetGroups.set(name, {
    DBSubnetGroupName: name,
    DBSubnetGroupDescription: `Subnets of ${name}`,
    VpcId: seed.vpcId,
    SubnetGroupStatus: 'Complete',
    Subnets: seed.subnets.map(({ id, zone }) => ({
      SubnetIdentifier: id,
      SubnetAvailabilityZone: { Name: zone },
      SubnetOutpost: {},
      SubnetStatus: 'Active',
    })),
    DBSubnetGroupArn: arnOf('subgrp', holdings.region, holdings.account, name),
    SupportedNetworkTypes: ['IPV4'],
  });
}

/** What is seeded is visible at once, whatever the delay for new resources. */
function longThere<T extends { readonly id: string; readonly visibleAt: number }>(
  store: Map<string, T>,
  stored: T,
): T {
  const old = { ...stored, visibleAt: 0 };
  store.set(stored.id, old);
  return old;
}

import type {
  CopyDBSnapshotMessage,
  CreateDBSnapshotMessage,
  DBSnapshot,
  DBSnapshotMessage,
  DeleteDBSnapshotMessage,
  DescribeDBSnapshotsMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { instanceNotFound, invalidInstanceState, invalidParameterValue } from './errors.ts';
import { arnOf, bareIdentifier } from './identifiers.ts';
import {
  type Holdings,
  type InstanceSnapshotFacts,
  ofCaller,
  type RdsModel,
  type StoredInstance,
  type StoredSnapshot,
} from './model.ts';
import { matcher, pageOf } from './paging.ts';
import {
  beginSnapshot,
  claimName,
  deleteSnapshot,
  findSourceOfCopy,
  instanceFamily,
  keyOfCopy,
  percentOf,
  requireKey,
  snapshotArn,
} from './snapshot-family.ts';
import { listed } from './snapshot-listing.ts';
import { readTags, type Tags, tagList } from './tags.ts';

type Stored = StoredSnapshot<InstanceSnapshotFacts>;

/** What Describe answers. While it is being made there is no creation time yet, as on AWS. */
export function viewSnapshot(stored: Stored, now: number): DBSnapshot {
  const { sandboxInstanceClass: _class, sandboxSourceTags: _tags, ...facts } = stored.facts;
  return {
    ...facts,
    DBSnapshotIdentifier: stored.id,
    DBSnapshotArn: snapshotArn(instanceFamily, stored),
    DBInstanceIdentifier: stored.sourceId,
    DbiResourceId: stored.sourceResourceId,
    Status: stored.status,
    SnapshotType: stored.type,
    PercentProgress: percentOf(stored, now),
    ...(stored.status === 'available'
      ? {
          SnapshotCreateTime: new Date(stored.startedAt),
          OriginalSnapshotCreateTime: facts.OriginalSnapshotCreateTime ?? new Date(stored.startedAt),
        }
      : {}),
    TagList: tagList(stored.tags),
  };
}

/**
 * Starts a manual snapshot of an instance that must be `available` (or optimizing its storage); it shows
 * `backing-up` until the snapshot has ended, and refuses a second one meanwhile.
 */
export function snapshotInstance(
  model: RdsModel,
  holdings: Holdings,
  instance: StoredInstance,
  id: string,
  tags: Tags,
): Stored {
  if (instance.clusterId !== undefined) {
    throw invalidParameterValue(
      'The specified instance is a member of a cluster and a snapshot cannot be created directly. ' +
        'Please use the CreateDBClusterSnapshot API instead.',
    );
  }
  if (instance.status !== 'available' && instance.status !== 'storage-optimization') {
    throw invalidInstanceState(
      `Cannot create a snapshot because the database instance ${instance.id} is not currently in the available state.`,
    );
  }
  requireKey(model, instance.facts.KmsKeyId);
  const before = instance.status;
  instance.status = 'backing-up';
  const inherited: Tags = instance.facts.CopyTagsToSnapshot ? instance.tags : new Map();
  return beginSnapshot(model, instanceFamily, holdings, {
    id,
    sourceId: instance.id,
    sourceResourceId: instance.resourceId,
    tags: new Map([...inherited, ...tags]),
    during: 'creating',
    facts: factsOf(instance),
    ended: () => {
      if (instance.status === 'backing-up') instance.status = before;
    },
  });
}

function factsOf(instance: StoredInstance): InstanceSnapshotFacts {
  const { facts } = instance;
  return {
    Engine: facts.Engine,
    EngineVersion: facts.EngineVersion,
    AllocatedStorage: facts.AllocatedStorage,
    StorageType: facts.StorageType,
    Iops: facts.Iops,
    StorageThroughput: facts.StorageThroughput,
    Port: instance.port,
    AvailabilityZone: facts.AvailabilityZone,
    VpcId: facts.DBSubnetGroup?.VpcId,
    InstanceCreateTime: facts.InstanceCreateTime,
    MasterUsername: facts.MasterUsername,
    LicenseModel: facts.LicenseModel,
    OptionGroupName: facts.OptionGroupMemberships?.[0]?.OptionGroupName,
    Encrypted: facts.StorageEncrypted,
    KmsKeyId: facts.KmsKeyId,
    IAMDatabaseAuthenticationEnabled: facts.IAMDatabaseAuthenticationEnabled,
    Timezone: facts.Timezone,
    ProcessorFeatures: [],
    SnapshotTarget: 'region',
    DedicatedLogVolume: false,
    sandboxInstanceClass: facts.DBInstanceClass,
    sandboxSourceTags: new Map(instance.tags),
  };
}

export function instanceSnapshotRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    CreateDBSnapshot: (input: CreateDBSnapshotMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const tags = readTags(input.Tags);
      const name = input.DBInstanceIdentifier ?? '';
      const instance = holdings.instances.get(bareIdentifier(name, 'db', holdings));
      if (!instance) throw instanceNotFound(name);
      const id = claimName(
        model,
        instanceFamily,
        holdings,
        'DBSnapshotIdentifier',
        input.DBSnapshotIdentifier ?? '',
      );
      const made = snapshotInstance(model, holdings, instance, id, tags);
      return { DBSnapshot: viewSnapshot(made, request.now) };
    },

    DescribeDBSnapshots: (input: DescribeDBSnapshotsMessage, request: RequestContext): DBSnapshotMessage => {
      const matches = matcher<Stored>(input.Filters, {
        'db-instance-id': (snapshot) => [
          snapshot.sourceId,
          arnOf('db', snapshot.region, snapshot.account, snapshot.sourceId),
        ],
        'db-snapshot-id': (snapshot) => [snapshot.id],
        'dbi-resource-id': (snapshot) => [snapshot.sourceResourceId],
        'snapshot-type': (snapshot) => [snapshot.type],
        engine: (snapshot) => [snapshot.facts.Engine],
      });
      const holdings = ofCaller(model, request);
      const source =
        input.DBInstanceIdentifier === undefined
          ? undefined
          : bareIdentifier(input.DBInstanceIdentifier, 'db', holdings);
      const found = listed(model, instanceFamily, request, input.DBSnapshotIdentifier, input).filter(
        (snapshot) =>
          (source === undefined || snapshot.sourceId === source) &&
          (input.DbiResourceId === undefined || snapshot.sourceResourceId === input.DbiResourceId) &&
          matches(snapshot),
      );
      const page = pageOf(found, (snapshot) => `${snapshot.id} ${snapshot.account}`, input);
      return { DBSnapshots: page.items.map((item) => viewSnapshot(item, request.now)), Marker: page.marker };
    },

    DeleteDBSnapshot: (input: DeleteDBSnapshotMessage, request: RequestContext) => {
      const stored = deleteSnapshot(instanceFamily, ofCaller(model, request), input.DBSnapshotIdentifier);
      return { DBSnapshot: { ...viewSnapshot(stored, request.now), Status: 'deleted' } };
    },

    CopyDBSnapshot: (input: CopyDBSnapshotMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const given = readTags(input.Tags);
      const source = findSourceOfCopy(model, instanceFamily, holdings, input.SourceDBSnapshotIdentifier);
      const wanted = input.TargetDBSnapshotIdentifier ?? '';
      const id = claimName(model, instanceFamily, holdings, 'TargetDBSnapshotIdentifier', wanted);
      const key = keyOfCopy(model, instanceFamily, holdings, source, source.facts.KmsKeyId, input.KmsKeyId);
      const elsewhere = source.account !== holdings.account || source.region !== holdings.region;
      const copy = beginSnapshot(model, instanceFamily, holdings, {
        id,
        sourceId: source.sourceId,
        sourceResourceId: source.sourceResourceId,
        tags: new Map([...(input.CopyTags ? source.tags : []), ...given]),
        during: 'copying',
        facts: {
          ...source.facts,
          Encrypted: source.facts.Encrypted || input.KmsKeyId !== undefined,
          KmsKeyId: key,
          OptionGroupName: input.OptionGroupName ?? source.facts.OptionGroupName,
          SourceRegion: source.region,
          OriginalSnapshotCreateTime: source.facts.OriginalSnapshotCreateTime ?? new Date(source.startedAt),
          ...(elsewhere ? { SourceDBSnapshotIdentifier: snapshotArn(instanceFamily, source) } : {}),
        },
      });
      return { DBSnapshot: viewSnapshot(copy, request.now) };
    },
  };
}

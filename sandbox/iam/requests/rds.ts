/** What each RDS operation of the sandbox asks of policies. */
import type {
  AddTagsToResourceMessage,
  CopyDBClusterSnapshotMessage,
  CopyDBSnapshotMessage,
  CreateDBClusterMessage,
  CreateDBClusterSnapshotMessage,
  CreateDBInstanceMessage,
  CreateDBSnapshotMessage,
  DescribeDBClusterSnapshotsMessage,
  DescribeDBSnapshotsMessage,
  RemoveTagsFromResourceMessage,
} from '@aws-sdk/client-rds';
import { type ArnType, parseArn } from '../../services/rds/identifiers.ts';
import type { Holdings } from '../../services/rds/model.ts';
import { type Demands, demand, type ServiceDemands, type Target } from './demand.ts';
import { created, keyUse } from './rds-creations.ts';
import { type RdsFor, RdsResources, rdsRequestTags } from './rds-resources.ts';
import { restoreDemands } from './rds-restores.ts';

/** Operations on one thing that exists: its type and the member that names it. */
const onOne: Readonly<Record<string, readonly [ArnType, string]>> = {
  DeleteDBCluster: ['cluster', 'DBClusterIdentifier'],
  DeleteDBClusterSnapshot: ['cluster-snapshot', 'DBClusterSnapshotIdentifier'],
  DeleteDBInstance: ['db', 'DBInstanceIdentifier'],
  DeleteDBSnapshot: ['snapshot', 'DBSnapshotIdentifier'],
  DescribeDBClusterSnapshotAttributes: ['cluster-snapshot', 'DBClusterSnapshotIdentifier'],
  DescribeDBSnapshotAttributes: ['snapshot', 'DBSnapshotIdentifier'],
  ModifyDBCluster: ['cluster', 'DBClusterIdentifier'],
  ModifyDBClusterSnapshotAttribute: ['cluster-snapshot', 'DBClusterSnapshotIdentifier'],
  ModifyDBInstance: ['db', 'DBInstanceIdentifier'],
  ModifyDBSnapshotAttribute: ['snapshot', 'DBSnapshotIdentifier'],
  RebootDBInstance: ['db', 'DBInstanceIdentifier'],
  StartDBCluster: ['cluster', 'DBClusterIdentifier'],
  StartDBInstance: ['db', 'DBInstanceIdentifier'],
  StopDBCluster: ['cluster', 'DBClusterIdentifier'],
  StopDBInstance: ['db', 'DBInstanceIdentifier'],
};

/** Lists, of one thing when the request names it. */
const lists: Readonly<Record<string, readonly [ArnType, string]>> = {
  DescribeDBClusterParameterGroups: ['cluster-pg', 'DBClusterParameterGroupName'],
  DescribeDBClusters: ['cluster', 'DBClusterIdentifier'],
  DescribeDBInstances: ['db', 'DBInstanceIdentifier'],
  DescribeDBParameterGroups: ['pg', 'DBParameterGroupName'],
  DescribeDBSubnetGroups: ['subgrp', 'DBSubnetGroupName'],
  DescribeOptionGroups: ['og', 'OptionGroupName'],
};

const textAt = (input: object, member: string): string | undefined => {
  const value: unknown = Object.entries(input).find(([name]) => name === member)?.[1];
  return typeof value === 'string' ? value : undefined;
};

export function rdsDemands(holdingsOf: (account: string, region: string) => Holdings): ServiceDemands {
  const rdsFor: RdsFor = ({ caller, region }) => new RdsResources(holdingsOf(caller.account, region));
  const one =
    (name: string, [type, member]: readonly [ArnType, string]): Demands<object> =>
    (input, request) => {
      const id = textAt(input, member);
      return id === undefined ? [] : [demand(`rds:${name}`, rdsFor(request).of(type, id))];
    };
  const list =
    (name: string, [type, member]: readonly [ArnType, string]): Demands<object> =>
    (input, request) => [demand(`rds:${name}`, rdsFor(request).listed(type, textAt(input, member)))];

  return {
    ...Object.fromEntries(Object.entries(onOne).map(([name, on]) => [name, one(name, on)])),
    ...Object.fromEntries(Object.entries(lists).map(([name, on]) => [name, list(name, on)])),
    ...restoreDemands(rdsFor),

    DescribeDBSnapshots: (input: DescribeDBSnapshotsMessage, request) => {
      const rds = rdsFor(request);
      const { DBSnapshotIdentifier: snapshot, DBInstanceIdentifier: db } = input;
      const target =
        snapshot === undefined && db !== undefined ? rds.of('db', db) : rds.listed('snapshot', snapshot);
      return [demand('rds:DescribeDBSnapshots', target)];
    },

    DescribeDBClusterSnapshots: (input: DescribeDBClusterSnapshotsMessage, request) => {
      const rds = rdsFor(request);
      const { DBClusterSnapshotIdentifier: snapshot, DBClusterIdentifier: cluster } = input;
      const target =
        snapshot === undefined && cluster !== undefined
          ? rds.of('cluster', cluster)
          : rds.listed('cluster-snapshot', snapshot);
      return [demand('rds:DescribeDBClusterSnapshots', target)];
    },

    CreateDBSnapshot(input: CreateDBSnapshotMessage, request) {
      const rds = rdsFor(request);
      const source = rds.of('db', input.DBInstanceIdentifier ?? '');
      const key = rds.holdings.instances.get((input.DBInstanceIdentifier ?? '').toLowerCase())?.facts
        .KmsKeyId;
      const copy = rds.named('snapshot', input.DBSnapshotIdentifier);
      return [...created('CreateDBSnapshot', [source, copy], copy, input.Tags), ...keyUse(rds, key, request)];
    },

    CreateDBClusterSnapshot(input: CreateDBClusterSnapshotMessage, request) {
      const rds = rdsFor(request);
      const source = rds.of('cluster', input.DBClusterIdentifier ?? '');
      const key = rds.holdings.clusters.get((input.DBClusterIdentifier ?? '').toLowerCase())?.facts.KmsKeyId;
      const copy = rds.named('cluster-snapshot', input.DBClusterSnapshotIdentifier);
      return [
        ...created('CreateDBClusterSnapshot', [source, copy], copy, input.Tags),
        ...keyUse(rds, key, request),
      ];
    },

    CopyDBSnapshot(input: CopyDBSnapshotMessage, request) {
      const rds = rdsFor(request);
      const source = rds.of('snapshot', input.SourceDBSnapshotIdentifier ?? '');
      const copy = rds.named('snapshot', input.TargetDBSnapshotIdentifier);
      const options = { 'rds:CopyOptionGroup': String(input.CopyOptionGroup ?? false) };
      return [
        ...created('CopyDBSnapshot', [source, copy], copy, input.Tags, options),
        ...keyUse(rds, input.KmsKeyId, request),
      ];
    },

    CopyDBClusterSnapshot(input: CopyDBClusterSnapshotMessage, request) {
      const rds = rdsFor(request);
      const source = rds.of('cluster-snapshot', input.SourceDBClusterSnapshotIdentifier ?? '');
      const copy = rds.named('cluster-snapshot', input.TargetDBClusterSnapshotIdentifier);
      return [
        ...created('CopyDBClusterSnapshot', [source, copy], copy, input.Tags),
        ...keyUse(rds, input.KmsKeyId, request),
      ];
    },

    CreateDBInstance(input: CreateDBInstanceMessage, request) {
      const rds = rdsFor(request);
      const made = {
        ...rds.named('db', input.DBInstanceIdentifier),
        context: { 'rds:DatabaseEngine': input.Engine, 'rds:DatabaseClass': input.DBInstanceClass },
      };
      const targets: Target[] = [
        made,
        ...(input.DBClusterIdentifier === undefined ? [] : [rds.of('cluster', input.DBClusterIdentifier)]),
        ...(input.DBSubnetGroupName === undefined ? [] : [rds.of('subgrp', input.DBSubnetGroupName)]),
        ...(input.DBParameterGroupName === undefined ? [] : [rds.of('pg', input.DBParameterGroupName)]),
        ...(input.OptionGroupName === undefined ? [] : [rds.of('og', input.OptionGroupName)]),
      ];
      const options = { 'rds:PubliclyAccessible': input.PubliclyAccessible?.toString() };
      return created('CreateDBInstance', targets, made, input.Tags, options);
    },

    CreateDBCluster(input: CreateDBClusterMessage, request) {
      const rds = rdsFor(request);
      const made = rds.named('cluster', input.DBClusterIdentifier);
      const targets: Target[] = [
        made,
        rds.of('subgrp', input.DBSubnetGroupName ?? 'default'),
        ...(input.DBClusterParameterGroupName === undefined
          ? []
          : [rds.of('cluster-pg', input.DBClusterParameterGroupName)]),
      ];
      return created('CreateDBCluster', targets, made, input.Tags, { 'rds:DatabaseEngine': input.Engine });
    },

    AddTagsToResource: (input: AddTagsToResourceMessage, request) =>
      taggable(rdsFor(request), input.ResourceName).map((target) =>
        demand('rds:AddTagsToResource', target, rdsRequestTags(input.Tags)),
      ),
    RemoveTagsFromResource: (input: RemoveTagsFromResourceMessage, request) =>
      taggable(rdsFor(request), input.ResourceName).map((target) =>
        demand('rds:RemoveTagsFromResource', target, { 'aws:TagKeys': input.TagKeys }),
      ),
    ListTagsForResource: (input: { readonly ResourceName?: string }, request) =>
      taggable(rdsFor(request), input.ResourceName).map((target) =>
        demand('rds:ListTagsForResource', target),
      ),
  };
}

const taggableTypes: readonly ArnType[] = ['db', 'cluster', 'snapshot', 'cluster-snapshot'];

function taggable(rds: RdsResources, name: string | undefined): Target[] {
  const arn = parseArn(name ?? '');
  const type = taggableTypes.find((each) => each === arn?.type);
  return name === undefined || type === undefined ? [] : [rds.of(type, name)];
}

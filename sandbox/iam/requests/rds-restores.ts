/** Restores of database snapshots: the new database, its groups, and the snapshot are judged apart. */
import type {
  RestoreDBClusterFromSnapshotMessage,
  RestoreDBInstanceFromDBSnapshotMessage,
} from '@aws-sdk/client-rds';
import { defaultOptionGroup, defaultParameterGroup } from '../../services/rds/engines.ts';
import type { ServiceDemands, Target } from './demand.ts';
import { created, keyUse } from './rds-creations.ts';
import type { RdsFor, RdsResources } from './rds-resources.ts';

/** Groups that a request leaves out are the engine's own, which policies are asked about all the same. */
export function restoreDemands(rdsFor: RdsFor): ServiceDemands {
  return {
    RestoreDBInstanceFromDBSnapshot(input: RestoreDBInstanceFromDBSnapshotMessage, request) {
      const rds = rdsFor(request);
      const made = rds.named('db', input.DBInstanceIdentifier);
      const { DBSnapshotIdentifier: snapshot, DBClusterSnapshotIdentifier: clusterSnapshot } = input;
      const facts = rds.holdings.snapshots.get(bare(snapshot))?.facts;
      const engine = engineOf(input.Engine ?? facts?.Engine, facts?.EngineVersion);
      const targets: Target[] = [
        made,
        rds.of('subgrp', input.DBSubnetGroupName ?? 'default'),
        ...group(rds, 'pg', input.DBParameterGroupName ?? engine?.parameterGroup),
        ...group(rds, 'og', input.OptionGroupName ?? engine?.optionGroup),
        ...(snapshot === undefined ? [] : [rds.of('snapshot', snapshot)]),
        ...(clusterSnapshot === undefined ? [] : [rds.of('cluster-snapshot', clusterSnapshot)]),
      ];
      return [
        ...created('RestoreDBInstanceFromDBSnapshot', targets, made, input.Tags, {
          'rds:PubliclyAccessible': input.PubliclyAccessible?.toString(),
        }),
        ...keyUse(rds, facts?.KmsKeyId, request),
      ];
    },

    RestoreDBClusterFromSnapshot(input: RestoreDBClusterFromSnapshotMessage, request) {
      const rds = rdsFor(request);
      const made = rds.named('cluster', input.DBClusterIdentifier);
      const name = input.SnapshotIdentifier ?? '';
      // "Specify either the name or the ARN of a DB cluster snapshot, or the ARN of a DB snapshot."
      const ofInstance = /:snapshot:/.test(name);
      const facts = ofInstance
        ? rds.holdings.snapshots.get(bare(name))?.facts
        : rds.holdings.clusterSnapshots.get(bare(name))?.facts;
      const engine = engineOf(input.Engine ?? facts?.Engine, facts?.EngineVersion);
      const targets: Target[] = [
        made,
        rds.of('subgrp', input.DBSubnetGroupName ?? 'default'),
        ...group(rds, 'cluster-pg', input.DBClusterParameterGroupName ?? engine?.parameterGroup),
        ...group(rds, 'og', input.OptionGroupName ?? engine?.optionGroup),
        rds.of(ofInstance ? 'snapshot' : 'cluster-snapshot', name),
      ];
      return [
        ...created('RestoreDBClusterFromSnapshot', targets, made, input.Tags, {
          'rds:DatabaseClass': input.DBClusterInstanceClass,
        }),
        ...keyUse(rds, input.KmsKeyId ?? facts?.KmsKeyId, request),
      ];
    },
  };
}

const bare = (name: string | undefined): string => (name ?? '').split(':').at(-1)?.toLowerCase() ?? '';

const group = (rds: RdsResources, type: 'pg' | 'cluster-pg' | 'og', name: string | undefined): Target[] =>
  name === undefined ? [] : [rds.of(type, name)];

function engineOf(engine: string | undefined, version: string | undefined) {
  if (engine === undefined || version === undefined) return undefined;
  return {
    parameterGroup: defaultParameterGroup(engine, version),
    optionGroup: defaultOptionGroup(engine, version),
  };
}

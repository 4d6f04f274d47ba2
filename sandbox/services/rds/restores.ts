import type {
  RestoreDBClusterFromSnapshotMessage,
  RestoreDBInstanceFromDBSnapshotMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { putCluster, viewCluster } from './clusters.ts';
import { engineOf } from './engines.ts';
import {
  clusterExists,
  instanceExists,
  invalidParameterCombination,
  invalidParameterValue,
  invalidRestore,
} from './errors.ts';
import { identifierLimits, newIdentifier } from './identifiers.ts';
import { checkPort, putInstance, viewInstance } from './instance-records.ts';
import { changeLater, type Holdings, membersOf, ofCaller, type RdsModel } from './model.ts';
import { clusterFamily, findSnapshot, instanceFamily, invalidSnapshotState } from './snapshot-family.ts';
import { readTags, type Tags } from './tags.ts';

/** What a restored instance takes over from its snapshot, whichever family that is of. */
interface Origin {
  readonly engine: string;
  readonly instanceClass: string | undefined;
  readonly version: string | undefined;
  readonly allocatedGib: number;
  readonly iops: number | undefined;
  readonly port: number | undefined;
  readonly masterUsername: string | undefined;
  readonly encrypted: boolean;
  readonly key: string | undefined;
  readonly sourceTags: Tags;
}

export function restoreRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    /**
     * A new instance with the content of a snapshot: new endpoint, and default security group, parameter group
     * and option group unless the request passes them.
     */
    RestoreDBInstanceFromDBSnapshot: (
      input: RestoreDBInstanceFromDBSnapshotMessage,
      request: RequestContext,
    ) => {
      const holdings = ofCaller(model, request);
      const tags = readTags(input.Tags);
      const id = newIdentifier(
        'DBInstanceIdentifier',
        input.DBInstanceIdentifier ?? '',
        identifierLimits.instance,
      );
      if (holdings.instances.has(id)) throw instanceExists();
      const origin = originOf(model, holdings, input);
      checkPort(input.Port);
      if (input.MultiAZ === true && input.AvailabilityZone !== undefined) {
        throw invalidParameterCombination('AvailabilityZone cannot be given for a Multi-AZ deployment.');
      }
      const engine = input.Engine ?? origin.engine;
      if (engineOf(engine).makes === 'clusters') {
        throw invalidParameterCombination(`The engine ${engine} is restored as a DB cluster.`);
      }
      if (input.AllocatedStorage !== undefined && input.AllocatedStorage < origin.allocatedGib) {
        throw invalidParameterValue(
          `AllocatedStorage must be at least the ${origin.allocatedGib} GiB of the snapshot.`,
        );
      }
      const iops = input.Iops ?? origin.iops;
      const wanted = {
        engine,
        instanceClass: input.DBInstanceClass ?? origin.instanceClass ?? 'db.t3.medium',
        EngineVersion: origin.version,
        AllocatedStorage: input.AllocatedStorage ?? origin.allocatedGib,
        AvailabilityZone: input.AvailabilityZone,
        BackupRetentionPeriod: input.BackupRetentionPeriod,
        CopyTagsToSnapshot: input.CopyTagsToSnapshot,
        DBName: input.DBName,
        DBParameterGroupName: input.DBParameterGroupName,
        DBSubnetGroupName: input.DBSubnetGroupName,
        DeletionProtection: input.DeletionProtection,
        EnableIAMDatabaseAuthentication: input.EnableIAMDatabaseAuthentication,
        ...(iops === undefined ? {} : { Iops: iops }),
        KmsKeyId: origin.key,
        LicenseModel: input.LicenseModel,
        MasterUsername: origin.masterUsername,
        MultiAZ: input.MultiAZ,
        OptionGroupName: input.OptionGroupName,
        Port: input.Port ?? origin.port,
        PubliclyAccessible: input.PubliclyAccessible,
        StorageEncrypted: origin.encrypted,
        StorageThroughput: input.StorageThroughput,
        StorageType: input.StorageType ?? (input.Iops === undefined ? 'gp3' : 'io1'),
        VpcSecurityGroupIds: input.VpcSecurityGroupIds,
      };
      // Without new tags a restored instance gets those of the snapshot's source ("CopyTagsToSnapshot").
      const own = tags.size > 0 ? tags : new Map(origin.sourceTags);
      const instance = putInstance(model, holdings, id, wanted, own, undefined);
      changeLater(model, instance, 'creating', 'available');
      return { DBInstance: viewInstance(instance, request.now) };
    },

    /** A new cluster without any instance (a Multi-AZ DB cluster brings its three); CreateDBInstance adds them. */
    RestoreDBClusterFromSnapshot: (input: RestoreDBClusterFromSnapshotMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const tags = readTags(input.Tags);
      const id = newIdentifier(
        'DBClusterIdentifier',
        input.DBClusterIdentifier ?? '',
        identifierLimits.cluster,
      );
      if (holdings.clusters.has(id)) throw clusterExists();
      const snapshot = findSnapshot(model, clusterFamily, holdings, input.SnapshotIdentifier ?? '');
      if (snapshot.status !== 'available') {
        throw invalidSnapshotState(clusterFamily, `The snapshot ${snapshot.id} is not available.`);
      }
      const { facts } = snapshot;
      if (input.Engine !== facts.Engine) {
        throw invalidRestore(`A snapshot of ${facts.Engine} cannot be restored as ${input.Engine}.`);
      }
      checkPort(input.Port);
      const key = input.KmsKeyId ?? facts.KmsKeyId;
      const cluster = putCluster(
        model,
        holdings,
        id,
        {
          ...input,
          engine: input.Engine ?? '',
          EngineVersion: input.EngineVersion ?? facts.EngineVersion,
          MasterUsername: facts.MasterUsername,
          Port: input.Port ?? facts.Port,
          StorageEncrypted: key !== undefined,
          KmsKeyId: key,
          AllocatedStorage: facts.AllocatedStorage,
          StorageType: input.StorageType ?? facts.StorageType,
        },
        tags,
      );
      changeLater(model, cluster, 'creating', 'available');
      for (const member of membersOf(holdings, id)) changeLater(model, member, 'creating', 'available');
      return { DBCluster: viewCluster(holdings, cluster, request.now) };
    },
  };
}

function originOf(
  model: RdsModel,
  holdings: Holdings,
  input: RestoreDBInstanceFromDBSnapshotMessage,
): Origin {
  const { DBSnapshotIdentifier: name, DBClusterSnapshotIdentifier: clusterName } = input;
  if ((name === undefined) === (clusterName === undefined)) {
    throw invalidParameterCombination(
      'Exactly one of DBSnapshotIdentifier and DBClusterSnapshotIdentifier must be given.',
    );
  }
  if (clusterName !== undefined) {
    const snapshot = findSnapshot(model, clusterFamily, holdings, clusterName);
    if (snapshot.status !== 'available') {
      throw invalidSnapshotState(instanceFamily, `The snapshot ${snapshot.id} is not available.`);
    }
    const { facts } = snapshot;
    return {
      engine: facts.Engine ?? '',
      instanceClass: undefined,
      version: facts.EngineVersion,
      allocatedGib: facts.AllocatedStorage ?? 0,
      iops: undefined,
      port: facts.Port,
      masterUsername: facts.MasterUsername,
      encrypted: facts.StorageEncrypted === true,
      key: facts.KmsKeyId,
      sourceTags: new Map(),
    };
  }
  const snapshot = findSnapshot(model, instanceFamily, holdings, name ?? '');
  if (snapshot.status !== 'available') {
    throw invalidSnapshotState(instanceFamily, `The snapshot ${snapshot.id} is not available.`);
  }
  const { facts } = snapshot;
  return {
    engine: facts.Engine ?? '',
    instanceClass: facts.sandboxInstanceClass,
    version: facts.EngineVersion,
    allocatedGib: facts.AllocatedStorage ?? 0,
    iops: facts.Iops,
    port: facts.Port,
    masterUsername: facts.MasterUsername,
    encrypted: facts.Encrypted === true,
    key: facts.KmsKeyId,
    sourceTags: facts.sandboxSourceTags,
  };
}

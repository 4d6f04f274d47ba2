import type {
  DeleteDBInstanceMessage,
  ModifyDBInstanceMessage,
  RebootDBInstanceMessage,
  StartDBInstanceMessage,
  StopDBInstanceMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import {
  instanceExists,
  invalidClusterState,
  invalidInstanceState,
  invalidParameterCombination,
} from './errors.ts';
import { optionGroupOf, parameterGroupOf } from './groups.ts';
import { identifierLimits, newIdentifier } from './identifiers.ts';
import { checkPort, instanceOf, memberships, viewInstance } from './instance-records.ts';
import { snapshotInstance } from './instance-snapshots.ts';
import { changeLater, type Holdings, ofCaller, type RdsModel, type StoredInstance } from './model.ts';
import { claimName, instanceFamily } from './snapshot-family.ts';

export function instanceChangeRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    ModifyDBInstance: (input: ModifyDBInstanceMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const instance = instanceOf(holdings, input.DBInstanceIdentifier);
      if (instance.status !== 'available' && instance.status !== 'storage-full') {
        throw invalidInstanceState(`Database instance is not in available state: ${instance.id}`);
      }
      modify(model, holdings, instance, input);
      return { DBInstance: viewInstance(instance, request.now) };
    },

    StartDBInstance: (input: StartDBInstanceMessage, request: RequestContext) => {
      const instance = instanceOf(ofCaller(model, request), input.DBInstanceIdentifier);
      refuseMember(instance, 'StartDBCluster');
      if (instance.status !== 'stopped') {
        throw invalidInstanceState(`Instance ${instance.id} is not stopped, it cannot be started.`);
      }
      changeLater(model, instance, 'starting', 'available');
      return { DBInstance: viewInstance(instance, request.now) };
    },

    StopDBInstance: (input: StopDBInstanceMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const instance = instanceOf(holdings, input.DBInstanceIdentifier);
      refuseMember(instance, 'StopDBCluster');
      if (instance.status !== 'available') {
        throw invalidInstanceState(`Instance ${instance.id} is not in available state.`);
      }
      if (input.DBSnapshotIdentifier !== undefined) {
        const id = claimName(
          model,
          instanceFamily,
          holdings,
          'DBSnapshotIdentifier',
          input.DBSnapshotIdentifier,
        );
        snapshotInstance(model, holdings, instance, id, new Map());
      }
      changeLater(model, instance, 'stopping', 'stopped');
      return { DBInstance: viewInstance(instance, request.now) };
    },

    RebootDBInstance: (input: RebootDBInstanceMessage, request: RequestContext) => {
      const instance = instanceOf(ofCaller(model, request), input.DBInstanceIdentifier);
      if (input.ForceFailover === true && instance.facts.MultiAZ !== true) {
        throw invalidParameterCombination('ForceFailover needs a Multi-AZ deployment.');
      }
      if (instance.status !== 'available') {
        throw invalidInstanceState(`Instance ${instance.id} is not in available state.`);
      }
      changeLater(model, instance, 'rebooting', 'available');
      return { DBInstance: viewInstance(instance, request.now) };
    },

    DeleteDBInstance: (input: DeleteDBInstanceMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const instance = instanceOf(holdings, input.DBInstanceIdentifier);
      const final = input.FinalDBSnapshotIdentifier;
      if (instance.clusterId === undefined) checkFinalSnapshot(input.SkipFinalSnapshot === true, final);
      if (instance.facts.DeletionProtection === true) {
        throw invalidParameterCombination(
          'Cannot delete a protected DB instance; disable deletion protection first.',
        );
      }
      if (instance.status === 'deleting') {
        throw invalidInstanceState(`Instance ${instance.id} is already being deleted.`);
      }
      if (final !== undefined && instance.clusterId === undefined) {
        const id = claimName(model, instanceFamily, holdings, 'FinalDBSnapshotIdentifier', final);
        snapshotInstance(model, holdings, instance, id, new Map());
      }
      removeLater(model, holdings, instance);
      return { DBInstance: viewInstance(instance, request.now) };
    },
  };
}

/** A final snapshot is made unless the request says skip; naming one and skipping it contradict each other. */
export function checkFinalSnapshot(skip: boolean, name: string | undefined): void {
  if (skip && name !== undefined) {
    throw invalidParameterCombination(
      'FinalDBSnapshotIdentifier can not be specified when deleting without one (SkipFinalSnapshot).',
    );
  }
  if (!skip && name === undefined) {
    throw invalidParameterCombination(
      'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.',
    );
  }
}

export function removeLater(model: RdsModel, holdings: Holdings, instance: StoredInstance): void {
  changeLater(model, instance, 'deleting', 'deleted', () => {
    holdings.instances.delete(instance.id);
    if (!instance.isWriter || instance.clusterId === undefined) return;
    // A reader takes over, the one with the lowest promotion tier.
    const heirs = [...holdings.instances.values()].filter(
      ({ clusterId }) => clusterId === instance.clusterId,
    );
    heirs.sort((a, b) => (a.facts.PromotionTier ?? 1) - (b.facts.PromotionTier ?? 1));
    const heir = heirs[0];
    if (heir) heir.isWriter = true;
  });
}

function refuseMember(instance: StoredInstance, instead: string): void {
  if (instance.clusterId === undefined) return;
  throw invalidClusterState(
    `${instance.id} belongs to the DB cluster ${instance.clusterId}; use ${instead}.`,
  );
}

function modify(
  model: RdsModel,
  holdings: Holdings,
  instance: StoredInstance,
  input: ModifyDBInstanceMessage,
): void {
  const { facts } = instance;
  checkPort(input.DBPortNumber);
  const renamed =
    input.NewDBInstanceIdentifier === undefined
      ? undefined
      : newIdentifier('NewDBInstanceIdentifier', input.NewDBInstanceIdentifier, identifierLimits.instance);
  if (renamed !== undefined && holdings.instances.has(renamed)) throw instanceExists();
  if (input.AllocatedStorage !== undefined && input.AllocatedStorage < (facts.AllocatedStorage ?? 0)) {
    throw invalidParameterCombination('Invalid storage size for a modification: storage cannot shrink.');
  }

  // Settings that take effect at once whatever ApplyImmediately says.
  if (input.VpcSecurityGroupIds) facts.VpcSecurityGroups = memberships(input.VpcSecurityGroupIds);
  if (input.DeletionProtection !== undefined) facts.DeletionProtection = input.DeletionProtection;
  if (input.CopyTagsToSnapshot !== undefined) facts.CopyTagsToSnapshot = input.CopyTagsToSnapshot;
  if (input.PromotionTier !== undefined) facts.PromotionTier = input.PromotionTier;
  if (input.PubliclyAccessible !== undefined) facts.PubliclyAccessible = input.PubliclyAccessible;
  const engine = facts.Engine ?? '';
  const version = input.EngineVersion ?? facts.EngineVersion ?? '';
  if (input.DBParameterGroupName !== undefined) {
    const name = parameterGroupOf(holdings, input.DBParameterGroupName, engine, version);
    facts.DBParameterGroups = [{ DBParameterGroupName: name, ParameterApplyStatus: 'pending-reboot' }];
  }
  if (input.OptionGroupName !== undefined) {
    const name = optionGroupOf(holdings, input.OptionGroupName, engine, version);
    facts.OptionGroupMemberships = [{ OptionGroupName: name, Status: 'in-sync' }];
  }

  const deferred = {
    ...(input.DBInstanceClass === undefined ? {} : { DBInstanceClass: input.DBInstanceClass }),
    ...(input.AllocatedStorage === undefined ? {} : { AllocatedStorage: input.AllocatedStorage }),
    ...(input.BackupRetentionPeriod === undefined
      ? {}
      : { BackupRetentionPeriod: input.BackupRetentionPeriod }),
    ...(input.MultiAZ === undefined ? {} : { MultiAZ: input.MultiAZ }),
    ...(input.EngineVersion === undefined ? {} : { EngineVersion: input.EngineVersion }),
    ...(input.StorageType === undefined ? {} : { StorageType: input.StorageType }),
    ...(input.Iops === undefined ? {} : { Iops: input.Iops }),
    ...(input.StorageThroughput === undefined ? {} : { StorageThroughput: input.StorageThroughput }),
    ...(input.EnableIAMDatabaseAuthentication === undefined
      ? {}
      : { IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication }),
  };
  const pending = {
    ...deferred,
    ...(input.DBPortNumber === undefined ? {} : { Port: input.DBPortNumber }),
    ...(renamed === undefined ? {} : { DBInstanceIdentifier: renamed }),
    ...(input.MasterUserPassword === undefined ? {} : { MasterUserPassword: '****' }),
  };
  facts.PendingModifiedValues = { ...facts.PendingModifiedValues, ...pending };
  if (input.ApplyImmediately !== true || Object.keys(pending).length === 0) return;
  changeLater(model, instance, 'modifying', 'available', () => {
    Object.assign(facts, deferred, { PendingModifiedValues: {} });
    if (input.DBPortNumber !== undefined) instance.port = input.DBPortNumber;
    if (renamed !== undefined && !holdings.instances.has(renamed)) {
      holdings.instances.delete(instance.id);
      instance.id = renamed;
      holdings.instances.set(renamed, instance);
    }
  });
}

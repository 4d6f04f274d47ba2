import { ServiceError } from '../../service.ts';

/*
 * Wire codes and HTTP statuses are those of the RDS API Reference (2014-10-31). They are not uniform: instance
 * errors drop the word Fault on the wire, most cluster errors keep it.
 */

export const invalidParameterValue = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValue', message, 400);

export const invalidParameterCombination = (message: string): ServiceError =>
  new ServiceError('InvalidParameterCombination', message, 400);

export const instanceNotFound = (id: string): ServiceError =>
  new ServiceError('DBInstanceNotFound', `DBInstance ${id} not found.`, 404);

export const instanceExists = (): ServiceError =>
  new ServiceError('DBInstanceAlreadyExists', 'DB instance already exists', 400);

export const invalidInstanceState = (message: string): ServiceError =>
  new ServiceError('InvalidDBInstanceState', message, 400);

export const clusterNotFound = (id: string): ServiceError =>
  new ServiceError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, 404);

export const clusterExists = (): ServiceError =>
  new ServiceError('DBClusterAlreadyExistsFault', 'DB Cluster already exists', 400);

export const invalidClusterState = (message: string): ServiceError =>
  new ServiceError('InvalidDBClusterStateFault', message, 400);

export const snapshotQuotaExceeded = (limit: number): ServiceError =>
  new ServiceError('SnapshotQuotaExceeded', `Cannot create more than ${limit} manual snapshots`, 400);

export const sharedSnapshotQuotaExceeded = (limit: number): ServiceError =>
  new ServiceError(
    'SharedSnapshotQuotaExceeded',
    `A snapshot can be shared with at most ${limit} accounts.`,
    400,
  );

export const kmsKeyNotAccessible = (key: string): ServiceError =>
  new ServiceError(
    'KMSKeyNotAccessibleFault',
    `The specified KMS key [${key}] does not exist, is not enabled or you do not have permissions to access it.`,
    400,
  );

export const subnetGroupNotFound = (name: string): ServiceError =>
  new ServiceError('DBSubnetGroupNotFoundFault', `DBSubnetGroup not found: ${name}`, 404);

export const parameterGroupNotFound = (name: string): ServiceError =>
  new ServiceError('DBParameterGroupNotFound', `DBParameterGroup not found: ${name}`, 404);

export const clusterParameterGroupNotFound = (name: string): ServiceError =>
  new ServiceError('DBClusterParameterGroupNotFound', `DBClusterParameterGroup not found: ${name}`, 404);

export const optionGroupNotFound = (name: string): ServiceError =>
  new ServiceError('OptionGroupNotFoundFault', `Specified OptionGroupName: ${name} not found.`, 404);

export const invalidRestore = (message: string): ServiceError =>
  new ServiceError('InvalidRestoreFault', message, 400);

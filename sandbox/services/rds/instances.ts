import type {
  CreateDBInstanceMessage,
  DBInstanceMessage,
  DescribeDBInstancesMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { engineOf } from './engines.ts';
import {
  clusterNotFound,
  instanceExists,
  instanceNotFound,
  invalidClusterState,
  invalidParameterCombination,
  invalidParameterValue,
} from './errors.ts';
import { arnOf, bareIdentifier, identifierLimits, newIdentifier } from './identifiers.ts';
import { checkPort, instanceOf, putInstance, viewInstance } from './instance-records.ts';
import {
  changeLater,
  type Holdings,
  isVisible,
  ofCaller,
  type RdsModel,
  type StoredCluster,
  type StoredInstance,
} from './model.ts';
import { matcher, pageOf } from './paging.ts';
import { readTags } from './tags.ts';

export function instanceRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    CreateDBInstance: (input: CreateDBInstanceMessage, request: RequestContext) => {
      const holdings = ofCaller(model, request);
      const tags = readTags(input.Tags);
      const id = newIdentifier(
        'DBInstanceIdentifier',
        input.DBInstanceIdentifier ?? '',
        identifierLimits.instance,
      );
      if (holdings.instances.has(id)) throw instanceExists();
      const cluster = clusterFor(holdings, input);
      checkPort(input.Port);
      if (!cluster) {
        if (input.MasterUsername === undefined) throw invalidParameterValue('MasterUsername is required.');
        if (input.MasterUserPassword === undefined && input.ManageMasterUserPassword !== true) {
          throw invalidParameterCombination('MasterUserPassword is required unless RDS manages it.');
        }
        if (input.AllocatedStorage === undefined)
          throw invalidParameterValue('AllocatedStorage is required.');
      }
      if (input.MultiAZ === true && input.AvailabilityZone !== undefined) {
        throw invalidParameterCombination('AvailabilityZone cannot be given for a Multi-AZ deployment.');
      }
      const wanted = { ...input, engine: input.Engine ?? '', instanceClass: input.DBInstanceClass ?? '' };
      const instance = putInstance(model, holdings, id, wanted, tags, cluster);
      changeLater(model, instance, 'creating', 'available');
      return { DBInstance: viewInstance(instance, request.now) };
    },

    DescribeDBInstances: (input: DescribeDBInstancesMessage, request: RequestContext): DBInstanceMessage => {
      const holdings = ofCaller(model, request);
      const { account, region } = holdings;
      const matches = matcher<StoredInstance>(input.Filters, {
        'db-cluster-id': ({ clusterId }) =>
          clusterId === undefined ? [] : [clusterId, arnOf('cluster', region, account, clusterId)],
        'db-instance-id': ({ id }) => [id, arnOf('db', region, account, id)],
        'dbi-resource-id': (instance) => [instance.resourceId],
        domain: () => [],
        engine: ({ facts }) => [facts.Engine],
      });
      const name = input.DBInstanceIdentifier;
      const candidates = name === undefined ? [...holdings.instances.values()] : [instanceOf(holdings, name)];
      const visible = candidates.filter((instance) => isVisible(instance, request.now));
      if (name !== undefined && visible.length === 0) throw instanceNotFound(name);
      const page = pageOf(visible.filter(matches), (instance) => instance.id, input);
      return { DBInstances: page.items.map((item) => viewInstance(item, request.now)), Marker: page.marker };
    },
  };
}

function clusterFor(holdings: Holdings, input: CreateDBInstanceMessage): StoredCluster | undefined {
  const engine = engineOf(input.Engine ?? '');
  if (input.DBClusterIdentifier === undefined) {
    if (engine.makes === 'clusters') {
      throw invalidParameterCombination(`The engine ${input.Engine} needs a DBClusterIdentifier.`);
    }
    return undefined;
  }
  const cluster = holdings.clusters.get(bareIdentifier(input.DBClusterIdentifier, 'cluster', holdings));
  if (!cluster) throw clusterNotFound(input.DBClusterIdentifier);
  if (cluster.facts.Engine !== input.Engine) {
    throw invalidParameterCombination(
      `The engine ${input.Engine} does not match the engine of the cluster ${cluster.id}, ${cluster.facts.Engine}.`,
    );
  }
  if (cluster.status !== 'available' && cluster.status !== 'backing-up') {
    throw invalidClusterState(`The DB cluster ${cluster.id} is in the state ${cluster.status}.`);
  }
  if (engine.makes === 'both') {
    throw invalidParameterCombination('The instances of a Multi-AZ DB cluster are made with the cluster.');
  }
  return cluster;
}

import {
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  ModifyDBClusterSnapshotAttributeCommand,
  ModifyDBSnapshotAttributeCommand,
  RemoveTagsFromResourceCommand,
  type Tag,
} from '@aws-sdk/client-rds';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { RemoverWorld } from '../contract/remover-contract.ts';
import {
  account,
  backupId,
  otherAccount,
  type RemoverCloud,
  region,
  startRemoverCloud,
} from './remover-cloud.ts';

/** What differs between DB snapshots and DB cluster snapshots for a test. */
interface Family {
  readonly kind: 'rds' | 'aurora';
  readonly listAction: string;
  readonly deleteAction: string;
  seedSource(cloud: RemoverCloud, owner: string, id: string): void;
  stored(cloud: RemoverCloud, owner: string): ReadonlyMap<string, unknown>;
  arn(id: string): string;
  create(clients: AwsClients, sourceId: string, id: string, tags: Tag[]): Promise<unknown>;
  share(clients: AwsClients, id: string, withAccount: string): Promise<unknown>;
}

const instances: Family = {
  kind: 'rds',
  listAction: 'DescribeDBSnapshots',
  deleteAction: 'DeleteDBSnapshot',
  seedSource: ({ sandbox }, owner, id) => sandbox.rds.seed(owner, region).addInstance({ id }),
  stored: ({ sandbox }, owner) => sandbox.rds.inspect(owner, region).snapshots,
  arn: (id) => `arn:aws:rds:${region}:${account}:snapshot:${id}`,
  create: ({ rds }, sourceId, id, Tags) =>
    rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: sourceId, DBSnapshotIdentifier: id, Tags })),
  share: ({ rds }, id, withAccount) =>
    rds.send(
      new ModifyDBSnapshotAttributeCommand({
        DBSnapshotIdentifier: id,
        AttributeName: 'restore',
        ValuesToAdd: [withAccount],
      }),
    ),
};

const clusters: Family = {
  kind: 'aurora',
  listAction: 'DescribeDBClusterSnapshots',
  deleteAction: 'DeleteDBClusterSnapshot',
  seedSource: ({ sandbox }, owner, id) => sandbox.rds.seed(owner, region).addCluster({ id }),
  stored: ({ sandbox }, owner) => sandbox.rds.inspect(owner, region).clusterSnapshots,
  arn: (id) => `arn:aws:rds:${region}:${account}:cluster-snapshot:${id}`,
  create: ({ rds }, sourceId, id, Tags) =>
    rds.send(
      new CreateDBClusterSnapshotCommand({
        DBClusterIdentifier: sourceId,
        DBClusterSnapshotIdentifier: id,
        Tags,
      }),
    ),
  share: ({ rds }, id, withAccount) =>
    rds.send(
      new ModifyDBClusterSnapshotAttributeCommand({
        DBClusterSnapshotIdentifier: id,
        AttributeName: 'restore',
        ValuesToAdd: [withAccount],
      }),
    ),
};

export const startRdsRemoverWorld = (): Promise<DatabaseRemoverWorld> => startWorld(instances);
export const startAuroraRemoverWorld = (): Promise<DatabaseRemoverWorld> => startWorld(clusters);

export interface DatabaseRemoverWorld extends RemoverWorld {
  readonly cloud: RemoverCloud;
}

async function startWorld(family: Family): Promise<DatabaseRemoverWorld> {
  const cloud = await startRemoverCloud(family.kind);
  const { sandbox, clients, strangerClients, remover, rival } = cloud;
  let sources = 0;
  /** A database takes one snapshot at a time, so each copy gets a database of its own. */
  const newSource = (owner = account): string => {
    sources += 1;
    const id = `db-${sources}`;
    family.seedSource(cloud, owner, id);
    return id;
  };
  const ours: Tag[] = [
    { Key: tagKeys.managed, Value: 'prod-eu' },
    { Key: tagKeys.plan, Value: 'ci' },
    { Key: tagKeys.backupId, Value: backupId },
  ];
  return {
    cloud,
    kind: family.kind,
    remover,
    rival,
    pageSize: 100,
    makeCopies: async (count, deployment = 'prod-eu') => {
      const ids = await cloud.beginAll(
        Array.from({ length: count }, () => newSource()),
        deployment,
      );
      cloud.passSeconds(60);
      return ids;
    },
    beginCopy: () => cloud.begin(newSource(), 'prod-eu'),
    makeFailedCopy: async () => {
      const source = newSource();
      sandbox.rds.faults.failSnapshotsOf.set(source, 1);
      const id = await cloud.begin(source, 'prod-eu');
      cloud.passSeconds(60);
      return id;
    },
    makeLookAlikes: async () => {
      const byHand = 'snapkeep-prod-eu-0123456789-by-hand';
      const sister = 'snapkeep-prod-eu-0123456789-sister';
      const theirs = 'snapkeep-prod-eu-0123456789-20261120t0201-a1';
      await family.create(clients, newSource(), byHand, []);
      const sisters = ours.map((tag) => (tag.Key === tagKeys.managed ? { ...tag, Value: 'prod-eu-2' } : tag));
      await family.create(clients, newSource(), sister, sisters);
      await family.create(strangerClients, newSource(otherAccount), theirs, ours);
      cloud.passSeconds(60);
      await family.share(strangerClients, theirs, account);
      return [byHand, sister, theirs];
    },
    existing: async () =>
      new Set([...family.stored(cloud, account).keys(), ...family.stored(cloud, otherAccount).keys()]),
    share: async (id, withAccount) => {
      await family.share(clients, id, withAccount);
    },
    pullTag: async (id) => {
      const command = new RemoveTagsFromResourceCommand({
        ResourceName: family.arn(id),
        TagKeys: [tagKeys.managed],
      });
      await clients.rds.send(command);
    },
    breakSecondPage: () =>
      cloud.fault({ action: family.listAction, match: 'Marker', code: 'InternalFailure', status: 500 }),
    loseAnswersOfDeletes: () =>
      cloud.fault({
        action: family.deleteAction,
        code: 'InternalFailure',
        status: 500,
        times: 1,
        when: 'after',
      }),
    throttleDeletes: (on) => {
      if (on) cloud.fault({ action: family.deleteAction, code: 'Throttling', status: 400 });
      else cloud.heal();
    },
    cutDeletes: () => cloud.fault({ action: family.deleteAction, code: 'cut', cut: true }),
    calls: () => sandbox.requests.total,
    close: cloud.close,
  };
}

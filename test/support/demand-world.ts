/** One of everything that a request can name, for asking what policies are asked about it. */
import { allDemands } from '../../sandbox/iam/demands.ts';
import type { Service } from '../../sandbox/service.ts';
import { createAutoScaling } from '../../sandbox/services/autoscaling/service.ts';
import { createCloudFormation } from '../../sandbox/services/cloudformation/service.ts';
import { createCloudWatch } from '../../sandbox/services/cloudwatch/service.ts';
import { createEc2 } from '../../sandbox/services/ec2/service.ts';
import { createEventBridge } from '../../sandbox/services/eventbridge/service.ts';
import { callbackIdOf } from '../../sandbox/services/lambda/durable/callback-ids.ts';
import { createLambda } from '../../sandbox/services/lambda/service.ts';
import { createRds } from '../../sandbox/services/rds/service.ts';
import { createRoute53 } from '../../sandbox/services/route53/service.ts';
import { createS3 } from '../../sandbox/services/s3/service.ts';
import { createSns } from '../../sandbox/services/sns/service.ts';
import { createSsm } from '../../sandbox/services/ssm/service.ts';
import { createSts } from '../../sandbox/services/sts/service.ts';
import { World } from '../../sandbox/world.ts';

export const account = '123456789012';
export const region = 'eu-west-1';
export const key = `arn:aws:kms:${region}:${account}:key/11111111-2222-4333-8444-555555555555`;
const world = new World();
export const ec2 = createEc2(world);
const rds = createRds(world);
const s3 = createS3(world);
export const services: readonly Service[] = [
  ...[ec2, rds, s3, createSns(world), createLambda(world), createRoute53(world), createCloudWatch()],
  ...[createAutoScaling(world), createSsm(world), createCloudFormation(world), createEventBridge(world)],
  createSts(world, { identities: { add: () => undefined, find: () => undefined } }),
].map(({ service }) => service);
export const demands = allDemands({ ec2, rds, s3 });

function seedEverything() {
  const seed = ec2.seed(region);
  const instance = seed.addInstance({
    tags: { Role: 'ci' },
    volumes: [
      { device: '/dev/xvda', sizeGiB: 8, encrypted: true, kmsKeyId: key },
      { device: '/dev/xvdb', sizeGiB: 8 },
    ],
    elasticIp: '203.0.113.9',
  });
  const image = seed.addImage({ name: 'base', tags: { 'snapkeep:managed': 'prod-eu' } });
  const { groupId } = seed.addSecurityGroup({ name: 'web' });
  seed.addKeyPair({ name: 'admin' });
  const { launchTemplateId } = seed.addLaunchTemplate({ name: 'web', versions: [{}] });
  const state = ec2.region(region);
  const [address] = state.addresses.values();
  rds.seed(account, region).addInstance({ id: 'circle-db', tags: { Role: 'db' }, kmsKeyId: key });
  rds.seed(account, region).addCluster({ id: 'shop', kmsKeyId: key });
  s3.seedBucket({ name: 'vault', region, account, objectLock: true });
  s3.seedObject('vault', 'ledger/a.json', '{}');
  return {
    instance,
    image,
    groupId,
    launchTemplateId,
    address,
    snapshot: image.devices[0]?.snapshot?.id,
    volume: instance.devices[0]?.volumeId,
  };
}

export const made = seedEverything();
export const tags = [
  { Key: 'snapkeep:managed', Value: 'prod-eu' },
  { Key: 'Name', Value: 'x' },
];
export const tagged = (...types: string[]) => types.map((ResourceType) => ({ ResourceType, Tags: tags }));
export const on = {
  image: { ImageId: made.image.id },
  snapshot: { SnapshotId: made.snapshot },
  instance: { InstanceId: made.instance.id },
  instances: { InstanceIds: [made.instance.id] },
  interface: { NetworkInterfaceId: made.instance.interfaces[0] },
  group: { GroupId: made.groupId },
  template: { LaunchTemplateId: made.launchTemplateId },
  db: { DBInstanceIdentifier: 'circle-db' },
  dbSnapshot: { DBSnapshotIdentifier: 'snapkeep-prod-eu-1', Tags: tags },
  cluster: { DBClusterIdentifier: 'shop' },
  clusterSnapshot: { DBClusterSnapshotIdentifier: 'snapkeep-prod-eu-2', Tags: tags },
  dbArn: { ResourceName: `arn:aws:rds:${region}:${account}:db:circle-db` },
  bucket: { Bucket: 'vault' },
  object: { Bucket: 'vault', Key: 'ledger/a.json' },
  topic: { TopicArn: `arn:aws:sns:${region}:${account}:ops` },
  execution: {
    DurableExecutionArn: `arn:aws:lambda:${region}:${account}:function:w:1/durable-execution/run/1`,
  },
  callback: {
    CallbackId: callbackIdOf(
      `arn:aws:lambda:${region}:${account}:function:w:1/durable-execution/run/1`,
      'approval',
    ),
  },
  document: { Name: 'Snapkeep-Rewrite' },
  parameter: { Name: '/snapkeep/a' },
  zone: { Id: 'Z0123456789ABC' },
};

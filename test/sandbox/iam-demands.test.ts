/**
 * What the sandbox asks policies about each operation, held against the actions, resource types and condition keys that
 * AWS publishes (through the oracle, a development dependency that only tests may import).
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { expect, test } from 'vitest';
import { allDemands } from '../../sandbox/iam/demands.ts';
import type { Demand } from '../../sandbox/iam/requests/demand.ts';
import type { RequestContext, Service } from '../../sandbox/service.ts';
import { createAutoScaling } from '../../sandbox/services/autoscaling/service.ts';
import { createCloudWatch } from '../../sandbox/services/cloudwatch/service.ts';
import { createEc2 } from '../../sandbox/services/ec2/service.ts';
import { createLambda } from '../../sandbox/services/lambda/service.ts';
import { createRds } from '../../sandbox/services/rds/service.ts';
import { createRoute53 } from '../../sandbox/services/route53/service.ts';
import { createS3 } from '../../sandbox/services/s3/service.ts';
import { createSns } from '../../sandbox/services/sns/service.ts';
import { createSsm } from '../../sandbox/services/ssm/service.ts';
import { createSts } from '../../sandbox/services/sts/service.ts';
import { World } from '../../sandbox/world.ts';

const account = '123456789012';
const region = 'eu-west-1';
const key = `arn:aws:kms:${region}:${account}:key/11111111-2222-4333-8444-555555555555`;
const world = new World();
const ec2 = createEc2(world);
const rds = createRds(world);
const s3 = createS3(world);
const services: readonly Service[] = [
  ...[ec2, rds, s3, createSns(world), createLambda(world), createRoute53(world), createCloudWatch()],
  ...[createAutoScaling(world), createSsm(world)],
  createSts(world, { identities: { add: () => undefined, find: () => undefined } }),
].map(({ service }) => service);
const demands = allDemands({ ec2, rds, s3 });

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

const made = seedEverything();
const tags = [
  { Key: 'snapkeep:managed', Value: 'prod-eu' },
  { Key: 'Name', Value: 'x' },
];
const tagged = (...types: string[]) => types.map((ResourceType) => ({ ResourceType, Tags: tags }));
const on = {
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
  document: { Name: 'Snapkeep-Rewrite' },
  parameter: { Name: '/snapkeep/a' },
  zone: { Id: 'Z0123456789ABC' },
};

/** Inputs that make an operation ask for as much as it can; the others take none. */
const inputs: Readonly<Record<string, object>> = {
  'ec2:AllocateAddress': { TagSpecifications: tagged('elastic-ip') },
  'ec2:AssociateAddress': { AllocationId: made.address?.id, ...on.instance },
  'ec2:AttachNetworkInterface': { ...on.interface, ...on.instance },
  'ec2:AuthorizeSecurityGroupIngress': on.group,
  'ec2:CopyImage': {
    SourceImageId: made.image.id,
    SourceRegion: region,
    TagSpecifications: tagged('image', 'snapshot'),
  },
  'ec2:CopySnapshot': { SourceSnapshotId: made.snapshot, TagSpecifications: tagged('snapshot') },
  'ec2:CreateImage': { ...on.instance, TagSpecifications: tagged('image', 'snapshot') },
  'ec2:CreateLaunchTemplate': { TagSpecifications: tagged('launch-template') },
  'ec2:CreateLaunchTemplateVersion': on.template,
  'ec2:CreateNetworkInterface': {
    SubnetId: made.instance.subnetId,
    Groups: [made.groupId],
    TagSpecifications: tagged('network-interface'),
  },
  'ec2:CreateSecurityGroup': { VpcId: made.instance.vpcId, TagSpecifications: tagged('security-group') },
  'ec2:CreateSnapshot': { VolumeId: made.volume, TagSpecifications: tagged('snapshot') },
  'ec2:CreateSnapshots': {
    InstanceSpecification: on.instance,
    TagSpecifications: tagged('snapshot'),
  },
  'ec2:CreateTags': { Resources: [made.instance.id, made.image.id, made.snapshot], Tags: tags },
  'ec2:DeleteTags': { Resources: [made.image.id], Tags: tags },
  'ec2:DeleteLaunchTemplate': on.template,
  'ec2:DeleteNetworkInterface': on.interface,
  'ec2:DeleteSecurityGroup': on.group,
  'ec2:DeleteSnapshot': on.snapshot,
  'ec2:DeregisterImage': { ...on.image, DeleteAssociatedSnapshots: true },
  'ec2:DescribeImageAttribute': on.image,
  'ec2:DescribeInstanceAttribute': on.instance,
  'ec2:DescribeSnapshotAttribute': on.snapshot,
  'ec2:DetachNetworkInterface': {
    AttachmentId: ec2.region(region).interfaces.get(made.instance.interfaces[0] ?? '')?.attachment?.id,
  },
  'ec2:DisableImage': on.image,
  'ec2:DisableImageDeprecation': on.image,
  'ec2:DisableImageDeregistrationProtection': on.image,
  'ec2:DisassociateAddress': { AssociationId: made.address?.association?.id },
  'ec2:EnableImage': on.image,
  'ec2:EnableImageDeprecation': on.image,
  'ec2:EnableImageDeregistrationProtection': on.image,
  'ec2:LockSnapshot': { ...on.snapshot, LockDuration: 14, CoolOffPeriod: 24 },
  'ec2:ModifyImageAttribute': { ...on.image, LaunchPermission: { Add: [{ Group: 'all' }] } },
  'ec2:ModifyInstanceAttribute': { ...on.instance, Groups: [made.groupId] },
  'ec2:ModifyLaunchTemplate': on.template,
  'ec2:ModifyNetworkInterfaceAttribute': { ...on.interface, Groups: [made.groupId] },
  'ec2:ModifySnapshotAttribute': {
    ...on.snapshot,
    CreateVolumePermission: { Add: [{ UserId: '999999999999' }, { Group: 'all' }] },
  },
  'ec2:RebootInstances': on.instances,
  'ec2:RegisterImage': {
    BlockDeviceMappings: [{ Ebs: { SnapshotId: made.snapshot } }],
    TagSpecifications: tagged('image'),
  },
  'ec2:ReleaseAddress': { AllocationId: made.address?.id },
  'ec2:ResetImageAttribute': on.image,
  'ec2:RevokeSecurityGroupIngress': on.group,
  'ec2:RunInstances': {
    ...on.image,
    LaunchTemplate: on.template,
    KeyName: 'admin',
    NetworkInterfaces: [
      { SubnetId: made.instance.subnetId, Groups: [made.groupId], AssociatePublicIpAddress: false },
    ],
    IamInstanceProfile: { Arn: `arn:aws:iam::${account}:instance-profile/restored` },
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      { DeviceName: '/dev/xvdf', Ebs: { VolumeSize: 8, Encrypted: true, KmsKeyId: key } },
    ],
    TagSpecifications: tagged('instance', 'volume', 'network-interface'),
  },
  'ec2:StartInstances': on.instances,
  'ec2:StopInstances': on.instances,
  'ec2:TerminateInstances': on.instances,
  'ec2:UnlockSnapshot': on.snapshot,

  'rds:AddTagsToResource': { ...on.dbArn, Tags: tags },
  'rds:RemoveTagsFromResource': { ...on.dbArn, TagKeys: ['Role'] },
  'rds:ListTagsForResource': on.dbArn,
  'rds:CopyDBClusterSnapshot': {
    SourceDBClusterSnapshotIdentifier: 'a',
    TargetDBClusterSnapshotIdentifier: 'b',
    Tags: tags,
  },
  'rds:CopyDBSnapshot': { SourceDBSnapshotIdentifier: 'a', TargetDBSnapshotIdentifier: 'b', Tags: tags },
  'rds:CreateDBCluster': { DBClusterIdentifier: 'new', DBClusterParameterGroupName: 'own', Tags: tags },
  'rds:CreateDBClusterSnapshot': { ...on.cluster, ...on.clusterSnapshot },
  'rds:CreateDBInstance': {
    DBInstanceIdentifier: 'new',
    ...on.cluster,
    DBSubnetGroupName: 'default',
    DBParameterGroupName: 'own',
    OptionGroupName: 'own',
    Engine: 'aurora-postgresql',
    DBInstanceClass: 'db.r6g.large',
    PubliclyAccessible: false,
    Tags: tags,
  },
  'rds:CreateDBSnapshot': { ...on.db, ...on.dbSnapshot },
  'rds:RestoreDBClusterFromSnapshot': {
    DBClusterIdentifier: 'new',
    SnapshotIdentifier: 'a',
    Engine: 'aurora-postgresql',
    DBClusterParameterGroupName: 'own',
    Tags: tags,
  },
  'rds:RestoreDBInstanceFromDBSnapshot': {
    DBInstanceIdentifier: 'new',
    DBSnapshotIdentifier: 'a',
    DBParameterGroupName: 'own',
    OptionGroupName: 'own',
    PubliclyAccessible: false,
    Tags: tags,
  },
  ...Object.fromEntries(
    ['DeleteDBCluster', 'ModifyDBCluster', 'StartDBCluster', 'StopDBCluster', 'DescribeDBClusters'].map(
      (name) => [`rds:${name}`, on.cluster],
    ),
  ),
  ...Object.fromEntries(
    [
      ...['DeleteDBInstance', 'ModifyDBInstance', 'RebootDBInstance', 'StartDBInstance', 'StopDBInstance'],
      'DescribeDBInstances',
    ].map((name) => [`rds:${name}`, on.db]),
  ),
  ...Object.fromEntries(
    ['DeleteDBSnapshot', 'DescribeDBSnapshotAttributes', 'ModifyDBSnapshotAttribute'].map((name) => [
      `rds:${name}`,
      on.dbSnapshot,
    ]),
  ),
  ...Object.fromEntries(
    [
      ...['DeleteDBClusterSnapshot', 'DescribeDBClusterSnapshotAttributes'],
      'ModifyDBClusterSnapshotAttribute',
    ].map((name) => [`rds:${name}`, on.clusterSnapshot]),
  ),

  's3:CopyObject': { ...on.object, CopySource: 'vault/ledger/a.json' },
  's3:UploadPartCopy': { ...on.object, CopySource: '/vault/ledger%2Fa.json?versionId=x' },
  's3:CreateBucket': { Bucket: 'new', ObjectLockEnabledForBucket: true },
  's3:DeleteObject': { ...on.object, VersionId: 'x', BypassGovernanceRetention: true },
  's3:DeleteObjects': { ...on.bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b', VersionId: 'x' }] } },
  's3:GetObject': { ...on.object, VersionId: 'x' },
  's3:ListObjectVersions': { ...on.bucket, Prefix: 'ledger/', Delimiter: '/', MaxKeys: 10 },
  's3:ListObjectsV2': { ...on.bucket, Prefix: 'ledger/' },
  's3:PutObject': {
    ...on.object,
    IfNoneMatch: '*',
    Tagging: 'a=1&b=2',
    ObjectLockMode: 'GOVERNANCE',
    ObjectLockRetainUntilDate: new Date('2026-12-01T00:00:00Z'),
    ObjectLockLegalHoldStatus: 'ON',
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: key,
    StorageClass: 'STANDARD',
  },
  's3:PutObjectRetention': {
    ...on.object,
    Retention: { Mode: 'GOVERNANCE', RetainUntilDate: new Date('2026-12-01T00:00:00Z') },
    BypassGovernanceRetention: true,
  },

  'sts:AssumeRole': {
    RoleArn: `arn:aws:iam::${account}:role/other`,
    RoleSessionName: 'me',
    ExternalId: 'secret',
  },
  'ssm:CreateDocument': { ...on.document, DocumentType: 'Command', Tags: tags },
  'ssm:GetParameters': { Names: ['/snapkeep/a', 'b'] },
  'ssm:SendCommand': { DocumentName: 'Snapkeep-Rewrite', ...on.instances },
  ...Object.fromEntries(
    [
      'DeleteDocument',
      'DescribeDocument',
      'GetDocument',
      'UpdateDocument',
      'UpdateDocumentDefaultVersion',
    ].map((name) => [`ssm:${name}`, on.document]),
  ),
  ...Object.fromEntries(
    ['DeleteParameter', 'GetParameter', 'PutParameter'].map((name) => [`ssm:${name}`, on.parameter]),
  ),
  'sns:CreateTopic': { Name: 'ops', Tags: tags },
  'sns:Subscribe': { ...on.topic, Protocol: 'email', Endpoint: 'a@example.com' },
  'sns:ListTagsForResource': { ResourceArn: on.topic.TopicArn },
  'sns:Unsubscribe': { SubscriptionArn: `${on.topic.TopicArn}:11111111-2222-4333-8444-555555555555` },
  'monitoring:DeleteAlarms': { AlarmNames: ['a', 'b'] },
  'monitoring:PutMetricAlarm': { AlarmName: 'a', AlarmActions: [on.topic.TopicArn], Tags: tags },
  'monitoring:PutMetricData': { Namespace: 'Snapkeep' },
  'monitoring:SetAlarmState': { AlarmName: 'a' },
  'lambda:Invoke': { FunctionName: 'worker:live' },
  'lambda:GetFunction': { FunctionName: 'worker' },
  'lambda:ListDurableExecutionsByFunction': { FunctionName: 'worker' },
  'autoscaling:CreateAutoScalingGroup': { AutoScalingGroupName: 'web', Tags: tags },
  'autoscaling:DeleteAutoScalingGroup': { AutoScalingGroupName: 'web' },
  'autoscaling:CreateLaunchConfiguration': { LaunchConfigurationName: 'web' },
  'autoscaling:DeleteLaunchConfiguration': { LaunchConfigurationName: 'web' },
  'route53:ChangeResourceRecordSets': {
    HostedZoneId: '/hostedzone/Z0123456789ABC',
    ChangeBatch: {
      Changes: [{ Action: 'UPSERT', ResourceRecordSet: { Name: 'CI.example.com.', Type: 'A' } }],
    },
  },
  'route53:ListResourceRecordSets': { HostedZoneId: 'Z0123456789ABC' },
  'route53:GetChange': { Id: '/change/C0123456789ABC' },
};

const operations = Object.entries(demands).flatMap(([service, all]) =>
  Object.keys(all).map((operation) => [service, operation] as const),
);

function ask(service: string, operation: string): readonly Demand[] {
  const request: RequestContext = {
    service,
    action: operation,
    region,
    caller: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: 'AKIA' },
    requestId: '1',
    now: Date.parse('2026-11-20T02:00:00Z'),
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  };
  const defaults: Readonly<Record<string, object>> = {
    s3: on.object,
    sns: on.topic,
    route53: on.zone,
    lambda: on.execution,
  };
  const input = inputs[`${service}:${operation}`] ?? defaults[service] ?? {};
  const of = demands[service]?.[operation];
  if (!of) throw new Error(`nothing is asked of ${service}:${operation}`);
  // Sound: the inputs above are those of the operation, without the server's decoding in between.
  return of(input as never, request);
}

test('every operation of the sandbox asks policies, and none that it does not have but those of durable executions', () => {
  for (const { signingName, handlers } of services) {
    const asked = Object.keys(demands[signingName] ?? {});
    const more = asked.filter((name) => !(name in handlers) && !/DurableExecution/.test(name));
    expect({ signingName, missing: Object.keys(handlers).filter((name) => !asked.includes(name)) }).toEqual({
      signingName,
      missing: [],
    });
    expect(more).toEqual([]);
  }
});

/** The published pages describe resources by pattern; a name in the place of a wildcard fits those patterns. */
const concrete = (resource: string): string =>
  resource === '*' ? resource : resource.replaceAll('*', '0123456789abcdef0');

test.each(operations)(
  '%s:%s asks for actions, resources and keys that AWS publishes',
  async (service, operation) => {
    const asked = ask(service, operation);
    if (operation !== 'GetCallerIdentity') expect(asked).not.toEqual([]);
    for (const { action, resource, context = {}, owner } of asked) {
      const contextVariables = Object.fromEntries(
        Object.entries(context).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, typeof value === 'string' ? value : [...value]]],
        ),
      );
      const told = await runSimulation(
        {
          request: {
            principal: `arn:aws:iam::${account}:user/me`,
            action,
            resource: { resource: concrete(resource), accountId: owner || account },
            contextVariables,
          },
          identityPolicies: [
            {
              name: 'all',
              policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
            },
          ],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
        {},
      );
      if (told.resultType === 'error')
        throw new Error(`${action} on ${resource}: ${JSON.stringify(told.errors)}`);
      const results = told.resultType === 'single' ? [told.result] : told.results;
      const ignored = results.flatMap(({ ignoredContextKeys = [] }) => ignoredContextKeys);
      expect({ action, resource, ignored }).toEqual({ action, resource, ignored: [] });
    }
  },
);

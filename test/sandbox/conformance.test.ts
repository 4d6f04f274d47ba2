import { describe, expect, test } from 'vitest';
import { readClientPackage } from '../../sandbox/protocols/schema.ts';
import { findDifferences, type Subject } from './conformance/harness.ts';
import {
  AUTOSCALING,
  CLOUDFORMATION,
  CLOUDWATCH,
  EC2,
  EVENTBRIDGE,
  LAMBDA,
  RDS,
  ROUTE53,
  S3,
  SNS,
  SSM,
  STS,
} from './conformance/subjects.ts';

/**
 * Random input through a client's serializer and signer into our verification and decoder, random output through
 * our encoder into the client's deserializer. `SNAPKEEP_CONFORMANCE=all` covers every operation of every client.
 */
const everything = process.env.SNAPKEEP_CONFORMANCE === 'all';
/** Another seed finds other values; the one that failed reproduces them. */
const seed = Number(process.env.SNAPKEEP_SEED ?? 1);
const rounds = everything ? 3 : 12;

const ours = (names: string): readonly string[] => names.trim().split(/\s+/);

const SUBJECTS: readonly (readonly [subject: Subject, operations: readonly string[]])[] = [
  [
    EC2,
    ours(`
      AllocateAddress AssociateAddress AttachNetworkInterface AuthorizeSecurityGroupIngress CopyImage CopySnapshot
      CreateImage CreateLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplate ModifyLaunchTemplate
      CreateNetworkInterface DeleteNetworkInterface DescribeInstanceTypeOfferings DetachNetworkInterface
      ModifyNetworkInterfaceAttribute
      CreateSecurityGroup CreateSnapshot CreateSnapshots CreateTags DeleteSnapshot DeleteTags DeregisterImage
      DescribeAddresses DescribeAvailabilityZones DescribeImageAttribute DescribeImages DescribeInstanceAttribute
      DescribeInstanceStatus DescribeInstances DescribeKeyPairs DescribeLaunchTemplateVersions
      DescribeLaunchTemplates DescribeLockedSnapshots DescribeNetworkInterfaces DescribeRegions
      DescribeSecurityGroups DescribeSnapshotAttribute DescribeSnapshots DescribeSubnets DescribeTags
      DescribeVolumes DescribeVpcs DisableImage DisableImageDeregistrationProtection DisassociateAddress
      EnableImage EnableImageDeregistrationProtection LockSnapshot ModifyImageAttribute
      ModifyInstanceAttribute ModifySnapshotAttribute ReleaseAddress RunInstances StartInstances StopInstances
      TerminateInstances UnlockSnapshot
    `),
  ],
  [
    RDS,
    ours(`
      AddTagsToResource CreateDBClusterSnapshot CreateDBInstance CreateDBSnapshot DeleteDBCluster
      DeleteDBClusterSnapshot DeleteDBInstance DeleteDBSnapshot DescribeDBClusterSnapshots DescribeDBClusters
      DescribeDBInstances DescribeDBSnapshots ListTagsForResource ModifyDBInstance RemoveTagsFromResource
      RestoreDBClusterFromSnapshot RestoreDBInstanceFromDBSnapshot StartDBInstance StopDBInstance
    `),
  ],
  [
    S3,
    ours(`
      CreateBucket DeleteBucket DeleteObject DeleteObjects GetBucketLocation GetBucketVersioning GetObject
      GetObjectLegalHold GetObjectLockConfiguration GetObjectRetention HeadBucket HeadObject ListBuckets
      ListObjectVersions ListObjects ListObjectsV2 PutBucketVersioning PutObject PutObjectLegalHold
      PutObjectLockConfiguration PutObjectRetention
    `),
  ],
  [
    SSM,
    ours(`
      CreateDocument DeleteDocument DescribeDocument DescribeInstanceInformation GetCommandInvocation GetDocument
      ListCommandInvocations ListCommands ListDocuments SendCommand UpdateDocument
    `),
  ],
  [
    ROUTE53,
    ours(`
      ChangeResourceRecordSets CreateHostedZone DeleteHostedZone GetChange GetHostedZone ListHostedZones
      ListHostedZonesByName ListResourceRecordSets
    `),
  ],
  [STS, ours('AssumeRole GetCallerIdentity GetSessionToken')],
  [SNS, ours('CreateTopic ListSubscriptionsByTopic ListTopics Publish Subscribe')],
  [EVENTBRIDGE, ours('PutEvents')],
  [
    AUTOSCALING,
    ours(`
      CreateAutoScalingGroup CreateLaunchConfiguration DeleteAutoScalingGroup DeleteLaunchConfiguration
      DescribeAutoScalingGroups DescribeLaunchConfigurations
    `),
  ],
  [CLOUDFORMATION, ours('DescribeStackResources DescribeStacks ListStackResources')],
  [CLOUDWATCH, ours('GetMetricData GetMetricStatistics ListMetrics PutMetricData')],
  [LAMBDA, ours('GetFunction Invoke ListFunctions')],
];

describe.each(SUBJECTS)('the codec of $signingName', (subject, operations) => {
  test(`agrees with the client on ${everything ? 'every operation' : 'the operations that we use'}`, async () => {
    expect(await findDifferences(subject, everything ? 'all' : operations, rounds, seed)).toEqual([]);
  });

  test('has no exception for an operation that we use or that does not exist', () => {
    const { operations: known } = readClientPackage(subject.clientPackage);
    for (const name of Object.keys(subject.exceptions ?? {})) {
      expect(operations).not.toContain(name);
      expect([...known.keys()]).toContain(name);
    }
  });
});

test('a difference between codec and client would be found', async () => {
  // RDS read as if it were EC2: other names for the same parameters.
  const mistaken: Subject = { ...RDS, protocol: 'ec2Query' };
  const differences = await findDifferences(mistaken, ['DescribeDBInstances'], 3, seed);
  expect(differences).toHaveLength(1);
});

import type { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { eventTypes } from '../../functions/shared/event-types.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { ec2Arn } from './arns.ts';
import { announce, keepCheckpoints, publish } from './common.ts';
import { encryptedVolumes } from './encryption.ts';
import { ledger } from './ledger.ts';
import { nothingNarrower, OpenStatement } from './open-statement.ts';
import { restoredDatabases } from './restore-databases.ts';
import { namedRecordChanges } from './restore-dns.ts';
import { restoredMachines } from './restore-machines.ts';
import { madeByRestore } from './restored.ts';
import type { LoneWorkerGrants } from './rotate-worker.ts';
import { kindsOf } from './selections.ts';

export interface RestoreWorkerGrants extends LoneWorkerGrants {
  /** ARNs of the documents that a restore may send; they come with the stack. */
  readonly documents: readonly string[];
}

/** Reading what there is; AWS authorizes these calls for everything or nothing (EC2), or they list (RDS). */
const inventory = {
  ec2: [
    'ec2:DescribeAddresses',
    'ec2:DescribeImages',
    'ec2:DescribeInstanceStatus',
    'ec2:DescribeInstanceTypeOfferings',
    'ec2:DescribeInstances',
    'ec2:DescribeKeyPairs',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
  ],
  rds: [
    'ec2:DescribeSecurityGroups',
    'rds:DescribeDBInstances',
    'rds:DescribeDBParameterGroups',
    'rds:DescribeDBSnapshots',
    'rds:DescribeDBSubnetGroups',
    'rds:DescribeOptionGroups',
  ],
  aurora: [
    'ec2:DescribeSecurityGroups',
    'rds:DescribeDBClusterParameterGroups',
    'rds:DescribeDBClusterSnapshots',
    'rds:DescribeDBClusters',
    'rds:DescribeDBInstances',
    'rds:DescribeDBParameterGroups',
    'rds:DescribeDBSubnetGroups',
    'rds:DescribeOptionGroups',
  ],
} satisfies Record<SourceKind, readonly string[]>;

/** The role of the restore worker: new machines and databases beside the old ones; it changes and deletes nothing old. */
export function restoreWorkerStatements(stack: Stack, grants: RestoreWorkerGrants): PolicyStatement[] {
  const { config, bucketArn, topicArn, workerArn, documents } = grants;
  const kinds = kindsOf(Object.values(config.plans));
  return [
    new OpenStatement(nothingNarrower, {
      actions: [...new Set([...kinds].flatMap((kind) => inventory[kind]))].sort(),
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': config.region } },
    }),
    ...(kinds.has('ec2') ? restoredMachines(stack, config) : []),
    ...restoredDatabases(stack, config, kinds),
    ...encryptedVolumes(stack, config),
    ...namedRecordChanges(stack, config),
    ...(documents.length === 0 ? [] : commands(stack, config, documents)),
    ...ledger(bucketArn, config),
    publish(topicArn),
    announce(stack, ...eventTypes.restore),
    keepCheckpoints(workerArn),
    neverDestroy(),
  ];
}

/** Our own documents, on restored machines. Whoever may read one command's output may read that of all (AWS). */
const commands = (stack: Stack, config: Config, documents: readonly string[]): PolicyStatement[] => [
  new OpenStatement(
    'a profile has more steps and checks than a role has room for; all begin like no document of another deployment',
    {
      actions: ['ssm:DescribeDocument', 'ssm:GetDocument', 'ssm:SendCommand'],
      resources: [...documents],
    },
  ),
  new OpenStatement(
    'restored machines have IDs that no configuration knows; bounded by the tag that a restore gave them',
    {
      actions: ['ssm:SendCommand'],
      resources: [ec2Arn(stack, 'instance')],
      conditions: { StringEquals: madeByRestore(config, 'ssm:resourceTag') },
    },
  ),
  new OpenStatement(nothingNarrower, {
    actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommands'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:RequestedRegion': config.region } },
  }),
];

/** Said once more as a denial: a restore works beside what is there, and never at the expense of a backup. */
function neverDestroy(): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    actions: [
      'ec2:DeleteSnapshot',
      'ec2:DeleteTags',
      'ec2:DeleteVolume',
      'ec2:DeregisterImage',
      'ec2:ModifyImageAttribute',
      'ec2:ModifyInstanceAttribute',
      'ec2:ModifySnapshotAttribute',
      'ec2:StopInstances',
      'ec2:TerminateInstances',
      'ec2:UnlockSnapshot',
      'kms:DisableKey',
      'kms:ScheduleKeyDeletion',
      'rds:DeleteDBCluster',
      'rds:DeleteDBClusterSnapshot',
      'rds:DeleteDBInstance',
      'rds:DeleteDBSnapshot',
      'rds:ModifyDBCluster',
      'rds:ModifyDBInstance',
      'rds:RemoveTagsFromResource',
      's3:BypassGovernanceRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      'ssm:CreateDocument',
      'ssm:UpdateDocument',
      'ssm:UpdateDocumentDefaultVersion',
    ],
    resources: ['*'],
  });
}

import type { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { eventTypes } from '../../functions/shared/event-types.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { copyPattern } from '../names.ts';
import { newCopyArn, rdsArn } from './arns.ts';
import { announce, invokeQualified, keepCheckpoints, publish } from './common.ts';
import { encryptedVolumes } from './encryption.ts';
import { ledger } from './ledger.ts';
import { nothingNarrower, OpenStatement } from './open-statement.ts';
import { lockInventory, protectedCopies } from './protected-copies.ts';
import { kindsOf, selectedSources } from './selections.ts';

export interface BackupWorkerGrants {
  readonly config: Config;
  readonly bucketArn: string;
  readonly topicArn: string;
  /** `arn:...:function:<name>`, without a qualifier. */
  readonly workerArn: string;
  readonly workerAliasArn: string;
  readonly rotateWorkerAliasArn: string;
}

/** Reading what there is; AWS authorizes these calls for everything or nothing (EC2), or they list (RDS). */
const inventory = {
  ec2: ['ec2:DescribeAddresses', 'ec2:DescribeImages', 'ec2:DescribeInstances', 'ec2:DescribeSnapshots'],
  rds: ['rds:DescribeDBInstances', 'rds:DescribeDBSnapshots'],
  aurora: ['rds:DescribeDBClusterSnapshots', 'rds:DescribeDBClusters', 'rds:DescribeDBInstances'],
} satisfies Record<SourceKind, readonly string[]>;

/** The role of the backup worker: copies what the plans select, tags only what it is making, deletes nothing. */
export function backupWorkerStatements(stack: Stack, grants: BackupWorkerGrants): PolicyStatement[] {
  const { config, bucketArn, topicArn, workerArn, workerAliasArn, rotateWorkerAliasArn } = grants;
  const plans = Object.values(config.plans);
  const kinds = kindsOf(plans);
  return [
    new OpenStatement(nothingNarrower, {
      actions: [
        ...new Set([...[...kinds].flatMap((kind) => inventory[kind]), ...lockInventory(plans)]),
      ].sort(),
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': config.region } },
    }),
    ...selectedSources(stack, plans),
    ...(kinds.has('ec2') ? newImages(stack, config) : []),
    ...protectedCopies(stack, config),
    ...newDatabaseCopies(stack, config, kinds),
    ...encryptedVolumes(stack, config),
    ...ledger(bucketArn, config),
    publish(topicArn),
    announce(stack, ...eventTypes.backup),
    keepCheckpoints(workerArn),
    // A large backup is divided over executions of the same function; a rotation follows every backup.
    invokeQualified(workerAliasArn, rotateWorkerAliasArn),
    neverDestroy(),
  ];
}

function newImages(stack: Stack, { deployment }: Config): PolicyStatement[] {
  const resources = [newCopyArn(stack, 'image'), newCopyArn(stack, 'snapshot')];
  const reason =
    'images and snapshots have no ID before they are made; bounded to those that carry our tag from the first moment';
  const ours = { [`aws:RequestTag/${tagKeys.managed}`]: deployment };
  const ourKeys = { 'ForAllValues:StringLike': { 'aws:TagKeys': ['snapkeep:*', 'Name'] } };
  return [
    new OpenStatement(reason, {
      actions: ['ec2:CreateImage'],
      resources,
      conditions: { StringEquals: ours, ...ourKeys },
    }),
    // Without the bound to CreateImage, foreign copies could be marked as ours and then rotated.
    new OpenStatement(reason, {
      actions: ['ec2:CreateTags'],
      resources,
      conditions: { StringEquals: { ...ours, 'ec2:CreateAction': 'CreateImage' }, ...ourKeys },
    }),
  ];
}

/** RDS authorizes the new snapshot by the name that we choose, and its tags once more by AddTagsToResource. */
function newDatabaseCopies(
  stack: Stack,
  { deployment }: Config,
  kinds: ReadonlySet<SourceKind>,
): PolicyStatement[] {
  const statement = (action: string, resource: string): PolicyStatement =>
    new PolicyStatement({
      actions: [action, 'rds:AddTagsToResource'],
      resources: [rdsArn(stack, resource, copyPattern(deployment))],
      conditions: { StringEquals: { [`aws:RequestTag/${tagKeys.managed}`]: deployment } },
    });
  return [
    ...(kinds.has('rds') ? [statement('rds:CreateDBSnapshot', 'snapshot')] : []),
    ...(kinds.has('aurora') ? [statement('rds:CreateDBClusterSnapshot', 'cluster-snapshot')] : []),
  ];
}

/** Said once more as a denial, so that no later statement can let a backup destroy one. */
function neverDestroy(): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    actions: [
      'ec2:DeleteSnapshot',
      'ec2:DeleteTags',
      'ec2:DeregisterImage',
      'ec2:DisableImage',
      'ec2:DisableImageDeregistrationProtection',
      'ec2:ModifyImageAttribute',
      'ec2:ModifySnapshotAttribute',
      'ec2:UnlockSnapshot',
      'kms:DisableKey',
      'kms:ScheduleKeyDeletion',
      'rds:DeleteDBClusterSnapshot',
      'rds:DeleteDBSnapshot',
      'rds:ModifyDBClusterSnapshotAttribute',
      'rds:ModifyDBSnapshotAttribute',
      'rds:RemoveTagsFromResource',
      's3:BypassGovernanceRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
    ],
    resources: ['*'],
  });
}

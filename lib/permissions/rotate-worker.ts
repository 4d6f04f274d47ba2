import { Arn, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { eventTypes } from '../../functions/shared/event-types.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import { copyPattern } from '../names.ts';
import { ec2CopyArn, rdsArn } from './arns.ts';
import { announce, keepCheckpoints, publish } from './common.ts';
import { ledger } from './ledger.ts';
import { nothingNarrower, OpenStatement } from './open-statement.ts';

export interface LoneWorkerGrants {
  readonly config: Config;
  readonly bucketArn: string;
  readonly topicArn: string;
  /** `arn:...:function:<name>`, without a qualifier. */
  readonly workerArn: string;
}

/**
 * The role of the rotation worker: it deletes copies that carry our tag, and makes nothing. Of every kind, whatever
 * the plans select today: the ledger still names copies of databases that a plan no longer has.
 */
export function rotateWorkerStatements(stack: Stack, grants: LoneWorkerGrants): PolicyStatement[] {
  const { config, bucketArn, topicArn, workerArn } = grants;
  const { deployment, region } = config;
  const ours = { [`aws:ResourceTag/${tagKeys.managed}`]: deployment };
  const images = [ec2CopyArn(stack, 'image')];
  const snapshots = [ec2CopyArn(stack, 'snapshot')];
  const names = copyPattern(deployment);
  const databaseSnapshots = rdsArn(stack, 'snapshot', names);
  const clusterSnapshots = rdsArn(stack, 'cluster-snapshot', names);
  // A tag can stand on what another account shares with this one.
  const ownCopies = { StringEquals: { ...ours, 'ec2:Owner': stack.account } };
  return [
    new OpenStatement(nothingNarrower, {
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeLaunchConfigurations',
        'ec2:DescribeImages',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:DescribeLockedSnapshots',
        'ec2:DescribeSnapshots',
        'rds:DescribeDBClusterSnapshots',
        'rds:DescribeDBSnapshots',
      ],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': region } },
    }),
    // Who copies are shared with; also of those that have lost their tag, to say so.
    new PolicyStatement({ actions: ['ec2:DescribeImageAttribute'], resources: images }),
    new PolicyStatement({ actions: ['ec2:DescribeSnapshotAttribute'], resources: snapshots }),
    new PolicyStatement({ actions: ['rds:DescribeDBSnapshotAttributes'], resources: [databaseSnapshots] }),
    new PolicyStatement({
      actions: ['rds:DescribeDBClusterSnapshotAttributes'],
      resources: [clusterSnapshots],
    }),
    ...templateParameters(stack, region),
    new PolicyStatement({ actions: ['ec2:DeregisterImage'], resources: images, conditions: ownCopies }),
    new PolicyStatement({
      actions: ['ec2:DisableImageDeregistrationProtection'],
      resources: images,
      // What a person protected stays so; a backup marks the images that it protects.
      conditions: { ...ownCopies, Null: { [`aws:ResourceTag/${tagKeys.protected}`]: 'false' } },
    }),
    new PolicyStatement({ actions: ['ec2:DeleteSnapshot'], resources: snapshots, conditions: ownCopies }),
    new PolicyStatement({
      actions: ['rds:DeleteDBSnapshot'],
      resources: [databaseSnapshots],
      conditions: { StringEquals: ours },
    }),
    new PolicyStatement({
      actions: ['rds:DeleteDBClusterSnapshot'],
      resources: [clusterSnapshots],
      conditions: { StringEquals: ours },
    }),
    ...ledger(bucketArn, config),
    publish(topicArn),
    // A rotation completes what a crashed backup left, and tells of it like any other.
    announce(stack, ...eventTypes.rotation, ...eventTypes.backup),
    keepCheckpoints(workerArn),
    neverMakeOrTag(),
  ];
}

/**
 * A launch template may name its image by a parameter of Systems Manager, which EC2 reads as the caller ("Use a
 * Systems Manager parameter instead of an AMI ID in launch templates"). Secrets among the parameters stay closed.
 */
function templateParameters(stack: Stack, region: string): PolicyStatement[] {
  const parameters = Arn.format({ service: 'ssm', resource: 'parameter', resourceName: '*' }, stack);
  return [
    new OpenStatement(
      'which parameters name images is known to the launch templates alone; secrets stay closed',
      {
        actions: ['ssm:GetParameters'],
        resources: [parameters],
      },
    ),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: ['kms:Decrypt'],
      resources: ['*'],
      conditions: { StringEquals: { 'kms:ViaService': `ssm.${region}.amazonaws.com` } },
    }),
  ];
}

/** Said once more as a denial: whoever may delete what carries our tag must not be able to set it. */
function neverMakeOrTag(): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    actions: [
      'ec2:CopyImage',
      'ec2:CopySnapshot',
      'ec2:CreateImage',
      'ec2:CreateSnapshot',
      'ec2:CreateSnapshots',
      'ec2:CreateTags',
      'ec2:DeleteTags',
      'ec2:ModifyImageAttribute',
      'ec2:ModifySnapshotAttribute',
      'ec2:RunInstances',
      'ec2:TerminateInstances',
      'ec2:UnlockSnapshot',
      'iam:PassRole',
      'kms:DisableKey',
      'kms:ScheduleKeyDeletion',
      'rds:AddTagsToResource',
      'rds:DeleteDBCluster',
      'rds:DeleteDBInstance',
      'rds:ModifyDBClusterSnapshotAttribute',
      'rds:ModifyDBSnapshotAttribute',
      'rds:RemoveTagsFromResource',
      's3:BypassGovernanceRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      'ssm:SendCommand',
    ],
    resources: ['*'],
  });
}

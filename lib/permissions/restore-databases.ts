import type { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { copyPrefix } from '../names.ts';
import { rdsArn } from './arns.ts';

/**
 * New databases from our snapshots. Their identifiers begin like those of the old ones, so the tag that a restore
 * gives at creation is the fence; the groups are those of the old databases, which the configuration does not have.
 */
export function restoredDatabases(
  stack: Stack,
  { deployment }: Config,
  kinds: ReadonlySet<SourceKind>,
): PolicyStatement[] {
  const ours = { StringEquals: { [`aws:ResourceTag/${tagKeys.managed}`]: deployment } };
  const asked = { StringLike: { [`aws:RequestTag/${tagKeys.restore}`]: '?*' } };
  const prefix = `${copyPrefix(deployment)}*`;
  const arns = (...resources: string[]): string[] => resources.map((resource) => rdsArn(stack, resource));
  const groups = arns('og', 'pg', 'subgrp');
  const instances = rdsArn(stack, 'db');
  const clusters = rdsArn(stack, 'cluster');
  const statement = (actions: string[], resources: string[], conditions?: Record<string, object>) =>
    new PolicyStatement({ actions, resources, ...(conditions === undefined ? {} : { conditions }) });
  return [
    ...(kinds.has('rds')
      ? [
          statement(['rds:RestoreDBInstanceFromDBSnapshot'], [rdsArn(stack, 'snapshot', prefix)], ours),
          statement(['rds:RestoreDBInstanceFromDBSnapshot'], groups),
          statement(['rds:RestoreDBInstanceFromDBSnapshot', 'rds:AddTagsToResource'], [instances], asked),
        ]
      : []),
    ...(kinds.has('aurora')
      ? [
          statement(['rds:RestoreDBClusterFromSnapshot'], [rdsArn(stack, 'cluster-snapshot', prefix)], ours),
          statement(['rds:RestoreDBClusterFromSnapshot'], arns('og', 'cluster-pg', 'subgrp')),
          statement(['rds:RestoreDBClusterFromSnapshot', 'rds:AddTagsToResource'], [clusters], asked),
          statement(['rds:CreateDBInstance'], [clusters], {
            StringLike: { [`aws:ResourceTag/${tagKeys.restore}`]: '?*' },
          }),
          statement(['rds:CreateDBInstance'], groups),
          statement(['rds:CreateDBInstance', 'rds:AddTagsToResource'], [instances], asked),
        ]
      : []),
  ];
}

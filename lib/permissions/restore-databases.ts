import type { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { copyPattern } from '../names.ts';
import { rdsArn } from './arns.ts';
import { OpenStatement } from './open-statement.ts';

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
  const names = copyPattern(deployment);
  const arns = (...resources: string[]): string[] => resources.map((resource) => rdsArn(stack, resource));
  const groups = arns('og', 'pg', 'subgrp');
  const instances = rdsArn(stack, 'db');
  const clusters = rdsArn(stack, 'cluster');
  const ourSnapshots = (action: string, resource: string) =>
    new PolicyStatement({ actions: [action], resources: [rdsArn(stack, resource, names)], conditions: ours });
  const oldGroups = (action: string, resources: string[]) =>
    new OpenStatement('groups are those of the old databases, which the configuration does not have', {
      ...{ actions: [action], resources },
    });
  const fresh = (action: string, resource: string) =>
    new OpenStatement('identifiers follow those of the old databases; bounded by the tag given at creation', {
      ...{ actions: [action, 'rds:AddTagsToResource'], resources: [resource], conditions: asked },
    });
  const restored = (action: string, resource: string) =>
    new OpenStatement('identifiers follow those of the old clusters; bounded to what a restore has made', {
      ...{ actions: [action], resources: [resource] },
      conditions: { StringLike: { [`aws:ResourceTag/${tagKeys.restore}`]: '?*' } },
    });
  return [
    ...(kinds.has('rds')
      ? [
          ourSnapshots('rds:RestoreDBInstanceFromDBSnapshot', 'snapshot'),
          oldGroups('rds:RestoreDBInstanceFromDBSnapshot', groups),
          fresh('rds:RestoreDBInstanceFromDBSnapshot', instances),
        ]
      : []),
    ...(kinds.has('aurora')
      ? [
          ourSnapshots('rds:RestoreDBClusterFromSnapshot', 'cluster-snapshot'),
          oldGroups('rds:RestoreDBClusterFromSnapshot', arns('og', 'cluster-pg', 'subgrp')),
          fresh('rds:RestoreDBClusterFromSnapshot', clusters),
          restored('rds:CreateDBInstance', clusters),
          oldGroups('rds:CreateDBInstance', groups),
          fresh('rds:CreateDBInstance', instances),
        ]
      : []),
  ];
}

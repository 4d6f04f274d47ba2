import type { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { copyPattern } from '../names.ts';
import { rdsArn } from './arns.ts';
import { OpenStatement } from './open-statement.ts';
import { madeByRestore } from './restored.ts';

/** What the identifiers of restored databases end in, see `restoredId`; they begin like those of the old ones. */
const restoredName = `*-r${'?'.repeat(8)}`;

/**
 * New databases from our snapshots. RDS asks for nothing else when a database gets tags that is there already, so both
 * names and tags are the fence; the groups are those of the old databases, which the configuration does not have.
 */
export function restoredDatabases(
  stack: Stack,
  config: Config,
  kinds: ReadonlySet<SourceKind>,
): PolicyStatement[] {
  const ours = { StringEquals: { [`aws:ResourceTag/${tagKeys.managed}`]: config.deployment } };
  const asked = { StringEquals: madeByRestore(config, 'aws:RequestTag') };
  const names = copyPattern(config.deployment);
  const instances = rdsArn(stack, 'db', restoredName);
  const clusters = rdsArn(stack, 'cluster', restoredName);
  // Numbered; a cluster has at most 16.
  const members = ['-?', '-??'].map((number) => rdsArn(stack, 'db', `${restoredName}${number}`));
  const ourSnapshots = (action: string, resource: string) =>
    new PolicyStatement({ actions: [action], resources: [rdsArn(stack, resource, names)], conditions: ours });
  const fresh = (action: string, ...resources: string[]) =>
    new OpenStatement(
      'identifiers begin like those of the old databases; bounded by how they end, and by the tags given at creation',
      { actions: [action, 'rds:AddTagsToResource'], resources, conditions: asked },
    );
  const restored = (action: string, resource: string) =>
    new OpenStatement(
      'identifiers begin like those of the old clusters; bounded to what a restore has made',
      {
        ...{ actions: [action], resources: [resource] },
        conditions: { StringEquals: madeByRestore(config, 'aws:ResourceTag') },
      },
    );
  return [
    ...(kinds.has('rds')
      ? [
          ourSnapshots('rds:RestoreDBInstanceFromDBSnapshot', 'snapshot'),
          fresh('rds:RestoreDBInstanceFromDBSnapshot', instances),
        ]
      : []),
    ...(kinds.has('aurora')
      ? [
          ourSnapshots('rds:RestoreDBClusterFromSnapshot', 'cluster-snapshot'),
          fresh('rds:RestoreDBClusterFromSnapshot', clusters),
          restored('rds:CreateDBInstance', clusters),
          fresh('rds:CreateDBInstance', ...members),
        ]
      : []),
    ...oldGroups(stack, kinds),
  ];
}

/** In one statement, since a role has little room; a call asks for no group that it does not have. */
function oldGroups(stack: Stack, kinds: ReadonlySet<SourceKind>): PolicyStatement[] {
  const actions = [
    ...(kinds.has('rds') ? ['rds:RestoreDBInstanceFromDBSnapshot'] : []),
    ...(kinds.has('aurora') ? ['rds:CreateDBInstance', 'rds:RestoreDBClusterFromSnapshot'] : []),
  ];
  if (actions.length === 0) return [];
  const groups = ['og', 'pg', 'subgrp', ...(kinds.has('aurora') ? ['cluster-pg'] : [])];
  return [
    new OpenStatement('groups are those of the old databases, which the configuration does not have', {
      ...{ actions, resources: groups.map((group) => rdsArn(stack, group)) },
    }),
  ];
}

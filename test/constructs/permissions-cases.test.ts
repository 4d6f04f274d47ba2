/**
 * Requests that somebody with a role's credentials might try, judged by the roles of the template: the cases of the
 * research on permissions, for the roles that there are.
 */
import { describe, expect, it } from 'vitest';
import { copyName } from '../../functions/shared/names.ts';
import { judge, type Verdict } from '../../sandbox/iam/evaluator.ts';
import { type Context, RequestValues } from '../../sandbox/iam/request-values.ts';
import { readTemplate } from '../../sandbox/iam/template.ts';
import { grantsOf } from '../support/grants.ts';
import { estateConfig } from '../support/role-estate.ts';
import { synthesize } from '../support/synthesized.ts';

const account = '111122223333';
const region = 'eu-west-1';
const permissions = readTemplate(synthesize(estateConfig()).toJSON(), {
  account,
  region,
  stackName: 'snapkeep-prod-eu',
});

const ec2 = (type: string, id: string): string => `arn:aws:ec2:${region}:${account}:${type}/${id}`;
const copy = (type: string, id: string): string => `arn:aws:ec2:${region}::${type}/${id}`;
const rds = (type: string, id: string): string => `arn:aws:rds:${region}:${account}:${type}:${id}`;
const source = ec2('instance', 'i-0123456789abcdef0');
const image = copy('image', 'ami-0123456789abcdef0');
const newImage = copy('image', '*');
const snapshot = copy('snapshot', 'snap-0123456789abcdef0');
const newSnapshot = copy('snapshot', '*');

const slot = '2026-11-20T02:00:00Z';
const nameOf = (deployment: string): string =>
  copyName(deployment, 'ci', { kind: 'rds', id: 'circle-db', region }, slot, 1);
const ourName = nameOf('prod-eu');

const selected: Context = { 'aws:ResourceTag/Role': 'ci', 'aws:ResourceTag/Stage': 'prod' };
const tagged: Context = {
  'aws:RequestTag/snapkeep:managed': 'prod-eu',
  'aws:TagKeys': ['snapkeep:managed', 'Name'],
};
const atBirth = (by: string): Context => ({ ...tagged, 'ec2:CreateAction': by });
const ours: Context = { 'aws:ResourceTag/snapkeep:managed': 'prod-eu', 'ec2:Owner': account };
const toLock: Context = { ...ours, 'aws:ResourceTag/snapkeep:plan': 'herd' };
const marked: Context = { ...ours, 'aws:ResourceTag/snapkeep:protected': 'true' };
const theirs: Context = { ...ours, 'aws:ResourceTag/snapkeep:managed': 'prod-us' };
const foreignOwner: Context = { ...ours, 'ec2:Owner': '999999999999' };
const everyRequest: Context = { 'aws:RequestedRegion': region, 'aws:PrincipalAccount': account };

const bus = `arn:aws:events:${region}:${account}:event-bus/default`;
const eventOf = (type: string): Context => ({ 'events:source': 'snapkeep', 'events:detail-type': type });

type Case = readonly [what: string, action: string, resource: string, keys: Context, verdict: Verdict];

const cases: Readonly<Record<string, readonly Case[]>> = {
  'prod-eu-backup-worker': [
    ['event of a backup', 'events:PutEvents', bus, eventOf('Snapkeep Backup Partial'), 'Allowed'],
    ['event of a restore', 'events:PutEvents', bus, eventOf('Snapkeep Restore Failed'), 'ImplicitlyDenied'],
    [
      'event of another source',
      'events:PutEvents',
      bus,
      { ...eventOf('Snapkeep Backup Partial'), 'events:source': 'orders' },
      'ImplicitlyDenied',
    ],
    [
      'event on another bus',
      'events:PutEvents',
      bus.replace('default', 'orders'),
      eventOf('Snapkeep Backup Partial'),
      'ImplicitlyDenied',
    ],
    ['image of a selected machine', 'ec2:CreateImage', source, selected, 'Allowed'],
    ['image of any other machine', 'ec2:CreateImage', source, {}, 'ImplicitlyDenied'],
    [
      'image of a machine with half of the tags',
      'ec2:CreateImage',
      source,
      { 'aws:ResourceTag/Role': 'ci' },
      'ImplicitlyDenied',
    ],
    [
      'image of a machine that is selected by id',
      'ec2:CreateImage',
      ec2('instance', 'i-0aaa0aaa0aaa0aaa0'),
      {},
      'Allowed',
    ],
    ['image with our tag', 'ec2:CreateImage', newImage, tagged, 'Allowed'],
    ['image without our tag', 'ec2:CreateImage', newImage, {}, 'ImplicitlyDenied'],
    [
      'image with the tag of another deployment',
      'ec2:CreateImage',
      newImage,
      { ...tagged, 'aws:RequestTag/snapkeep:managed': 'prod-us' },
      'ImplicitlyDenied',
    ],
    [
      'image with foreign tags beside ours',
      'ec2:CreateImage',
      newImage,
      { ...tagged, 'aws:TagKeys': ['snapkeep:managed', 'Role'] },
      'ImplicitlyDenied',
    ],
    ['snapshot with our tag', 'ec2:CreateImage', newSnapshot, tagged, 'Allowed'],
    ['snapshot without tags', 'ec2:CreateImage', newSnapshot, {}, 'ImplicitlyDenied'],
    ['tags at creation', 'ec2:CreateTags', newImage, atBirth('CreateImage'), 'Allowed'],
    ['tags on an existing image', 'ec2:CreateTags', image, tagged, 'ImplicitlyDenied'],
    ['tags by another creation', 'ec2:CreateTags', newImage, atBirth('RunInstances'), 'ImplicitlyDenied'],
    ['tags on a machine', 'ec2:CreateTags', source, atBirth('CreateImage'), 'ImplicitlyDenied'],
    ['deletion of our snapshot', 'ec2:DeleteSnapshot', snapshot, ours, 'ExplicitlyDenied'],
    ['deregistration of our image', 'ec2:DeregisterImage', image, ours, 'ExplicitlyDenied'],
    ['removal of tags', 'ec2:DeleteTags', image, ours, 'ExplicitlyDenied'],
    ['sharing a snapshot', 'ec2:ModifySnapshotAttribute', snapshot, ours, 'ExplicitlyDenied'],
    ['sharing an image', 'ec2:ModifyImageAttribute', image, ours, 'ExplicitlyDenied'],
    [
      'lock as long as the plan asks',
      'ec2:LockSnapshot',
      snapshot,
      { ...toLock, 'ec2:SnapshotLockDuration': '14' },
      'Allowed',
    ],
    [
      'lock for a hundred years, at the cost of the account',
      'ec2:LockSnapshot',
      snapshot,
      { ...toLock, 'ec2:SnapshotLockDuration': '36500' },
      'ImplicitlyDenied',
    ],
    [
      'lock for a day, which shortens one that stands',
      'ec2:LockSnapshot',
      snapshot,
      { ...toLock, 'ec2:SnapshotLockDuration': '1' },
      'ImplicitlyDenied',
    ],
    ['lock until a date, which has no duration', 'ec2:LockSnapshot', snapshot, toLock, 'ImplicitlyDenied'],
    [
      'lock with a cooling-off that the plan does not ask for',
      'ec2:LockSnapshot',
      snapshot,
      { ...toLock, 'ec2:SnapshotLockDuration': '14', 'ec2:SnapshotCoolOffPeriod': '1' },
      'ImplicitlyDenied',
    ],
    [
      'lock of a foreign snapshot',
      'ec2:LockSnapshot',
      snapshot,
      { 'ec2:Owner': account, 'ec2:SnapshotLockDuration': '14' },
      'ImplicitlyDenied',
    ],
    [
      'lock of a snapshot of a plan that asks for none',
      'ec2:LockSnapshot',
      snapshot,
      { ...ours, 'aws:ResourceTag/snapkeep:plan': 'ci', 'ec2:SnapshotLockDuration': '14' },
      'ImplicitlyDenied',
    ],
    ['lifting a lock', 'ec2:UnlockSnapshot', snapshot, toLock, 'ExplicitlyDenied'],
    ['protection of our image', 'ec2:EnableImageDeregistrationProtection', image, marked, 'Allowed'],
    [
      'protection of our image that no rotation could lift',
      'ec2:EnableImageDeregistrationProtection',
      image,
      ours,
      'ImplicitlyDenied',
    ],
    [
      'protection of a foreign image',
      'ec2:EnableImageDeregistrationProtection',
      image,
      { ...marked, 'aws:ResourceTag/snapkeep:managed': 'prod-us' },
      'ImplicitlyDenied',
    ],
    [
      'lifting the protection of an image',
      'ec2:DisableImageDeregistrationProtection',
      image,
      marked,
      'ExplicitlyDenied',
    ],
    ['launch', 'ec2:RunInstances', ec2('instance', '*'), tagged, 'ImplicitlyDenied'],
    ['user data of a selected machine', 'ec2:DescribeInstanceAttribute', source, selected, 'Allowed'],
    ['user data of any other machine', 'ec2:DescribeInstanceAttribute', source, {}, 'ImplicitlyDenied'],
    [
      'inventory of another Region',
      'ec2:DescribeInstances',
      '*',
      { 'aws:RequestedRegion': 'us-east-1' },
      'ImplicitlyDenied',
    ],
    ['snapshot of a selected database', 'rds:CreateDBSnapshot', rds('db', 'circle-db'), {}, 'Allowed'],
    ['snapshot of another database', 'rds:CreateDBSnapshot', rds('db', 'other-db'), {}, 'ImplicitlyDenied'],
    ['database snapshot under our name', 'rds:CreateDBSnapshot', rds('snapshot', ourName), tagged, 'Allowed'],
    [
      'database snapshot under another name',
      'rds:CreateDBSnapshot',
      rds('snapshot', 'mine'),
      tagged,
      'ImplicitlyDenied',
    ],
    [
      "database snapshot under another deployment's name",
      'rds:CreateDBSnapshot',
      rds('snapshot', nameOf('prod-us')),
      tagged,
      'ImplicitlyDenied',
    ],
    [
      'our tag on a foreign database snapshot',
      'rds:AddTagsToResource',
      rds('snapshot', 'mine'),
      tagged,
      'ImplicitlyDenied',
    ],
    ['our tag on a database', 'rds:AddTagsToResource', rds('db', 'circle-db'), tagged, 'ImplicitlyDenied'],
    [
      'deletion of a database snapshot',
      'rds:DeleteDBSnapshot',
      rds('snapshot', ourName),
      ours,
      'ExplicitlyDenied',
    ],
    [
      'ledger entry',
      's3:PutObject',
      'arn:aws:s3:::acme-snapkeep-vault/ledger/ci/x',
      { 's3:if-none-match': '*' },
      'Allowed',
    ],
    [
      'ledger entry over another',
      's3:PutObject',
      'arn:aws:s3:::acme-snapkeep-vault/ledger/ci/x',
      {},
      'ImplicitlyDenied',
    ],
    [
      'object beside the ledger',
      's3:PutObject',
      'arn:aws:s3:::acme-snapkeep-vault/x',
      { 's3:if-none-match': '*' },
      'ImplicitlyDenied',
    ],
    [
      'deletion in the ledger',
      's3:DeleteObjectVersion',
      'arn:aws:s3:::acme-snapkeep-vault/ledger/ci/x',
      {},
      'ExplicitlyDenied',
    ],
    [
      'key through EC2',
      'kms:Decrypt',
      `arn:aws:kms:${region}:${account}:key/1`,
      { 'kms:ViaService': `ec2.${region}.amazonaws.com` },
      'Allowed',
    ],
    ['key directly', 'kms:Decrypt', `arn:aws:kms:${region}:${account}:key/1`, {}, 'ImplicitlyDenied'],
    [
      'grant for a principal',
      'kms:CreateGrant',
      `arn:aws:kms:${region}:${account}:key/1`,
      { 'kms:ViaService': `ec2.${region}.amazonaws.com` },
      'ImplicitlyDenied',
    ],
  ],
  'prod-eu-rotate-worker': [
    ['deregistration of our image', 'ec2:DeregisterImage', image, ours, 'Allowed'],
    [
      'deregistration of an image without tags',
      'ec2:DeregisterImage',
      image,
      { 'ec2:Owner': account },
      'ImplicitlyDenied',
    ],
    ['deregistration for another deployment', 'ec2:DeregisterImage', image, theirs, 'ImplicitlyDenied'],
    [
      'deregistration of what another account shares',
      'ec2:DeregisterImage',
      image,
      foreignOwner,
      'ImplicitlyDenied',
    ],
    ['deletion of our snapshot', 'ec2:DeleteSnapshot', snapshot, ours, 'Allowed'],
    [
      'deletion of a snapshot of another account',
      'ec2:DeleteSnapshot',
      snapshot,
      foreignOwner,
      'ImplicitlyDenied',
    ],
    [
      'lifting the protection that a backup gave',
      'ec2:DisableImageDeregistrationProtection',
      image,
      marked,
      'Allowed',
    ],
    [
      'lifting the protection that a person gave our image',
      'ec2:DisableImageDeregistrationProtection',
      image,
      ours,
      'ImplicitlyDenied',
    ],
    [
      'lifting the protection for another deployment',
      'ec2:DisableImageDeregistrationProtection',
      image,
      { ...marked, 'aws:ResourceTag/snapkeep:managed': 'prod-us' },
      'ImplicitlyDenied',
    ],
    ['tags', 'ec2:CreateTags', image, tagged, 'ExplicitlyDenied'],
    ['tags at creation', 'ec2:CreateTags', newImage, atBirth('CreateImage'), 'ExplicitlyDenied'],
    ['unlocking a snapshot', 'ec2:UnlockSnapshot', snapshot, ours, 'ExplicitlyDenied'],
    ['taking snapshots', 'ec2:CreateSnapshots', newSnapshot, tagged, 'ExplicitlyDenied'],
    ['terminating a machine', 'ec2:TerminateInstances', source, selected, 'ExplicitlyDenied'],
    ['deletion of our database snapshot', 'rds:DeleteDBSnapshot', rds('snapshot', ourName), ours, 'Allowed'],
    [
      'deletion of a foreign one, though tagged',
      'rds:DeleteDBSnapshot',
      rds('snapshot', 'mine'),
      ours,
      'ImplicitlyDenied',
    ],
    [
      'deletion of one of a deployment whose name begins with ours',
      'rds:DeleteDBSnapshot',
      rds('snapshot', nameOf('prod-eu-two')),
      ours,
      'ImplicitlyDenied',
    ],
    [
      'deletion of one under our name without our tag',
      'rds:DeleteDBSnapshot',
      rds('snapshot', ourName),
      {},
      'ImplicitlyDenied',
    ],
    [
      'deletion of a cluster snapshot of ours',
      'rds:DeleteDBClusterSnapshot',
      rds('cluster-snapshot', ourName),
      ours,
      'Allowed',
    ],
    ['deletion of a database', 'rds:DeleteDBInstance', rds('db', 'circle-db'), {}, 'ExplicitlyDenied'],
    [
      'parameter in clear',
      'ssm:GetParameters',
      `arn:aws:ssm:${region}:${account}:parameter/a`,
      {},
      'Allowed',
    ],
    [
      'secret parameter',
      'kms:Decrypt',
      `arn:aws:kms:${region}:${account}:key/1`,
      { 'kms:ViaService': `ssm.${region}.amazonaws.com` },
      'ExplicitlyDenied',
    ],
  ],
  'prod-eu-start': [
    [
      'worker by its alias',
      'lambda:InvokeFunction',
      `arn:aws:lambda:${region}:${account}:function:prod-eu-backup-worker:live`,
      {},
      'Allowed',
    ],
    [
      'worker without alias',
      'lambda:InvokeFunction',
      `arn:aws:lambda:${region}:${account}:function:prod-eu-backup-worker`,
      {},
      'ImplicitlyDenied',
    ],
    [
      'any other function',
      'lambda:InvokeFunction',
      `arn:aws:lambda:${region}:${account}:function:other:live`,
      {},
      'ImplicitlyDenied',
    ],
    ['inventory', 'ec2:DescribeInstances', '*', {}, 'ImplicitlyDenied'],
    ['ledger', 's3:GetObjectVersion', 'arn:aws:s3:::acme-snapkeep-vault/ledger/ci/x', {}, 'ImplicitlyDenied'],
  ],
  'prod-eu-rotate': [
    ['deregistration of our image', 'ec2:DeregisterImage', image, ours, 'ImplicitlyDenied'],
    [
      'rotation worker by its alias',
      'lambda:InvokeFunction',
      `arn:aws:lambda:${region}:${account}:function:prod-eu-rotate-worker:live`,
      {},
      'Allowed',
    ],
    [
      'backup worker',
      'lambda:InvokeFunction',
      `arn:aws:lambda:${region}:${account}:function:prod-eu-backup-worker:live`,
      {},
      'ImplicitlyDenied',
    ],
  ],
};

/** Cases of the research whose role or action this version does not have. */
const without: readonly string[] = [
  'CopyImage and CopySnapshot: no plan copies to another Region or account',
  'a hold as a tag: holds are entries of the ledger',
  'drill: no such role yet',
  'the organisation guard: a service control policy is not part of the stack',
];

describe.each(Object.entries(cases))('%s', (name, rows) => {
  const role = permissions.functions.get(name)?.role;
  const statements = role === undefined ? [] : grantsOf(permissions, role);

  it.each(rows)('%s', (_what, action, resource, keys, verdict) => {
    const values = new RequestValues(everyRequest, keys);
    expect(judge(statements, { action, resource, values }).verdict).toBe(verdict);
  });
});

it('names what of the research it leaves out', () => {
  const statements = [...permissions.functions.values()].flatMap(({ role }) => grantsOf(permissions, role));
  const allowed = statements.flatMap(({ effect, actions = [] }) => (effect === 'Allow' ? actions : []));
  expect(without).toHaveLength(4);
  expect(JSON.stringify(statements)).not.toContain('snapkeep:hold');
  for (const absent of ['ec2:CopyImage', 'ec2:CopySnapshot']) expect(allowed).not.toContain(absent);
});

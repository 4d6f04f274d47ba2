/**
 * Requests that somebody with the credentials of the restore functions might try, judged by the roles of the template:
 * the cases of the research on permissions, and those of databases, addresses and keys beside them.
 */
import { describe, expect, it } from 'vitest';
import { copyName } from '../../functions/shared/names.ts';
import { judge, type Verdict } from '../../sandbox/iam/evaluator.ts';
import { type Context, RequestValues } from '../../sandbox/iam/request-values.ts';
import { readTemplate } from '../../sandbox/iam/template.ts';
import { grantsOf } from '../support/grants.ts';
import { estateConfig, names } from '../support/role-estate.ts';
import { restoreTargets } from '../support/role-restores.ts';
import { synthesize } from '../support/synthesized.ts';

const account = '111122223333';
const region = 'eu-west-1';
const template = synthesize(estateConfig()).toJSON();
const permissions = readTemplate(template, { account, region, stackName: 'snapkeep-prod-eu' });

const ec2 = (type: string, id: string): string => `arn:aws:ec2:${region}:${account}:${type}/${id}`;
const copy = (type: string, id: string): string => `arn:aws:ec2:${region}::${type}/${id}`;
const rds = (type: string, id: string): string => `arn:aws:rds:${region}:${account}:${type}:${id}`;
const iam = (type: string, id: string): string => `arn:aws:iam::${account}:${type}/${id}`;
const document = (name: string): string => `arn:aws:ssm:${region}:${account}:document/${name}`;
const worker = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}`;
const ledger = 'arn:aws:s3:::acme-snapkeep-vault/ledger/ci/restores/one/x';
const slot = '2026-11-20T02:00:00Z';
const ourName = copyName('prod-eu', 'ci', { kind: 'rds', id: 'circle-db', region }, slot, 1);
const create: Context = { 's3:if-none-match': '*' };
const key = `arn:aws:kms:${region}:${account}:key/1`;

const everyRequest: Context = { 'aws:RequestedRegion': region, 'aws:PrincipalAccount': account };
const ours: Context = { 'aws:ResourceTag/snapkeep:managed': 'prod-eu', 'ec2:Owner': account };
const theirs: Context = { ...ours, 'aws:ResourceTag/snapkeep:managed': 'prod-us' };
const foreign: Context = { ...ours, 'ec2:Owner': '999999999999' };
const asked: Context = {
  'aws:RequestTag/snapkeep:restore': 'one',
  'aws:RequestTag/snapkeep:restored-by': 'prod-eu',
};
const restored: Context = {
  'aws:ResourceTag/snapkeep:restore': 'one',
  'aws:ResourceTag/snapkeep:restored-by': 'prod-eu',
};
/** As another deployment of the account restores. */
const askedElsewhere: Context = { ...asked, 'aws:RequestTag/snapkeep:restored-by': 'prod-us' };
const restoredElsewhere: Context = { ...restored, 'aws:ResourceTag/snapkeep:restored-by': 'prod-us' };
const machine: Context = {
  ...asked,
  'ec2:MetadataHttpTokens': 'required',
  'ec2:InstanceProfile': iam('instance-profile', 'snapkeep-restored'),
};
const commanded: Context = {
  'ssm:resourceTag/snapkeep:restore': 'one',
  'ssm:resourceTag/snapkeep:restored-by': 'prod-eu',
};
const toEc2: Context = { 'iam:PassedToService': 'ec2.amazonaws.com' };
const atLaunch: Context = { ...asked, 'ec2:CreateAction': 'RunInstances' };
const { subnet = '', securityGroups: [group = ''] = [], quarantineGroup = '' } = restoreTargets;

const [yes, no, never]: readonly [Verdict, Verdict, Verdict] = [
  'Allowed',
  'ImplicitlyDenied',
  'ExplicitlyDenied',
];
type Case = readonly [what: string, action: string, resource: string, keys: Context, verdict: Verdict];

const launches: readonly Case[] = [
  ['our image', 'ec2:RunInstances', copy('image', 'ami-0123456789abcdef0'), ours, yes],
  [
    'an image without our tag',
    'ec2:RunInstances',
    copy('image', 'ami-0123456789abcdef0'),
    { 'ec2:Owner': account },
    no,
  ],
  ['an image of another deployment', 'ec2:RunInstances', copy('image', 'ami-0123456789abcdef0'), theirs, no],
  [
    'an image of another account, with our tag',
    'ec2:RunInstances',
    copy('image', 'ami-0123456789abcdef0'),
    foreign,
    no,
  ],
  ['a snapshot of ours', 'ec2:RunInstances', copy('snapshot', 'snap-0123456789abcdef0'), ours, yes],
  ['a snapshot without our tag', 'ec2:RunInstances', copy('snapshot', 'snap-0123456789abcdef0'), {}, no],
  ['a machine with profile and IMDSv2', 'ec2:RunInstances', ec2('instance', '*'), machine, yes],
  [
    'a machine with IMDSv1',
    'ec2:RunInstances',
    ec2('instance', '*'),
    { ...machine, 'ec2:MetadataHttpTokens': 'optional' },
    no,
  ],
  [
    'a machine with the profile of administrators',
    'ec2:RunInstances',
    ec2('instance', '*'),
    { ...machine, 'ec2:InstanceProfile': iam('instance-profile', 'admin') },
    no,
  ],
  [
    'a machine without the tag of a restore',
    'ec2:RunInstances',
    ec2('instance', '*'),
    { ...machine, 'aws:RequestTag/snapkeep:restored-by': undefined },
    no,
  ],
  ['a volume with the tag of a restore', 'ec2:RunInstances', ec2('volume', '*'), asked, yes],
  ['a volume in the name of another deployment', 'ec2:RunInstances', ec2('volume', '*'), askedElsewhere, no],
  ['a volume without it', 'ec2:RunInstances', ec2('volume', '*'), {}, no],
  ['the named subnet', 'ec2:RunInstances', ec2('subnet', subnet), {}, yes],
  ['any other subnet', 'ec2:RunInstances', ec2('subnet', 'subnet-0123456789abcdef0'), {}, no],
  ['the group of quarantine', 'ec2:RunInstances', ec2('security-group', quarantineGroup), {}, yes],
  ['any other group', 'ec2:RunInstances', ec2('security-group', 'sg-0123456789abcdef0'), {}, no],
  ['a launch template', 'ec2:RunInstances', ec2('launch-template', 'lt-1'), {}, no],
  ['the role of the named profile', 'iam:PassRole', iam('role', 'snapkeep-restored'), toEc2, yes],
  ['the role of administrators', 'iam:PassRole', iam('role', 'admin'), toEc2, no],
  [
    'the role to another service',
    'iam:PassRole',
    iam('role', 'snapkeep-restored'),
    { 'iam:PassedToService': 'lambda.amazonaws.com' },
    no,
  ],
  ['tags at the launch', 'ec2:CreateTags', ec2('instance', '*'), atLaunch, yes],
  ['tags on what is there', 'ec2:CreateTags', ec2('instance', 'i-1'), asked, no],
  [
    'tags on an image',
    'ec2:CreateTags',
    copy('image', '*'),
    { ...atLaunch, 'ec2:CreateAction': 'CreateImage' },
    no,
  ],
];

const switches: readonly Case[] = [
  [
    'groups of a restored machine',
    'ec2:ModifyNetworkInterfaceAttribute',
    ec2('network-interface', 'eni-1'),
    restored,
    yes,
  ],
  [
    'groups of a live machine',
    'ec2:ModifyNetworkInterfaceAttribute',
    ec2('network-interface', 'eni-1'),
    {},
    no,
  ],
  [
    "groups of another deployment's restored machine",
    'ec2:ModifyNetworkInterfaceAttribute',
    ec2('network-interface', 'eni-1'),
    restoredElsewhere,
    no,
  ],
  [
    "an address to another deployment's restored machine",
    'ec2:AssociateAddress',
    ec2('network-interface', 'eni-1'),
    restoredElsewhere,
    no,
  ],
  ['the named group', 'ec2:ModifyNetworkInterfaceAttribute', ec2('security-group', group), {}, yes],
  ['another group', 'ec2:ModifyNetworkInterfaceAttribute', ec2('security-group', 'sg-1'), {}, no],
  ['an address with our tag', 'ec2:AssociateAddress', ec2('elastic-ip', 'eipalloc-1'), ours, yes],
  ['an address that nobody opened', 'ec2:AssociateAddress', ec2('elastic-ip', 'eipalloc-1'), {}, no],
  ['an address of another deployment', 'ec2:AssociateAddress', ec2('elastic-ip', 'eipalloc-1'), theirs, no],
  ['an address to a live machine', 'ec2:AssociateAddress', ec2('network-interface', 'eni-1'), {}, no],
  [
    'the address of a live machine away',
    'ec2:DisassociateAddress',
    ec2('elastic-ip', 'eipalloc-1'),
    ours,
    no,
  ],
  ['our document', 'ssm:SendCommand', document('prod-eu-circleci-server-rewrite'), {}, yes],
  [
    'the document of another deployment',
    'ssm:SendCommand',
    document('prod-us-circleci-server-rewrite'),
    {},
    no,
  ],
  [
    'the document of a deployment whose name is ours and that of the profile',
    'ssm:SendCommand',
    document('prod-eu-circleci-server-gitlab-rewrite'),
    {},
    no,
  ],
  ['a step of ours', 'ssm:SendCommand', document('prod-eu-circleci-server-step-start-app'), {}, yes],
  ['any shell script', 'ssm:SendCommand', `arn:aws:ssm:${region}::document/AWS-RunShellScript`, {}, no],
  ['a command to a restored machine', 'ssm:SendCommand', ec2('instance', 'i-1'), commanded, yes],
  [
    "a command to another deployment's restored machine",
    'ssm:SendCommand',
    ec2('instance', 'i-1'),
    { ...commanded, 'ssm:resourceTag/snapkeep:restored-by': 'prod-us' },
    no,
  ],
  ['a command to a live machine', 'ssm:SendCommand', ec2('instance', 'i-1'), {}, no],
  ['a new document', 'ssm:CreateDocument', document('prod-eu-circleci-server-rewrite'), {}, never],
  [
    'another text of our document',
    'ssm:UpdateDocument',
    document('prod-eu-circleci-server-rewrite'),
    {},
    never,
  ],
  ['a parameter', 'ssm:GetParameter', `arn:aws:ssm:${region}:${account}:parameter/a`, {}, no],
  ['output of commands in another Region', 'ssm:GetCommandInvocation', '*', elsewhere(), no],
  ['inventory of another Region', 'ec2:DescribeInstances', '*', elsewhere(), no],
];

const databases: readonly Case[] = [
  ['our snapshot', 'rds:RestoreDBInstanceFromDBSnapshot', rds('snapshot', ourName), ours, yes],
  ['a snapshot by its name alone', 'rds:RestoreDBInstanceFromDBSnapshot', rds('snapshot', ourName), {}, no],
  [
    'a foreign snapshot, though tagged',
    'rds:RestoreDBInstanceFromDBSnapshot',
    rds('snapshot', 'mine'),
    ours,
    no,
  ],
  [
    'a new database with the tag of a restore',
    'rds:RestoreDBInstanceFromDBSnapshot',
    rds('db', 'circle-db-r0a1b2c3d'),
    asked,
    yes,
  ],
  [
    'a new database without it',
    'rds:RestoreDBInstanceFromDBSnapshot',
    rds('db', 'circle-db-r0a1b2c3d'),
    {},
    no,
  ],
  ['our cluster snapshot', 'rds:RestoreDBClusterFromSnapshot', rds('cluster-snapshot', ourName), ours, yes],
  [
    'a foreign cluster snapshot',
    'rds:RestoreDBClusterFromSnapshot',
    rds('cluster-snapshot', 'mine'),
    ours,
    no,
  ],
  ['a member of a restored cluster', 'rds:CreateDBInstance', rds('cluster', 'shop-r0a1b2c3d'), restored, yes],
  [
    "a member of another deployment's restored cluster",
    'rds:CreateDBInstance',
    rds('cluster', 'shop-r0a1b2c3d'),
    restoredElsewhere,
    no,
  ],
  ['a member of a live cluster', 'rds:CreateDBInstance', rds('cluster', 'shop'), {}, no],
  ['a member without the tag of a restore', 'rds:CreateDBInstance', rds('db', 'shop-r0a1b2c3d-1'), {}, no],
  [
    'a new database under a name of its own',
    'rds:RestoreDBInstanceFromDBSnapshot',
    rds('db', 'x'),
    asked,
    no,
  ],
  [
    'a new cluster under a name of its own',
    'rds:RestoreDBClusterFromSnapshot',
    rds('cluster', 'x'),
    asked,
    no,
  ],
  [
    'a member of a restored cluster, by its name',
    'rds:CreateDBInstance',
    rds('db', 'shop-r0a1b2c3d-16'),
    asked,
    yes,
  ],
  ['a member by another name', 'rds:CreateDBInstance', rds('db', 'shop-1'), asked, no],
  ['tags of a new database', 'rds:AddTagsToResource', rds('db', 'circle-db-r0a1b2c3d'), asked, yes],
  ['tags of a restore on a live database', 'rds:AddTagsToResource', rds('db', 'circle-db'), asked, no],
  ['tags of a restore on a live cluster', 'rds:AddTagsToResource', rds('cluster', 'shop'), asked, no],
  ['our tag on a snapshot', 'rds:AddTagsToResource', rds('snapshot', ourName), asked, no],
  ['a change of a live database', 'rds:ModifyDBInstance', rds('db', 'circle-db'), {}, never],
  ['deletion of a live database', 'rds:DeleteDBInstance', rds('db', 'circle-db'), {}, never],
  ['deletion of a restored one', 'rds:DeleteDBInstance', rds('db', 'circle-db-r0a1b2c3d'), restored, never],
  ['deletion of our database snapshot', 'rds:DeleteDBSnapshot', rds('snapshot', ourName), ours, never],
];

const others: readonly Case[] = [
  ['end of a live machine', 'ec2:TerminateInstances', ec2('instance', 'i-1'), {}, never],
  ['end of a restored machine', 'ec2:TerminateInstances', ec2('instance', 'i-1'), restored, never],
  ['stop of a live machine', 'ec2:StopInstances', ec2('instance', 'i-1'), {}, never],
  ['deletion of our snapshot', 'ec2:DeleteSnapshot', copy('snapshot', 'snap-0123456789abcdef0'), ours, never],
  ['deregistration of our image', 'ec2:DeregisterImage', copy('image', 'ami-0123456789abcdef0'), ours, never],
  ['removal of tags', 'ec2:DeleteTags', copy('image', 'ami-0123456789abcdef0'), ours, never],
  ['a new image', 'ec2:CreateImage', ec2('instance', 'i-1'), {}, no],
  [
    'user data of a selected machine by id',
    'ec2:DescribeInstanceAttribute',
    ec2('instance', 'i-0aaa0aaa0aaa0aaa0'),
    {},
    yes,
  ],
  ['user data of any other machine', 'ec2:DescribeInstanceAttribute', ec2('instance', 'i-1'), {}, no],
  ['entry of the ledger', 's3:PutObject', ledger, create, yes],
  ['entry of the ledger over another', 's3:PutObject', ledger, {}, no],
  ['a hold of a backup', 's3:PutObject', ledger.replace('restores', 'holds'), create, never],
  ['that a last copy may go', 's3:PutObject', ledger.replace('restores', 'forgets'), create, never],
  ['deletion in the ledger', 's3:DeleteObjectVersion', ledger, {}, never],
  ['key through EC2', 'kms:Decrypt', key, { 'kms:ViaService': `ec2.${region}.amazonaws.com` }, yes],
  ['key directly', 'kms:Decrypt', key, {}, no],
];

const change = 'route53:ChangeResourceRecordSets';
const zone = `arn:aws:route53:::hostedzone/${restoreTargets.hostedZone}`;
const pointed: Context = {
  [`${change}NormalizedRecordNames`]: ['ci.example.com'],
  [`${change}RecordTypes`]: ['A'],
  [`${change}Actions`]: ['UPSERT'],
};
const records: readonly Case[] = [
  ['the named record to an address', change, zone, pointed, yes],
  ['the named record in another zone', change, 'arn:aws:route53:::hostedzone/Z1', pointed, no],
  [
    'another record beside it',
    change,
    zone,
    { ...pointed, [`${change}NormalizedRecordNames`]: ['ci.example.com', 'www.example.com'] },
    no,
  ],
  ['where mail goes', change, zone, { ...pointed, [`${change}RecordTypes`]: ['MX'] }, no],
  ['an alias of another name', change, zone, { ...pointed, [`${change}RecordTypes`]: ['CNAME'] }, no],
  ['its deletion', change, zone, { ...pointed, [`${change}Actions`]: ['DELETE'] }, no],
  ['a change of nothing that is told', change, zone, {}, no],
  ['what stands in the zone', 'route53:ListResourceRecordSets', zone, {}, yes],
  ['what stands in another', 'route53:ListResourceRecordSets', 'arn:aws:route53:::hostedzone/Z1', {}, no],
  ['a new zone', 'route53:CreateHostedZone', '*', {}, no],
  ['the end of the zone', 'route53:DeleteHostedZone', zone, {}, no],
];

const entry: readonly Case[] = [
  ['the worker by its alias', 'lambda:InvokeFunction', worker('prod-eu-restore-worker:live'), {}, yes],
  ['the worker without alias', 'lambda:InvokeFunction', worker('prod-eu-restore-worker'), {}, no],
  ['the worker of rotation', 'lambda:InvokeFunction', worker('prod-eu-rotate-worker:live'), {}, no],
  ['a launch', 'ec2:RunInstances', ec2('instance', '*'), machine, no],
  ['a command', 'ssm:SendCommand', ec2('instance', 'i-1'), commanded, no],
  ['the ledger', 's3:GetObjectVersion', ledger, {}, no],
];

function elsewhere(): Context {
  return { 'aws:RequestedRegion': 'us-east-1' };
}

describe.each<[string, string, readonly Case[]]>([
  ['launches', names.restoreWorker, launches],
  ['switches and commands', names.restoreWorker, switches],
  ['databases', names.restoreWorker, databases],
  ['what a restore has no business with, and what it reads', names.restoreWorker, others],
  ['records of the DNS', names.restoreWorker, records],
  ['the entry', names.restore, entry],
])('%s, as %s', (_subject, name, rows) => {
  const role = permissions.functions.get(name)?.role;
  const statements = role === undefined ? [] : grantsOf(permissions, role);

  it.each(rows)('%s: %s', (_what, action, resource, keys, verdict) => {
    const values = new RequestValues(everyRequest, keys);
    expect(judge(statements, { action, resource, values }).verdict).toBe(verdict);
  });
});

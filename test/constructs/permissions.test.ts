import { describe, expect, it } from 'vitest';
import { meetsAll } from '../../sandbox/iam/conditions.ts';
import { readPolicy } from '../../sandbox/iam/policy.ts';
import { RequestValues } from '../../sandbox/iam/request-values.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan, ec2ByIds, ec2ByTags } from '../support/plans.ts';
import { actionsOf, type Statement, statementsOf, synthesize } from '../support/synthesized.ts';

const template = synthesize();
const roles = [
  'Start',
  'Backup',
  'BackupWorker',
  'Rotate',
  'RotateWorker',
  'Restore',
  'RestoreWorker',
  'Schedules',
] as const;
/** Systems Manager authorizes these for everything or nothing. */
const openCommands = ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommands'];
const worker = statementsOf(template, 'BackupWorker');
const allowing = (action: string, statements: readonly Statement[] = worker): Statement[] =>
  statements.filter((each) => each.Effect === 'Allow' && actionsOf(each).includes(action));
const hasStar = ({ Resource }: Statement): boolean => JSON.stringify(Resource) === '"*"';

describe('permissions', () => {
  it('come from no managed policy, and from nothing but the role itself', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    }
    template.resourceCountIs('AWS::IAM::Role', roles.length);
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
  });

  it.each(roles)('of %s name every action in full', (role) => {
    for (const statement of statementsOf(template, role)) {
      for (const action of actionsOf(statement)) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z0-9]+$/);
    }
  });

  it.each(roles)('of %s allow on every resource what describes, at most', (role) => {
    const open = statementsOf(template, role).filter((each) => each.Effect === 'Allow' && hasStar(each));
    for (const action of open.flatMap(actionsOf).filter((each) => !openCommands.includes(each)))
      expect(action).toMatch(/^(autoscaling|ec2|rds):Describe/);
  });

  it('let the schedules and the start function do one thing each', () => {
    const own = ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'];
    expect(statementsOf(template, 'Schedules').flatMap(actionsOf).sort()).toEqual([
      'lambda:InvokeFunction',
      'sqs:SendMessage',
    ]);
    expect(statementsOf(template, 'Start').flatMap(actionsOf).sort()).toEqual([
      'lambda:InvokeFunction',
      ...own,
    ]);
  });

  it('let the worker copy what the plans select, by tags and by name', () => {
    const images = allowing('ec2:CreateImage').map(({ Resource, Condition }) => ({
      resource: JSON.stringify(Resource),
      condition: Condition,
    }));
    expect(images).toContainEqual({
      resource: expect.stringContaining(':instance/*'),
      condition: { StringEquals: { 'aws:ResourceTag/Role': 'ci', 'aws:ResourceTag/Stage': 'prod' } },
    });
    expect(images).toContainEqual({
      resource: expect.stringContaining(':instance/i-0aaa0aaa0aaa0aaa0'),
      condition: undefined,
    });
    expect(JSON.stringify(allowing('rds:CreateDBSnapshot'))).toContain(':db:circle-db');
    expect(JSON.stringify(allowing('rds:CreateDBClusterSnapshot'))).toContain(':cluster:shop');
  });

  it('select by several values of one tag at once, and by no mixture that no plan asked for', () => {
    const select = (name: string, ...tags: Record<string, string>[]) =>
      aPlan({ name, sources: tags.map(ec2ByTags) });
    const plans = {
      a: select('a', { Team: 'a' }, { Team: 'b', Stage: 'prod' }),
      b: select('b', { Team: 'b' }, { Team: 'c', Stage: 'prod' }, { Team: 'b' }),
      c: select('c', { Team: 'c', Stage: 'test' }, { Owner: 'c' }),
    };
    const conditions = allowing(
      'ec2:CreateImage',
      statementsOf(synthesize(aConfig({ plans })), 'BackupWorker'),
    )
      .map(({ Condition }) => Condition?.StringEquals)
      .filter((tags) => JSON.stringify(tags ?? {}).includes('aws:ResourceTag/'));
    expect(conditions).toHaveLength(4);
    expect(conditions).toEqual(
      expect.arrayContaining([
        { 'aws:ResourceTag/Team': ['a', 'b'] },
        { 'aws:ResourceTag/Team': ['b', 'c'], 'aws:ResourceTag/Stage': 'prod' },
        { 'aws:ResourceTag/Team': 'c', 'aws:ResourceTag/Stage': 'test' },
        { 'aws:ResourceTag/Owner': 'c' },
      ]),
    );
  });

  it('take the values of tags as they stand, also where IAM would see a variable or a wildcard', () => {
    const plans = { fleet: aPlan({ sources: [ec2ByTags({ Team: `\${aws:username}$`, Stage: '*' })] }) };
    const [statement] = allowing(
      'ec2:CreateImage',
      statementsOf(synthesize(aConfig({ plans })), 'BackupWorker'),
    );
    const selection = readPolicy({
      Version: '2012-10-17',
      Statement: { ...statement, Resource: '*' },
    }).flatMap(({ conditions }) => conditions);
    const meets = (team: string, stage: string): boolean =>
      meetsAll(
        selection,
        new RequestValues({
          'aws:username': 'eve',
          'aws:ResourceTag/Team': team,
          'aws:ResourceTag/Stage': stage,
        }),
        true,
      );
    expect(meets(`\${aws:username}$`, '*')).toBe(true);
    expect(meets('eve$', '*')).toBe(false);
    expect(meets(`\${aws:username}$`, 'production')).toBe(false);
  });

  it('let the worker read user data in plans with an application only', () => {
    const [statement, ...more] = allowing('ec2:DescribeInstanceAttribute');
    expect(more).toEqual([]);
    expect(statement?.Condition).toEqual({
      StringEquals: { 'aws:ResourceTag/Role': 'ci', 'aws:ResourceTag/Stage': 'prod' },
    });
  });

  it('let the worker tag only what it is making, as ours', () => {
    for (const { Condition } of allowing('ec2:CreateTags')) {
      expect(Condition).toMatchObject({
        StringEquals: { 'aws:RequestTag/snapkeep:managed': 'prod-eu', 'ec2:CreateAction': 'CreateImage' },
      });
    }
    for (const { Resource, Condition } of allowing('rds:AddTagsToResource')) {
      expect(JSON.stringify(Resource)).toMatch(
        /:(cluster-)?snapshot:snapkeep-prod-eu-[?]{10}-[?]{8}t[?]{4}-a[?]"/,
      );
      expect(Condition).toEqual({ StringEquals: { 'aws:RequestTag/snapkeep:managed': 'prod-eu' } });
    }
  });

  it('let the worker write to the ledger, create-only, and nowhere else', () => {
    const [write, ...more] = allowing('s3:PutObject');
    expect(more).toEqual([]);
    expect(JSON.stringify(write?.Resource)).toContain('/ledger/*');
    expect(write?.Condition).toEqual({ StringEquals: { 's3:if-none-match': '*' } });
  });

  it('let the worker checkpoint executions of its own versions', () => {
    const [statement] = allowing('lambda:CheckpointDurableExecution');
    expect(JSON.stringify(statement?.Resource)).toContain(':function:prod-eu-backup-worker:*');
  });

  it('deny the worker everything that destroys a copy', () => {
    const denied = worker.filter(({ Effect }) => Effect === 'Deny').flatMap(actionsOf);
    expect(denied).toEqual(
      expect.arrayContaining([
        'ec2:DeregisterImage',
        'ec2:DeleteSnapshot',
        'rds:DeleteDBSnapshot',
        's3:DeleteObject',
      ]),
    );
  });

  it('ask for nothing of RDS when no plan has a database', () => {
    const plans = { fleet: aPlan({ sources: [ec2ByTags({ Backup: 'yes' })] }) };
    const actions = statementsOf(synthesize(aConfig({ plans })), 'BackupWorker')
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(actionsOf);
    expect(actions.filter((action) => action.startsWith('rds:'))).toEqual([]);
  });

  it('are refused at synthesis when they would not fit into a role', () => {
    const ids = Array.from({ length: 300 }, (_, n) => `i-${n.toString(16).padStart(17, '0')}`);
    const plans = { fleet: aPlan({ sources: [ec2ByIds(...ids)] }) };
    expect(() => synthesize(aConfig({ plans }))).toThrow('select sources by tags instead of by identifiers');
  });
});

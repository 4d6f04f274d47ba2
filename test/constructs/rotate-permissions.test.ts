import { describe, expect, it } from 'vitest';
import { aConfig } from '../support/configs.ts';
import { aPlan } from '../support/plans.ts';
import { actionsOf, type Statement, statementsOf, synthesize } from '../support/synthesized.ts';

const template = synthesize();
const worker = statementsOf(template, 'RotateWorker');
const allowing = (action: string): readonly Statement[] =>
  worker.filter((each) => each.Effect === 'Allow' && actionsOf(each).includes(action));
const only = (action: string): Statement => {
  const [statement, ...more] = allowing(action);
  expect(more, action).toEqual([]);
  if (statement === undefined) throw new Error(`nothing allows ${action}`);
  return statement;
};
const deniedActions = worker.filter(({ Effect }) => Effect === 'Deny').flatMap(actionsOf);

describe('the role of the rotation worker', () => {
  it.each([
    ['ec2:DeregisterImage', '::image/ami-?????????????????'],
    ['ec2:DeleteSnapshot', '::snapshot/snap-?????????????????'],
  ])('has %s for what carries our tag and belongs to this account', (action, resource) => {
    const { Resource, Condition } = only(action);
    expect(JSON.stringify(Resource)).toContain(`eu-west-1${resource}`);
    expect(Condition).toEqual({
      StringEquals: {
        'aws:ResourceTag/snapkeep:managed': 'prod-eu',
        'ec2:Owner': { Ref: 'AWS::AccountId' },
      },
    });
  });

  it('lifts the protection of our images only where a backup gave it', () => {
    const { Resource, Condition } = only('ec2:DisableImageDeregistrationProtection');
    expect(JSON.stringify(Resource)).toContain('eu-west-1::image/ami-?????????????????');
    expect(Condition).toEqual({
      StringEquals: {
        'aws:ResourceTag/snapkeep:managed': 'prod-eu',
        'ec2:Owner': { Ref: 'AWS::AccountId' },
      },
      Null: { 'aws:ResourceTag/snapkeep:protected': 'false' },
    });
  });

  it.each([
    ['rds:DeleteDBSnapshot', ':snapshot:snapkeep-prod-eu-??????????-????????t????-a?'],
    ['rds:DeleteDBClusterSnapshot', ':cluster-snapshot:snapkeep-prod-eu-??????????-????????t????-a?'],
  ])('has %s for our names with our tag', (action, resource) => {
    const { Resource, Condition } = only(action);
    expect(JSON.stringify(Resource)).toContain(resource);
    expect(Condition).toEqual({ StringEquals: { 'aws:ResourceTag/snapkeep:managed': 'prod-eu' } });
  });

  it('deletes nothing else', () => {
    const deletes = worker
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(actionsOf)
      .filter((action) => /:(Delete|Deregister|Terminate|Remove|Modify)/.test(action));
    expect(deletes.sort()).toEqual([
      'ec2:DeleteSnapshot',
      'ec2:DeregisterImage',
      'rds:DeleteDBClusterSnapshot',
      'rds:DeleteDBSnapshot',
    ]);
  });

  it('can neither make copies nor set the tag that it deletes by', () => {
    expect(deniedActions).toEqual(
      expect.arrayContaining([
        'ec2:CreateTags',
        'ec2:DeleteTags',
        'rds:AddTagsToResource',
        'ec2:CreateImage',
        's3:DeleteObject',
      ]),
    );
  });

  it('reads parameters that name images, and no secret among them', () => {
    expect(JSON.stringify(only('ssm:GetParameters').Resource)).toContain(':parameter/*');
    const denial = worker.find((each) => each.Effect === 'Deny' && actionsOf(each).includes('kms:Decrypt'));
    expect(denial?.Condition).toEqual({ StringEquals: { 'kms:ViaService': 'ssm.eu-west-1.amazonaws.com' } });
  });

  it('reads and adds to the ledger, create-only', () => {
    expect(only('s3:PutObject').Condition).toEqual({ StringEquals: { 's3:if-none-match': '*' } });
    expect(JSON.stringify(only('s3:PutObject').Resource)).toContain('/ledger/*');
  });

  it('looks after copies of databases also when no plan has one any more', () => {
    const plans = { fleet: aPlan() };
    const actions = statementsOf(synthesize(aConfig({ plans })), 'RotateWorker').flatMap(actionsOf);
    expect(actions).toContain('rds:DeleteDBSnapshot');
  });
});

describe('the roles around it', () => {
  it('let the entry start the worker and read its answer, and see nothing of the account', () => {
    const actions = statementsOf(template, 'Rotate').flatMap(actionsOf);
    expect(actions.sort()).toEqual([
      'lambda:GetDurableExecution',
      'lambda:InvokeFunction',
      'lambda:ListDurableExecutionsByFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:SendMessage',
    ]);
  });

  it('let the backup worker start a rotation by the alias', () => {
    const invoke = statementsOf(template, 'BackupWorker').filter((each) =>
      actionsOf(each).includes('lambda:InvokeFunction'),
    );
    expect(JSON.stringify(invoke)).toContain(':function:prod-eu-rotate-worker:live');
    expect(JSON.stringify(invoke)).not.toMatch(/worker"|worker:\*/);
  });
});

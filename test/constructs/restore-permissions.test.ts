import { describe, expect, it } from 'vitest';
import { documentsOf } from '../../functions/applications/documents.ts';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import type { Plan } from '../../functions/plan/config.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan } from '../support/plans.ts';
import { actionsOf, type Statement, statementsOf, synthesize } from '../support/synthesized.ts';

const targets: Plan['restore'] = {
  subnet: 'subnet-0aaa0aaa0aaa0aaa0',
  securityGroups: ['sg-0bbb0bbb0bbb0bbb0'],
  quarantineGroup: 'sg-0ccc0ccc0ccc0ccc0',
  instanceProfile: 'snapkeep-restored',
  allow: { subnets: ['subnet-0ddd0ddd0ddd0ddd0'], securityGroups: [], instanceProfiles: ['other'] },
};
const config = aConfig();
const { ci, fleet } = config.plans;
if (!ci || !fleet) throw new Error('the plans of the test are not there');
const template = synthesize(aConfig({ plans: { ci: { ...ci, restore: targets }, fleet } }));
const worker = statementsOf(template, 'RestoreWorker');
const allowing = (action: string): readonly Statement[] =>
  worker.filter((each) => each.Effect === 'Allow' && actionsOf(each).includes(action));
/** The statements on resources of one type, by the text of their ARN. */
const on = (action: string, resource: string): readonly Statement[] =>
  allowing(action).filter(({ Resource }) => JSON.stringify(Resource).includes(resource));
/** What a restore of this deployment makes: by `aws:RequestTag` in the making, by the others from then on. */
const ofRestore = (tags: string) => ({
  StringEquals: { [`${tags}/snapkeep:restored-by`]: 'prod-eu' },
});
const conditionOn = (action: string, resource: string) =>
  on(action, resource).map(({ Condition }) => Condition);

describe('the role of the restore worker', () => {
  it('launches from our images and their snapshots only', () => {
    const ours = {
      StringEquals: {
        'aws:ResourceTag/snapkeep:managed': 'prod-eu',
        'ec2:Owner': { Ref: 'AWS::AccountId' },
      },
    };
    expect(conditionOn('ec2:RunInstances', '::image/ami-?????????????????')).toEqual([ours]);
    expect(conditionOn('ec2:RunInstances', '::snapshot/snap-?????????????????')).toEqual([ours]);
  });

  it('launches into the named subnets and groups, and no others', () => {
    const text = JSON.stringify(allowing('ec2:RunInstances').map(({ Resource }) => Resource));
    expect(text.match(/subnet\/[^"]+/g)?.sort()).toEqual([
      'subnet/subnet-0aaa0aaa0aaa0aaa0',
      'subnet/subnet-0ddd0ddd0ddd0ddd0',
    ]);
    expect(text.match(/security-group\/[^"]+/g)?.sort()).toEqual([
      'security-group/sg-0bbb0bbb0bbb0bbb0',
      'security-group/sg-0ccc0ccc0ccc0ccc0',
    ]);
  });

  it('launches machines with IMDSv2, our tag, and a named profile', () => {
    const [condition] = conditionOn('ec2:RunInstances', ':instance/*');
    expect(condition).toMatchObject({
      StringEquals: {
        'aws:RequestTag/snapkeep:restored-by': 'prod-eu',
        'ec2:MetadataHttpTokens': 'required',
      },
    });
    expect(JSON.stringify(condition?.ArnEqualsIfExists)).toMatch(
      /instance-profile\/other.*instance-profile\/snapkeep-restored/,
    );
  });

  it('passes the roles of the named profiles, to EC2 alone', () => {
    const [statement, ...more] = allowing('iam:PassRole');
    expect(more).toEqual([]);
    expect(JSON.stringify(statement?.Resource)).toMatch(/:role\/other.*:role\/snapkeep-restored/);
    expect(statement?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } });
  });

  it('passes no role, and launches nothing with one, when no plan names a profile', () => {
    const statements = statementsOf(synthesize(), 'RestoreWorker');
    expect(statements.filter((each) => each.Effect === 'Allow').flatMap(actionsOf)).not.toContain(
      'iam:PassRole',
    );
    expect(JSON.stringify(statements)).toContain('"Null":{"ec2:InstanceProfile":"true"}');
  });

  it('tags only what it is launching', () => {
    for (const { Condition } of allowing('ec2:CreateTags')) {
      expect(Condition).toEqual({
        StringEquals: {
          'aws:RequestTag/snapkeep:restored-by': 'prod-eu',
          'ec2:CreateAction': 'RunInstances',
        },
      });
    }
  });

  it('changes groups of restored machines only, to named groups', () => {
    expect(conditionOn('ec2:ModifyNetworkInterfaceAttribute', 'network-interface/*')).toEqual([
      ofRestore('aws:ResourceTag'),
    ]);
    const text = JSON.stringify(on('ec2:ModifyNetworkInterfaceAttribute', 'security-group/'));
    expect(text.match(/security-group\/[^"]+/g)).toHaveLength(2);
  });

  it('moves an Elastic IP that carries our tag, to restored machines only', () => {
    expect(conditionOn('ec2:AssociateAddress', 'elastic-ip/*')).toEqual([
      { StringEquals: { 'aws:ResourceTag/snapkeep:managed': 'prod-eu' } },
    ]);
    expect(conditionOn('ec2:AssociateAddress', ':instance/*')).toEqual([ofRestore('aws:ResourceTag')]);
  });

  it.each([
    [
      'rds:RestoreDBInstanceFromDBSnapshot',
      ':snapshot:snapkeep-prod-eu-??????????-????????t????-a?',
      ':db:*-r????????',
    ],
    [
      'rds:RestoreDBClusterFromSnapshot',
      ':cluster-snapshot:snapkeep-prod-eu-??????????-????????t????-a?',
      ':cluster:*-r????????',
    ],
  ])('has %s from our snapshots, into what gets our tag', (action, snapshot, made) => {
    expect(conditionOn(action, snapshot)).toEqual([
      { StringEquals: { 'aws:ResourceTag/snapkeep:managed': 'prod-eu' } },
    ]);
    expect(conditionOn(action, made)).toEqual([ofRestore('aws:RequestTag')]);
  });

  it('sends documents of the profiles that plans use, to restored machines, and writes none', () => {
    const text = JSON.stringify(allowing('ssm:SendCommand').map(({ Resource }) => Resource));
    const documents = ['rewrite', 'undo', 'start-units', 'step-*', 'check-*'];
    expect(text.match(/document\/[^"]+/g)).toEqual(
      documents.map((action) => `document/prod-eu-circleci-server-${action}`),
    );
    expect(conditionOn('ssm:SendCommand', ':instance/*')).toEqual([ofRestore('ssm:resourceTag')]);
    const denied = worker.filter(({ Effect }) => Effect === 'Deny').flatMap(actionsOf);
    expect(denied).toEqual(
      expect.arrayContaining(['ssm:CreateDocument', 'ec2:TerminateInstances', 'ec2:DeregisterImage']),
    );
  });

  it('changes no DNS record, since no configuration names a zone', () => {
    expect(worker.flatMap(actionsOf).filter((action) => action.startsWith('route53:'))).toEqual([]);
  });

  it('points the records that plans name at addresses, in their zones, and changes no other', () => {
    const change = 'route53:ChangeResourceRecordSets';
    const plans = {
      ci: { ...ci, restore: { hostname: 'CI.example.com', hostedZone: 'Z0AAAAAAAAAAAAAAAAAAA' } },
      fleet: { ...fleet, restore: { hostname: 'git.example.com', hostedZone: 'Z0AAAAAAAAAAAAAAAAAAA' } },
      other: aPlan({
        name: 'other',
        restore: { hostname: 'www.example.org', hostedZone: 'Z0BBBBBBBBBBBBBBBBBBB' },
      }),
      without: aPlan({ name: 'without', restore: { hostname: 'no.example.org' } }),
    };
    const statements = statementsOf(synthesize(aConfig({ plans })), 'RestoreWorker');
    const changes = statements.filter((each) => actionsOf(each).includes(change));
    const bounds = (...names: readonly string[]) => ({
      'ForAllValues:StringEquals': {
        [`${change}Actions`]: ['UPSERT'],
        [`${change}NormalizedRecordNames`]: names,
        [`${change}RecordTypes`]: ['A'],
      },
      Null: {
        [`${change}Actions`]: 'false',
        [`${change}NormalizedRecordNames`]: 'false',
        [`${change}RecordTypes`]: 'false',
      },
    });
    expect(changes.map(({ Condition }) => Condition)).toEqual([
      bounds('ci.example.com', 'git.example.com'),
      bounds('www.example.org'),
    ]);
    expect(JSON.stringify(changes.map(({ Resource }) => Resource)).match(/hostedzone\/\w+/g)).toEqual([
      'hostedzone/Z0AAAAAAAAAAAAAAAAAAA',
      'hostedzone/Z0BBBBBBBBBBBBBBBBBBB',
    ]);
  });
});

describe('the scripts of restores', () => {
  it('come with the stack, exactly as the worker expects them', () => {
    const profile = loadProfile('circleci-server');
    const expected = profile ? documentsOf(profile, 'prod-eu') : [];
    expect(expected.length).toBeGreaterThan(5);
    for (const { name, content } of expected) {
      template.hasResourceProperties('AWS::SSM::Document', {
        Name: name,
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
        UpdateMethod: 'NewVersion',
        Content: JSON.parse(content),
      });
    }
    template.resourceCountIs('AWS::SSM::Document', expected.length);
  });

  it('are not there when no plan has an application', () => {
    const plain = synthesize(aConfig({ plans: { fleet: aPlan() } }));
    plain.resourceCountIs('AWS::SSM::Document', 0);
    expect(statementsOf(plain, 'RestoreWorker').flatMap(actionsOf)).not.toContain('ssm:SendCommand');
  });
});

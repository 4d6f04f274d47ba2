/** Fine points of policies that the comparison with another evaluator leaves out, because the two differ or are silent. */
import { describe, expect, it } from 'vitest';
import { judge } from '../../sandbox/iam/evaluator.ts';
import { readPolicy } from '../../sandbox/iam/policy.ts';
import { type Context, RequestValues } from '../../sandbox/iam/request-values.ts';
import { readTemplate } from '../../sandbox/iam/template.ts';
import { TemplateValues } from '../../sandbox/iam/template-values.ts';

const asked = { action: 's3:GetObject', resource: 'arn:aws:s3:::vault/a*b' };
const verdict = (
  statement: object,
  keys: Context = {},
  more: Partial<typeof asked> = {},
  version = '2012-10-17',
) =>
  judge(
    readPolicy({
      Version: version,
      Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement },
    }),
    {
      ...asked,
      ...more,
      values: new RequestValues(keys),
    },
  ).verdict;
const meets = (Condition: object, keys: Context = {}, version?: string): boolean =>
  verdict({ Condition }, keys, {}, version) === 'Allowed';

describe('addresses', () => {
  it.each([
    ['0.0.0.0/0', '203.0.113.9', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['203.0.113.0/24', '2001:db8::1', false],
    ['203.0.113.0/33', '203.0.113.9', false],
    ['nonsense', '203.0.113.9', false],
  ])('%s holds %s: %s', (range, address, holds) => {
    expect(meets({ IpAddress: { 'aws:SourceIp': range } }, { 'aws:SourceIp': address })).toBe(holds);
    expect(meets({ NotIpAddress: { 'aws:SourceIp': range } }, { 'aws:SourceIp': address })).toBe(!holds);
  });
});

describe('variables', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of policies look like this
  const star = 'arn:aws:s3:::vault/a${*}b';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of policies look like this
  const own = 'arn:aws:s3:::vault/${aws:username}/*';

  it('stand for wildcards as they are written', () => {
    expect(verdict({ Resource: star })).toBe('Allowed');
    expect(verdict({ Resource: star }, {}, { resource: 'arn:aws:s3:::vault/axb' })).toBe('ImplicitlyDenied');
  });

  it('hold their values without any wildcard in them', () => {
    const resource = 'arn:aws:s3:::vault/other/x';
    expect(verdict({ Resource: own }, { 'aws:username': 'other' }, { resource })).toBe('Allowed');
    expect(verdict({ Resource: own }, { 'aws:username': '*' }, { resource })).toBe('ImplicitlyDenied');
    expect(verdict({ Resource: own }, {}, { resource })).toBe('ImplicitlyDenied');
  });

  it('are plain text in documents of the older version', () => {
    const resource = own.replace('*', 'x');
    expect(verdict({ Resource: own }, { 'aws:username': 'other' }, { resource }, '2008-10-17')).toBe(
      'Allowed',
    );
  });

  it('without a value spare nothing in NotResource and let nothing through by differing', () => {
    expect(verdict({ Resource: undefined, NotResource: own })).toBe('ImplicitlyDenied');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of policies look like this
    const differs = { StringNotEquals: { 'aws:PrincipalAccount': '${aws:ResourceAccount}' } };
    expect(meets(differs, { 'aws:PrincipalAccount': '1' })).toBe(false);
    expect(meets(differs, { 'aws:PrincipalAccount': '1', 'aws:ResourceAccount': '2' })).toBe(true);
  });
});

describe('values', () => {
  it('of times may be seconds since the epoch', () => {
    const keys = { 'aws:CurrentTime': '2026-11-20T02:00:00Z' };
    expect(meets({ DateLessThan: { 'aws:CurrentTime': '1795140001' } }, keys)).toBe(true);
    expect(meets({ DateLessThan: { 'aws:CurrentTime': '1795140000' } }, keys)).toBe(false);
  });

  it('that are no numbers meet nothing', () => {
    expect(meets({ NumericEquals: { n: 'seven' } }, { n: 'seven' })).toBe(false);
    expect(meets({ NumericLessThan: { n: '7' } }, { n: '' })).toBe(false);
  });

  it('of a list count one by one, by the set operator', () => {
    const keys = { 'aws:TagKeys': ['snapkeep:managed', 'Role'] };
    const wanted = { 'aws:TagKeys': ['snapkeep:*'] };
    expect(meets({ 'ForAllValues:StringLike': wanted }, keys)).toBe(false);
    expect(meets({ 'ForAnyValue:StringLike': wanted }, keys)).toBe(true);
    expect(meets({ 'ForAllValues:StringLike': wanted })).toBe(true);
    expect(meets({ 'ForAnyValue:StringLike': wanted })).toBe(false);
  });

  it('may be missing: Null asks, IfExists forgives, negations agree', () => {
    expect(meets({ Null: { k: 'true' } })).toBe(true);
    expect(meets({ Null: { k: 'false' } })).toBe(false);
    expect(meets({ NumericLessThanIfExists: { k: '7' } })).toBe(true);
    expect(meets({ NumericLessThan: { k: '7' } })).toBe(false);
    expect(meets({ ArnNotLike: { k: 'arn:aws:*:*:*:*' } })).toBe(true);
  });
});

describe('ARNs', () => {
  it('in conditions are compared part by part', () => {
    const keys = { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/a/b' };
    expect(meets({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } }, keys)).toBe(true);
    expect(meets({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:role/*' } }, keys)).toBe(false);
  });

  it('of resources stand for anything in the parts that they leave out', () => {
    expect(verdict({ Resource: 'arn:aws:s3' })).toBe('Allowed');
    expect(verdict({ Resource: 'arn:aws:ec2' })).toBe('ImplicitlyDenied');
  });

  it('of resources that do not exist yet end in a star, which no question mark meets more than once', () => {
    const resource = 'arn:aws:ec2:eu-west-1::image/*';
    expect(verdict({ Resource: 'arn:aws:ec2:eu-west-1::image/*' }, {}, { resource })).toBe('Allowed');
    expect(
      verdict({ Resource: `arn:aws:ec2:eu-west-1::image/ami-${'?'.repeat(17)}` }, {}, { resource }),
    ).toBe('ImplicitlyDenied');
  });
});

describe('a template', () => {
  const role = (properties: object) => ({
    Resources: { Role: { Type: 'AWS::IAM::Role', Properties: properties } },
  });
  const place = { account: '123456789012', region: 'eu-west-1', stackName: 'stack' };

  it('shows the policies of its roles with all references replaced', () => {
    const document = {
      Statement: {
        Effect: 'Allow',
        Action: 's3:GetObject',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: references of templates look like this
        Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::vault-${AWS::AccountId}/*' },
      },
    };
    const { roles } = readTemplate(role({ Policies: [{ PolicyDocument: document }] }), place);
    expect(roles).toEqual([
      {
        logicalId: 'Role',
        arn: expect.stringMatching(/^arn:aws:iam::123456789012:role\/stack-Role-[0-9a-f]{12}$/),
        documents: [{ Statement: { ...document.Statement, Resource: 'arn:aws:s3:::vault-123456789012/*' } }],
      },
    ]);
  });

  it('names roles and buckets that it leaves unnamed so that no other Region has the same', () => {
    const arnOf = (region: string): string | undefined =>
      readTemplate(role({}), { ...place, region }).roles[0]?.arn;
    expect(arnOf('eu-west-1')).toBe(arnOf('eu-west-1'));
    expect(arnOf('us-east-1')).not.toBe(arnOf('eu-west-1'));
    const bucket = (region: string): string =>
      new TemplateValues(
        { Resources: { Logs: { Type: 'AWS::S3::Bucket', Properties: {} } } },
        { ...place, region },
      ).text({ Ref: 'Logs' });
    expect(bucket('eu-west-1')).toMatch(/^stack-logs-[0-9a-f]{12}$/);
    expect(bucket('us-east-1')).not.toBe(bucket('eu-west-1'));
  });

  it.each([
    ['managed policies', role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })],
    ['values of other stacks', role({ Policies: [{ PolicyDocument: { 'Fn::ImportValue': 'x' } }] })],
    ['references to nothing', role({ RoleName: { Ref: 'Nothing' } })],
  ])('is refused with %s', (_what, template) => {
    expect(() => readTemplate(template, place)).toThrow();
  });
});

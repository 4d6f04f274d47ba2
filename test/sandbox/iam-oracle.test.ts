/**
 * The evaluator of the sandbox beside an independent one, on random policies and requests. The oracle is a development
 * dependency under the AGPL: only tests may import it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, judgeBoth } from '../../sandbox/iam/evaluator.ts';
import { readPolicy } from '../../sandbox/iam/policy.ts';
import { type Context, RequestValues } from '../../sandbox/iam/request-values.ts';

const account = '123456789012';
const stranger = '999999999999';
const roleArn = `arn:aws:iam::${account}:role/worker`;
const sessionArn = `arn:aws:sts::${account}:assumed-role/worker/session`;

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
/** One text, or a list of a few, as policies may hold either. */
const some = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 }));

const actions = oneOf(
  ...['ec2:CreateImage', 'ec2:CreateTags', 'ec2:DeleteSnapshot', 's3:GetObject', 's3:PutObject'],
  ...['S3:getobject', 'ec2:Create*', 'ec2:?elete*', '*', 's3:*', 'ec2:CreateImage?'],
);
const resources = oneOf(
  ...['*', 'arn:aws:ec2:eu-west-1::image/*', 'arn:aws:ec2:eu-west-1::image/ami-?????', 'arn:aws:*:*:*:*'],
  ...[
    'arn:aws:s3:::vault',
    'arn:aws:s3:::vault/*',
    'arn:aws:s3:::vault/ledger/*.json',
    'arn:*:*:*:*:vault/*',
  ],
);
/** Not in NotResource: what a variable without a value spares is documented nowhere. */
const withVariables = oneOf(
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of policies look like this
  ...['arn:aws:s3:::vault/${aws:PrincipalTag/team}/*', "arn:aws:s3:::${aws:username, 'vault'}/*"],
);
const asked = {
  actions: oneOf('ec2:CreateImage', 'ec2:CreateTags', 'ec2:DeleteSnapshot', 's3:GetObject', 's3:PutObject'),
  resources: oneOf(
    ...['arn:aws:ec2:eu-west-1::image/ami-12345', 'arn:aws:s3:::vault'],
    ...['arn:aws:s3:::vault/ledger/a.json', 'arn:aws:s3:::vault/blue/x', 'arn:aws:s3:::other/ledger/a.json'],
  ),
};

const texts = oneOf('prod-eu', 'Prod-EU', 'prod-us', 'snapkeep:managed', 'Name', '', 'a?b', 'blue');
const patterns = oneOf(
  ...['prod-eu', 'PROD-EU', 'prod-*', 'prod-??', 'snapkeep:*', 'Name', '*', '?*', '', 'blue'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of policies look like this
  '${aws:PrincipalTag/team}',
);
const numbers = oneOf('7', '7.0', '35', '-1', '0', '36500');
const times = oneOf('2026-11-20T02:00:00Z', '2026-11-20T03:00:00Z', '2025-01-01T00:00:00Z');
const flags = oneOf('true', 'false');
const addresses = oneOf('203.0.113.9', '198.51.100.7');
const ranges = oneOf('203.0.113.0/24', '198.51.100.7/32', '198.51.100.7', '203.0.113.8/30');
const arns = oneOf(
  'arn:aws:iam::123456789012:role/a',
  'arn:aws:iam::123456789012:role/b/c',
  'arn:aws:s3:::x',
);
const arnPatterns = oneOf(
  'arn:aws:iam::*:role/*',
  'arn:aws:iam::123456789012:role/a',
  'arn:aws:s3:::?',
  'arn:*:*:*:*:*',
);

/** Operators by what they compare, and the key that holds such a value. */
const families = [
  {
    operators: ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
    more: ['StringLike', 'StringNotLike'],
    keys: ['aws:ResourceTag/snapkeep:managed', 'aws:TagKeys', 'ec2:CreateAction'],
    values: patterns,
  },
  {
    operators: ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals'],
    more: ['NumericGreaterThan', 'NumericGreaterThanEquals'],
    keys: ['ec2:SnapshotLockDuration'],
    values: numbers,
  },
  {
    operators: ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateGreaterThan'],
    more: ['DateLessThanEquals', 'DateGreaterThanEquals'],
    keys: ['aws:CurrentTime'],
    values: times,
  },
  { operators: ['Bool'], more: [], keys: ['aws:SecureTransport'], values: flags },
  { operators: ['IpAddress', 'NotIpAddress'], more: [], keys: ['aws:SourceIp'], values: ranges },
  {
    operators: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'],
    more: [],
    keys: ['aws:PrincipalArn'],
    values: arnPatterns,
  },
] as const;

const plainCondition = fc
  .constantFrom(...families)
  .chain(({ operators, more, keys, values }) =>
    fc.tuple(
      fc.constantFrom(...operators, ...more),
      fc.constantFrom(...keys),
      some<string>(values),
      fc.boolean(),
    ),
  )
  .chain(([operator, key, values, ifExists]) => {
    // Only keys that hold many values are asked about with set operators, and those always are.
    const sets = key === 'aws:TagKeys' ? ['ForAllValues:', 'ForAnyValue:'] : [''];
    return fc
      .constantFrom(...sets)
      .map((set) => ({ [`${set}${operator}${ifExists ? 'IfExists' : ''}`]: { [key]: values } }));
  });
const nullCondition = fc
  .tuple(oneOf('aws:ResourceTag/snapkeep:managed', 'aws:TagKeys', 'ec2:SnapshotLockDuration'), some(flags))
  .map(([key, values]) => ({ Null: { [key]: values } }));
const conditions = fc.option(fc.oneof({ weight: 5, arbitrary: plainCondition }, nullCondition), {
  nil: undefined,
});

const element = (name: string, values: fc.Arbitrary<string>, more = values) =>
  fc.oneof(
    some(fc.oneof(values, more)).map((list) => ({ [name]: list })),
    some(values).map((list) => ({ [`Not${name}`]: list })),
  );
const statement = fc
  .tuple(
    fc.record({ Effect: oneOf('Allow', 'Allow', 'Deny') }),
    element('Action', actions),
    element('Resource', resources, withVariables),
    conditions,
  )
  .map(([effect, action, resource, condition]) => ({
    ...effect,
    ...action,
    ...resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  }));
const policy = fc
  .array(statement, { minLength: 1, maxLength: 4 })
  .map((statements) => ({ Version: '2012-10-17', Statement: statements }));

const principals = oneOf<unknown>(
  ...['*', { AWS: '*' }, { AWS: roleArn }, { AWS: sessionArn }, { AWS: account }],
  ...[{ AWS: `arn:aws:iam::${account}:root` }, { AWS: 'arn:aws:iam::123456789012:role/other' }],
  { Service: 'ec2.amazonaws.com' },
);
/** The oracle checks what a bucket policy may hold before it combines. */
const bucketStatement = fc
  .tuple(
    fc.record({ Effect: oneOf('Allow', 'Allow', 'Deny') }),
    element('Action', oneOf('s3:GetObject', 's3:PutObject', 's3:Get*')),
    element('Resource', oneOf('arn:aws:s3:::vault/*', 'arn:aws:s3:::vault/ledger/*', 'arn:aws:s3:::other/*')),
    fc.option(oneOf({ Bool: { 'aws:SecureTransport': 'false' } }, { Null: { 'aws:SourceIp': 'true' } }), {
      nil: undefined,
    }),
    principals,
  )
  .map(([effect, action, resource, condition, Principal]) => ({
    ...effect,
    ...action,
    ...resource,
    ...(condition === undefined ? {} : { Condition: condition }),
    Principal,
  }));
const bucketPolicy = fc
  .array(bucketStatement, { minLength: 1, maxLength: 3 })
  .map((statements) => ({ Version: '2012-10-17', Statement: statements }));

const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const context = fc.record({
  'aws:ResourceTag/snapkeep:managed': optional(texts),
  'aws:PrincipalTag/team': optional(oneOf('blue', 'prod-*')),
  'aws:TagKeys': optional(fc.uniqueArray(texts, { maxLength: 3 })),
  'ec2:CreateAction': optional(texts),
  'ec2:SnapshotLockDuration': optional(numbers),
  'aws:CurrentTime': optional(times),
  'aws:SecureTransport': optional(flags),
  'aws:SourceIp': optional(addresses),
  'aws:PrincipalArn': optional(arns),
});

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

const requests: fc.Arbitrary<Request> = fc.record({
  action: asked.actions,
  resource: asked.resources,
  context,
});

const bucketRequests: fc.Arbitrary<Request> = fc.record({
  action: oneOf('s3:GetObject', 's3:PutObject'),
  resource: oneOf('arn:aws:s3:::vault/ledger/a.json', 'arn:aws:s3:::vault/blue/x'),
  context: fc.record({
    'aws:SecureTransport': optional(flags),
    'aws:SourceIp': optional(addresses),
    'aws:CurrentTime': optional(times),
  }),
});

const variablesOf = (keys: Context): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(keys).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, typeof value === 'string' ? value : [...value]]],
    ),
  );

const simulation = (
  { action, resource, context: keys }: Request,
  identity: readonly unknown[],
  owner = account,
): Simulation => ({
  request: {
    principal: sessionArn,
    action,
    resource: { resource, accountId: owner },
    contextVariables: variablesOf(keys),
  },
  identityPolicies: identity.map((each, index) => ({ name: `p${index}`, policy: each })),
  serviceControlPolicies: [],
  resourceControlPolicies: [],
});

const runs = { numRuns: Number(process.env.SNAPKEEP_ORACLE_RUNS ?? 3000) };

describe('the evaluator of the sandbox', () => {
  it('judges identity policies as an independent evaluator does', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(policy, { minLength: 1, maxLength: 2 }), requests, (policies, request) => {
        const { verdict } = judge(policies.flatMap(readPolicy), {
          ...request,
          values: new RequestValues(request.context),
        });
        seen.add(verdict);
        expect(verdict).toBe(runUnsafeSimulation(simulation(request, policies), {}));
      }),
      runs,
    );
    expect([...seen].sort()).toEqual(['Allowed', 'ExplicitlyDenied', 'ImplicitlyDenied']);
  });

  it('combines them with a resource policy as an independent evaluator does, also between accounts', async () => {
    const seen = new Set<string>();
    const owners = oneOf(account, stranger);
    await fc.assert(
      fc.asyncProperty(policy, bucketPolicy, owners, bucketRequests, async (own, theirs, owner, request) => {
        const { verdict } = judgeBoth(
          readPolicy(own),
          { statements: readPolicy(theirs), account: owner },
          { account, arn: sessionArn, roleArn },
          { ...request, values: new RequestValues(request.context) },
        );
        const told = await runSimulation(
          { ...simulation(request, [own], owner), resourcePolicy: theirs },
          {},
        );
        if (told.resultType === 'error') throw new Error(JSON.stringify(told.errors));
        seen.add(verdict);
        expect(verdict).toBe(told.overallResult);
      }),
      { numRuns: Math.ceil(runs.numRuns / 20) },
    );
    expect([...seen].sort()).toEqual(['Allowed', 'ExplicitlyDenied', 'ImplicitlyDenied']);
  });
});

describe('the independent evaluator', () => {
  it('is a development dependency that nothing but tests imports', () => {
    const root = resolve(import.meta.dirname, '../..');
    const { dependencies, devDependencies } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
    expect(Object.keys(dependencies).filter((name) => name.startsWith('@cloud-copilot/'))).toEqual([]);
    expect(Object.keys(devDependencies)).toContain('@cloud-copilot/iam-simulate');
    const shipped = ['bin', 'functions', 'lib', 'profiles', 'sandbox'].flatMap((folder) =>
      readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts'))
        .map((path) => resolve(root, folder, path)),
    );
    expect(shipped.filter((path) => readFileSync(path, 'utf8').includes('@cloud-copilot'))).toEqual([]);
  });
});

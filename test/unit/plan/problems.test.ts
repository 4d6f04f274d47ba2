import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../functions/plan/parse.ts';
import { ConfigError } from '../../../functions/plan/problems.ts';
import { minimal } from './minimal-config.ts';

/** The problems of a text, as `line:column path message`. */
function problemsOf(text: string, applications?: readonly string[]): readonly string[] {
  try {
    parseConfig(text, 'snapkeep.yaml', applications === undefined ? {} : { applications });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`);
  }
  return [];
}

/** The one problem of the minimal file with one part replaced, message and remedy. */
function problemWith(part: string, replacement: string): string {
  expect(minimal).toContain(part);
  try {
    parseConfig(minimal.replace(part, replacement), 'snapkeep.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems).toHaveLength(1);
    return `${error.message} ${error.remedy ?? ''}`;
  }
  throw new Error(`${replacement} was accepted`);
}

const withLine = (line: string): string => minimal.replace('plans:', `${line}\nplans:`);

describe('problems', () => {
  test('all of them are reported at once, in the order of the file, with line and column', () => {
    const text = minimal
      .replace('prod-eu', 'Prod')
      .replace('{ daily: 7 }', '{ daily: -1, weekly: many }\n    timeuot: 3h')
      .replace('rate(6 hours)', 'rate(6 hour)');
    expect(problemsOf(text)).toEqual([
      '2:13 deployment found "Prod", expected lower-case words joined by single hyphens, at most 20 characters',
      '7:29 plans.ci.schedule.expression found "rate(6 hour)", expected cron(...), rate(...) or at(...), but rate(6 hour) needs the plural',
      '10:25 plans.ci.retention.daily found -1, expected a whole number from 0 to 100000',
      '10:37 plans.ci.retention.weekly found "many", expected a whole number from 0 to 100000',
      '11:5 plans.ci.timeuot unknown key "timeuot"',
    ]);
  });

  test('a bad plan name does not hide the mistakes of its plan', () => {
    const found = problemsOf(minimal.replace('  ci:', '  Bad_Name:').replace('daily: 7', 'daily: x'));
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^6:3 plans\.Bad_Name found the name "Bad_Name"/);
    expect(problemsOf(minimal.replace('  ci:', '  Bad_Name:'))).toHaveLength(1);
  });

  test('a misspelt key is not also reported as missing', () => {
    expect(problemWith('vault:', 'vualt:')).toMatch(/unknown key "vualt"\. Did you mean vault\?/);
    expect(problemWith('daily: 7', 'dayly: 7')).toMatch(/unknown key "dayly"\. Did you mean daily\?/);
    expect(problemWith('tags: {', 'tag: {')).toMatch(/unknown key "tag"\. Did you mean tags\?/);
  });

  test.each(['deployment', 'region', 'vault'])('%s is missing when it is not there', (key) => {
    const text = minimal.replace(new RegExp(`^${key}:.*\n`, 'm'), '');
    expect(problemsOf(text)).toEqual([expect.stringMatching(new RegExp(`^1:1 ${key} missing, expected `))]);
  });

  test.each(['schedule', 'sources', 'retention'])('%s of a plan is missing when it is not there', (key) => {
    const text = minimal.replace(new RegExp(`    ${key}:.*\n(      .*\n)*`), '');
    expect(problemsOf(text)).toEqual([expect.stringMatching(new RegExp(`^6:3 plans.ci.${key} missing`))]);
  });

  test.each(['cloudSql', 'gcs', 's3'])('the kind %s is known and not supported by this version', (kind) => {
    expect(problemWith('ec2:', `${kind}:`)).toContain(`${kind} is not supported by this version`);
  });

  test('the google section is known and not supported by this version', () => {
    expect(problemsOf(withLine('google: { project: acme }'))).toEqual([
      '5:1 google google is not supported by this version',
    ]);
  });

  test('an expression that a comma cut in two gets the advice to quote it', () => {
    const text = minimal.replace('rate(6 hours)', 'cron(0 3 ? * MON,WED *)');
    expect(() => parseConfig(text, 'f')).toThrow(/put the expression in quotes/);
  });

  test.each([
    ['version: 1', 'version: 2', /found 2, expected 1/],
    ['version: 1', 'version: "1"', /found "1", expected 1/],
    ['prod-eu', 'prod--eu', /expected lower-case words/],
    ['prod-eu', 'a-name-of-twenty-one-c', /at most 20 characters/],
    ['prod-eu', '7', /found 7/],
    ['eu-west-1', 'eu-west-1a', /expected the code of an AWS Region/],
    ['eu-west-1', 'Ireland', /expected the code of an AWS Region/],
    ['acme-vault', 'ac', /expected an S3 bucket name/],
    ['acme-vault', 'Acme-Vault', /expected an S3 bucket name/],
    ['acme-vault', 'acme..vault', /expected an S3 bucket name/],
    ['acme-vault', '192.168.5.4', /expected an S3 bucket name/],
    ['acme-vault', 'xn--acme', /expected an S3 bucket name/],
    ['acme-vault', 'acme-s3alias', /expected an S3 bucket name/],
    ['acme-vault', 's3://acme-vault', /expected an S3 bucket name/],
    ['acme-vault', `a${'b'.repeat(63)}`, /expected an S3 bucket name/],
    ['acme-vault', 'acme-vault, lockDays: 0', /found 0, expected a whole number of days from 1 to 36500/],
    ['acme-vault', 'acme-vault, lockDays: 36501', /found 36501/],
    ['acme-vault', 'acme-vault, lockDays: 1.5', /found 1.5/],
    ['acme-vault', 'acme-vault, lockMode: strict', /found "strict", expected governance or compliance/],
    ['acme-vault', 'acme-vault, existing: yes', /found "yes", expected true or false/],
    ['acme-vault', 'acme-vault, kmsKey: alias/x', /expected the ARN of a KMS key/],
    [
      'acme-vault',
      'acme-vault, kmsKey: "arn:aws:kms:us-east-1:123456789012:key/ab"',
      /found a key in us-east-1, expected one in eu-west-1/,
    ],
    ['{ Role: ci }', '{}', /found an empty mapping, expected tags/],
    ['{ Role: ci }', '{ Role: 1 }', /found 1.*in quotes/],
    ['{ Role: ci }', '{ Role: true }', /found true.*in quotes/],
    ['{ Role: ci }', '{ Role: }', /Role: empty, expected a text/],
    ['{ Role: ci }', `{ ${'k'.repeat(129)}: ci }`, /expected a tag key/],
    ['{ Role: ci }', `{ Role: ${'v'.repeat(257)} }`, /at most 256 characters/],
    ['ec2: { tags: { Role: ci } }', 'rds: { tags: { "a*b": ci } }', /expected a tag key/],
    ['{ tags: { Role: ci } }', '{}', /expected either tags or ids/],
    ['{ tags: { Role: ci } }', '{ tags: { Role: ci }, ids: [i-01234567] }', /expected either tags or ids/],
    ['{ tags: { Role: ci } }', '{ ids: [] }', /expected at least one instance ID/],
    ['{ tags: { Role: ci } }', '{ ids: i-01234567 }', /expected at least one instance ID.*Write a list/],
    ['{ tags: { Role: ci } }', '{ ids: [i-012] }', /expected an instance ID/],
    ['{ tags: { Role: ci } }', '{ ids: [i-01234567, i-01234567] }', /ec2\/i-01234567 is there twice/],
    ['{ tags: { Role: ci } }', '{ tags: { Role: ci }, reboot: maybe }', /expected true or false/],
    ['ec2: { tags: { Role: ci } }', 'rds: { identifiers: [9db] }', /expected a database identifier/],
    ['ec2: { tags: { Role: ci } }', 'rds: { identifiers: [a--b] }', /expected a database identifier/],
    ['ec2: { tags: { Role: ci } }', 'rds: { identifiers: [a-] }', /expected a database identifier/],
    [
      'ec2: { tags: { Role: ci } }',
      `rds: { identifiers: [a${'b'.repeat(63)}] }`,
      /expected a database identifier/,
    ],
    ['ec2: { tags: { Role: ci } }', 'rds: { identifiers: [db, DB] }', /rds\/db is there twice/],
    ['ec2: { tags: { Role: ci } }', 'rds: { ids: [db] }', /unknown key "ids"/],
    ['- ec2: { tags: { Role: ci } }', '- {}', /expected exactly one kind of source/],
    ['- ec2: { tags: { Role: ci } }', '- ec2', /expected a source/],
    ['- ec2: { tags: { Role: ci } }', '[]', /expected at least one source/],
    [
      '- ec2: { tags: { Role: ci } }',
      '- ec2: { tags: { Role: ci } }\n        rds: { tags: { Role: ci } }',
      /expected exactly one kind of source/,
    ],
    [
      '- ec2: { tags: { A: b, C: d } }'.replace('{ A: b, C: d }', '{ Role: ci }'),
      '- ec2: { tags: { A: b, C: d } }\n      - ec2: { tags: { C: d, A: b } }',
      /the selection of ec2 by these tags is there twice/,
    ],
    ['{ daily: 7 }', '{}', /at least one rule that keeps something/],
    ['{ daily: 7 }', '{ minimum: 3 }', /at least one rule that keeps something/],
    ['{ daily: 7 }', '{ daily: 0, last: 0, within: 0d }', /at least one rule that keeps something/],
    ['daily: 7', 'daily: 100001', /found 100001/],
    ['daily: 7', 'daily: "7"', /found "7".*without quotes/],
    ['daily: 7', 'daily: .inf', /found Infinity/],
    ['daily: 7', 'daily:', /empty, expected a whole number/],
    ['daily: 7', 'within: 2w', /expected a duration/],
    ['daily: 7', 'within: -2d', /expected a duration/],
    ['daily: 7', 'daily: 7, minimum: 0', /found 0, expected a whole number from 1/],
    ['daily: 7', 'daily: 7, maxDeletePercent: 0', /from 1 to 100/],
    ['daily: 7', 'daily: 7, maxDeletePercent: 101', /from 1 to 100/],
    ['daily: 7', 'daily: 7, partialKeep: soon', /expected a duration/],
    ['rate(6 hours)', 'rate(6 hours), timezone: Europe/Belrin', /Did you mean Europe\/Berlin\?/],
    ['rate(6 hours)', 'rate(6 hours), timezone: europe/berlin', /Did you mean Europe\/Berlin\?/],
    ['rate(6 hours)', 'rate(6 hours), timezone: "+02:00"', /expected the name of a time zone/],
    ['rate(6 hours)', 'rate(6 hours), flexibleWindowMinutes: 0', /from 1 to 1440/],
    ['rate(6 hours)', 'rate(6 hours), flexibleWindowMinutes: 1441', /from 1 to 1440/],
    ['{ expression: rate(6 hours) }', 'rate(6 hours)', /expected \{ expression:/],
  ])('%s written as %s is refused', (part, replacement, reason) => {
    expect(problemWith(part, replacement)).toMatch(reason);
  });

  test.each(['9m', '8d', '169h', '3600', '1h1d', 'soon', '-1h', ''])(
    'the timeout %j is refused',
    (timeout) => {
      expect(problemsOf(`${minimal}    timeout: "${timeout}"\n`)).toEqual([
        expect.stringMatching(/plans\.ci\.timeout found .*, expected a duration from 10m to 7d/),
      ]);
    },
  );

  test.each([
    ['subnet', 'subnet-xyz'],
    ['securityGroups', '[default]'],
    ['quarantineGroup', 'quarantine'],
    ['instanceProfile', 'arn:aws:iam::123456789012:instance-profile/x'],
    ['hostname', 'https://ci.example.com'],
  ])('the restore target %s does not take %s', (key, value) => {
    expect(
      problemsOf(`${minimal}    restore: { ${key}: "${value}" }\n`.replace('"[default]"', '[default]')),
    ).toHaveLength(1);
  });

  test.each(['ops', 'ops@', '@example.com', 'ops@localhost', 'a b@example.com'])(
    '%j is no e-mail address',
    (email) => {
      expect(problemsOf(withLine(`notify: { emails: ["${email}"] }`))).toEqual([
        expect.stringContaining('expected an e-mail address'),
      ]);
    },
  );

  test('an address that is listed twice is refused', () => {
    expect(problemsOf(withLine('notify: { emails: [a@example.com, a@example.com] }'))).toHaveLength(1);
  });

  test('an application without a profile is refused where the profiles are known, with the nearest one', () => {
    const text = minimal.replace('    schedule', '    application: gitlbb\n    schedule');
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, ['gitlab', 'gocd'])).toEqual([
      '7:18 plans.ci.application found "gitlbb", expected the name of a profile',
    ]);
  });
});

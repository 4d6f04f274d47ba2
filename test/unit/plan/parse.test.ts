import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { parseConfig, parseConfigWithWarnings } from '../../../functions/plan/parse.ts';
import { ConfigError } from '../../../functions/plan/problems.ts';

const minimal = `version: 1
deployment: prod-eu
region: eu-west-1
vault: { bucket: acme-vault }
plans:
  ci:
    schedule: { expression: rate(6 hours) }
    sources:
      - ec2: { tags: { Role: ci } }
    retention: { daily: 7 }
`;

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

test('a minimal file gets every default', () => {
  expect(parseConfig(minimal, 'snapkeep.yaml')).toEqual({
    deployment: 'prod-eu',
    region: 'eu-west-1',
    vault: { bucket: 'acme-vault', lockDays: 14, lockMode: 'governance', existing: false },
    notify: { emails: [] },
    plans: {
      ci: {
        name: 'ci',
        schedule: { expression: 'rate(6 hours)', timezone: 'UTC' },
        sources: [{ kind: 'ec2', select: { tags: { Role: 'ci' } }, reboot: false }],
        retention: {
          daily: 7,
          minimum: 1,
          maxDeletePercent: 50,
          partialKeep: { years: 0, months: 0, days: 7, hours: 0 },
        },
        timeoutSeconds: 43_200,
        consistency: 'preferred',
      },
    },
  });
});

test('everything that can be said is understood, and plans keep the order of the file', () => {
  const config = parseConfig(
    `version: 1
deployment: prod-eu
region: us-gov-west-1
vault:
  bucket: acme.vault-1
  lockDays: 30
  lockMode: compliance
  existing: true
  kmsKey: arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
notify: { emails: [ops@example.com, dev+backup@ci.example.com] }
plans:
  zeta:
    application: gitlab
    schedule: { expression: "cron(0 3 ? * MON,WED *)", timezone: Europe/Berlin, flexibleWindowMinutes: 30 }
    sources:
      - ec2: { ids: [i-0123456789abcdef0, i-01234567], reboot: true }
      - rds: { identifiers: [Circle-DB] }
      - aurora: { tags: { "team:name": "a b", Empty: "" } }
    retention: { last: 3, within: 2d, withinYearly: 1y6m, minimum: 2, maxDeletePercent: 10, partialKeep: 36h }
    timeout: 1d12h
    consistency: required
    restore:
      subnet: subnet-0123456789abcdef0
      securityGroups: [sg-01234567]
      quarantineGroup: sg-0123456789abcdef0
      instanceProfile: restored
      hostname: ci.example.com
  alpha:
    schedule: { expression: at(2027-01-31T03:00:00) }
    sources: [{ rds: { tags: { Role: db } } }]
    retention: { yearly: 1 }
    timeout: 90m
`,
    'snapkeep.yaml',
  );
  expect(Object.keys(config.plans)).toEqual(['zeta', 'alpha']);
  expect(config.vault).toMatchObject({ lockMode: 'compliance', existing: true, lockDays: 30 });
  expect(config.plans.zeta).toMatchObject({
    schedule: { timezone: 'Europe/Berlin', flexibleWindowMinutes: 30 },
    sources: [
      { kind: 'ec2', select: { ids: ['i-0123456789abcdef0', 'i-01234567'] }, reboot: true },
      { kind: 'rds', select: { identifiers: ['circle-db'] } },
      { kind: 'aurora', select: { tags: { 'team:name': 'a b', Empty: '' } } },
    ],
    retention: {
      last: 3,
      within: { years: 0, months: 0, days: 2, hours: 0 },
      withinYearly: { years: 1, months: 6, days: 0, hours: 0 },
      minimum: 2,
    },
    timeoutSeconds: 129_600,
    consistency: 'required',
    restore: { securityGroups: ['sg-01234567'], hostname: 'ci.example.com' },
  });
  expect(config.plans.alpha?.timeoutSeconds).toBe(5400);
});

test('aliases for whole values and a byte order mark are fine', () => {
  const text = `\uFEFF${minimal.replace('retention: {', 'retention: &keep {')}  other:
    schedule: { expression: rate(1 day) }
    sources: [{ rds: { identifiers: [db] } }]
    retention: *keep
`;
  const { plans } = parseConfig(text, 'snapkeep.yaml');
  expect(plans.other?.retention).toEqual(plans.ci?.retention);
});

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

describe('files that are no configuration', () => {
  test.each([
    ['', /the file is empty/],
    ['  \n\n', /the file is empty/],
    ['# nothing but a comment\n', /no content/],
    ['a: [1, 2', /f:1:\d+: not valid YAML/],
    ['a: 1\n b: 2', /f:\d:\d+: not valid YAML/],
    ['a:\n\tb: 1', /f:2:1: a tab is used for indentation/],
    ['a: 1\nb: 2\na: 3', /f:3:1: this key is there twice/],
    ['a: *nowhere', /f:1:4: the alias \*nowhere/],
    ['a: !secret x', /f:1:4: unresolved tag/],
    ['a: { <<: { b: 1 } }', /merge keys/],
    ['__proto__: { a: 1 }', /__proto__ is not allowed/],
    ['? [a]\n: b', /a key is not a plain word/],
    ['- a', /found a list, expected a mapping/],
    ['hello', /found "hello", expected a mapping/],
    ['null', /empty, expected a mapping/],
    [`${minimal}---\na: 1`, /f:11:\d+: a second YAML document/],
    ['['.repeat(100_000), /nested too deeply/],
    ['x'.repeat(1_100_000), /larger than 1 MB/],
  ])('%.30j is answered with one sentence', (text, reason) => {
    expect(() => parseConfig(text, 'f')).toThrow(reason);
    expect(() => parseConfig(text, 'f')).toThrow(ConfigError);
  });

  test('aliases that multiply are refused before they fill the memory', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const name of 'bcdefghij') {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      levels.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(() => parseConfig(levels.join('\n'), 'f')).toThrow(/uses its aliases too often/);
  });
});

describe('whatever the file holds', () => {
  const isAnswered = (text: string): void => {
    try {
      parseConfig(text, 'f');
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
    }
  };

  test('any data instead of a part of the file is accepted or answered with problems', () => {
    const parts = [
      'version',
      'vault',
      'notify',
      'plans',
      'plans.ci',
      'plans.ci.schedule',
      'plans.ci.sources',
    ];
    const deeper = ['plans.ci.sources.0', 'plans.ci.sources.0.ec2', 'plans.ci.retention', 'plans.ci.restore'];
    fc.assert(
      fc.property(fc.constantFrom(...parts, ...deeper), fc.jsonValue(), (path, value) => {
        const document = parseDocument(minimal);
        document.setIn(
          path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
          document.createNode(value),
        );
        isAnswered(document.toString());
      }),
      { numRuns: 300 },
    );
  });

  test('any slip of the keyboard is accepted or answered with problems', () => {
    const slip = fc.tuple(
      fc.nat(minimal.length),
      fc.nat(3),
      fc.constantFrom('', ':', '{', '"', '\n', '\t', '&', '*', '!', '?', '0', '- '),
    );
    fc.assert(
      fc.property(fc.array(slip, { minLength: 1, maxLength: 4 }), (slips) => {
        let text = minimal;
        for (const [at, removed, added] of slips) text = text.slice(0, at) + added + text.slice(at + removed);
        isAnswered(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('warnings', () => {
  const warningsOf = (text: string): readonly string[] =>
    parseConfigWithWarnings(text, 'f').warnings.map(
      ({ line, path, message }) => `${line} ${path} ${message}`,
    );

  test('a plain file has none', () => {
    expect(warningsOf(minimal)).toEqual([]);
  });

  test('a source by name in two plans', () => {
    const text = `${minimal.replace('{ tags: { Role: ci } }', '{ ids: [i-01234567] }')}  other:
    schedule: { expression: rate(1 day) }
    sources:
      - ec2: { ids: [i-01234567] }
    retention: { daily: 1 }
`;
    expect(warningsOf(text)).toEqual([
      '14 plans.other.sources[0].ec2.ids[0] ec2/i-01234567 is also in the plan ci',
    ]);
  });

  test('a tag that looks like a pattern', () => {
    expect(warningsOf(minimal.replace('Role: ci', 'Role: "ci-*"'))).toEqual([
      expect.stringMatching(/^9 plans.ci.sources\[0\].ec2.tags.Role tag values are compared as they are/),
    ]);
  });

  test('a Region that nobody knows, a lock for years that nobody can lift, a schedule that never rests', () => {
    expect(warningsOf(minimal.replace('eu-west-1', 'eu-west-9'))).toEqual([
      expect.stringMatching(/^3 region eu-west-9 is not a Region/),
    ]);
    const locked = minimal.replace('acme-vault', 'acme-vault, lockDays: 3650, lockMode: compliance');
    expect(warningsOf(locked)).toEqual([expect.stringMatching(/^4 vault.lockDays .*3650 days/)]);
    for (const often of ['rate(5 minutes)', 'cron(0/5 * * * ? *)', 'cron(* 3 * * ? *)']) {
      expect(warningsOf(minimal.replace('rate(6 hours)', often))).toEqual([
        expect.stringMatching(/^7 plans.ci.schedule.expression the plan runs every/),
      ]);
    }
    expect(warningsOf(minimal.replace('rate(6 hours)', 'rate(15 minutes)'))).toEqual([]);
  });
});

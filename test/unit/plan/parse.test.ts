import { expect, test } from 'vitest';
import { parseConfig } from '../../../functions/plan/parse.ts';
import { minimal } from './minimal-config.ts';

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

test.each([
  ['{}', undefined],
  ['{ testEvents: true, registry: create }', undefined],
  ['{ registry: existing }', { testEvents: true, registry: 'existing' }],
  ['{ testEvents: false }', { testEvents: false, registry: 'create' }],
])('console: %s is there when it changes anything', (written, expected) => {
  const config = parseConfig(`${minimal}console: ${written}\n`, 'snapkeep.yaml');
  expect(config.console).toEqual(expected);
  expect('console' in config).toBe(expected !== undefined);
});

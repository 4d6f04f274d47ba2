import { describe, expect, test } from 'vitest';
import { parseConfigWithWarnings } from '../../../functions/plan/parse.ts';
import { minimal } from './minimal-config.ts';

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

  test('a consistency that nothing can achieve', () => {
    const required = minimal.replace('    retention', '    consistency: required\n    retention');
    expect(warningsOf(required)).toEqual([
      expect.stringMatching(/^10 plans.ci.consistency required changes nothing without an application/),
    ]);
    expect(warningsOf(required.replace('  ci:', '  ci:\n    application: circleci-server'))).toEqual([]);
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

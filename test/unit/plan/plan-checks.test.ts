import { describe, expect, test } from 'vitest';
import { parseConfigWithWarnings } from '../../../functions/plan/parse.ts';
import { ConfigError } from '../../../functions/plan/problems.ts';
import { minimal } from './minimal-config.ts';

const withProtect = (protect: string, text = minimal): string =>
  text.replace('    retention', `    protect: ${protect}\n    retention`);
const read = (text: string) => parseConfigWithWarnings(text, 'f');
const warningsOf = (text: string): readonly string[] =>
  read(text).warnings.map(({ path, message }) => `${path} ${message}`);
function problemsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message, remedy }) => `${path} ${message} ${remedy}`);
  }
  return [];
}

describe('protection', () => {
  test('is read as it is written, with governance as the mode', () => {
    const both = '{ lockSnapshots: { days: 1 }, deregistrationProtection: without-cooldown }';
    expect(read(withProtect(both)).regions[0].plans.ci?.protect).toEqual({
      lockSnapshots: { days: 1, mode: 'governance' },
      deregistrationProtection: 'without-cooldown',
    });
    const final = '{ lockSnapshots: { days: 365, mode: compliance, coolOffHours: 72 } }';
    expect(read(withProtect(final)).regions[0].plans.ci?.protect).toEqual({
      lockSnapshots: { days: 365, mode: 'compliance', coolOffHours: 72 },
    });
    expect(read(minimal).regions[0].plans.ci).not.toHaveProperty('protect');
  });

  test.each([
    ['{ lockSnapshots: { days: 0 } }', 'whole number of days from 1 to 365'],
    ['{ lockSnapshots: { days: 366, mode: compliance } }', 'whole number of days from 1 to 365'],
    ['{ lockSnapshots: { mode: compliance } }', 'whole number of days from 1 to 365'],
    ['{ lockSnapshots: { days: 1, mode: compliance, coolOffHours: 73 } }', 'hours from 1 to 72'],
    ['{ lockSnapshots: { days: 1, coolOffHours: 24 } }', 'coolOffHours with mode: compliance only'],
    ['{ deregistrationProtection: true }', 'with-cooldown or without-cooldown'],
    ['{}', 'lockSnapshots or deregistrationProtection'],
  ])('%s is refused', (protect, expected) => {
    expect(problemsOf(withProtect(protect))).toEqual([expect.stringContaining(expected)]);
  });

  test('is refused for a plan of databases alone, which cannot be locked', () => {
    const databases = minimal.replace('ec2: { tags: { Role: ci } }', 'rds: { identifiers: [circle-db] }');
    expect(problemsOf(withProtect('{ lockSnapshots: { days: 1 } }', databases))).toEqual([
      expect.stringMatching(/^plans.ci.protect .*no ec2 source Leave the section out: RDS has no lock/),
    ]);
    const both = minimal.replace('    retention', '      - rds: { identifiers: [circle-db] }\n    retention');
    expect(problemsOf(withProtect('{ lockSnapshots: { days: 1 } }', both))).toEqual([]);
  });

  test('beyond what retention keeps is a warning, with the number of backups that there will be', () => {
    const daily = minimal.replace('rate(6 hours)', 'rate(1 day)');
    const locked = (days: number, text = daily) =>
      warningsOf(withProtect(`{ lockSnapshots: { days: ${days} } }`, text));
    expect(locked(7)).toEqual([]);
    expect(locked(8)).toEqual([
      'plans.ci.protect.lockSnapshots.days snapshots are locked for 8 days, and retention lets the first of them go after 7 days: rotation leaves them until their lock has ended, 8 backups at any time',
    ]);
    // Of four a day three go as soon as there is a newer one.
    expect(locked(14, minimal)).toEqual([
      expect.stringMatching(/locked for 14 days, .* after 6 hours: .*, 56 backups at any time$/),
    ]);
    expect(locked(1, minimal.replace('daily: 7', 'last: 4'))).toEqual([]);
    expect(locked(365, minimal.replace('daily: 7', 'withinDaily: 400d, within: 400d'))).toEqual([]);
  });

  test('of a plan that runs once is no question of retention', () => {
    const once = minimal.replace('rate(6 hours)', 'at(2027-01-31T03:00:00)');
    expect(warningsOf(withProtect('{ lockSnapshots: { days: 365 } }', once))).toEqual([]);
  });

  test('of a plan that runs every minute is reckoned in moments', () => {
    const begun = performance.now();
    const minutes = minimal.replace('rate(6 hours)', 'cron(* * * * ? *)');
    expect(warningsOf(withProtect('{ lockSnapshots: { days: 365 } }', minutes))[0]).toMatch(
      /more than 1000 backups at any time$/,
    );
    expect(performance.now() - begun).toBeLessThan(4000);
  });
});

describe('a hosted zone', () => {
  const withRestore = (restore: string) =>
    minimal.replace('    retention', `    restore: ${restore}\n    retention`);

  test('comes with the name of the record', () => {
    const zone = 'hostedZone: Z0123456789ABCDEFGHIJ';
    expect(read(withRestore(`{ ${zone}, hostname: ci.example.com }`)).regions[0].plans.ci?.restore).toEqual({
      hostedZone: 'Z0123456789ABCDEFGHIJ',
      hostname: 'ci.example.com',
    });
    expect(problemsOf(withRestore(`{ ${zone} }`))).toEqual([
      'plans.ci.restore.hostedZone needs hostname beside it, the name of the record that a restore may change Add hostname, for example hostname: ci.example.com.',
    ]);
    expect(
      problemsOf(withRestore('{ hostedZone: /hostedzone/Z0123456789, hostname: ci.example.com }')),
    ).toEqual([expect.stringContaining('expected the ID of a hosted zone')]);
  });
});

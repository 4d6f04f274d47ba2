import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { findRegion } from '../../../functions/plan/load.ts';
import { type ParsedConfig, parseConfigWithWarnings } from '../../../functions/plan/parse.ts';
import { ConfigError } from '../../../functions/plan/problems.ts';
import { minimal } from './minimal-config.ts';

const further = `vault: { bucket: acme-vault }
regions:
  us-east-1: { vault: { bucket: acme-vault-us, lockDays: 30 } }
`;
const fleet = `  fleet:
    region: us-east-1
    schedule: { expression: rate(1 day) }
    sources:
      - ec2: { tags: { Role: ci } }
    retention: { daily: 7 }
`;
/** The minimal file with a second Region and a plan in it. */
const two = minimal.replace('vault: { bucket: acme-vault }\n', further) + fleet;

const read = (text: string): ParsedConfig => parseConfigWithWarnings(text, 'f');

/** Problems and warnings, as `line:column path message remedy`. */
function findingsOf(text: string): readonly string[] {
  const findings = () => {
    try {
      return read(text).warnings;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems;
    }
  };
  return findings().map(
    ({ line, column, path, message, remedy }) => `${line}:${column} ${path} ${message}. ${remedy ?? ''}`,
  );
}

describe('a file of several Regions', () => {
  test('is a configuration per Region, the one at the top first', () => {
    const { regions, warnings } = read(two);
    expect(warnings).toEqual([]);
    expect(regions).toMatchObject([
      { deployment: 'prod-eu', region: 'eu-west-1', vault: { bucket: 'acme-vault', lockDays: 14 } },
      {
        deployment: 'prod-eu',
        region: 'us-east-1',
        vault: { bucket: 'acme-vault-us', lockDays: 30, lockMode: 'governance', existing: false },
      },
    ]);
    expect(regions.map(({ plans }) => Object.keys(plans))).toEqual([['ci'], ['fleet']]);
    expect(regions[1]?.plans.fleet).not.toHaveProperty('region');
  });

  test('may name the Region at the top in a plan, and have all of its plans elsewhere', () => {
    const named = minimal.replace('  ci:\n', '  ci:\n    region: eu-west-1\n');
    expect(read(named)).toEqual(read(minimal));
    const elsewhere = two.replace('  ci:\n', '  ci:\n    region: us-east-1\n');
    expect(read(elsewhere).regions.map(({ region }) => region)).toEqual(['us-east-1']);
  });

  test('has a plan in exactly one Region, whatever the file says, and in the order of the file', () => {
    const places = ['eu-west-1', 'us-east-1', 'ap-south-1', 'eu-central-1'];
    const plans = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        plans,
        fc.array(fc.option(fc.constantFrom(...places)), { minLength: 12, maxLength: 12 }),
        (names, where) => {
          const written = names.map((name, index) => ({ name, region: where[index] ?? undefined }));
          const text = stringify({
            version: 1,
            deployment: 'prod',
            region: places[0],
            vault: { bucket: 'acme-vault' },
            regions: Object.fromEntries(
              places.slice(1).map((place) => [place, { vault: { bucket: `acme-vault-${place}` } }]),
            ),
            plans: Object.fromEntries(
              written.map(({ name, region }) => [
                name,
                {
                  ...(region === undefined ? {} : { region }),
                  schedule: { expression: 'rate(1 day)' },
                  sources: [{ ec2: { tags: { Backup: 'yes' } } }],
                  retention: { daily: 7 },
                },
              ]),
            ),
          });
          const { regions } = read(text);
          const expected = places.map((place) =>
            written.filter(({ region = places[0] }) => region === place).map(({ name }) => name),
          );
          expect(regions.map(({ plans: own }) => Object.keys(own))).toEqual(
            expected.filter((own) => own.length > 0),
          );
          for (const { name, region = places[0] } of written)
            expect(findRegion(regions, name).region).toBe(region);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('has the console of the top in all Regions, but for those that say otherwise', () => {
    const all = two.replace('plans:', 'console: { registry: existing }\nplans:');
    const existing = { testEvents: true, registry: 'existing' };
    expect(read(all).regions.map((config) => config.console)).toEqual([existing, existing]);
    const own = (text: string, section: string): string =>
      text.replace('lockDays: 30 }', `$&, console: ${section}`);
    const consoles = (text: string) => read(text).regions.map((config) => config.console);
    expect(consoles(own(all, '{ registry: create }'))).toEqual([existing, undefined]);
    expect(consoles(own(two, '{ registry: existing }'))).toEqual([undefined, existing]);
  });

  test('finds a plan among the plans of all', () => {
    const { regions } = read(two);
    expect(findRegion(regions, 'fleet').region).toBe('us-east-1');
    expect(() => findRegion(regions, 'flet')).toThrow(
      expect.objectContaining({ remedy: 'Did you mean fleet? Plans of this configuration: ci, fleet.' }),
    );
  });

  test('may name the same database in each: it is another one', () => {
    const named = two.replaceAll('ec2: { tags: { Role: ci } }', 'rds: { identifiers: [shop] }');
    expect(read(named).warnings).toEqual([]);
    const same = named.replace('    region: us-east-1\n', '');
    expect(findingsOf(same).join()).toContain('rds/shop is also in the plan ci');
  });
});

describe('refused', () => {
  test('a plan in a Region that is not there, with a guess or with what to add', () => {
    expect(findingsOf(two.replace('region: us-east-1', 'region: us-east-2'))).toEqual([
      '14:13 plans.fleet.region found "us-east-2", expected one of eu-west-1, us-east-1. Did you mean us-east-1? If not, add us-east-2 to regions, with a vault of its own.',
    ]);
    expect(findingsOf(minimal.replace('  ci:\n', '  ci:\n    region: ap-south-1\n'))).toEqual([
      '7:13 plans.ci.region found "ap-south-1", expected eu-west-1. Add it: regions: { ap-south-1: { vault: { bucket: ... } } }.',
    ]);
  });

  test('the Region at the top once more', () => {
    const again = two.replaceAll('us-east-1', 'eu-west-1');
    expect(findingsOf(again)).toEqual([
      '6:3 regions.eu-west-1 eu-west-1 is the Region at the top of the file already. Remove it here, or give another Region at the top.',
    ]);
  });

  test('one bucket for two Regions', () => {
    expect(findingsOf(two.replace('acme-vault-us', 'acme-vault'))).toEqual([
      '6:33 regions.us-east-1.vault.bucket acme-vault is the vault of eu-west-1 already, and every Region has one of its own. Name it acme-vault-us-east-1.',
    ]);
  });

  test('a key of another Region, and another partition', () => {
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';
    expect(findingsOf(two.replace('acme-vault-us', `acme-vault-us, kmsKey: "${key}"`))).toEqual([
      expect.stringMatching(
        /^6:\d+ regions\.us-east-1\.vault\.kmsKey found a key in eu-west-1, expected one in us-east-1, where the vault is/,
      ),
    ]);
    expect(findingsOf(two.replaceAll('us-east-1', 'cn-north-1'))).toEqual([
      '6:3 regions.cn-north-1 cn-north-1 is in the partition aws-cn, and eu-west-1 in aws: no account is in both. Make a file of its own for it.',
    ]);
  });

  test('a name that is no Region, a Region without a vault, a key that nobody knows', () => {
    expect(findingsOf(two.replaceAll('us-east-1', 'virginia'))).toEqual([
      expect.stringMatching(
        /^6:3 regions\.virginia found the name "virginia", expected the code of an AWS Region/,
      ),
      expect.stringMatching(
        /^14:13 plans\.fleet\.region found "virginia", expected the code of an AWS Region/,
      ),
    ]);
    expect(findingsOf(two.replace('{ vault: { bucket: acme-vault-us, lockDays: 30 } }', '{}'))).toEqual([
      expect.stringMatching(/^6:\d+ regions\.us-east-1\.vault missing, expected \{ bucket: my-vault \}/),
    ]);
    expect(
      findingsOf(two.replace('{ vault: { bucket: acme-vault-us', '{ vualt: { bucket: acme-vault-us')),
    ).toEqual([
      expect.stringMatching(/^6:\d+ regions\.us-east-1\.vualt unknown key "vualt"\. Did you mean vault\?/),
    ]);
    expect(findingsOf(two.replace('  us-east-1: {', '  # us-east-1: {'))).toEqual([
      expect.stringMatching(/^5:\d+ regions empty, expected further Regions by name, each with a vault/),
    ]);
  });

  test('together with the other mistakes of the file, in its order', () => {
    const many = two
      .replace('acme-vault-us', 'acme-vault')
      .replace('plans:', 'notify: { emails: [a@example.com, a@example.com] }\nplans:')
      .replace('region: us-east-1', 'region: us-west-1');
    expect(findingsOf(many)).toEqual([
      expect.stringMatching(/^6:33 regions\.us-east-1\.vault\.bucket acme-vault is the vault/),
      expect.stringMatching(/^7:\d+ notify\.emails\[1\] a@example\.com is there twice/),
      expect.stringMatching(/^15:13 plans\.fleet\.region found "us-west-1"/),
    ]);
  });
});

describe('warned of', () => {
  test('a Region without plans: nothing is deployed there', () => {
    const unused = two.slice(0, two.indexOf('  fleet:'));
    expect(findingsOf(unused)).toEqual([
      '6:3 regions.us-east-1 no plan is in us-east-1: nothing is deployed there, and no verb looks there. Remove it, or give a plan region: us-east-1.',
    ]);
    expect(findingsOf(two.replace('  ci:\n', '  ci:\n    region: us-east-1\n'))).toEqual([
      '3:9 region no plan is in eu-west-1: nothing is deployed there, and no verb looks there. Give the Region and the vault of the plans at the top, or a plan of this Region.',
    ]);
  });

  test('a further Region that nobody knows', () => {
    expect(findingsOf(two.replaceAll('us-east-1', 'us-east-7'))).toEqual([
      expect.stringMatching(/^6:3 regions\.us-east-7 us-east-7 is not a Region that this version knows/),
    ]);
  });
});

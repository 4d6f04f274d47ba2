import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'snapkeep-validate-'));
});

const config = `version: 1
deployment: prod-eu
region: eu-west-1
vault: { bucket: acme-vault }
notify: { emails: [ops@example.com] }
plans:
  ci:
    application: circleci-server
    schedule: { expression: cron(0 3 * * ? *), timezone: Europe/Berlin }
    sources:
      - ec2: { tags: { Role: circleci-services } }
      - rds: { identifiers: [circle-db] }
    retention: { last: 3, daily: 7, within: 2d }
  once:
    schedule: { expression: at(2020-01-31T03:00:00) }
    sources:
      - ec2: { ids: [i-0123456789abcdef0], reboot: true }
    retention: { last: 1 }
    timeout: 90m
`;

const write = (text: string | Uint8Array, name = 'snapkeep.yaml') => writeFile(join(cwd, name), text);

test('a valid file is summed up, with the next runs in the time zone of the plan', async () => {
  await write(config);
  const { exitCode, stdout, stderr } = await cli(['validate'], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`snapkeep.yaml is valid.

deployment  prod-eu
region      eu-west-1
vault       acme-vault, locked for 14 days (governance)
notify      ops@example.com

plan ci (circleci-server)
  schedule   at 03:00 every day, Europe/Berlin
  next runs  2026-11-21 03:00 +01:00, 2026-11-22 03:00 +01:00
  sources    ec2 with Role=circleci-services
             rds circle-db
  retention  last 3, daily 7, within 2d, never below 1
  timeout    12 h

plan once
  schedule   once at 2020-01-31 03:00, UTC
  next runs  none
  sources    ec2 i-0123456789abcdef0 (rebooted)
  retention  last 1, never below 1
  timeout    1 h 30 min
`);
  expect(stderr).toMatch(
    /^warning: snapkeep\.yaml: plans\.once\.schedule\.expression: .* has no run after now\./,
  );
});

test('the JSON document has every default filled in, the runs in UTC, and the warnings', async () => {
  await write(config);
  const { exitCode, stdout, stderr } = await cli(['validate', '--json'], { cwd });
  expect(exitCode).toBe(0);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    valid: true,
    file: 'snapkeep.yaml',
    vault: { bucket: 'acme-vault', lockDays: 14, lockMode: 'governance', existing: false },
    plans: [
      {
        name: 'ci',
        schedule: { next_runs: ['2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z'], timezone: 'Europe/Berlin' },
        retention: { last: 3, daily: 7, within: '2d', minimum: 1, maxDeletePercent: 50, partialKeep: '7d' },
        timeoutSeconds: 43_200,
      },
      { name: 'once', schedule: { next_runs: [] } },
    ],
    warnings: [{ path: 'plans.once.schedule.expression' }],
  });
});

test('the problems of a bad file are all in the error, as text and as data', async () => {
  await write(config.replace('daily: 7', 'daily: -7').replace('region: eu', 'region: EU'));
  const asText = await cli(['validate', '-c', 'snapkeep.yaml'], { cwd });
  expect(asText).toMatchObject({ exitCode: 2, stdout: '' });
  expect(asText.stderr).toContain('has 2 problems:');
  expect(asText.stderr).toMatch(/snapkeep\.yaml:13:34: plans\.ci\.retention\.daily: found -7/);

  const asJson = await cli(['--json', 'validate'], { cwd });
  expect(asJson.exitCode).toBe(2);
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    error: {
      kind: 'usage',
      problems: [
        { line: 3, column: 9, path: 'region' },
        { line: 13, path: 'plans.ci.retention.daily' },
      ],
    },
  });
});

test('an application without a profile is refused', async () => {
  await write(config.replace('circleci-server', 'circleci'));
  const { exitCode, stderr } = await cli(['validate'], { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('found "circleci", expected the name of a profile');
});

test('a file that cannot be read is one sentence and a remedy', async () => {
  await write(new Uint8Array([0xff, 0xfe, 0x61, 0x00]), 'utf16.yaml');
  const cases = [
    ['missing.yaml', 'missing.yaml does not exist.'],
    ['.', 'is a directory.'],
    ['utf16.yaml', 'utf16.yaml is not UTF-8 text.'],
  ] as const;
  for (const [file, sentence] of cases) {
    const { exitCode, stdout, stderr } = await cli(['validate', '-c', file], { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(2);
  }
});

test('several Regions are named with their vaults, and each plan with its Region', async () => {
  const further = 'regions: { us-east-1: { vault: { bucket: acme-vault-us } } }\nplans:';
  await write(config.replace('plans:', further).replace('  once:\n', '  once:\n    region: us-east-1\n'));
  const { exitCode, stdout } = await cli(['validate'], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`
deployment  prod-eu
region      eu-west-1
vault       acme-vault, locked for 14 days (governance)
region      us-east-1
vault       acme-vault-us, locked for 14 days (governance)
notify      ops@example.com

plan ci (circleci-server)
  region     eu-west-1
  schedule `);
  expect(stdout).toContain('\nplan once\n  region     us-east-1\n  schedule ');
  const json = JSON.parse((await cli(['validate', '--json'], { cwd })).stdout);
  expect(json).not.toHaveProperty('region');
  expect(json.regions).toMatchObject([
    { region: 'eu-west-1', vault: { bucket: 'acme-vault' } },
    { region: 'us-east-1', vault: { bucket: 'acme-vault-us' } },
  ]);
  expect(json.plans).toMatchObject([
    { name: 'ci', region: 'eu-west-1' },
    { name: 'once', region: 'us-east-1' },
  ]);
});

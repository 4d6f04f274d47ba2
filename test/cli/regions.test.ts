import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, cli } from '../support/cli.ts';
import { account, bucket, type Cloud, region, startCloud } from '../support/cloud.ts';

const far = 'us-east-1';
const farBucket = 'acme-snapkeep-vault-us-east-1';

const plan = (text: string): string => `${text}
    schedule: { expression: rate(1 day) }
    sources: [{ ec2: { tags: { Backup: "yes" } } }]
    retention: { last: 1 }
`;

/** Two Regions with a plan each; the same tags select something else in each of them. */
const configuration = ({
  vault = farBucket,
  plans = ['  fleet:', `  us-fleet:\n    region: ${far}`],
} = {}) => `
version: 1
deployment: prod
region: ${region}
vault: { bucket: ${bucket} }
regions:
  ${far}: { vault: { bucket: ${vault} } }
plans:
${plans.map(plan).join('')}`;

let cloud: Cloud;
let directory: string;
let machines: { readonly here: string; readonly there: string };
beforeAll(async () => {
  cloud = await startCloud();
  directory = mkdtempSync(join(tmpdir(), 'snapkeep-regions-'));
  const { ec2, s3 } = cloud.sandbox;
  const defaultRetention = { mode: 'GOVERNANCE', unit: 'days', count: 14 } as const;
  s3.seedBucket({ name: farBucket, region: far, account, objectLock: true, defaultRetention });
  const tags = { Backup: 'yes' };
  machines = {
    here: ec2.seed(region).addInstance({ tags }).id,
    there: ec2.seed(far).addInstance({ tags }).id,
  };
});
afterAll(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
  rmSync(directory, { recursive: true });
});

async function snapkeepWith(text: string, ...argv: string[]): Promise<CliResult> {
  const file = join(directory, 'snapkeep.yaml');
  writeFileSync(file, text);
  // The file says which Region is meant; this one must not matter.
  const env = { ...cloud.sandbox.environment, AWS_REGION: 'ap-south-1' };
  return cli(['-c', file, ...argv], { env, clock: cloud.clock });
}
const snapkeep = (...argv: string[]): Promise<CliResult> => snapkeepWith(configuration(), ...argv);

async function backUp(planName: string): Promise<string> {
  const { stdout, exitCode } = await snapkeep('backup', planName, '--json');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout).backup_id;
}

const images = (where: string): number => cloud.sandbox.ec2.region(where).images.size;

// Each test goes on from the one before it.
describe('two Regions of one configuration', () => {
  let first: { readonly fleet: string; readonly far: string };

  it('are backed up by plan, each to its own vault', async () => {
    first = { fleet: await backUp('fleet'), far: await backUp('us-fleet') };
    expect([images(region), images(far)]).toEqual([1, 1]);
    const manifest = JSON.parse((await snapkeep('show', first.far, '--json')).stdout);
    expect(manifest.recovery_points).toMatchObject([
      { source: { kind: 'ec2', id: machines.there, region: far }, status: 'available' },
    ]);
    const { s3 } = cloud.sandbox;
    expect(s3.keys(bucket).every((key) => key.startsWith('ledger/fleet/'))).toBe(true);
    expect(s3.keys(farBucket).every((key) => key.startsWith('ledger/us-fleet/'))).toBe(true);
    expect([s3.keys(bucket).length, s3.keys(farBucket).length]).toEqual([2, 2]);
  });

  it('are listed in one table with the Region of each backup, and as data', async () => {
    const { stdout, exitCode } = await snapkeep('list');
    expect(exitCode).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^BACKUP ID +PLAN +REGION +STATUS/);
    expect(rows).toEqual([
      expect.stringMatching(new RegExp(`^${first.far} +us-fleet +${far} +completed`)),
      expect.stringMatching(new RegExp(`^${first.fleet} +fleet +${region} +completed`)),
    ]);
    expect(JSON.parse((await snapkeep('list', '--json')).stdout)).toMatchObject([
      { backup_id: first.far, plan: 'us-fleet', region: far },
      { backup_id: first.fleet, plan: 'fleet', region },
    ]);
    const one = await snapkeep('list', '--plan', 'us-fleet');
    expect(one.stdout).toContain(first.far);
    expect(one.stdout).not.toContain(first.fleet);
  });

  it('find a plan that is misspelt among the plans of both', async () => {
    for (const argv of [['backup'], ['rotate'], ['restore', 'latest', '--plan'], ['list', '--plan']]) {
      const { exitCode, stderr } = await snapkeep(...argv, 'us-fleeet');
      expect(exitCode).toBe(2);
      expect(stderr).toContain('Did you mean us-fleet?');
      expect(stderr).toContain('fleet, us-fleet');
    }
  });

  it('are rotated together, each by its own ledger', async () => {
    cloud.clock.advance(86_400_000);
    await backUp('fleet');
    await backUp('us-fleet');
    expect([images(region), images(far)]).toEqual([2, 2]);
    const dry = await snapkeep('rotate', '--dry-run');
    expect(dry.stdout).toContain(`Plan fleet in ${region}: 1 of 2 recovery points to remove`);
    expect(dry.stdout).toContain(`Plan us-fleet in ${far}: 1 of 2 recovery points to remove`);
    const { stdout, exitCode } = await snapkeep('rotate', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      plans: [
        { plan: 'fleet', region, state: 'done', removed: 1 },
        { plan: 'us-fleet', region: far, state: 'done', removed: 1 },
      ],
      unconfigured_plans: [],
    });
    expect([images(region), images(far)]).toEqual([1, 1]);
  });

  it('keep a backup on hold wherever its vault is', async () => {
    const [{ backup_id: id }] = JSON.parse((await snapkeep('list', '--plan', 'us-fleet', '--json')).stdout);
    const { exitCode, stdout } = await snapkeep('hold', id, '--reason', 'audit');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`s3://${farBucket}/ledger/us-fleet/`);
    expect((await snapkeep('show', id)).stdout).toContain('On hold since');
  });

  it('let copies go that only the Region of the plan has', async () => {
    const asked = await snapkeep('forget', `ec2/${machines.there}`, '--plan', 'us-fleet');
    expect(asked.exitCode).toBe(4);
    expect(asked.stdout).toMatch(/ami-\w+ +\d+_\d{4}_\d\d_\d\d_us-fleet/);
    const elsewhere = await snapkeep('forget', `ec2/${machines.there}`, '--plan', 'fleet');
    expect(elsewhere).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('restore in the Region of the plan, and go on with a restore without being told where it is', async () => {
    const before = [region, far].map((each) => cloud.sandbox.ec2.region(each).instances.size);
    const restored = await snapkeep('restore', 'latest', '--plan', 'us-fleet', '--id', 'again', '--json');
    expect(restored.stderr).toContain('snapkeep restore --resume again');
    expect(restored.exitCode).toBe(0);
    const after = [region, far].map((each) => cloud.sandbox.ec2.region(each).instances.size);
    expect(after).toEqual([before[0], (before[1] ?? 0) + 1]);
    const resumed = await snapkeep('restore', '--resume', 'again', '--json');
    expect(resumed.exitCode).toBe(0);
    expect(JSON.parse(resumed.stdout).machines).toEqual(JSON.parse(restored.stdout).machines);
    expect((await snapkeep('restore', '--resume', 'nosuch')).stderr).toContain('there is no restore nosuch');
  });

  it('show the one that answers when the other does not, and end with 1', async () => {
    const broken = configuration({ vault: 'acme-nowhere' });
    const listed = await snapkeepWith(broken, 'list', '--json');
    expect(listed.exitCode).toBe(1);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ plan: 'fleet', region }]);
    expect(listed.stderr).toMatch(/^snapkeep: us-east-1: the vault bucket acme-nowhere does not exist\n {2}/);
    const rotated = await snapkeepWith(broken, 'rotate', '--json');
    expect(rotated.exitCode).toBe(1);
    expect(JSON.parse(rotated.stdout)).toMatchObject({
      plans: [{ plan: 'fleet', region, state: 'idle' }],
      failed_regions: [{ region: far, message: 'the vault bucket acme-nowhere does not exist' }],
    });
    // Of a plan that is in a good Region nobody asks the other.
    expect((await snapkeepWith(broken, 'list', '--plan', 'fleet')).exitCode).toBe(0);
    const resumed = await snapkeepWith(broken, 'restore', '--resume', 'again');
    expect(resumed).toMatchObject({ exitCode: 2, stdout: '' });
    expect(resumed.stderr).toContain(
      'restore again is not in the Regions that answered; us-east-1: the vault bucket acme-nowhere does not exist',
    );
  });

  it('say what every one of them failed with when none answers', async () => {
    const broken = configuration({ vault: 'acme-nowhere' }).replace(bucket, 'acme-gone');
    const listed = await snapkeepWith(broken, 'list', '--json');
    expect(listed.exitCode).toBe(2);
    expect(JSON.parse(listed.stdout).error.message).toBe(
      'eu-west-1: the vault bucket acme-gone does not exist; us-east-1: the vault bucket acme-nowhere does not exist',
    );
  });

  it('say once what is wrong everywhere', async () => {
    const file = join(directory, 'snapkeep.yaml');
    writeFileSync(file, configuration());
    const env = { ...cloud.sandbox.environment, AWS_SECRET_ACCESS_KEY: 'wrong' };
    const { exitCode, stderr } = await cli(['-c', file, 'list'], { env, clock: cloud.clock });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^snapkeep: AWS does not accept the credentials \(SignatureDoesNotMatch\)\n {2}\S/,
    );
  });

  it('say of a vault that it lies in the other Region', async () => {
    const swapped = configuration({ vault: 'acme-nowhere' })
      .replace(bucket, farBucket)
      .replace('acme-nowhere', bucket);
    const { exitCode, stderr } = await snapkeepWith(swapped, 'backup', 'us-fleet');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`the vault bucket ${bucket} lies in another Region`);
  });

  it('leave a plan that has moved in its old vault, where its backups are still found', async () => {
    const moved = configuration({ plans: [`  fleet:\n    region: ${far}`, '  other:'] });
    const { stdout } = await snapkeepWith(moved, 'list', '--json');
    const old = JSON.parse(stdout).filter((each: { plan: string }) => each.plan === 'fleet');
    expect(old).toMatchObject([{ region, expires: null }]);
    expect((await snapkeepWith(moved, 'show', old[0].backup_id)).exitCode).toBe(0);
    const rotated = await snapkeepWith(moved, 'rotate', '--dry-run', '--json');
    expect(JSON.parse(rotated.stdout).unconfigured_plans).toEqual([
      { plan: 'fleet', region },
      { plan: 'us-fleet', region: far },
    ]);
    expect(rotated.stderr).toContain(`plan fleet is in the ledger of ${region}`);
    expect(rotated.stderr).toContain('nothing of it is deleted');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { type CliResult, cli } from '../support/cli.ts';
import { account, bucket, type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { aPlan } from '../support/plans.ts';

let cloud: Cloud;
let directory: string;
beforeEach(async () => {
  cloud = await startCloud();
  directory = mkdtempSync(join(tmpdir(), 'snapkeep-cli-'));
});
afterEach(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
  rmSync(directory, { recursive: true });
});

const config = (overrides: { vault?: string; sources?: string; region?: string } = {}) => `
version: 1
deployment: prod-eu
region: ${overrides.region ?? region}
vault: { bucket: ${overrides.vault ?? bucket} }
plans:
  fleet:
    schedule: { expression: rate(1 day) }
    sources: ${overrides.sources ?? '[{ ec2: { tags: { Backup: "yes" } } }]'}
    retention: { daily: 7 }
`;

async function snapkeep(
  argv: readonly string[],
  text = config(),
  env = cloud.sandbox.environment,
): Promise<CliResult> {
  const file = join(directory, 'snapkeep.yaml');
  writeFileSync(file, text);
  return cli(['-c', file, ...argv], { env, clock: cloud.clock });
}

const addInstance = () => cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
const manifestOf = (result: CliResult) => JSON.parse(result.stdout);

describe('snapkeep backup', () => {
  it('prints the sealed manifest under --json, the same as lies in the vault, and nothing on stderr', async () => {
    addInstance();
    const result = await snapkeep(['backup', 'fleet', '--json']);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const stored = cloud.sandbox.s3.text(
      bucket,
      `ledger/fleet/${manifestOf(result).backup_id}/backup_information.json`,
    );
    expect(JSON.parse(stored ?? '')).toEqual(manifestOf(result));
  });

  it('prints backup ID, recovery points and where to look next', async () => {
    const { id } = addInstance();
    const result = await snapkeep(['backup', 'fleet']);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('1795140000_2026_11_20_fleet');
    expect(result.stdout).toMatch(new RegExp(`ec2/${id} +available +ami-[0-9a-f]{17}`));
    expect(result.stdout).toContain('Next: snapkeep list --plan fleet');
  });

  it('names the backup by --slot and answers the same one when it is run again', async () => {
    addInstance();
    const argv = ['backup', 'fleet', '--slot', '2026-11-20T02:30:00+01:00', '--json'];
    const first = await snapkeep(argv);
    expect(manifestOf(first).backup_id).toBe('1795138200_2026_11_20_fleet');
    expect(await snapkeep(argv)).toEqual(first);
    expect(cloud.sandbox.ec2.region(region).images.size).toBe(1);
  });

  it('ends with 3 when a source fails, and with 1 when all do', async () => {
    const { id } = addInstance();
    const sources = (ids: string) => config({ sources: `[{ ec2: { ids: [${ids}] } }]` });
    const partial = await snapkeep(['backup', 'fleet'], sources(`${id}, i-0deadbeefdeadbeef`));
    expect(partial.exitCode).toBe(3);
    expect(partial.stdout).toContain('error: ec2/i-0deadbeefdeadbeef: no instance');
    const failed = await snapkeep(
      ['backup', 'fleet', '--slot', '2026-11-20T01:00:00Z'],
      sources('i-0deadbeefdeadbeef'),
    );
    expect(failed.exitCode).toBe(1);
  });

  it('goes on with a run that was begun and not finished', async () => {
    addInstance();
    const dying = startProcess(cloud, { plans: [aPlan()] });
    const onCheckpoint = ({ name }: { name: string }) => {
      if (name.endsWith('start-0')) throw new Error('killed');
    };
    const slot = '2026-11-20T01:15:00Z';
    await expect(
      dying.engine({ onCheckpoint }).run(backupWorkflow(dying.deps), { plan: 'fleet', slot }),
    ).rejects.toThrow('killed');
    dying.clients.destroy();
    const listed = await snapkeep(['list', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ status: 'running', completed_at: null }]);
    const result = await snapkeep(['backup', 'fleet', '--json']);
    expect(manifestOf(result)).toMatchObject({ slot, status: 'completed' });
    expect(result.stderr).toContain('going on with 1795137300_2026_11_20_fleet');
    expect(cloud.sandbox.ec2.region(region).images.size).toBe(1);
  });

  it('leaves a run whose time is up to --slot and begins a new one', async () => {
    addInstance();
    const dying = startProcess(cloud, { plans: [aPlan({ timeoutSeconds: 600 })] });
    const onCheckpoint = () => {
      throw new Error('killed');
    };
    const slot = '2026-11-20T01:15:00Z';
    const run = dying.engine({ onCheckpoint }).run(backupWorkflow(dying.deps), { plan: 'fleet', slot });
    await expect(run).rejects.toThrow('killed');
    dying.clients.destroy();
    cloud.clock.advance(3_600_000);
    expect(JSON.parse((await snapkeep(['list', '--json'])).stdout)).toMatchObject([
      { status: 'interrupted' },
    ]);
    expect(manifestOf(await snapkeep(['backup', 'fleet', '--json'])).slot).toBe('2026-11-20T03:00:00Z');
  });
});

describe('snapkeep backup whose credentials expire on the way', () => {
  it('ends at once with a sentence instead of asking again for minutes', async () => {
    addInstance();
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'DescribeImages',
      code: 'RequestExpired',
      status: 400,
    });
    const begunAt = cloud.clock.now();
    const result = await snapkeep(['backup', 'fleet']);
    expect(result.stderr).toBe(
      'snapkeep: the AWS credentials have expired\n  sign in again, then run the same command\n',
    );
    expect(result.exitCode).toBe(2);
    expect(cloud.clock.now() - begunAt).toBeLessThan(60_000);
  });
});

describe('snapkeep backup refuses with one sentence, and makes nothing,', () => {
  const refused = async (result: Promise<CliResult>, exitCode: number, sentence: RegExp) => {
    const { stderr, stdout, ...rest } = await result;
    expect({ stderr, ...rest }).toMatchObject({ exitCode });
    expect(stdout).toBe('');
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(cloud.sandbox.ec2.region(region).images.size).toBe(0);
  };

  it('an unknown plan, and lists the plans', () =>
    refused(snapkeep(['backup', 'flet']), 2, /no plan "flet"[\s\S]*Did you mean fleet/));

  it('a plan that selects nothing', () =>
    refused(snapkeep(['backup', 'fleet']), 2, /selects no source in eu-west-1/));

  it.each([
    'yesterday',
    '2026-11-20',
    '2026-13-40T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-11-19T24:00:00Z',
  ])('--slot %s', (slot) => refused(snapkeep(['backup', 'fleet', '--slot', slot]), 2, /is not a time/));

  it('a slot in the future', () =>
    refused(snapkeep(['backup', 'fleet', '--slot', '2027-01-01T00:00:00Z']), 2, /lies in the future/));

  it('a slot that no backup ID can be made of', () =>
    refused(snapkeep(['backup', 'fleet', '--slot', '1969-12-31T23:59:00Z']), 2, /lies before 1970/));

  it('a vault that does not exist', () => {
    addInstance();
    return refused(
      snapkeep(['backup', 'fleet'], config({ vault: 'acme-nowhere' })),
      2,
      /bucket acme-nowhere does not exist/,
    );
  });

  it('a vault that is not versioned', () => {
    addInstance();
    cloud.sandbox.s3.seedBucket({ name: 'acme-plain', region, account, versioned: false });
    return refused(
      snapkeep(['backup', 'fleet'], config({ vault: 'acme-plain' })),
      2,
      /acme-plain is not versioned/,
    );
  });

  it('a vault that cannot be written', () => {
    addInstance();
    cloud.sandbox.faults.add({ service: 's3', action: 'PutObject', code: 'AccessDenied', status: 403 });
    return refused(
      snapkeep(['backup', 'fleet']),
      2,
      /vault bucket acme-snapkeep-vault refuses to write[\s\S]*s3:PutObject/,
    );
  });

  it('a vault in another Region', () => {
    addInstance();
    cloud.sandbox.s3.seedBucket({ name: 'acme-elsewhere', region: 'us-east-1', account });
    return refused(
      snapkeep(['backup', 'fleet'], config({ vault: 'acme-elsewhere' })),
      2,
      /lies in another Region/,
    );
  });

  it('keys that AWS does not know', () => {
    addInstance();
    const env = { ...cloud.sandbox.environment, AWS_ACCESS_KEY_ID: 'AKIANOBODYNOBODYNOBO' };
    return refused(snapkeep(['backup', 'fleet'], config(), env), 2, /does not accept the credentials/);
  });

  it('a wrong secret', () => {
    addInstance();
    const env = { ...cloud.sandbox.environment, AWS_SECRET_ACCESS_KEY: 'not-the-secret' };
    return refused(snapkeep(['backup', 'fleet'], config(), env), 2, /does not accept the credentials/);
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'localhost:4577'],
    ['AWS_ENDPOINT_URL', 'not a url'],
    ['AWS_ENDPOINT_URL_EC2', 'ftp://127.0.0.1/'],
  ])('%s as %j', (name, value) => {
    const env = { ...cloud.sandbox.environment, [name]: value };
    return refused(
      snapkeep(['backup', 'fleet'], config(), env),
      2,
      new RegExp(`${name} is "${value}", which`),
    );
  });

  it('a profile that is nowhere', () => {
    const env = { ...cloud.sandbox.environment, AWS_PROFILE: 'prod-eu', HOME: directory };
    const sentence =
      /AWS_PROFILE is "prod-eu", and \S+\/.aws\/config and \S+\/credentials name no such profile/;
    return refused(snapkeep(['backup', 'fleet'], config(), env), 2, sentence);
  });

  it('an endpoint where nobody answers', () => {
    const env = { ...cloud.sandbox.environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    return refused(snapkeep(['backup', 'fleet'], config(), env), 1, /could not be reached/);
  });

  it('credentials that may not look', () => {
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'DescribeInstances',
      code: 'UnauthorizedOperation',
      status: 403,
    });
    return refused(snapkeep(['backup', 'fleet']), 2, /not allowed to do this/);
  });
});

describe('snapkeep list and show', () => {
  it('list an empty vault with a hint', async () => {
    expect(await snapkeep(['list'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('no backups yet'),
    });
    expect((await snapkeep(['list', '--json'])).stdout).toBe('[]\n');
  });

  it('list backups newest first in the columns of the contract', async () => {
    addInstance();
    await snapkeep(['backup', 'fleet', '--slot', '2026-11-20T01:00:00Z']);
    await snapkeep(['backup', 'fleet']);
    const [header, ...rows] = (await snapkeep(['list'])).stdout.trimEnd().split('\n');
    expect(header?.split(/\s{2,}/)).toEqual([
      ...['BACKUP ID', 'PLAN', 'STATUS', 'ERRORS', 'WARNINGS', 'STARTED', 'COMPLETED', 'EXPIRES'],
    ]);
    expect(rows.map((row) => row.split(/\s+/).slice(0, 4))).toEqual([
      ['1795140060_2026_11_20_fleet', 'fleet', 'completed', '0'],
      ['1795136400_2026_11_20_fleet', 'fleet', 'completed', '0'],
    ]);
  });

  it('list the others, with a warning, when a document in the vault cannot be used', async () => {
    addInstance();
    const { backup_id } = manifestOf(await snapkeep(['backup', 'fleet', '--json']));
    const { clients } = startProcess(cloud, { plans: [] });
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const put = async (id: string, Body: string) => {
      const Key = `ledger/fleet/${id}/backup_information.json`;
      await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
      return Key;
    };
    const strange = await put('1795136400_2026_11_20_fleet', '{"metadata_version":3}');
    const broken = await put('1795132800_2026_11_20_fleet', '{');
    clients.destroy();
    const listed = await snapkeep(['list', '--json']);
    expect(listed.exitCode).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { backup_id, status: 'completed' },
      { backup_id: '1795136400_2026_11_20_fleet', status: 'unreadable', started_at: '-', expires_at: null },
      { backup_id: '1795132800_2026_11_20_fleet', status: 'unreadable' },
    ]);
    const warnings = listed.stderr.trimEnd().split('\n');
    expect(warnings).toHaveLength(2);
    expect(warnings.every((line) => line.startsWith('warning: '))).toBe(true);
    expect(listed.stderr).toContain(strange);
    expect(listed.stderr).toContain(broken);
    expect((await snapkeep(['list'])).stdout).toMatch(/1795136400_2026_11_20_fleet +fleet +unreadable/);
    expect(await snapkeep(['show', '1795136400_2026_11_20_fleet'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('not a document that this version understands'),
    });
    expect((await snapkeep(['rotate', 'fleet'])).exitCode).toBe(1);
    expect(cloud.sandbox.ec2.region(region).images.size).toBe(1);
  });

  it('asks for each document once, by the version that the listing told', async () => {
    addInstance();
    await snapkeep(['backup', 'fleet', '--slot', '2026-11-20T01:00:00Z']);
    await snapkeep(['backup', 'fleet']);
    const calls = () => cloud.sandbox.requests.counts().s3 ?? {};
    const before = calls();
    await snapkeep(['list', '--plan', 'fleet']);
    const made = (action: string) => (calls()[action]?.count ?? 0) - (before[action]?.count ?? 0);
    expect([made('ListObjectVersions'), made('GetObject')]).toEqual([1, 2]);
  });

  it('show one backup as it was sealed', async () => {
    addInstance();
    const manifest = manifestOf(await snapkeep(['backup', 'fleet', '--json']));
    const shown = await snapkeep(['show', manifest.backup_id, '--json']);
    expect(manifestOf(shown)).toEqual(manifest);
    expect((await snapkeep(['show', manifest.backup_id])).stdout).toContain(
      'completed, 1 of 1 recovery point',
    );
  });

  it('still show it after somebody has deleted or overwritten its manifest', async () => {
    addInstance();
    const manifest = manifestOf(await snapkeep(['backup', 'fleet', '--json']));
    const key = `ledger/fleet/${manifest.backup_id}/backup_information.json`;
    const { clients } = startProcess(cloud, { plans: [] });
    const { DeleteObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    await clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: '{"forged":true}' }));
    clients.destroy();
    expect(manifestOf(await snapkeep(['show', manifest.backup_id, '--json']))).toEqual(manifest);
  });

  it('refuse what is no backup ID, and what is not there', async () => {
    expect(await snapkeep(['show', 'latest'])).toMatchObject({ exitCode: 2 });
    const missing = await snapkeep(['show', '1795140000_2026_11_20_fleet']);
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is no backup') });
  });
});

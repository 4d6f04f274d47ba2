import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createS3, type S3 } from '../../sandbox/services/s3/service.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const run = promisify(execFile);

const version = (): string | undefined => {
  try {
    return execFileSync('aws', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
};
const found = version();
if (!found) process.stderr.write('S3 through the AWS CLI is not tested: there is no `aws` command here.\n');

describe.skipIf(!found)('the AWS CLI', { timeout: 120_000 }, () => {
  let sandbox: StartedSandbox;
  let s3: S3;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'snapkeep-s3-cli-'));
    sandbox = await startSandbox((world) => {
      s3 = createS3(world);
      return [s3.service];
    });
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(directory, { recursive: true });
  });

  const aws = (...args: string[]) =>
    run('aws', ['--endpoint-url', sandbox.server.url, '--output', 'json', ...args], {
      cwd: directory,
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        AWS_ACCESS_KEY_ID: DEFAULT_IDENTITY.accessKeyId,
        AWS_SECRET_ACCESS_KEY: DEFAULT_IDENTITY.secretAccessKey,
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_PAGER: '',
      },
    });

  test('uploads, lists, downloads and finds versions', async () => {
    s3.seedBucket({
      name: 'cli-bucket',
      region: 'eu-west-1',
      account: DEFAULT_IDENTITY.account,
      versioned: true,
    });
    const content = `ledger ${'ä'.repeat(2000)}`;
    writeFileSync(join(directory, 'up.txt'), content);
    await aws('s3', 'cp', 'up.txt', 's3://cli-bucket/a b/ünï+1.txt');
    expect(s3.text('cli-bucket', 'a b/ünï+1.txt')).toBe(content);
    expect((await aws('s3', 'ls', 's3://cli-bucket/', '--recursive')).stdout).toContain('a b/ünï+1.txt');
    await aws('s3', 'cp', 's3://cli-bucket/a b/ünï+1.txt', 'down.txt');
    expect(readFileSync(join(directory, 'down.txt'), 'utf8')).toBe(content);
    await aws('s3', 'rm', 's3://cli-bucket/a b/ünï+1.txt');
    const { stdout } = await aws('s3api', 'list-object-versions', '--bucket', 'cli-bucket');
    expect(JSON.parse(stdout)).toMatchObject({
      Versions: [{ Key: 'a b/ünï+1.txt', IsLatest: false }],
      DeleteMarkers: [{ Key: 'a b/ünï+1.txt', IsLatest: true }],
    });
  });

  test('makes a bucket and reads its location', async () => {
    await aws('s3', 'mb', 's3://cli-located');
    const { stdout } = await aws('s3api', 'get-bucket-location', '--bucket', 'cli-located');
    expect(JSON.parse(stdout)).toEqual({ LocationConstraint: 'eu-west-1' });
  });

  test('uploads and fetches a big file in parts', async () => {
    s3.seedBucket({ name: 'cli-big', region: 'eu-west-1', account: DEFAULT_IDENTITY.account });
    const big = Buffer.alloc(9 * 1024 * 1024, 'snapkeep ');
    writeFileSync(join(directory, 'big.bin'), big);
    await aws('s3', 'cp', 'big.bin', 's3://cli-big/big.bin');
    const [version] = s3.versions('cli-big', 'big.bin');
    expect(version).toMatchObject({ kind: 'object', etag: expect.stringMatching(/-2"$/) });
    await aws('s3', 'cp', 's3://cli-big/big.bin', 'big-again.bin');
    expect(readFileSync(join(directory, 'big-again.bin')).equals(big)).toBe(true);
  });

  test('is told what went wrong in the words of the service', async () => {
    await expect(aws('s3api', 'get-object', '--bucket', 'no-such-bucket', '--key', 'a', 'x')).rejects.toThrow(
      'NoSuchBucket',
    );
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bundles, buildBundles, bundleNames } from '../../lib/bundles.ts';
import { aConfig } from '../support/configs.ts';

const config = aConfig();
const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-backup-worker:live';
let root = '';
let bundles: Bundles;
const build = (folder: string): Bundles =>
  buildBundles({ config, snapkeepVersion: '1.2.3', outputFolder: join(root, folder) });

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'snapkeep-bundles-'));
  bundles = build('first');
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

describe('the bundles', () => {
  it.each(bundleNames)('of %s can be loaded by itself and has a handler', async (name) => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('LAMBDA_TASK_ROOT', bundles[name]);
    for (const variable of ['BACKUP_WORKER', 'ROTATE_WORKER', 'WORKER'])
      vi.stubEnv(`SNAPKEEP_${variable}_ARN`, workerArn);
    vi.stubEnv('SNAPKEEP_TOPIC_ARN', 'arn:aws:sns:eu-west-1:123456789012:topic');
    const loaded: unknown = await import(pathToFileURL(join(bundles[name], 'index.mjs')).href);
    expect(loaded).toMatchObject({ handler: expect.any(Function) });
  });

  it.each(bundleNames)('of %s stay small enough to start quickly', (name) => {
    expect(statSync(join(bundles[name], 'index.mjs')).size).toBeLessThan(1_750_000);
  });

  it('of restores carry the profiles, read already, and the scripts that all of them share', () => {
    const profiles = JSON.parse(readFileSync(join(bundles['restore-worker'], 'profiles.json'), 'utf8'));
    expect(profiles).toMatchObject({
      'circleci-server': { name: 'circleci-server', scripts: expect.anything() },
    });
    const script = readFileSync(join(bundles['restore-worker'], 'profiles/common/rewrite.sh'), 'utf8');
    expect(script).toContain('rewrite_main');
  });

  it('carry the configuration', () => {
    const file = join(bundles['backup-worker'], 'config.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ snapkeepVersion: '1.2.3', config });
  });

  it('are the same bytes when built again elsewhere', () => {
    const again = build('second/and/deeper');
    for (const name of bundleNames) {
      for (const file of ['index.mjs', 'config.json']) {
        const [first, second] = [bundles, again].map((each) => readFileSync(join(each[name], file)));
        expect(second?.equals(first ?? Buffer.alloc(0)), `${name}/${file}`).toBe(true);
      }
    }
  });
});

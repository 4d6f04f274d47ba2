import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bundles, buildBundles, bundleNames, copyBundles } from '../../lib/bundles.ts';
import { aConfig } from '../support/configs.ts';

const config = aConfig();
const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-backup-worker:live';
let root = '';
let bundles: Bundles;
const build = (folder: string): Promise<Bundles> =>
  buildBundles({ config, snapkeepVersion: '1.2.3', outputFolder: join(root, folder) });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'snapkeep-bundles-'));
  bundles = await build('first');
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
    expect(statSync(join(bundles[name], 'index.mjs')).size).toBeLessThan(1_600_000);
  });

  it('leave out operations of EC2 that nobody calls', () => {
    const text = readFileSync(join(bundles['backup-worker'], 'index.mjs'), 'utf8');
    expect(text).toContain('DescribeImagesRequest');
    expect(text).not.toContain('DescribeIpamPoolsRequest');
  });

  it('have source maps beside them, by which a stack trace can be read', () => {
    const words = 'Lambda gives them to it; run it nowhere else';
    const place = (text: string) => {
      const before = text.slice(0, text.indexOf(words)).split('\n');
      return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    };
    const bundle = place(readFileSync(join(bundles['backup-worker'], 'index.mjs'), 'utf8'));
    const map = readFileSync(join(root, 'first', 'source-maps', 'backup-worker.mjs.map'), 'utf8');
    const source = 'functions/clients/lambda-credentials.ts';
    expect(new SourceMap(JSON.parse(map)).findOrigin(bundle.line, bundle.column)).toMatchObject({
      fileName: expect.stringMatching(new RegExp(`${source}$`)),
      lineNumber: place(readFileSync(source, 'utf8')).line,
    });
    expect(readdirSync(bundles['backup-worker']).sort()).toEqual(['config.json', 'index.mjs']);
  });

  it('of restores carry the profiles, read already, and the scripts that all of them share', () => {
    const profiles = JSON.parse(readFileSync(join(bundles['restore-worker'], 'profiles.json'), 'utf8'));
    expect(profiles).toMatchObject({
      'circleci-server': { name: 'circleci-server', scripts: expect.anything() },
    });
    const script = readFileSync(join(bundles['restore-worker'], 'profiles/common/rewrite.sh'), 'utf8');
    expect(script).toContain('rewrite_main');
  });

  it('carry what they read of the configuration: entries the names of plans, workers all but when plans run', () => {
    const configOf = (name: 'start' | 'backup-worker'): unknown =>
      JSON.parse(readFileSync(join(bundles[name], 'config.json'), 'utf8'));
    expect(configOf('start')).toEqual({
      snapkeepVersion: '1.2.3',
      config: { deployment: 'prod-eu', vault: { bucket: 'acme-vault' }, plans: { ci: {}, fleet: {} } },
    });
    const { ci, fleet } = config.plans;
    expect(configOf('backup-worker')).toEqual({
      snapkeepVersion: '1.2.3',
      config: {
        deployment: 'prod-eu',
        vault: { bucket: 'acme-vault' },
        plans: {
          ci: { ...ci, schedule: { timezone: 'Europe/Berlin' } },
          fleet: { ...fleet, schedule: { timezone: 'UTC' } },
        },
      },
    });
  });

  it('of another Region are the same code, with the configuration of that Region', () => {
    const plans = Object.fromEntries(Object.entries(config.plans).filter(([name]) => name === 'fleet'));
    const far = copyBundles(join(root, 'first'), {
      config: { ...config, region: 'us-east-1', vault: { ...config.vault, bucket: 'acme-vault-us' }, plans },
      snapkeepVersion: '1.2.3',
      outputFolder: join(root, 'far'),
    });
    expect(readdirSync(join(root, 'far'))).toEqual(readdirSync(join(root, 'first')));
    for (const name of bundleNames) {
      const [here, there] = [bundles, far].map((each) => readFileSync(join(each[name], 'index.mjs')));
      expect(there?.equals(here ?? Buffer.alloc(0)), name).toBe(true);
      expect(readdirSync(far[name])).toEqual(readdirSync(bundles[name]));
      const { config: read } = JSON.parse(readFileSync(join(far[name], 'config.json'), 'utf8'));
      expect(read.vault).toEqual({ bucket: 'acme-vault-us' });
      expect(Object.keys(read.plans)).toEqual(['fleet']);
    }
  });

  it('are the same bytes when built again elsewhere', async () => {
    const again = await build('second/and/deeper');
    for (const name of bundleNames) {
      for (const file of ['index.mjs', 'config.json']) {
        const [first, second] = [bundles, again].map((each) => readFileSync(join(each[name], file)));
        expect(second?.equals(first ?? Buffer.alloc(0)), `${name}/${file}`).toBe(true);
      }
    }
  });
});

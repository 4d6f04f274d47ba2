import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let output = '';
beforeAll(() => {
  output = mkdtempSync(join(tmpdir(), 'snapkeep-app-'));
});
afterAll(() => rmSync(output, { recursive: true }));

/** Runs the app as the CDK's command does: context and output folder come through the environment. */
function runApp(config: string): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['bin/snapkeep-app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify({ config }) },
  });
  return { status, stderr };
}

describe('the CDK app', () => {
  it('makes the template of the example configuration, without an account', () => {
    const { status, stderr } = runApp('docs/examples/snapkeep.yaml');
    expect(stderr).not.toContain('Error');
    expect(status).toBe(0);
    expect(existsSync(join(output, 'snapkeep-example.template.json'))).toBe(true);
  });

  it('makes a template per Region of one configuration, and a stack of the same name in each', () => {
    const { status, stderr } = runApp('docs/examples/two-regions.yaml');
    expect(stderr).not.toContain('Error');
    expect(status).toBe(0);
    const { artifacts } = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'));
    const ids = ['snapkeep-global', 'snapkeep-global-us-east-1'];
    expect(ids.map((id) => [artifacts[id].environment, artifacts[id].properties.stackName])).toEqual([
      // Left out where it is the name in the app.
      ['aws://unknown-account/eu-west-1', undefined],
      ['aws://unknown-account/us-east-1', 'snapkeep-global'],
    ]);
    for (const id of ids) expect(existsSync(join(output, `${id}.template.json`))).toBe(true);
  });

  it('says in one sentence that the configuration is missing', () => {
    const { status, stderr } = runApp('nowhere.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('snapkeep: nowhere.yaml does not exist.');
    expect(stderr).toContain('or name another with -c config=FILE.');
    expect(stderr).not.toContain('    at ');
  });

  it('says without a trace that no role can hold the permissions of so many sources, and what to do', () => {
    const ids = Array.from({ length: 300 }, (_, number) => `i-${number.toString(16).padStart(17, '0')}`);
    const config = join(output, 'many.yaml');
    const lines = [
      ...['version: 1', 'deployment: prod', 'region: eu-west-1', 'vault: { bucket: acme-snapkeep-vault }'],
      ...['plans:', '  fleet:', '    schedule: { expression: rate(1 day) }'],
      ...[`    sources: [ec2: { ids: [${ids.join(', ')}] }]`, '    retention: { daily: 7 }', ''],
    ];
    writeFileSync(config, lines.join('\n'));
    const { status, stderr } = runApp(config);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^snapkeep: Validation failed with the following errors:$/m);
    expect(stderr).toContain('the permissions of prod-backup-worker take ');
    expect(stderr).toContain('let plans share tags');
    expect(stderr).not.toContain('    at ');
  });
});

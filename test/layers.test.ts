import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
// Tests may import anything, so they are not looked at; one that the product imports is found as its dependency.
const folders = ['bin', 'lib', 'functions', 'sandbox'];

const reportSchema = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string() })) }),
  }),
});

function typeScriptFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

/** Runs the checker that `npm run layers` runs, over the tree in `directory`. */
function cruise(directory: string): z.infer<typeof reportSchema> {
  const output = execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      ...['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json'],
      ...folders,
    ],
    { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return reportSchema.parse(JSON.parse(output));
}

/** For each rule a file that breaks it, and what that file imports. */
const violations: Readonly<Record<string, { readonly file: string; readonly imports: string }>> = {
  'layer-shared': { file: 'functions/shared/bad.ts', imports: '../plan/good.ts' },
  'layer-retention': { file: 'functions/retention/bad.ts', imports: '../catalog/good.ts' },
  'layer-rewrite': { file: 'functions/rewrite/bad.ts', imports: '../retention/good.ts' },
  'layer-plan': { file: 'functions/plan/bad.ts', imports: '../drivers/driver.ts' },
  'layer-cost': { file: 'functions/cost/bad.ts', imports: '../catalog/good.ts' },
  'layer-catalog': { file: 'functions/catalog/bad.ts', imports: '../drivers/driver.ts' },
  'layer-drivers': { file: 'functions/drivers/one/bad.ts', imports: '../../workflows/good.ts' },
  'layer-applications': { file: 'functions/applications/bad.ts', imports: '../drivers/driver.ts' },
  'layer-workflows': { file: 'functions/workflows/bad.ts', imports: '../handlers/good.ts' },
  'layer-engine': { file: 'functions/engine/bad.ts', imports: '../workflows/good.ts' },
  'layer-clients': { file: 'functions/clients/bad.ts', imports: '../drivers/driver.ts' },
  'layer-handlers': { file: 'functions/handlers/bad.ts', imports: '../../lib/good.ts' },
  'workflows-see-ports-only': { file: 'functions/workflows/kind.ts', imports: '../drivers/one/good.ts' },
  'no-cloud-above-the-ports': { file: 'functions/workflows/socket.ts', imports: 'node:net' },
  'clients-and-engine-at-the-edge': { file: 'functions/workflows/client.ts', imports: '../clients/good.ts' },
  'drivers-know-no-other-driver': { file: 'functions/drivers/two/bad.ts', imports: '../one/good.ts' },
  'driver-port-knows-no-driver': { file: 'functions/drivers/port.ts', imports: './one/good.ts' },
  'sandbox-stands-alone': { file: 'sandbox/bad.ts', imports: '../functions/shared/good.ts' },
  'sandbox-for-demo-and-tests-only': { file: 'bin/commands/backup.ts', imports: '../../sandbox/good.ts' },
  'stack-names-handlers-by-path': { file: 'lib/bad.ts', imports: '../functions/handlers/good.ts' },
  'command-line-runs-no-handler': {
    file: 'bin/cli/handler.ts',
    imports: '../../functions/handlers/good.ts',
  },
  'functions-know-no-shell': { file: 'functions/catalog/shell.ts', imports: '../../bin/good.ts' },
  'product-knows-no-test': { file: 'lib/test.ts', imports: '../test/good.ts' },
  'commands-are-verbs': { file: 'bin/commands/list.ts', imports: './good.ts' },
  'no-cycles': { file: 'functions/shared/egg.ts', imports: './hen.ts' },
  'nothing-undeclared': { file: 'functions/shared/undeclared.ts', imports: 'installed-by-chance' },
  'nothing-unresolvable': { file: 'functions/shared/lost.ts', imports: './nowhere.ts' },
  'functions-need-no-development-package': {
    file: 'functions/plan/development.ts',
    imports: 'for-development',
  },
};

function write(directory: string, file: string, text: string): void {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeFixture(directory: string): void {
  const layers = [
    'shared',
    'retention',
    'plan',
    'catalog',
    'workflows',
    'handlers',
    'clients',
    'drivers/one',
  ];
  const good = [
    'bin',
    'bin/commands',
    'lib',
    'sandbox',
    'test',
    ...layers.map((layer) => `functions/${layer}`),
  ];
  for (const folder of good)
    write(directory, `${folder}/good.ts`, 'export interface Good { readonly good: true }\n');
  write(directory, 'functions/drivers/driver.ts', 'export interface Driver { readonly kind: string }\n');
  write(directory, 'functions/shared/hen.ts', "export * from './egg.ts';\n");
  for (const { file, imports } of Object.values(violations)) {
    write(directory, file, `import type { Good } from '${imports}';\nexport type Bad = Good;\n`);
  }
  write(
    directory,
    'package.json',
    JSON.stringify({ type: 'module', devDependencies: { 'for-development': '1.0.0' } }),
  );
  for (const name of ['installed-by-chance', 'for-development']) {
    write(
      directory,
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    );
    write(directory, `node_modules/${name}/index.js`, 'exports.good = true;\n');
  }
}

describe('the layer rules', () => {
  let fixture: string;
  beforeAll(() => {
    fixture = mkdtempSync(join(tmpdir(), 'snapkeep-layers-'));
    writeFixture(fixture);
  });
  afterAll(() => rmSync(fixture, { recursive: true, force: true }));

  it('hold in this tree, and every one of its modules is looked at', () => {
    const report = cruise(root);
    expect(report.summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`)).toEqual([]);
    const seen = new Set(report.modules.map(({ source }) => source));
    const files = folders.flatMap((folder) => typeScriptFiles(join(root, folder)));
    expect(files.filter((file) => !seen.has(relative(root, file)))).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('find a violation of every single rule in a tree made for it, even if only types are imported', () => {
    const found = cruise(fixture).summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
    const expected = Object.entries(violations).map(([rule, { file }]) => `${rule}: ${file}`);
    expect(expected.filter((line) => !found.includes(line))).toEqual([]);
  });

  it('each have a violation in this test and say why they exist', () => {
    const rules = cruise(fixture).summary.ruleSetUsed.forbidden;
    expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(violations).sort());
    for (const { comment } of rules) expect(comment.length).toBeGreaterThan(30);
  });

  it('keep the process environment out of workflows and of everything below them', () => {
    const pure = ['shared', 'retention', 'rewrite', 'plan', 'workflows', 'engine'];
    const files = pure.flatMap((layer) => typeScriptFiles(join(root, 'functions', layer)));
    const readers = files.filter((file) => /\bprocess\.env\b/.test(readFileSync(file, 'utf8')));
    expect(readers).toEqual([]);
  });
});

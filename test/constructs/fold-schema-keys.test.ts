import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { foldSchemaKeys, foldSchemaKeysPlugin } from '../../lib/fold-schema-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapkeep-schemas-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All schemas of a client in one text: functions in it by their source, since they only name other schemas. */
async function schemasOf(client: string, plugins: Plugin[]): Promise<string> {
  const outfile = join(folder, `${client}-${plugins.length}.mjs`);
  await build({
    entryPoints: [`node_modules/@aws-sdk/${client}/dist-es/schemas/schemas_0.js`],
    ...{ outfile, plugins, bundle: true, platform: 'node', format: 'esm', mainFields: ['module', 'main'] },
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    logLevel: 'error',
  });
  const schemas: object = await import(pathToFileURL(outfile).href);
  return JSON.stringify({ ...schemas }, (_, value) => (typeof value === 'function' ? String(value) : value));
}

describe('folding the computed keys of schemas', () => {
  it.each(['client-ec2', 'client-rds', 'client-s3', 'client-ssm', 'client-lambda', 'client-route-53'])(
    'changes no schema of %s',
    async (client) => {
      const plain = await schemasOf(client, []);
      expect(plain.length).toBeGreaterThan(10_000);
      expect((await schemasOf(client, [foldSchemaKeysPlugin])) === plain).toBe(true);
    },
  );

  it('writes out constants of the file', () => {
    const text = 'const _xN = "xmlName";\nexport var A$ = [{ [_xN]: _f, [_eQN]: 1 }];';
    expect(foldSchemaKeys(text)).toBe(
      'const _xN = "xmlName";\nexport var A$ = [{ "xmlName": _f, [_eQN]: 1 }];',
    );
  });

  it('leaves a key computed that would set the prototype when written out', () => {
    const text = 'const _p = "__proto__";\nvar a = { [_p]: 1 };';
    expect(foldSchemaKeys(text)).toBe(text);
  });
});

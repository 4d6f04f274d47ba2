import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

const constant = /^const (\w+) = ("[^"\\]*");$/gm;
const computedKey = /\[(\w+)\]:/g;

/**
 * The text of an AWS client's schema module with its computed keys written out: `{ [_xN]: _f }` with
 * `const _xN = "xmlName"` becomes `{ "xmlName": _f }`, which is the same object.
 *
 * Why: a computed key may run code (`toString`), so a bundler keeps every object that has one, and with it the shapes
 * of all 800 operations of EC2, of which we call 50. Keys that are not constants of the file, or that would mean
 * something else when written out (`__proto__`), stay as they are.
 */
export function foldSchemaKeys(text: string): string {
  const constants = new Map([...text.matchAll(constant)].map(([, name, value]) => [name, value]));
  return text.replace(computedKey, (key, name: string) => {
    const value = constants.get(name);
    return value === undefined || value === '"__proto__"' ? key : `${value}:`;
  });
}

export const foldSchemaKeysPlugin: Plugin = {
  name: 'fold-schema-keys',
  setup(build) {
    build.onLoad({ filter: /[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, ({ path }) => ({
      contents: foldSchemaKeys(readFileSync(path, 'utf8')),
    }));
  },
};

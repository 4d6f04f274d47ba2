import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../../functions/plan/json-schema.ts';

test('the committed JSON Schema is the one that the schema of the loader gives (else: npm run schema)', async () => {
  const file = new URL('../../../docs/snapkeep.schema.json', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(configJsonSchema());
});

test('every key of the JSON Schema is in the reference page', async () => {
  const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const missing = [...keysOf(JSON.parse(configJsonSchema()))].filter(
    (key) => !new RegExp(`\\b${key}\\b`).test(page),
  );
  expect(missing).toEqual([]);
});

function* keysOf(schema: unknown): Iterable<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') yield* Object.keys(value);
    yield* keysOf(value);
  }
}

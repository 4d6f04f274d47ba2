import { expect, test } from 'vitest';
import { findPlan, loadConfig } from '../../../functions/plan/load.ts';
import { nearest } from '../../../functions/plan/nearest.ts';

const example = new URL('../../../docs/examples/snapkeep.yaml', import.meta.url).pathname;

test('the example configuration is valid and gives no warnings', async () => {
  expect((await loadConfig(example)).warnings).toEqual([]);
});

test('a plan is found by its name, and a wrong name is answered with the plans there are', async () => {
  const {
    regions: [config],
  } = await loadConfig(example);
  expect(findPlan(config, 'gitlab').name).toBe('gitlab');
  expect(() => findPlan(config, 'gitlbb')).toThrow(
    expect.objectContaining({ kind: 'usage', remedy: expect.stringContaining('Did you mean gitlab?') }),
  );
  expect(() => findPlan(config, 'constructor')).toThrow(
    expect.objectContaining({ remedy: 'Plans of this configuration: ci, gitlab, fleet.' }),
  );
});

test.each([
  ['vualt', 'vault'],
  ['retension', 'retention'],
  ['RDS', 'rds'],
  ['Timeout', 'timeout'],
  ['foo', undefined],
  ['', undefined],
])('the nearest known word to %j is %j', (word, found) => {
  expect(nearest(word, ['vault', 'retention', 'rds', 'timeout'])).toBe(found);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { parseConfig } from '../../../functions/plan/parse.ts';
import { ConfigError } from '../../../functions/plan/problems.ts';
import { minimal } from './minimal-config.ts';

describe('files that are no configuration', () => {
  test.each([
    ['', /the file is empty/],
    ['  \n\n', /the file is empty/],
    ['# nothing but a comment\n', /no content/],
    ['a: [1, 2', /f:1:\d+: not valid YAML/],
    ['a: 1\n b: 2', /f:\d:\d+: not valid YAML/],
    ['a:\n\tb: 1', /f:2:1: a tab is used for indentation/],
    ['a: 1\nb: 2\na: 3', /f:3:1: this key is there twice/],
    ['a: *nowhere', /f:1:4: the alias \*nowhere/],
    ['a: !secret x', /f:1:4: unresolved tag/],
    ['a: { <<: { b: 1 } }', /merge keys/],
    ['__proto__: { a: 1 }', /__proto__ is not allowed/],
    ['? [a]\n: b', /a key is not a plain word/],
    ['- a', /found a list, expected a mapping/],
    ['hello', /found "hello", expected a mapping/],
    ['null', /empty, expected a mapping/],
    [`${minimal}---\na: 1`, /f:11:\d+: a second YAML document/],
    ['['.repeat(100_000), /nested too deeply/],
    ['x'.repeat(1_100_000), /larger than 1 MB/],
  ])('%.30j is answered with one sentence', (text, reason) => {
    expect(() => parseConfig(text, 'f')).toThrow(reason);
    expect(() => parseConfig(text, 'f')).toThrow(ConfigError);
  });

  test('aliases that multiply are refused before they fill the memory', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const name of 'bcdefghij') {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      levels.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(() => parseConfig(levels.join('\n'), 'f')).toThrow(/uses its aliases too often/);
  });
});

describe('whatever the file holds', () => {
  const isAnswered = (text: string): void => {
    try {
      parseConfig(text, 'f');
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
    }
  };

  test('any data instead of a part of the file is accepted or answered with problems', () => {
    const parts = [
      'version',
      'vault',
      'notify',
      'plans',
      'plans.ci',
      'plans.ci.schedule',
      'plans.ci.sources',
    ];
    const deeper = ['plans.ci.sources.0', 'plans.ci.sources.0.ec2', 'plans.ci.retention', 'plans.ci.restore'];
    fc.assert(
      fc.property(fc.constantFrom(...parts, ...deeper), fc.jsonValue(), (path, value) => {
        const document = parseDocument(minimal);
        document.setIn(
          path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
          document.createNode(value),
        );
        isAnswered(document.toString());
      }),
      { numRuns: 300 },
    );
  });

  test('any slip of the keyboard is accepted or answered with problems', () => {
    const slip = fc.tuple(
      fc.nat(minimal.length),
      fc.nat(3),
      fc.constantFrom('', ':', '{', '"', '\n', '\t', '&', '*', '!', '?', '0', '- '),
    );
    fc.assert(
      fc.property(fc.array(slip, { minLength: 1, maxLength: 4 }), (slips) => {
        let text = minimal;
        for (const [at, removed, added] of slips) text = text.slice(0, at) + added + text.slice(at + removed);
        isAnswered(text);
      }),
      { numRuns: 500 },
    );
  });
});

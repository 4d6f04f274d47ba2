import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

/** Matchers that compare structures member by member. */
const structural = /\.(?:toMatchObject|toEqual|toStrictEqual|toContainEqual|objectContaining)\(/g;

/** Texts and comments first, so that nothing inside of them counts; then a pattern with what stands before it. */
const tokens =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|[:[,?(=]\s*\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])+\/[a-z]*\.?|[()]/g;

/** Patterns that stand as members of what a structural matcher expects, as `file:line pattern`. */
function bareExpectations(file: string, text: string): string[] {
  const found: string[] = [];
  for (const matcher of text.matchAll(structural)) {
    tokens.lastIndex = matcher.index + matcher[0].length;
    let depth = 1;
    for (let token = tokens.exec(text); token && depth > 0; token = depth > 0 ? tokens.exec(text) : null) {
      const [word] = token;
      if (word === '(') depth += 1;
      else if (word === ')') depth -= 1;
      else if (depth === 1 && /^[:[,]/.test(word)) {
        // One with a method behind it is used as a pattern.
        if (word.endsWith('.')) continue;
        const line = text.slice(0, token.index + word.indexOf('/')).split('\n').length;
        found.push(`${file}:${line} ${word.replace(/^.\s*/, '')}`);
      } else if (word.startsWith('(')) depth += 1;
    }
  }
  return found;
}

it('holds no text against a bare pattern: toMatchObject takes one for a match whatever the text says', () => {
  const root = import.meta.dirname;
  const files = globSync('**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) => bareExpectations(file, readFileSync(resolve(root, file), 'utf8')));
  expect(found).toEqual([]);
});

it('finds such a pattern, and none where it is used as one', () => {
  const object = 'toMatchObject';
  const bare = `expect(x).${object}({ a: [{ message: /go(ne/ }] });`;
  const list = `expect(x).${object}([/a/, { it: "it's" }, /b/]);`;
  const used = `expect(x).${object}([expect.stringMatching(/a/), b.replace(/c\\)/, ""), /d/.test(b) ? 1 : 2]);`;
  expect(
    bareExpectations('a.ts', [bare, list, used, 'const pattern = { message: /x/ };'].join('\n')),
  ).toEqual(['a.ts:1 /go(ne/', 'a.ts:2 /a/', 'a.ts:2 /b/']);
});

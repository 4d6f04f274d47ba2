import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { boothookOf } from '../../functions/applications/user-data.ts';
import { circleci, scriptOf } from '../support/circleci-restore.ts';
import { freshFolder, locate } from '../support/machine-tree.ts';

const { profile, documents } = circleci();
const scripts: readonly (readonly [string, string])[] = [
  ['boothook', boothookOf(profile.units).text.replace(/^#cloud-boothook\n/, '')] as const,
  ...documents.map(({ action }) => [action, scriptOf(documents, action)] as const),
];
const inFile = (text: string): string => {
  const file = join(freshFolder(), 'script.sh');
  writeFileSync(file, text);
  return file;
};
const missing = (program: string): string => `skipped: no ${program} here\n`;

const shells: readonly (readonly string[])[] = [['dash'], ['bash', '--posix'], ['busybox', 'ash']];
const present = shells.filter(([program = '']) => {
  if (locate(program) === undefined) process.stderr.write(missing(program));
  return locate(program) !== undefined;
});
const checker = locate('shellcheck');
if (checker === undefined) process.stderr.write(missing('shellcheck'));

describe.each(scripts)('%s', (_, text) => {
  test.each(present)('is read by %s', (program = '', ...options) => {
    const { status, stderr } = spawnSync(program, [...options, '-n', inFile(text)], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test.runIf(checker)('gives shellcheck nothing to say', () => {
    const { stdout } = spawnSync(checker ?? '', ['-s', 'sh', inFile(text)], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  test('has its root line second and once, and neither braces that Systems Manager replaces nor code from values', () => {
    expect(text.split('\n')[1]).toBe('SNAPKEEP_ROOT=/');
    expect(text.match(/^SNAPKEEP_ROOT=\/$/gm)).toHaveLength(1);
    expect(text).not.toContain('{{');
    expect(text).not.toMatch(/(^|[;&|\s])eval\s/m);
    expect(text).not.toMatch(/awk -v/);
  });
});

describe('the program of the rewrite', () => {
  test('reads no value as a pattern, under any awk', () => {
    for (const awk of ['mawk', 'gawk', 'busybox', 'original-awk'].filter(
      (name) => locate(name) !== undefined,
    )) {
      const program =
        scriptOf(documents, 'rewrite').split("<<'END_OF_AWK'\n")[1]?.split('END_OF_AWK\n')[0] ?? '';
      const count = join(freshFolder(), 'count');
      const { stdout, stderr } = spawnSync(awk, [...(awk === 'busybox' ? ['awk'] : []), program], {
        input: 'a.b axb A.B [x] \\ & a.b\n',
        encoding: 'utf8',
        env: {
          SSM_AddressMap: 'a.b=&\\0,axb=a.b',
          RULE_FORMAT: 'plain',
          LAST_NEWLINE: '1',
          COUNT_FILE: count,
          LC_ALL: 'C',
        },
      });
      expect({ awk, stdout, stderr }).toEqual({ awk, stdout: '&\\0 a.b &\\0 [x] \\ & &\\0\n', stderr: '' });
    }
  });
});

import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { orSkip } from '../support/skipped.ts';

const machines = resolve(import.meta.dirname, '../../sandbox/machines');
const standIns = readdirSync(join(machines, 'stand-ins')).map((name) => join(machines, 'stand-ins', name));
const scripts = [...standIns, join(machines, 'isolate.sh')];
const programs = standIns.filter((path) => !path.endsWith('.sh'));

const has = (command: string): boolean =>
  spawnSync(command, ['--help'], { stdio: 'ignore' }).error === undefined;
/** Shells that may be the /bin/sh of somebody's computer. */
const shells = [
  { name: 'dash', command: ['dash', '-n'] },
  { name: 'bash', command: ['bash', '--posix', '-n'] },
  { name: 'busybox', command: ['busybox', 'ash', '-n'] },
].filter(({ name }) =>
  orSkip(has(name), `the scripts of the machines under ${name}, which is not installed here`),
);

const hasShellcheck = orSkip(has('shellcheck'), 'shellcheck is not installed here');

describe('the scripts of the machines', () => {
  test.each(shells)('are understood by $name', ({ command: [program = '', ...args] }) => {
    for (const script of scripts) {
      const { status, stderr } = spawnSync(program, [...args, script], { encoding: 'utf8' });
      expect([script, status, stderr]).toEqual([script, 0, '']);
    }
  });

  test('can be executed, each with a first line that says by what', () => {
    for (const program of programs)
      expect([program, statSync(program).mode & 0o111]).toEqual([program, 0o111]);
  });

  test.runIf(hasShellcheck)('have nothing that shellcheck would mention', () => {
    // SC2015 is about `a && b || c`, which is used where b cannot fail.
    const options = ['-x', '-P', join(machines, 'stand-ins'), '-e', 'SC2015'];
    const { stdout } = spawnSync('shellcheck', [...options, ...programs, join(machines, 'isolate.sh')], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  });
});

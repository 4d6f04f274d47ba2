import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rewriteScript, undoScript } from '../../functions/applications/scripts.ts';
import {
  contentOf,
  freshFolder,
  inTree,
  plant,
  type Run,
  runScript,
  snapshot,
  type TreeEntry,
} from '../support/machine-tree.ts';

const script = rewriteScript([{ glob: '/app/*', format: 'plain', keepComments: false }]);
const values = {
  RestoreId: 'r1',
  AddressMap: '10.0.1.67=10.0.9.14',
  GoneAddresses: '',
  OwnAddresses: '',
  MachineName: '',
  SshHostKeys: 'keep',
};
const rewrite = (root: string, changes: Record<string, string> = {}): Run =>
  runScript(inTree(script, root), { ...values, ...changes });

const tree = (entries: Record<string, TreeEntry>): string => plant(freshFolder(), entries);

test('originals lie under the state folder with their mode, never beside the file', () => {
  const root = tree({ '/app/secret': { text: '10.0.1.67\n', mode: 0o640 } });
  expect(rewrite(root).status).toBe(0);
  expect(contentOf(root, '/var/lib/snapkeep/r1/original/app/secret')).toBe('10.0.1.67\n');
  expect(statSync(join(root, 'var/lib/snapkeep/r1/original/app/secret')).mode & 0o777).toBe(0o640);
  expect(existsSync(join(root, 'var/lib/snapkeep/r1/work'))).toBe(false);
  expect(existsSync(join(root, 'var/lib/snapkeep/r1/lock'))).toBe(false);
});

test('undo also puts back a file that was changed since, and keeps what stood there', () => {
  const root = tree({ '/app/file': '10.0.1.67\n' });
  rewrite(root);
  writeFileSync(join(root, 'app/file'), 'edited by a person\n');
  const undo = inTree(undoScript(), root);
  const run = runScript(undo, { RestoreId: 'r1' });
  expect(run.status).toBe(0);
  expect(contentOf(root, '/app/file')).toBe('10.0.1.67\n');
  expect(contentOf(root, '/var/lib/snapkeep/r1/replaced/app/file')).toBe('edited by a person\n');
  expect(runScript(undo, { RestoreId: 'r1' })).toEqual(run);
  expect(rewrite(root).status).toBe(0);
  expect(contentOf(root, '/app/file')).toBe('10.0.9.14\n');
});

test('without a root, without values or with values that are none, nothing happens', () => {
  const root = tree({ '/app/file': '10.0.1.67\n' });
  const before = snapshot(root);
  expect(runScript(script.replace(/^SNAPKEEP_ROOT=\/$/m, ''), values)).toMatchObject({
    status: 64,
    stderr: 'snapkeep: SNAPKEEP_ROOT is not set; only the SSM document sets it to /.\n',
  });
  expect(runScript(inTree(script, 'relative'), values).status).toBe(64);
  expect(runScript(inTree(script, `${root}/app/..`), values).status).toBe(64);
  const old = runScript(inTree(script, root), {});
  expect(old.status).toBe(78);
  expect(old.stderr).toContain('version 3.3.2746.0');
  for (const [name, value] of [
    ['RestoreId', '../r1'],
    ['RestoreId', 'a/b'],
    ['RestoreId', ''],
    ['AddressMap', '10.0.1.67=$(touch /tmp/pwned)'],
    ['AddressMap', '10.0.1.67=a;b'],
    ['AddressMap', '10.0.1.67=a\nb=c'],
    ['AddressMap', '10.0.1.67'],
    ['AddressMap', 'a=b,a=c'],
    ['AddressMap', 'a='],
    ['OwnAddresses', "'"],
    ['MachineName', '-f'],
    ['MachineName', 'a b'],
    ['MachineName', '../x'],
    ['SshHostKeys', 'maybe'],
  ] as const) {
    const run = rewrite(root, { [name]: value });
    expect(`${name} ${value} ${run.status}`).toBe(`${name} ${value} 64`);
    expect(run.stderr).toMatch(/^snapkeep: .*\.\n$/);
  }
  expect(snapshot(root)).toEqual(before);
});

test('other values under the id of a restore that has begun are refused', () => {
  const root = tree({ '/app/file': '10.0.1.67\n' });
  rewrite(root);
  const run = rewrite(root, { AddressMap: '10.0.9.14=10.0.1.67' });
  expect(run.status).toBe(64);
  expect(contentOf(root, '/app/file')).toBe('10.0.9.14\n');
});

test('a state folder that is a link is refused', () => {
  const outside = freshFolder('outside');
  const root = tree({ '/app/file': '10.0.1.67\n', '/var/lib/snapkeep': { link: outside } });
  expect(rewrite(root).status).toBe(73);
  expect(readdirSync(outside)).toEqual([]);
  expect(contentOf(root, '/app/file')).toBe('10.0.1.67\n');
});

test('a second run beside the first is told to come back', () => {
  const root = tree({ '/app/file': '10.0.1.67\n' });
  rewrite(root, { RestoreId: 'r0', AddressMap: '' });
  const lock = join(root, 'var/lib/snapkeep/r1/lock');
  mkdirSync(lock, { recursive: true });
  const boot =
    spawnSync('cat', ['/proc/sys/kernel/random/boot_id'], { encoding: 'utf8' }).stdout.trim() || 'unknown';
  writeFileSync(join(lock, 'holder'), `${boot} ${process.pid}`);
  expect(rewrite(root)).toMatchObject({ status: 75, stderr: expect.stringContaining('is under way') });
  writeFileSync(join(lock, 'holder'), `another-boot ${process.pid}`);
  expect(rewrite(root).status).toBe(0);
});

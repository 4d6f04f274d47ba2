import { spawnSync } from 'node:child_process';
import { chownSync, linkSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileRule } from '../../functions/applications/profile.ts';
import { rewriteScript } from '../../functions/applications/scripts.ts';
import { readSummary } from '../../functions/applications/summary.ts';
import {
  contentOf,
  freshFolder,
  inTree,
  locate,
  plant,
  type Run,
  runScript,
  snapshot,
  type TreeEntry,
} from '../support/machine-tree.ts';
import { rewriteReference } from '../support/rewrite-reference.ts';
import { orSkip } from '../support/skipped.ts';

const everything: readonly FileRule[] = [
  { glob: '/app/*', format: 'plain', keepComments: false },
  { glob: '/etc/app.d/*.conf', format: 'plain', keepComments: true, whenExists: '/etc/app.d/enabled' },
  { glob: '/srv/*/conf/*.conf', format: 'plain', keepComments: false },
];
const script = rewriteScript(everything);
const values = {
  RestoreId: 'r1',
  AddressMap: '10.0.1.67=10.0.9.14,ci.old.example.com=ci.new.example.com,2001:db8::1=2001:db8::9',
  GoneAddresses: '',
  OwnAddresses: '',
  MachineName: '',
  SshHostKeys: 'keep',
};
const rewrite = (root: string, changes: Record<string, string> = {}): Run =>
  runScript(inTree(script, root), { ...values, ...changes });

const tree = (entries: Record<string, TreeEntry>): string => plant(freshFolder(), entries);
const asRoot = orSkip(process.getuid?.() === 0, 'files of other owners need root');

test.each([
  ['an address with a port', '10.0.1.67:9879', '10.0.9.14:9879'],
  ['an address in brackets', '[10.0.1.67]', '[10.0.9.14]'],
  ['an address after an option letter', '-h10.0.1.67', '-h10.0.9.14'],
  ['an address block', '10.0.1.67/32', '10.0.9.14/32'],
  ['a longer address behind', '10.0.1.678', '10.0.1.678'],
  ['a longer address before', '110.0.1.67', '110.0.1.67'],
  ['five numbers', '10.0.1.67.1', '10.0.1.67.1'],
  ['a name in another case', 'CI.OLD.Example.com', 'ci.new.example.com'],
  ['a name with its final dot', 'ci.old.example.com.', 'ci.new.example.com.'],
  ['a name of a user', 'git@ci.old.example.com:x', 'git@ci.new.example.com:x'],
  ['the end of a longer name', 'xci.old.example.com', 'xci.old.example.com'],
  ['a name below', 'api.ci.old.example.com', 'api.ci.old.example.com'],
  ['the beginning of a longer name', 'ci.old.example.com.au', 'ci.old.example.com.au'],
  ['an IPv6 address with port and case', '[2001:DB8::1]:443', '[2001:db8::9]:443'],
  ['a longer IPv6 address', '2001:db8::1f', '2001:db8::1f'],
  ['a carriage return', '10.0.1.67\r\nci.old.example.com\r\n', '10.0.9.14\r\nci.new.example.com\r\n'],
  ['bytes that are no text', '\xff\xfe10.0.1.67\x80\x01', '\xff\xfe10.0.9.14\x80\x01'],
  ['no newline at the end', 'a\n10.0.1.67', 'a\n10.0.9.14'],
  ['newlines at the end', '10.0.1.67\n\n\n', '10.0.9.14\n\n\n'],
])('%s', (_, before, after) => {
  const root = tree({ '/app/file': before });
  expect(rewrite(root).status).toBe(0);
  expect(contentOf(root, '/app/file')).toBe(after);
});

test('addresses that swap are swapped, in one pass', () => {
  const root = tree({ '/app/peers': 'a 10.0.1.6 b 10.0.1.67 c 10.0.1.6\n' });
  expect(rewrite(root, { AddressMap: '10.0.1.6=10.0.1.67,10.0.1.67=10.0.1.6' }).status).toBe(0);
  expect(contentOf(root, '/app/peers')).toBe('a 10.0.1.67 b 10.0.1.6 c 10.0.1.67\n');
});

test('a line as long as the file is read in parts, and no token is lost between two of them', () => {
  const map = new Map([
    ['10.0.1.67', '10.0.9.14'],
    ['ci.old.example.com', 'ci.new.example.com'],
  ]);
  const lines: string[] = [];
  for (let offset = 8160; offset < 8200; offset += 1) {
    lines.push(
      `${'x'.repeat(offset)} 10.0.1.67 ci.old.example.com${'y '.repeat(4100)}ci.old.example.com.au 10.0.1.67`,
    );
    lines.push(`${'10.0.1.67,'.repeat(900)}${'z'.repeat(offset % 13)}ci.old.example.com`);
  }
  const text = `${lines.join('\n')}\n`;
  const root = tree({ '/app/long': text });
  expect(rewrite(root).status).toBe(0);
  expect(contentOf(root, '/app/long') === rewriteReference(text, { format: 'plain' }, { map }).text).toBe(
    true,
  );
});

test('a file with zero bytes is named and left alone', () => {
  const root = tree({ '/app/db': 'x\0 10.0.1.67\n', '/app/other': 'y\0z\n' });
  const before = snapshot(root);
  const run = rewrite(root);
  expect(run.status).toBe(0);
  expect(readSummary(run.stdout).left).toEqual([
    { outcome: 'refused', replacements: 0, remark: 'binary', path: '/app/db' },
  ]);
  expect(contentOf(root, '/app/db')).toBe('x\0 10.0.1.67\n');
  expect(snapshot(root)).toMatchObject({ '/app/other': before['/app/other'] });
});

test('names with blanks, newlines, stars, quotes and dollar signs are names', () => {
  const names = [
    'a b',
    'c\nd',
    '*',
    '-rf',
    "it's",
    '"',
    '$(touch pwned)',
    '`id`',
    'back\\slash',
    '\xe9',
    'x;y',
    ' ',
    'end\n',
  ];
  const root = tree(Object.fromEntries(names.map((name) => [`/app/${name}`, '10.0.1.67\n'])));
  const run = rewrite(root);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  for (const name of names) expect(contentOf(root, `/app/${name}`)).toBe('10.0.9.14\n');
  expect(readdirSync(Buffer.from(join(root, 'app')), { encoding: 'latin1' }).sort()).toEqual(
    [...names].sort(),
  );
  const { changed } = readSummary(run.stdout);
  expect(changed.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      '/app/c\\012d',
      '/app/back\\134slash',
      '/app/\\351',
      '/app/end\\012',
      '/app/a b',
    ]),
  );
});

test('a link inside of the root leads to its target, which is rewritten once; the link stays a link', () => {
  const root = tree({
    '/opt/conf/real.conf': '10.0.1.67\n',
    '/app/absolute': { link: '/opt/conf/real.conf' },
    '/app/relative': { link: '../opt/conf/real.conf' },
  });
  const run = rewrite(root);
  expect(run.status).toBe(0);
  expect(contentOf(root, '/opt/conf/real.conf')).toBe('10.0.9.14\n');
  expect(readlinkSync(join(root, 'app/absolute'))).toBe('/opt/conf/real.conf');
  expect(readlinkSync(join(root, 'app/relative'))).toBe('../opt/conf/real.conf');
  expect(readSummary(run.stdout).changed).toEqual([
    { outcome: 'changed', replacements: 1, remark: 'through-link', path: '/opt/conf/real.conf' },
  ]);
});

test('a link out of the root, in a circle or to nothing is named and not followed', () => {
  const outside = plant(freshFolder('outside'), { '/file': '10.0.1.67\n', '/folder/x.conf': '10.0.1.67\n' });
  const root = tree({
    '/app/out': { link: `../../${outside.split('/').at(-1)}/file` },
    '/app/host': { link: join(outside, 'file') },
    '/app/circle': { link: 'circle' },
    '/app/nothing': { link: 'nowhere' },
    '/srv/one/conf': { link: join(outside, 'folder') },
    '/srv/two/conf': { link: `../../../${outside.split('/').at(-1)}/folder` },
  });
  const before = snapshot(outside);
  const run = rewrite(root);
  expect(run.status).toBe(0);
  expect(
    readSummary(run.stdout)
      .left.map(({ path, remark }) => `${path} ${remark}`)
      .sort(),
  ).toEqual([
    '/app/circle link-loop',
    '/app/host link-dangling',
    '/app/nothing link-dangling',
    '/app/out link-out-of-root',
  ]);
  expect(snapshot(outside)).toEqual(before);
});

test('folders behind links are read as the machine reads them', () => {
  const root = tree({ '/data/app/conf/a.conf': '10.0.1.67\n', '/srv/app': { link: '/data/app' } });
  expect(rewrite(root).status).toBe(0);
  expect(contentOf(root, '/data/app/conf/a.conf')).toBe('10.0.9.14\n');
});

test.runIf(asRoot)('a link that a user made to a file of another user is not followed', () => {
  const root = tree({ '/etc/secret': '10.0.1.67\n', '/app/link': { link: '/etc/secret' } });
  spawnSync('chown', ['-h', '1234:1234', join(root, 'app/link')]);
  const run = rewrite(root);
  expect(readSummary(run.stdout).left).toMatchObject([
    { remark: 'link-of-another-owner', path: '/app/link' },
  ]);
  expect(contentOf(root, '/etc/secret')).toBe('10.0.1.67\n');
});

test('mode and owner stay, read-only files are rewritten, and the folder holds nothing new', () => {
  const root = tree({
    '/app/secret': { text: '10.0.1.67\n', mode: 0o600 },
    '/app/read-only': { text: '10.0.1.67\n', mode: 0o444 },
    '/app/run': { text: '10.0.1.67\n', mode: 0o4755 },
  });
  if (asRoot) chownSync(join(root, 'app/secret'), 1234, 2345);
  expect(rewrite(root).status).toBe(0);
  const modes = ['secret', 'read-only', 'run'].map((name) =>
    (statSync(join(root, 'app', name)).mode & 0o7777).toString(8),
  );
  expect(modes).toEqual(['600', '444', '4755']);
  if (asRoot) expect(statSync(join(root, 'app/secret'))).toMatchObject({ uid: 1234, gid: 2345 });
  expect(contentOf(root, '/app/read-only')).toBe('10.0.9.14\n');
  expect(readdirSync(join(root, 'app')).sort()).toEqual(['read-only', 'run', 'secret']);
});

test('extended attributes stay', (context) => {
  const root = tree({ '/app/file': '10.0.1.67\n' });
  const file = join(root, 'app/file');
  const set = locate('setfattr')
    ? spawnSync('setfattr', ['-n', 'user.label', '-v', 'etc_t', file]).status
    : 1;
  if (set !== 0) return context.skip('no extended attributes of users here');
  expect(rewrite(root).status).toBe(0);
  expect(
    spawnSync('getfattr', ['--only-values', '-n', 'user.label', file], { encoding: 'utf8' }).stdout,
  ).toBe('etc_t');
});

test('a file with several names gets its new content under the name that the rule knows, and the report says so', () => {
  const root = tree({ '/app/file': '10.0.1.67\n', '/elsewhere/x': 'folder' });
  linkSync(join(root, 'app/file'), join(root, 'elsewhere/same'));
  const run = rewrite(root);
  expect(readSummary(run.stdout).changed).toMatchObject([
    { remark: 'other-hard-links-keep-the-old-content' },
  ]);
  expect(contentOf(root, '/app/file')).toBe('10.0.9.14\n');
  expect(contentOf(root, '/elsewhere/same')).toBe('10.0.1.67\n');
});

test('folders and special files are left alone', () => {
  const root = tree({ '/app/folder': 'folder' });
  const fifo = spawnSync('mkfifo', [join(root, 'app/pipe')]);
  expect(fifo.status).toBe(0);
  const run = rewrite(root);
  expect(readSummary(run.stdout).left.map(({ path, remark }) => `${path} ${remark}`)).toEqual([
    '/app/folder directory',
    '/app/pipe special-file',
  ]);
  expect(lstatSync(join(root, 'app/pipe')).isFIFO()).toBe(true);
});

test('a rule with a condition counts where its path exists, and comments stay where it says so', () => {
  const text = '# 10.0.1.67\nlisten 10.0.1.67 # was 10.0.1.67\nname "a # 10.0.1.67"\nx#10.0.1.67\n';
  const off = tree({ '/etc/app.d/a.conf': text });
  expect(rewrite(off).status).toBe(0);
  expect(contentOf(off, '/etc/app.d/a.conf')).toBe(text);
  const on = tree({ '/etc/app.d/a.conf': text, '/etc/app.d/enabled': '', '/etc/app.d/b.conf.bak': text });
  expect(rewrite(on).status).toBe(0);
  expect(contentOf(on, '/etc/app.d/a.conf')).toBe(
    '# 10.0.1.67\nlisten 10.0.9.14 # was 10.0.1.67\nname "a # 10.0.9.14"\nx#10.0.9.14\n',
  );
  expect(contentOf(on, '/etc/app.d/b.conf.bak')).toBe(text);
});

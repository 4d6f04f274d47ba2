import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEstate } from '../../sandbox/estate-file.ts';
import type { EstateTree } from '../../sandbox/estate-schema.ts';
import { buildTree } from '../../sandbox/estate-trees.ts';
import { orSkip } from '../support/skipped.ts';

const mode = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

describe('a machine tree', () => {
  let folder: string;
  let files: string;
  let target: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapkeep-trees-'));
    files = join(folder, 'files');
    target = join(folder, 'target');
    mkdirSync(join(files, 'etc'), { recursive: true });
    writeFileSync(join(files, 'etc/hosts'), '127.0.0.1 localhost\n');
    writeFileSync(join(files, 'etc/start'), '#!/bin/sh\n');
    chmodSync(join(files, 'etc/start'), 0o700);
    chmodSync(join(files, 'etc/hosts'), 0o664);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const tree = (extras: Partial<EstateTree>): EstateTree => ({
    files,
    modes: {},
    owners: {},
    links: {},
    directories: [],
    ...extras,
  });

  it('has its files with modes that do not depend on how they were checked out', () => {
    buildTree(tree({}), target, 'i-1');
    expect(readFileSync(join(target, 'etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n');
    expect(mode(join(target, 'etc/hosts'))).toBe('644');
    expect(mode(join(target, 'etc/start'))).toBe('755');
    expect(mode(join(target, 'etc'))).toBe('755');
  });

  it('gets the modes, links and empty folders that git does not keep', () => {
    buildTree(
      tree({
        modes: { '/etc/hosts': '0600', '/var/empty': '0700' },
        links: { '/run/current': '/etc/hosts' },
        directories: ['/var/empty'],
      }),
      target,
      'i-1',
    );
    expect(mode(join(target, 'etc/hosts'))).toBe('600');
    expect(mode(join(target, 'var/empty'))).toBe('700');
    expect(readlinkSync(join(target, 'run/current'))).toBe('/etc/hosts');
  });

  it.runIf(orSkip(process.getuid?.() === 0, 'owners of files need root'))(
    'gets owners when the sandbox runs as root',
    () => {
      buildTree(tree({ owners: { '/etc/hosts': '996:997' } }), target, 'i-1');
      expect(lstatSync(join(target, 'etc/hosts'))).toMatchObject({ uid: 996, gid: 997 });
    },
  );

  it('refuses an entry that would leave the tree through one of its own links', () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'victim'), 'mine');
    const links = { '/way': outside, '/way/out': 'anything' };
    expect(() => buildTree(tree({ links }), target, 'i-1')).toThrow('i-1: /way/out lies behind /way');
    rmSync(target, { recursive: true });
    const behind = tree({ links: { '/way': outside }, modes: { '/way/victim': '0000' } });
    expect(() => buildTree(behind, target, 'i-1')).toThrow('i-1: /way/victim lies behind /way');
    expect(readdirSync(outside)).toEqual(['victim']);
    expect(mode(join(outside, 'victim'))).not.toBe('0');
  });

  it('refuses a mode for a link, which would change what the link leads to', () => {
    const modes = { '/way': '0000' };
    expect(() => buildTree(tree({ links: { '/way': '/etc/hosts' }, modes }), target, 'i-1')).toThrow(
      '/way is a link',
    );
  });

  it('refuses a mode for a file that it does not have, and a link in place of a file', () => {
    expect(() => buildTree(tree({ modes: { '/etc/host': '0600' } }), target, 'i-1')).toThrow(
      'the tree has no /etc/host',
    );
    rmSync(target, { recursive: true });
    expect(() => buildTree(tree({ links: { '/etc/hosts': 'x' } }), target, 'i-1')).toThrow(
      'has a file of that name',
    );
  });

  it('refuses a link among the files, which would be followed on this machine', () => {
    symlinkSync('/etc', join(files, 'link'));
    expect(() => buildTree(tree({}), target, 'i-1')).toThrow(/link is neither a file nor a folder/);
  });
});

describe('the trees of the example estate', () => {
  const estate = readEstate(resolve(import.meta.dirname, '../../docs/examples/estate.yaml'));
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapkeep-trees-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(estate.instances.map((instance) => ({ role: instance.tags.Role, instance })))(
    'build, and the machine of $role names its own private address, host and instance',
    ({ instance }) => {
      if (!instance.tree) throw new Error('every machine of the example has a tree');
      const target = join(folder, instance.id);
      buildTree(instance.tree, target, instance.id);
      const read = (path: string) => readFileSync(join(target, path), 'utf8');
      const hyphened = `ip-${instance.privateIp.replaceAll('.', '-')}`;
      expect(read('etc/hostname')).toBe(`${hyphened}\n`);
      expect(read('etc/hosts')).toContain(instance.privateIp);
      expect(read('var/lib/cloud/data/instance-id')).toBe(`${instance.id}\n`);
      expect(readlinkSync(join(target, 'var/lib/cloud/instance'))).toBe(
        `/var/lib/cloud/instances/${instance.id}`,
      );
      expect(existsSync(join(target, 'var/lib/cloud/instances', instance.id, 'boot-finished'))).toBe(true);
    },
  );

  it('have units whose links lead to units of the same machine', () => {
    for (const { id, tree } of estate.instances) {
      if (!tree) continue;
      buildTree(tree, join(folder, id), id);
      const units = Object.entries(tree.links).filter(([path]) => path.endsWith('.service'));
      for (const [, unit] of units) expect(existsSync(join(folder, id, unit)), unit).toBe(true);
    }
  });
});

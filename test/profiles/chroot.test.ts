import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { circleci, newMachine, oldMachine, scriptOf, valuesOf } from '../support/circleci-restore.ts';
import { contentOf, freshFolder, locate, snapshot } from '../support/machine-tree.ts';

const { documents } = circleci();
// What an Essential package of Debian brings and the scripts call.
const tools =
  'awk cat chmod cksum cmp cp dash head ln ls mkdir mv od printf readlink rm rmdir sha256sum sort stat sync tail tr'.split(
    ' ',
  );

/** A tree with a shell, an awk, the tools and their libraries, taken from this system. */
function minimalSystem(): string | undefined {
  const root = freshFolder('chroot');
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(root, 'dev'));
  writeFileSync(join(root, 'dev/null'), '');
  symlinkSync('usr/bin', join(root, 'bin'));
  for (const tool of tools) {
    const found = locate(tool);
    if (found === undefined) return undefined;
    const program = realpathSync(found);
    copyFileSync(program, join(root, 'usr/bin', tool));
    for (const [, library = ''] of spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.matchAll(
      /(\/\S+) \(0x/g,
    )) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      copyFileSync(realpathSync(library), join(root, library));
    }
  }
  symlinkSync('dash', join(root, 'usr/bin/sh'));
  cpSync(fileURLToPath(new URL('../../docs/examples/machines/circleci-services', import.meta.url)), root, {
    recursive: true,
  });
  return root;
}

const asRoot = process.getuid?.() === 0 && locate('chroot') !== undefined && locate('ldd') !== undefined;
if (!asRoot)
  process.stderr.write('skipped: the scripts as they are, in a chroot: needs root, chroot and ldd\n');

test.runIf(asRoot)(
  'the documents as they are, with / as root, rewrite and undo a minimal system',
  (context) => {
    const root = minimalSystem();
    if (root === undefined) return context.skip('a tool is missing here');
    const chroot = (action: string, values: Readonly<Record<string, string>>) => {
      writeFileSync(join(root, 'script.sh'), scriptOf(documents, action));
      const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [`SSM_${name}`, value]));
      const { status, stdout, stderr } = spawnSync(locate('chroot') ?? '', [root, '/bin/sh', '/script.sh'], {
        env: { ...env, PATH: '/usr/bin' },
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    };
    const outside = snapshotOf('/etc/hosts');
    const before = contentOf(root, '/etc/default/replicated');

    const run = chroot('rewrite', valuesOf(oldMachine, newMachine, 'ci.new.example.com'));
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(contentOf(root, '/etc/default/replicated')).toContain('PRIVATE_ADDRESS=10.0.9.14\n');
    expect(contentOf(root, '/etc/hosts')).toContain('10.0.9.14   ci.new.example.com ci\n');
    expect(snapshot(root)['/etc/cloud/cloud.cfg.d/99-snapkeep-hostname.cfg']).toMatch(/^file 644 /);
    expect(chroot('rewrite', valuesOf(oldMachine, newMachine, 'ci.new.example.com'))).toEqual(run);

    expect(chroot('undo', { RestoreId: 'r1' })).toMatchObject({ status: 0, stderr: '' });
    expect(contentOf(root, '/etc/default/replicated')).toBe(before);
    expect(snapshotOf('/etc/hosts')).toBe(outside);
  },
);

const snapshotOf = (path: string): string => spawnSync('cksum', [path], { encoding: 'utf8' }).stdout;

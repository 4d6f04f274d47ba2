import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Programs that a hostile script would like to have, beside the shell. */
const wanted = `sh cat ls rm ln mkdir id env mv cp awk sed grep readlink head wc date sleep touch dd
  chroot mount umount unshare nsenter mknod setsid hostname perl`.split(/\s+/);

/**
 * Puts this computer's shell and some of its programs into a tree, with the libraries that they load. Returns why
 * that cannot be done, or undefined.
 */
export function installShell(root: string): string | undefined {
  for (const name of wanted) {
    const path = ['/bin', '/usr/bin', '/sbin', '/usr/sbin'].map((bin) => join(bin, name)).find(existsSync);
    if (path === undefined) continue;
    const target = join(root, 'bin', name);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(path), target);
    const { status, stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
    if (status !== 0) {
      if (name === 'sh') return 'ldd cannot tell the libraries of the shell';
      continue;
    }
    for (const library of stdout.match(/\/\S+/g) ?? []) {
      if (!existsSync(library) || existsSync(join(root, library))) continue;
      mkdirSync(dirname(join(root, library)), { recursive: true });
      copyFileSync(realpathSync(library), join(root, library));
    }
  }
  return existsSync(join(root, 'bin/sh')) ? undefined : 'there is no /bin/sh';
}

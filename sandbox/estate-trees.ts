import { chmodSync, copyFileSync, lchownSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EstateError } from './estate-file.ts';
import type { EstateTree } from './estate-schema.ts';

/**
 * Builds a machine's root volume in the new folder `target`: the plain files of the tree, then what git cannot
 * keep. Modes do not depend on how the files were checked out.
 * @throws EstateError for an entry that cannot be, naming `owner` (whose tree it is) and the path.
 */
export function buildTree(tree: EstateTree, target: string, owner: string): void {
  copyFiles(tree.files, target, owner);
  const inside = (path: string): string => {
    // A link made a moment ago must not lead the next entry out of the tree.
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) {
      if (lstatSync(join(target, folder), { throwIfNoEntry: false })?.isSymbolicLink()) {
        throw new EstateError(`${owner}: ${path} lies behind ${folder}, a link of the same tree.`);
      }
    }
    return join(target, path);
  };
  const existing = (path: string): string => {
    const full = inside(path);
    if (lstatSync(full, { throwIfNoEntry: false })) return full;
    throw new EstateError(`${owner}: the tree has no ${path}.`);
  };
  for (const path of tree.directories) makeFolder(inside(path));
  for (const [path, content] of Object.entries(tree.links)) {
    const full = inside(path);
    if (lstatSync(full, { throwIfNoEntry: false })) {
      throw new EstateError(`${owner}: ${path} is a link, but the tree has a file of that name.`);
    }
    makeFolder(dirname(full));
    symlinkSync(content, full);
  }
  for (const [path, mode] of Object.entries(tree.modes)) {
    const full = existing(path);
    if (lstatSync(full).isSymbolicLink())
      throw new EstateError(`${owner}: ${path} is a link and has no mode.`);
    chmodSync(full, Number.parseInt(mode, 8));
  }
  for (const [path, ids] of Object.entries(tree.owners)) {
    const full = existing(path);
    const [uid, gid] = ids.split(':').map(Number);
    if (process.getuid?.() === 0 && uid !== undefined && gid !== undefined) lchownSync(full, uid, gid);
  }
}

function copyFiles(from: string, to: string, owner: string): void {
  makeFolder(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const copy = join(to, entry.name);
    if (entry.isDirectory()) copyFiles(source, copy, owner);
    else if (entry.isFile()) {
      copyFileSync(source, copy);
      chmodSync(copy, (lstatSync(source).mode & 0o100) === 0 ? 0o644 : 0o755);
    } else {
      throw new EstateError(
        `${owner}: ${source} is neither a file nor a folder; write links under \`links\`.`,
      );
    }
  }
}

function makeFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(path));
  mkdirSync(path);
  chmodSync(path, 0o755);
}

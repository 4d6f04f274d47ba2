import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';

export interface CopyOptions {
  /** `node` never starts a process; by default `cp` is preferred, since it also keeps extended attributes. */
  readonly tool?: 'cp' | 'node';
}

/**
 * Copies the content of directory `from` into the new directory `to`: modes, times, links and hard links as they are
 * (owners and extended attributes where the system allows it). A symbolic link is copied, never followed, so nothing
 * outside the tree is ever read. Blocks are shared with the original on file systems that can.
 */
export function copyTree(from: string, to: string, options: CopyOptions = {}): void {
  mkdirSync(to, { recursive: true });
  if (options.tool !== 'node' && process.platform === 'linux') {
    const result = spawnSync('cp', ['-a', '--reflink=auto', `${from}/.`, to], { stdio: 'ignore' });
    if (result.status === 0) return;
    // A cp without --reflink (or none at all): begin again by hand.
    removeTree(to);
    mkdirSync(to, { recursive: true });
  }
  copyEntries(from, to, new Map());
  copyAttributes(lstatSync(from), to);
}

function copyEntries(from: string, to: string, linked: Map<string, string>): void {
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const target = join(to, name);
    const stats = lstatSync(source);
    if (stats.isSymbolicLink()) {
      symlinkSync(readlinkSync(source), target);
      lutimesSync(target, stats.atime, stats.mtime);
    } else if (stats.isDirectory()) {
      mkdirSync(target, { mode: 0o700 });
      whileReadable(source, stats, () => copyEntries(source, target, linked));
      copyAttributes(stats, target);
    } else if (stats.isFile()) {
      copyFile(source, target, stats, linked);
    }
    // Sockets, pipes and device nodes carry no content that a restore could need, and Node cannot make them.
  }
}

function copyFile(source: string, target: string, stats: Stats, linked: Map<string, string>): void {
  const inode = `${stats.dev}:${stats.ino}`;
  const copied = stats.nlink > 1 ? linked.get(inode) : undefined;
  if (copied !== undefined) {
    linkSync(copied, target);
    return;
  }
  whileReadable(source, stats, () => copyFileSync(source, target, constants.COPYFILE_FICLONE));
  copyAttributes(stats, target);
  if (stats.nlink > 1) linked.set(inode, target);
}

/** A file like /etc/shadow may have no mode bits at all, which keeps even its owner out unless that is root. */
function whileReadable(path: string, stats: Stats, work: () => void): void {
  const needed = stats.isDirectory() ? 0o500 : 0o400;
  if (process.getuid?.() === 0 || (stats.mode & needed) === needed) {
    work();
    return;
  }
  chmodSync(path, (stats.mode & 0o7777) | needed);
  try {
    work();
  } finally {
    chmodSync(path, stats.mode & 0o7777);
  }
}

function copyAttributes(stats: Stats, target: string): void {
  if (process.getuid?.() === 0) chownSync(target, stats.uid, stats.gid);
  chmodSync(target, stats.mode & 0o7777);
  utimesSync(target, stats.atime, stats.mtime);
}

/** Removes a directory and all below it, following no links; directories that their owner may not write to as well. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    makeWritable(path);
    rmSync(path, { recursive: true, force: true });
  }
}

function makeWritable(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) makeWritable(join(path, name));
}

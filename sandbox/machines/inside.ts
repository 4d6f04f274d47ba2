import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A path of a machine as a path of this computer, resolved as the machine itself would: a link may lead anywhere
 * below `root`, never out of it. The end need not exist. Undefined for a loop of links.
 */
export function inside(root: string, path: string): string | undefined {
  const rest = path.split('/');
  let resolved: string[] = [];
  let hops = 0;
  while (rest.length > 0) {
    const part = rest.shift();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      resolved.pop();
      continue;
    }
    const candidate = join(root, ...resolved, part);
    if (!lstatSync(candidate, { throwIfNoEntry: false })?.isSymbolicLink()) {
      resolved.push(part);
      continue;
    }
    hops += 1;
    if (hops > 40) return undefined;
    const target = readlinkSync(candidate);
    if (target.startsWith('/')) resolved = [];
    rest.unshift(...target.split('/'));
  }
  return join(root, ...resolved);
}

const largest = 1024 * 1024;

/** The beginning of a regular file, up to a megabyte; undefined for anything else. A link at the end is not followed. */
export function readPlainFile(path: string): string | undefined {
  let file: number;
  try {
    // Without blocking: a pipe that somebody left behind must not hold the sandbox up.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    const buffer = Buffer.alloc(Math.min(stats.size, largest));
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(file);
  }
}

/** The text of a file of the machine; undefined when there is none. */
export function readInside(root: string, path: string): string | undefined {
  const full = inside(root, path);
  return full === undefined ? undefined : readPlainFile(full);
}

/** Whether the machine has such a file or folder. */
export function existsInside(root: string, path: string): boolean {
  const full = inside(root, path);
  return full !== undefined && lstatSync(full, { throwIfNoEntry: false }) !== undefined;
}

/** Writes a file of the machine in one step, its folders included; the mode of a file that was there is kept. */
export function writeInside(root: string, path: string, text: string, mode = 0o644): void {
  const full = inside(root, path);
  if (full === undefined) return;
  mkdirSync(dirname(full), { recursive: true });
  const before = lstatSync(full, { throwIfNoEntry: false });
  const draft = `${full}.sandbox-new`;
  // `wx`: something that lies in the way is never written through.
  writeFileSync(draft, text, { flag: 'wx' });
  chmodSync(draft, before?.isFile() ? before.mode & 0o7777 : mode);
  renameSync(draft, full);
}

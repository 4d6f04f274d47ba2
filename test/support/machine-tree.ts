import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

/** What runs a script: `dash`, `bash`, `busybox` (ash with its own awk and tools), and whose awk. */
export interface Tools {
  readonly shell: 'dash' | 'bash' | 'busybox';
  readonly awk: 'mawk' | 'gawk' | 'busybox' | 'default';
  /** Every tool is a busybox applet, nothing else is found. */
  readonly onlyBusybox?: boolean;
}

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'snapkeep-profiles-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let counter = 0;
export function freshFolder(name = 'tree'): string {
  counter += 1;
  const folder = join(scratch, `${name}-${counter}`);
  mkdirSync(folder);
  return folder;
}

const located = new Map<string, string | undefined>();
export function locate(program: string): string | undefined {
  if (!located.has(program)) {
    const found = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']
      .map((folder) => join(folder, program))
      .find((path) => existsSync(path));
    located.set(program, found);
  }
  return located.get(program);
}

export const usual: Tools = { shell: locate('dash') === undefined ? 'bash' : 'dash', awk: 'default' };

/** A file, `{ link }` or `{ folder }` by path from the root. Strings are Latin-1: one character is one byte. */
export type TreeEntry =
  | string
  | { readonly text: string; readonly mode: number }
  | { readonly link: string }
  | 'folder';

export function plant(root: string, entries: Readonly<Record<string, TreeEntry>>): string {
  for (const [path, entry] of Object.entries(entries)) {
    const full = Buffer.from(join(root, path), 'latin1');
    mkdirSync(Buffer.from(dirname(join(root, path)), 'latin1'), { recursive: true });
    if (entry === 'folder') mkdirSync(full, { recursive: true });
    else if (typeof entry === 'object' && 'link' in entry) symlinkSync(entry.link, full);
    else {
      const { text, mode } = typeof entry === 'string' ? { text: entry, mode: 0o644 } : entry;
      writeFileSync(full, text, 'latin1');
      chmodSync(full, mode);
      // Whole seconds: busybox keeps no others.
      utimesSync(full, 1_700_000_000, 1_700_000_000);
    }
  }
  return root;
}

/** Everything below a folder: content, mode, link target, kind; times of files, too. Without Snapkeep's own state. */
export function snapshot(root: string, folder = ''): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const name of readdirSync(Buffer.from(join(root, folder), 'latin1'), { encoding: 'latin1' }).sort()) {
    const path = `${folder}/${name}`;
    if (path === '/var/lib/snapkeep') continue;
    const full = Buffer.from(join(root, path), 'latin1');
    const stats = lstatSync(full);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) entries[path] = `link ${readlinkSync(full)}`;
    else if (stats.isDirectory()) {
      entries[path] = `folder ${mode}`;
      Object.assign(entries, snapshot(root, path));
    } else if (stats.isFile()) {
      entries[path] =
        `file ${mode} ${stats.uid}:${stats.gid} ${stats.mtimeMs} ${readFileSync(full, 'latin1')}`;
    } else entries[path] = `other ${mode}`;
  }
  return entries;
}

export const contentOf = (root: string, path: string): string =>
  readFileSync(Buffer.from(join(root, path), 'latin1'), 'latin1');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The script as a machine whose `/` is the tree would run it. */
export const inTree = (script: string, root: string): string =>
  script.replace(/^SNAPKEEP_ROOT=\/$/m, () => `SNAPKEEP_ROOT=${quoted(root)}`);

const toolFolders = new Map<string, string>();
function pathFor(tools: Tools): string {
  const key = JSON.stringify(tools);
  const known = toolFolders.get(key);
  if (known !== undefined) return known;
  const folder = freshFolder('tools');
  const busybox = locate('busybox');
  if (tools.onlyBusybox && busybox !== undefined) {
    const applets = spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    for (const applet of applets) symlinkSync(busybox, join(folder, applet));
  } else if (tools.awk !== 'default') {
    const awk = locate(tools.awk);
    if (awk === undefined) throw new Error(`${tools.awk} is not there`);
    symlinkSync(awk, join(folder, 'awk'));
  }
  const path = tools.onlyBusybox ? folder : `${folder}:/usr/bin:/bin`;
  toolFolders.set(key, path);
  return path;
}

export interface RunOptions {
  readonly tools?: Tools;
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of stand-ins, first on PATH. */
  readonly standIns?: string;
  /** Folders before the tools, for wrappers. */
  readonly before?: string;
}

export function runScript(
  script: string,
  values: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Run {
  const tools = options.tools ?? usual;
  const path = [options.standIns, options.before, pathFor(tools)]
    .filter((part) => part !== undefined)
    .join(':');
  const file = join(freshFolder('script'), 'script.sh');
  writeFileSync(file, script);
  const env: Record<string, string> = { PATH: path, ...options.env };
  for (const [name, value] of Object.entries(values)) env[`SSM_${name}`] = value;
  if (options.standIns !== undefined) env.SNAPKEEP_STAND_INS = options.standIns;
  const program = locate(tools.shell);
  if (program === undefined) throw new Error(`${tools.shell} is not there`);
  const words = tools.shell === 'busybox' ? ['ash', file] : [file];
  const { status, stdout, stderr } = spawnSync(program, words, {
    env,
    cwd: scratch,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Stand-ins that write their command line into `calls` and do what the given lines of shell say. */
export function standIns(commands: Readonly<Record<string, string>>): { folder: string; calls(): string[] } {
  const folder = freshFolder('stand-ins');
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  for (const [name, body] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>${quoted(log)}\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { folder, calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean) };
}

/** Combinations of shell and awk that this machine has; what is missing is named on stderr. */
export function presentTools(): readonly Tools[] {
  const wanted: Tools[] = [
    { shell: 'dash', awk: 'mawk' },
    { shell: 'dash', awk: 'gawk' },
    { shell: 'bash', awk: 'mawk' },
    { shell: 'bash', awk: 'gawk' },
    { shell: 'busybox', awk: 'mawk' },
    { shell: 'busybox', awk: 'busybox', onlyBusybox: true },
  ];
  return wanted.filter((tools) => {
    const missing = [tools.shell, tools.awk].filter((name) => locate(name) === undefined);
    if (missing.length > 0)
      process.stderr.write(`skipped: ${tools.shell} with ${tools.awk}, no ${missing.join(', no ')} here\n`);
    return missing.length === 0;
  });
}

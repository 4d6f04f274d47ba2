import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { MachineFacts } from './cloud-init.ts';
import { configurationTable } from './configuration.ts';
import { readPlainFile } from './inside.ts';

export const standIns = join(import.meta.dirname, 'stand-ins');

/** A folder for one run of a script, as the stand-ins expect it (stand-ins/lib.sh). */
export interface RunFolder {
  readonly path: string;
  readonly script: string;
}

export interface RunOptions {
  readonly script: string;
  /** Empty for a script that runs inside of the tree. */
  readonly root: string;
  /** Sandbox time in milliseconds at which it begins. */
  readonly at: number;
  /** Sandbox time that it may take. */
  readonly limitSeconds: number;
}

/** The stand-in's lists of units by name; each name is a file. */
const unitLists = ['active', 'failed', 'loaded'] as const;

/**
 * What a machine has beside its disk: the memory that its stand-ins share, and a folder per run. All of it lies in the
 * world's directory, outside of the tree, so that an image does not bring it along.
 */
export class MachineHome {
  readonly #folder: string;
  #runs = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get #state(): string {
    return join(this.#folder, 'state');
  }

  /** Empties the memory, as a power-off does. */
  forget(): void {
    rmSync(this.#state, { recursive: true, force: true });
    for (const name of [...unitLists, 'facts', 'app'])
      mkdirSync(join(this.#state, name), { recursive: true });
    writeFileSync(join(this.#state, 'configuration'), configurationTable);
  }

  get isNew(): boolean {
    return !existsSync(this.#state);
  }

  /** Tells the stand-ins what the machine is called at this moment. */
  setFacts(facts: MachineFacts): void {
    const folder = join(this.#state, 'facts');
    const values = {
      instance_id: facts.instanceId,
      private_ip: facts.privateIp,
      public_ip: facts.publicIp,
      private_dns: facts.privateDns,
    };
    for (const [name, value] of Object.entries(values)) writeFileSync(join(folder, name), `${value}\n`);
  }

  /** Lines of a file in the memory; undefined when it is not there. */
  lines(name: string): string[] | undefined {
    return readPlainFile(join(this.#state, name))
      ?.split('\n')
      .filter((line) => line !== '');
  }

  write(name: string, lines: readonly string[]): void {
    writeFileSync(join(this.#state, name), lines.map((line) => `${line}\n`).join(''));
  }

  activeUnits(): string[] {
    return this.isNew ? [] : readdirSync(join(this.#state, 'active')).sort();
  }

  /** A run that shares the memory: for what may be trusted with it. */
  openRun(options: RunOptions, tools: string): RunFolder {
    const path = this.#newRun(options);
    symlinkSync(this.#state, join(path, 'state'));
    symlinkSync(standIns, join(path, 'bin'));
    symlinkSync(tools, join(path, 'tools'));
    return { path, script: join(path, 'script') };
  }

  /**
   * A run with a copy of the memory. A script that nobody vouches for could leave links in it that lead out of the
   * machine, for the next one to follow; `takeBack` takes the lists of units, as far as they are plain files.
   */
  openIsolatedRun(options: RunOptions): RunFolder {
    const path = this.#newRun(options);
    mkdirSync(join(path, 'bin'));
    copyPlain(this.#state, join(path, 'state'));
    return { path, script: join(path, 'script') };
  }

  takeBack(run: RunFolder): void {
    for (const list of unitLists) {
      const folder = join(run.path, 'state', list);
      if (!isFolder(join(run.path, 'state')) || !isFolder(folder)) continue;
      rmSync(join(this.#state, list), { recursive: true, force: true });
      copyPlain(folder, join(this.#state, list));
    }
  }

  #newRun(options: RunOptions): string {
    this.#runs += 1;
    const path = join(this.#folder, 'runs', String(this.#runs));
    mkdirSync(join(path, 'events'), { recursive: true });
    const files = {
      root: options.root,
      clock: String(Math.round(options.at)),
      elapsed: '0',
      limit: String(Math.ceil(options.limitSeconds)),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), `${text}\n`);
    writeFileSync(join(path, 'script'), options.script, { mode: 0o700 });
    return path;
  }
}

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Folders and regular files with harmless names, two levels deep; links and everything else stay behind. */
function copyPlain(from: string, to: string, depth = 0): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true }).slice(0, 1000)) {
    if (!/^[\w@.:-]{1,200}$/.test(entry.name)) continue;
    if (entry.isFile()) copyFileSync(join(from, entry.name), join(to, entry.name));
    else if (entry.isDirectory() && depth === 0) copyPlain(join(from, entry.name), join(to, entry.name), 1);
  }
}

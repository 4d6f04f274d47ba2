import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree, removeTree } from './copy-tree.ts';
import type { MachineEvent } from './events.ts';
import type { FrozenTree, TreeStore } from './trees.ts';

/** A volume as the machine sees it. */
export interface MachineVolume {
  readonly volumeId: string;
  /** `/` for the root volume, an absolute path below it for a mounted one, undefined when it is mounted nowhere. */
  readonly mount: string | undefined;
  /** What is on it at first; nothing when undefined. The machine owns one share of it. */
  readonly content: FrozenTree | undefined;
}

/**
 * The inside of an instance: its volumes as one directory tree, the root volume with the others mounted below it.
 * Nothing is copied before somebody asks for the directory.
 */
export class Machine {
  readonly instanceId: string;
  readonly #trees: TreeStore;
  #volumes: MachineVolume[];
  #directory: string | undefined;
  #disposed = false;
  #events: MachineEvent[] = [];

  constructor(instanceId: string, trees: TreeStore, volumes: readonly MachineVolume[]) {
    this.instanceId = instanceId;
    this.#trees = trees;
    this.#volumes = [...volumes];
  }

  /** Whether a tree is, or can be made, of anything: a machine that was never given content and never looked at has none. */
  get hasContent(): boolean {
    return this.#directory !== undefined || this.#volumes.some((volume) => volume.content !== undefined);
  }

  get isGone(): boolean {
    return this.#disposed;
  }

  /** The machine's `/` as a directory of this computer, made on first use. Links in it may point anywhere: do not follow. */
  root(): string {
    if (this.#disposed)
      throw new Error(`The machine ${this.instanceId} was terminated; its disk is gone with it.`);
    if (this.#directory !== undefined) return this.#directory;
    const boot = this.#volumes.find((volume) => volume.mount === '/');
    const directory = this.#trees.writable(boot?.content);
    for (const volume of this.#volumes) {
      if (volume.mount === undefined || volume.mount === '/' || !volume.content) continue;
      copyTree(volume.content.path, makeMountPoint(directory, volume.mount));
    }
    for (const volume of this.#volumes) if (volume.mount !== undefined) volume.content?.release();
    this.#volumes = this.#volumes.map((volume) =>
      volume.mount === undefined ? volume : { ...volume, content: undefined },
    );
    this.#directory = directory;
    return directory;
  }

  /** The content of one volume at this moment, or undefined for an empty one. The caller owns the share. */
  freeze(volumeId: string): FrozenTree | undefined {
    const volume = this.#volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) return undefined;
    if (volume.content) return volume.content.retain();
    if (this.#directory === undefined || volume.mount === undefined) return undefined;
    if (volume.mount !== '/') {
      const path = resolveInside(this.#directory, volume.mount);
      return path === undefined ? undefined : this.#trees.freeze(path);
    }
    const frozen = this.#trees.freeze(this.#directory);
    // The mounted volumes are snapshots of their own: what a root volume holds below a mount point is not visible.
    for (const other of this.#volumes) {
      if (other.mount === undefined || other.mount === '/') continue;
      const path = resolveInside(frozen.path, other.mount);
      if (path !== undefined) for (const name of readdirSync(path)) removeTree(join(path, name));
    }
    return frozen;
  }

  /** The disk goes; what happened to the machine stays readable. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const volume of this.#volumes) volume.content?.release();
    this.#volumes = [];
    if (this.#directory !== undefined) removeTree(this.#directory);
    this.#directory = undefined;
  }

  record(event: MachineEvent): void {
    this.#events.push(event);
  }

  /** What happened up to `now`, in order of time. */
  events(now: number): readonly MachineEvent[] {
    return this.#events.filter((event) => event.at <= now).sort((a, b) => a.at - b.at);
  }
}

/** The directory of a mount point, or undefined when it is missing or hidden behind a link: links are never followed. */
function resolveInside(root: string, mount: string): string | undefined {
  let path = root;
  for (const part of mountParts(mount)) {
    path = join(path, part);
    if (!existsSync(path) || !lstatSync(path).isDirectory()) return undefined;
  }
  return path;
}

function makeMountPoint(root: string, mount: string): string {
  let path = root;
  for (const part of mountParts(mount)) {
    path = join(path, part);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) mkdirSync(path);
    else if (!stats.isDirectory())
      throw new Error(`The mount point ${mount} is not a directory in the machine's tree.`);
  }
  return path;
}

function mountParts(mount: string): string[] {
  const parts = mount.split('/').filter((part) => part !== '');
  if (!mount.startsWith('/') || parts.length === 0 || parts.some((part) => part === '.' || part === '..'))
    throw new Error(`A mount point is an absolute path without '..', not ${mount}.`);
  return parts;
}

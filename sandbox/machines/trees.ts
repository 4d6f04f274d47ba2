import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree, removeTree } from './copy-tree.ts';

/** The content of a volume at one moment. It is never written to, so any number of owners may share it. */
export interface FrozenTree {
  readonly path: string;
  /** One more owner. */
  retain(): FrozenTree;
  /** One owner less; the last one removes the directory, unless it is a template that came from elsewhere. */
  release(): void;
}

/** Hands out directories of one world and counts who still needs the frozen ones. */
export class TreeStore {
  readonly #directory: () => string;
  #next = 0;
  #frozen = 0;

  /** `directory` is asked for on first use only: a world without trees touches no disk. */
  constructor(directory: () => string) {
    this.#directory = directory;
  }

  /** Frozen directories of the store's own that exist at the moment. */
  get frozenCount(): number {
    return this.#frozen;
  }

  /** A directory that belongs to somebody else: copied from, never written to, never removed. */
  template(path: string): FrozenTree {
    return new SharedTree(path, () => {});
  }

  /** An own copy of `path`, frozen. */
  freeze(path: string): FrozenTree {
    const copy = this.#newDirectory('frozen');
    copyTree(path, copy);
    this.#frozen += 1;
    return new SharedTree(copy, () => {
      this.#frozen -= 1;
      removeTree(copy);
    });
  }

  /** A new writable directory, with the content of `base` if there is one. */
  writable(base: FrozenTree | undefined): string {
    const path = this.#newDirectory('machine');
    if (base) copyTree(base.path, path);
    else mkdirSync(path, { recursive: true });
    return path;
  }

  #newDirectory(kind: string): string {
    this.#next += 1;
    return join(this.#directory(), 'trees', `${kind}-${this.#next}`);
  }
}

class SharedTree implements FrozenTree {
  readonly path: string;
  readonly #remove: () => void;
  #owners = 1;

  constructor(path: string, remove: () => void) {
    this.path = path;
    this.#remove = remove;
  }

  retain(): FrozenTree {
    if (this.#owners === 0) throw new Error(`The frozen tree ${this.path} is gone: it had no owner left.`);
    this.#owners += 1;
    return this;
  }

  release(): void {
    if (this.#owners === 0) throw new Error(`The frozen tree ${this.path} was released once too often.`);
    this.#owners -= 1;
    if (this.#owners === 0) this.#remove();
  }
}

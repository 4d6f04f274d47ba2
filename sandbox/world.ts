import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SandboxClock, wallClock } from './clock.ts';
import { removeTree } from './machines/copy-tree.ts';
import { type Random, seededRandom } from './random.ts';

export interface WorldOptions {
  readonly clock?: SandboxClock;
  /** Seeds identifiers, durations and injected faults: the same seed and calls give the same world. */
  readonly seed?: number;
  /** How long an EBS or database snapshot takes, in seconds of the sandbox clock. */
  readonly snapshotSeconds?: number;
  /** How long a new resource stays invisible to Describe calls, in seconds. */
  readonly consistencySeconds?: number;
}

interface Event {
  readonly at: number;
  run(): void;
}

/** What all services share: time, chance, things that happen later, and a scratch directory for machine trees. */
export class World {
  readonly clock: SandboxClock;
  readonly random: Random;
  readonly snapshotSeconds: number;
  readonly consistencySeconds: number;
  readonly #events: Event[] = [];
  #directory: string | undefined;

  constructor(options: WorldOptions = {}) {
    this.clock = options.clock ?? wallClock;
    this.random = seededRandom(options.seed ?? 1);
    this.snapshotSeconds = options.snapshotSeconds ?? 2;
    this.consistencySeconds = options.consistencySeconds ?? 0;
  }

  now(): number {
    return this.clock.now();
  }

  /** A directory of this world's own, made on first use, removed by `close`. */
  get directory(): string {
    this.#directory ??= mkdtempSync(join(tmpdir(), 'snapkeep-sandbox-'));
    return this.#directory;
  }

  /** Does `run` at sandbox time `at`: at the latest before the first request after that moment is handled. */
  schedule(at: number, run: () => void): void {
    // Kept in order of time, and of scheduling within one moment: mostly the place is at the end.
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1]?.at ?? at) > at) index -= 1;
    this.#events.splice(index, 0, { at, run });
  }

  /** When the next scheduled thing is due, in sandbox time. */
  get nextAt(): number | undefined {
    return this.#events[0]?.at;
  }

  /** Lets everything happen that is due by now, in order of time. The server calls it before each request. */
  settle(): void {
    const now = this.now();
    for (let next = this.#events[0]; next && next.at <= now; next = this.#events[0]) {
      this.#events.shift();
      next.run();
    }
  }

  close(): void {
    if (this.#directory) removeTree(this.#directory);
    this.#directory = undefined;
  }
}

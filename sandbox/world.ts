import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SandboxClock, wallClock } from './clock.ts';
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
  readonly order: number;
  run(): void;
}

/** What all services share: time, chance, things that happen later, and a scratch directory for machine trees. */
export class World {
  readonly clock: SandboxClock;
  readonly random: Random;
  readonly snapshotSeconds: number;
  readonly consistencySeconds: number;
  readonly #events: Event[] = [];
  #order = 0;
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
    this.#events.push({ at, order: this.#order++, run });
  }

  /** Lets everything happen that is due by now, in order of time. The server calls it before each request. */
  settle(): void {
    const now = this.now();
    for (;;) {
      let next: Event | undefined;
      for (const event of this.#events) {
        if (event.at > now) continue;
        if (!next || event.at < next.at || (event.at === next.at && event.order < next.order)) next = event;
      }
      if (!next) return;
      this.#events.splice(this.#events.indexOf(next), 1);
      next.run();
    }
  }

  close(): void {
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
  }
}

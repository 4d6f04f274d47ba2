import type { Clock } from './clock.ts';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  wake(): void;
}

/**
 * A clock that jumps to the next sleeper as soon as nothing else is going on: no request is on the wire
 * (`whileBusy`) and the event loop has come round with nobody having asked for anything new.
 */
export class VirtualClock implements Clock {
  #now: number;
  #busy = 0;
  #activity = 0;
  #order = 0;
  #turning = false;
  readonly #sleepers: Sleeper[] = [];

  constructor(startEpochMilliseconds: number) {
    this.#now = startEpochMilliseconds;
  }

  now(): number {
    return this.#now;
  }

  /** Moves time forward by hand, for tests that have nobody sleeping. */
  advance(milliseconds: number): void {
    this.#wakeUntil(this.#now + milliseconds);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.#activity += 1;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, milliseconds),
        order: this.#order++,
        wake: resolve,
      };
      signal?.addEventListener('abort', () => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index >= 0) this.#sleepers.splice(index, 1);
        reject(signal.reason);
      });
      this.#sleepers.push(sleeper);
      this.#turn();
    });
  }

  async whileBusy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    this.#activity += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      this.#activity += 1;
      this.#turn();
    }
  }

  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    void this.#runWhenQuiet();
  }

  async #runWhenQuiet(): Promise<void> {
    try {
      while (this.#sleepers.length > 0) {
        const seen = this.#activity;
        // Several turns, since code between two requests may itself hop through a few immediates
        // (streams, agents, credential providers) before it asks for the next thing.
        for (let turn = 0; turn < 4; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
        if (this.#busy > 0) return;
        if (seen !== this.#activity) continue;
        this.#wakeUntil(Math.min(...this.#sleepers.map((sleeper) => sleeper.at)));
      }
    } finally {
      this.#turning = false;
      // Someone may have fallen asleep or finished between the last look and here.
      if (this.#busy === 0 && this.#sleepers.length > 0) this.#turn();
    }
  }

  #wakeUntil(target: number): void {
    this.#now = Math.max(this.#now, target);
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= this.#now);
    due.sort((a, b) => a.at - b.at || a.order - b.order);
    for (const sleeper of due) {
      this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
      this.#activity += 1;
      sleeper.wake();
    }
  }
}

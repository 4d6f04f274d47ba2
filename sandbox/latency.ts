import { setTimeout as sleep } from 'node:timers/promises';

/** Real milliseconds that are added to each answer. */
export interface LatencySettings {
  readonly milliseconds: number;
  /** Instead of that, by `ec2:CreateImage`. */
  readonly actions: Readonly<Record<string, number>>;
}

export class Latency {
  #settings: LatencySettings;

  constructor(milliseconds = 0) {
    this.#settings = { milliseconds, actions: {} };
  }

  get settings(): LatencySettings {
    return this.#settings;
  }

  configure(settings: Partial<LatencySettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  async wait(service: string, action: string): Promise<void> {
    const milliseconds = this.#settings.actions[`${service}:${action}`] ?? this.#settings.milliseconds;
    if (milliseconds > 0) await sleep(milliseconds);
  }
}

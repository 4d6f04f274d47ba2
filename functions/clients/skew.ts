import { failedError } from '../shared/errors.ts';

export const allowedSkewMilliseconds = 5 * 60 * 1000;

/**
 * Looks at the `Date` header of the first answer. The SDK silently corrects a wrong clock by signing with the
 * service's time, so a backup would succeed with wrong slots, names and retention; better to stop at once.
 */
export class SkewCheck {
  #done = false;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Throws when the local clock is off by more than five minutes; looks only once. */
  observe(headers: Readonly<Record<string, string>>): void {
    if (this.#done) return;
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'date');
    const remote = name === undefined ? Number.NaN : Date.parse(headers[name] ?? '');
    if (Number.isNaN(remote)) return;
    this.#done = true;
    const skew = this.#now() - remote;
    if (Math.abs(skew) <= allowedSkewMilliseconds) return;
    const minutes = Math.round(Math.abs(skew) / 60_000);
    throw failedError(
      `the clock of this machine is ${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} AWS`,
      'set the clock (for example `timedatectl set-ntp true`) and run the same command again',
    );
  }
}

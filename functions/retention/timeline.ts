import type { RetentionPoint } from './decide.ts';
import { judge, keepsPoint, spanStarts } from './judge.ts';
import type { RetentionPolicy } from './policy.ts';
import type { Zone } from './zone.ts';

/** What rotation has left of a group while scheduled runs are added, newest first. */
export class Timeline<P extends RetentionPoint> {
  readonly #policy: RetentionPolicy;
  readonly #zone: Zone;
  #times: number[];
  /** Beside each time its point; undefined for that of a simulated run. */
  #points: (P | undefined)[];
  #waiting: number;

  constructor(newestFirst: readonly P[], policy: RetentionPolicy, zone: Zone) {
    this.#policy = policy;
    this.#zone = zone;
    this.#times = newestFirst.map((point) => point.time);
    this.#points = [...newestFirst];
    this.#waiting = newestFirst.length;
  }

  /** How many points are left in all. */
  get length(): number {
    return this.#times.length;
  }

  /** How many of the points that were there at the start are left. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds the point of one run, rotates, and returns those of the starting points that went. */
  rotateAfter(run: number): P[] {
    // Only a point of the future (a clock that was wrong) can be newer than the run.
    const place = this.#times.findIndex((time) => time <= run);
    const at = place < 0 ? this.#times.length : place;
    const times = this.#times.toSpliced(at, 0, run);
    const points = this.#points.toSpliced(at, 0, undefined);
    return this.#keepOnly(times, points, this.#judge(times, run));
  }

  /**
   * Adds the points of several runs (rising) and rotates once, if that comes to the same as rotating after each and
   * no starting point goes; else changes nothing and answers false.
   *
   * It comes to the same because later runs only push older points further down: what is kept after the last run
   * was kept after every one before. That takes runs newer than all points, and starts of the `within` rules that
   * never step back, as they do when a month is taken off the 31st and then off the 1st.
   */
  skipOver(runs: readonly number[]): boolean {
    const [first] = runs;
    const last = runs.at(-1);
    if (first === undefined || last === undefined || first <= (this.#times[0] ?? 0)) return false;
    if (!this.#startsRise(runs)) return false;
    const times = [...runs.toReversed(), ...this.#times];
    const points = [...runs.map(() => undefined), ...this.#points];
    const verdicts = this.#judge(times, last);
    if (points.some((point, place) => point !== undefined && !keepsPoint(verdicts[place] ?? 0))) return false;
    this.#keepOnly(times, points, verdicts);
    return true;
  }

  #judge(times: readonly number[], now: number): Uint16Array {
    return judge(Float64Array.from(times), this.#policy, this.#zone, now).verdicts;
  }

  #keepOnly(times: readonly number[], points: readonly (P | undefined)[], verdicts: Uint16Array): P[] {
    const kept = (_: unknown, place: number) => keepsPoint(verdicts[place] ?? 0);
    this.#times = times.filter(kept);
    this.#points = points.filter(kept);
    const gone = points.filter((point, place) => point !== undefined && !kept(point, place));
    this.#waiting -= gone.length;
    return gone.filter((point) => point !== undefined);
  }

  #startsRise(runs: readonly number[]): boolean {
    let before: readonly number[] = [];
    for (const run of runs) {
      const starts = spanStarts(this.#policy, this.#zone, run);
      if (starts.some((start, rule) => start < (before[rule] ?? start))) return false;
      before = starts;
    }
    return true;
  }
}

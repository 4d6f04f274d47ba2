import { decideRetention, type RetentionPoint, type RetentionQuestion } from './decide.ts';
import { Timeline } from './timeline.ts';
import { zoneOf } from './zone.ts';

/**
 * When the policy lets a recovery point go if every run happens on schedule and is followed by a rotation.
 * `now`: the next rotation removes it. `at`: the run of that time does. `never`: the schedule ends with it kept.
 * `beyond`: it is still kept after that time, which is as far as was reckoned. Times are epoch milliseconds.
 */
export type Expiry =
  | { readonly kind: 'now' }
  | { readonly kind: 'at'; readonly time: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'beyond'; readonly time: number };

export interface ExpiryLimits {
  /** How far ahead to reckon; 20 years unless told. */
  readonly horizonMilliseconds?: number;
  /** How many points the simulated rotations may look at in all; 10,000,000 unless told, about a second at worst. */
  readonly visits?: number;
}

export interface ExpiryQuestion<P extends RetentionPoint> extends RetentionQuestion<P>, ExpiryLimits {
  /** Times of the coming runs in rising order, epoch milliseconds; may be endless. Those up to `now` are left out. */
  readonly runs: Iterable<number>;
}

const twentyYears = 20 * 365.25 * 86_400_000;
const mostAtOnce = 1024;

/**
 * The expiry of every point of a retention group, by running the schedule forward: each run adds a point at its own
 * time, and rotation keeps what the policy says. One simulation serves all points of the group.
 */
export function expiries<P extends RetentionPoint>(question: ExpiryQuestion<P>): Map<P, Expiry> {
  const { now } = question;
  const answers = new Map<P, Expiry>();
  const waiting: P[] = [];
  for (const decision of decideRetention(question)) {
    if (decision.keep) waiting.push(decision.point);
    else answers.set(decision.point, { kind: 'now' });
  }
  const line = new Timeline(waiting, question.policy, zoneOf(question.timezone));
  const coming = new ComingRuns(question.runs, now, now + (question.horizonMilliseconds ?? twentyYears));
  let visits = question.visits ?? 10_000_000;
  let reckoned = now;
  let atOnce = 1;
  while (line.waiting > 0 && visits > 0) {
    const runs = coming.peek(atOnce);
    const [next] = runs;
    if (next === undefined) break;
    visits -= line.length + runs.length;
    // Most runs change nothing for the points that wait, so as many as do not are taken in one stride.
    if (runs.length === 1) {
      const gone = line.rotateAfter(next);
      for (const point of gone) answers.set(point, { kind: 'at', time: next });
      if (gone.length === 0) atOnce = 2;
    } else if (line.skipOver(runs)) {
      atOnce = Math.min(atOnce * 2, mostAtOnce);
    } else {
      atOnce = Math.floor(runs.length / 2);
      continue;
    }
    coming.take(runs.length);
    reckoned = runs.at(-1) ?? next;
  }
  const rest: Expiry = coming.ended ? { kind: 'never' } : { kind: 'beyond', time: reckoned };
  for (const point of waiting) if (!answers.has(point)) answers.set(point, rest);
  return answers;
}

/** The expiry of one point among the others of its retention group. */
export function firstRemoval<P extends RetentionPoint>(
  question: Omit<ExpiryQuestion<P>, 'points'> & { readonly point: P; readonly others: readonly P[] },
): Expiry {
  const { point, others, ...rest } = question;
  const answer = expiries({ ...rest, points: [point, ...others] }).get(point);
  if (answer === undefined) throw new Error('every point of a group has an expiry');
  return answer;
}

/** The runs after `now` up to the horizon, with a look ahead. */
class ComingRuns {
  readonly #runs: Iterator<number>;
  readonly #now: number;
  readonly #horizon: number;
  #ahead: number[] = [];
  #done = false;
  #beyond = false;

  constructor(runs: Iterable<number>, now: number, horizon: number) {
    this.#runs = runs[Symbol.iterator]();
    this.#now = now;
    this.#horizon = horizon;
  }

  /** The schedule itself is over, and all of its runs are taken. */
  get ended(): boolean {
    return this.#done && !this.#beyond && this.#ahead.length === 0;
  }

  /** The next runs, at most `count`. */
  peek(count: number): readonly number[] {
    while (this.#ahead.length < count && !this.#done) {
      const next = this.#runs.next();
      if (next.done === true) this.#done = true;
      else if (next.value > this.#horizon) {
        this.#done = true;
        this.#beyond = true;
      } else if (next.value > this.#now) this.#ahead.push(next.value);
    }
    return this.#ahead.slice(0, count);
  }

  take(count: number): void {
    this.#ahead = this.#ahead.slice(count);
  }
}

import { decideRetention, type RetentionPoint, type RetentionQuestion } from './decide.ts';
import { judge, keepsPoint } from './judge.ts';
import type { RetentionPolicy } from './policy.ts';
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
  /** How many points all simulated rotations may look at together; 20,000,000 unless told (well under a second). */
  readonly visits?: number;
}

export interface ExpiryQuestion<P extends RetentionPoint> extends RetentionQuestion<P>, ExpiryLimits {
  /** Times of the coming runs in rising order, epoch milliseconds; may be endless. Those up to `now` are left out. */
  readonly runs: Iterable<number>;
}

const twentyYears = 20 * 365.25 * 86_400_000;

/**
 * The expiry of every point of a retention group, by running the schedule forward: each run adds a point at its own
 * time, and rotation keeps what the policy says. One simulation serves all points of the group.
 */
export function expiries<P extends RetentionPoint>(question: ExpiryQuestion<P>): Map<P, Expiry> {
  const answers = new Map<P, Expiry>();
  const waiting: P[] = [];
  for (const decision of decideRetention(question)) {
    if (decision.keep) waiting.push(decision.point);
    else answers.set(decision.point, { kind: 'now' });
  }
  const line = new Timeline(waiting, question.policy, question.timezone);
  const horizon = question.now + (question.horizonMilliseconds ?? twentyYears);
  let visits = question.visits ?? 20_000_000;
  let reckoned = question.now;
  let cut = false;
  if (line.waiting > 0) {
    for (const run of question.runs) {
      if (run <= question.now) continue;
      if (run > horizon || visits <= 0) {
        cut = true;
        break;
      }
      visits -= line.length + 1;
      for (const point of line.rotateAfter(run)) answers.set(point, { kind: 'at', time: run });
      if (line.waiting === 0) break;
      reckoned = run;
    }
  }
  for (const point of waiting) {
    if (!answers.has(point)) answers.set(point, cut ? { kind: 'beyond', time: reckoned } : { kind: 'never' });
  }
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

/** What rotation has left so far, newest first, while runs are added; simulated points have no `P`. */
class Timeline<P extends RetentionPoint> {
  readonly #policy: RetentionPolicy;
  readonly #timezone: string;
  #times: number[];
  #points: (P | undefined)[];
  /** How many of the points that were there at the start are left. */
  waiting: number;

  constructor(newestFirst: readonly P[], policy: RetentionPolicy, timezone: string) {
    this.#policy = policy;
    this.#timezone = timezone;
    this.#times = newestFirst.map((point) => point.time);
    this.#points = [...newestFirst];
    this.waiting = newestFirst.length;
  }

  get length(): number {
    return this.#times.length;
  }

  /** Adds the point of a run, rotates, and returns those of the starting points that went. */
  rotateAfter(run: number): P[] {
    // Only a point of the future (a clock that was wrong) can be newer than the run.
    const place = this.#times.findIndex((time) => time <= run);
    const at = place < 0 ? this.#times.length : place;
    this.#times.splice(at, 0, run);
    this.#points.splice(at, 0, undefined);

    const { verdicts } = judge(Float64Array.from(this.#times), this.#policy, zoneOf(this.#timezone), run);
    if (verdicts.every(keepsPoint)) return [];
    const gone = this.#points.filter((_, index) => !keepsPoint(verdicts[index] ?? 0));
    this.#times = this.#times.filter((_, index) => keepsPoint(verdicts[index] ?? 0));
    this.#points = this.#points.filter((_, index) => keepsPoint(verdicts[index] ?? 0));
    const removed = gone.filter((point) => point !== undefined);
    this.waiting -= removed.length;
    return removed;
  }
}

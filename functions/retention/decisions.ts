import { type KeepReason, keepReasons, supersededBit } from './judge.ts';

/**
 * Why a recovery point goes: `superseded`: a newer one stands for its hour, day, week, month or year;
 * `beyond`: it is older than every rule reaches.
 */
export type RemoveReason = 'superseded' | 'beyond';

export interface KeepDecision<P> {
  readonly point: P;
  readonly keep: true;
  /** All reasons, at least one, in the order of the policy's rules, then `future`, then `minimum`. */
  readonly reasons: readonly KeepReason[];
  /** Only on the oldest point: those of its reasons that keep it for want of anything older. */
  readonly onlyOldest?: readonly KeepReason[];
}

export interface RemoveDecision<P> {
  readonly point: P;
  readonly keep: false;
  readonly reason: RemoveReason;
}

export type Decision<P> = KeepDecision<P> | RemoveDecision<P>;

/**
 * The decisions on a group of points, newest first. Each is made when it is asked for, since a million of them
 * kept in memory would cost more than deciding; iterate, or spread into an array when they must live on.
 */
export class Decisions<P> implements Iterable<Decision<P>> {
  readonly length: number;
  readonly #points: readonly P[];
  readonly #order: Uint32Array;
  readonly #verdicts: Uint16Array;
  readonly #onlyOldest: number;

  /** `order` holds the indexes of `points`, newest first; `verdicts` and `onlyOldest` are those of `judge`. */
  constructor(points: readonly P[], order: Uint32Array, verdicts: Uint16Array, onlyOldest: number) {
    this.length = order.length;
    this.#points = points;
    this.#order = order;
    this.#verdicts = verdicts;
    this.#onlyOldest = onlyOldest;
  }

  /** The decision at a place, 0 for the newest point; undefined beyond the oldest. */
  at(place: number): Decision<P> | undefined {
    const verdict = this.#verdicts[place];
    const point = this.#points[this.#order[place] ?? -1];
    if (verdict === undefined || point === undefined) return undefined;
    if (verdict === 0) return { point, keep: false, reason: 'beyond' };
    if (verdict === supersededBit) return { point, keep: false, reason: 'superseded' };
    const reasons = reasonsOf(verdict);
    if (this.#onlyOldest === 0 || place < this.length - 1) return { point, keep: true, reasons };
    return { point, keep: true, reasons, onlyOldest: reasonsOf(this.#onlyOldest) };
  }

  // By hand, since a generator costs several times as much per decision and callers walk a million of them.
  [Symbol.iterator](): Iterator<Decision<P>, undefined> {
    let place = 0;
    return {
      next: () => {
        const value = this.at(place);
        place += 1;
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    };
  }

  /** The decisions that keep, newest first. */
  *kept(): Generator<KeepDecision<P>, void, undefined> {
    for (const decision of this) if (decision.keep) yield decision;
  }

  /** The decisions that remove, newest first. */
  *removed(): Generator<RemoveDecision<P>, void, undefined> {
    for (const decision of this) if (!decision.keep) yield decision;
  }
}

/** The reasons as a person reads them: `daily, monthly (oldest)`, or why the point goes. */
export function describeDecision(decision: Decision<unknown>): string {
  if (!decision.keep) return removeSentences[decision.reason];
  return decision.reasons
    .map((reason) => (decision.onlyOldest?.includes(reason) ? `${reason} (oldest)` : reason))
    .join(', ');
}

const removeSentences = {
  superseded: 'a newer one stands for its period',
  beyond: 'older than every rule reaches',
} as const satisfies Record<RemoveReason, string>;

const reasonLists = new Map<number, readonly KeepReason[]>();

/** The reasons of a verdict's bits; one list per combination, shared, since there are few and points are many. */
function reasonsOf(bits: number): readonly KeepReason[] {
  let list = reasonLists.get(bits);
  if (list === undefined) {
    list = Object.freeze(keepReasons.filter((_, index) => (bits & (1 << index)) !== 0));
    reasonLists.set(bits, list);
  }
  return list;
}

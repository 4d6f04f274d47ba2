import { decideRetention } from '../../functions/retention/decide.ts';
import type { RetentionPolicy } from '../../functions/retention/policy.ts';

const span = (years: number, months = 0, days = 0) => ({ years, months, days, hours: 0 });

/** Every rule set, and set so high that the pass has work to do down to the oldest point. */
const policy: RetentionPolicy = {
  last: 1_000,
  hourly: 20_000,
  daily: 2_000,
  weekly: 400,
  monthly: 120,
  yearly: 20,
  within: span(0, 1),
  withinHourly: span(2),
  withinDaily: span(4),
  withinWeekly: span(6),
  withinMonthly: span(9),
  withinYearly: span(20),
  minimum: 3,
  maxDeletePercent: 50,
  partialKeep: span(0, 0, 7),
};

const newest = Date.UTC(2026, 10, 20, 2);
const tenYears = 10 * 365.25 * 86_400_000;
const rounds = 9;

interface Measure {
  readonly timeline: string;
  readonly sortMilliseconds: number;
  readonly decideMilliseconds: number;
  /** Deciding in units of sorting; the limit is 2.5. */
  readonly ratio: number;
  /** The same with every decision read as well. */
  readonly ratioWithReading: number;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function measure(timeline: string, times: Float64Array): Measure {
  const points = Array.from(times, (time, index) => ({ id: `point-${index}`, time }));
  const sorts: number[] = [];
  const decisions: number[] = [];
  const readings: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const copy = times.slice();
    const start = performance.now();
    copy.sort();
    const sorted = performance.now();
    const answer = decideRetention({ points, policy, timezone: 'Europe/Berlin', now: newest });
    const decided = performance.now();
    let reasons = 0;
    for (const decision of answer) if (decision.keep) reasons += decision.reasons.length;
    const read = performance.now();
    if (reasons === 0) throw new Error('the policy of the bench keeps nothing');
    sorts.push(sorted - start);
    decisions.push(decided - sorted);
    readings.push(read - sorted);
  }
  const sortMilliseconds = median(sorts);
  const decideMilliseconds = median(decisions);
  return {
    timeline,
    sortMilliseconds,
    decideMilliseconds,
    ratio: decideMilliseconds / sortMilliseconds,
    ratioWithReading: median(readings) / sortMilliseconds,
  };
}

/**
 * Deciding over `count` recovery points against sorting the same times in a Float64Array; medians of nine rounds.
 * The order matters, since a sort is quicker on what is sorted already.
 */
export function benchRetention(count = 1_000_000): Measure[] {
  let state = 20_261_120;
  const random = () => {
    // A plain linear congruence: the times need to be spread and repeatable, nothing more.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const shuffled = Float64Array.from({ length: count }, () => newest - Math.floor(random() * tenYears));
  const minutes = shuffled.map((time) => time - (time % 60_000));
  const slots = Float64Array.from({ length: count }, (_, index) => newest - index * 300_000);
  return [
    measure('random over ten years', shuffled),
    measure('random minutes over ten years', minutes),
    measure('every five minutes, oldest first', slots.toReversed()),
    measure('every five minutes, newest first', slots),
  ];
}

/** Runs the bench and prints a line per timeline. */
export function run(print: (line: string) => void = console.log): void {
  for (const result of benchRetention()) {
    print(
      `retention, 1,000,000 points, ${result.timeline}: ${result.decideMilliseconds.toFixed(0)} ms, ` +
        `sorting ${result.sortMilliseconds.toFixed(0)} ms, ratio ${result.ratio.toFixed(2)} (limit 2.50), ` +
        `${result.ratioWithReading.toFixed(2)} with every decision read`,
    );
  }
}

if (import.meta.main) run();

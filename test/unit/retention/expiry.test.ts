import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiries, firstRemoval } from '../../../functions/retention/expiry.ts';
import { naiveRetention } from '../../support/naive-retention.ts';
import { durationOf, pointsAt, policyOf, retentionCases } from '../../support/retention-cases.ts';

const day = 86_400_000;
const at = (text: string): number => Date.parse(text);

/** Runs every so often without end. */
function* every(milliseconds: number, first: number): Generator<number, never, undefined> {
  for (let run = first; ; run += milliseconds) yield run;
}

const now = at('2026-11-20T02:01:00Z');
const daily = () => every(day, at('2026-11-21T02:00:00Z'));
const nights = ['2026-11-20T02:00:00Z', '2026-11-19T02:00:00Z', '2026-11-18T02:00:00Z'];

function expiriesOf(
  times: readonly string[],
  rules: Parameters<typeof policyOf>[0],
  runs: Iterable<number>,
  limits: { horizonMilliseconds?: number; visits?: number } = {},
): string[] {
  const points = pointsAt(times);
  const answers = expiries({ points, policy: policyOf(rules), timezone: 'UTC', now, runs, ...limits });
  return points.map((point) => {
    const answer = answers.get(point);
    if (answer === undefined) return 'no answer';
    return 'time' in answer ? `${answer.kind} ${new Date(answer.time).toISOString()}` : answer.kind;
  });
}

describe('the expiry of a recovery point', () => {
  it('is the first scheduled run after which the policy lets it go', () => {
    expect(expiriesOf(nights, { daily: 3 }, daily())).toEqual([
      'at 2026-11-23T02:00:00.000Z',
      'at 2026-11-22T02:00:00.000Z',
      'at 2026-11-21T02:00:00.000Z',
    ]);
  });

  it('comes later for the oldest while a count of weeks or months is left', () => {
    // The oldest stays for its week until Monday, 23 November, when two weeks hold a newer point.
    expect(expiriesOf(nights, { daily: 2, weekly: 2, monthly: 1 }, daily())).toEqual([
      'at 2026-11-22T02:00:00.000Z',
      'at 2026-11-21T02:00:00.000Z',
      'at 2026-11-23T02:00:00.000Z',
    ]);
  });

  it('is now when the policy does not keep it even today', () => {
    expect(expiriesOf(nights, { last: 2 }, daily())).toEqual([
      'at 2026-11-22T02:00:00.000Z',
      'at 2026-11-21T02:00:00.000Z',
      'now',
    ]);
  });

  it('is not missed where the start of a span steps back for a few days', () => {
    // A month before 30 March is 2 March, before 31 March the 3rd, before 1 April the 1st once more.
    const [point, ...others] = pointsAt(['2026-03-02T12:00:00Z', '2026-03-19T12:00:00Z']);
    if (point === undefined) throw new Error('there are two points');
    const answer = firstRemoval({
      point,
      others,
      policy: policyOf({ within: durationOf({ months: 1 }) }),
      timezone: 'UTC',
      now: at('2026-03-19T13:00:00Z'),
      runs: every(day, at('2026-03-20T12:00:00Z')),
    });
    expect(answer).toEqual({ kind: 'at', time: at('2026-03-30T12:00:00Z') });
  });

  it('is never when the schedule ends first', () => {
    expect(expiriesOf(nights, { last: 3 }, [at('2026-11-21T02:00:00Z')])).toEqual([
      'never',
      'never',
      'at 2026-11-21T02:00:00.000Z',
    ]);
    // Without new runs the latest point stays the base of a within rule.
    expect(expiriesOf(nights, { within: durationOf({ days: 3 }) }, [])).toEqual(['never', 'never', 'never']);
  });

  it('follows a within rule to the run from which it lies outside', () => {
    expect(expiriesOf(nights, { within: durationOf({ days: 7 }) }, daily())).toEqual([
      'at 2026-11-27T02:00:00.000Z',
      'at 2026-11-26T02:00:00.000Z',
      'at 2026-11-25T02:00:00.000Z',
    ]);
  });

  it('leaves out runs up to now', () => {
    const runs = [at('2026-11-19T14:00:00Z'), now, at('2026-11-21T02:00:00Z')];
    expect(expiriesOf(nights, { last: 3 }, runs)).toEqual(['never', 'never', 'at 2026-11-21T02:00:00.000Z']);
  });

  it('ends at the horizon and says how far it was reckoned', () => {
    expect(expiriesOf(nights, { last: 5 }, daily(), { horizonMilliseconds: 4 * day })).toEqual([
      'beyond 2026-11-24T02:00:00.000Z',
      'at 2026-11-24T02:00:00.000Z',
      'at 2026-11-23T02:00:00.000Z',
    ]);
  });

  it('ends when the work allowed is used up', () => {
    expect(expiriesOf(nights, { yearly: 10 }, daily(), { visits: 100 }).at(-1)).toMatch(/^beyond 202[67]-/);
    expect(expiriesOf(nights, { yearly: 10 }, daily()).at(-1)).toBe('at 2035-01-01T02:00:00.000Z');
  });

  it('of a point in the future begins once its time has come', () => {
    expect(expiriesOf(['2026-11-22T12:00:00Z', ...nights], { last: 1 }, daily())).toEqual([
      'at 2026-11-23T02:00:00.000Z',
      'now',
      'now',
      'now',
    ]);
  });

  it('of one point is the same as among all', () => {
    const [point, ...others] = pointsAt(nights);
    if (point === undefined) throw new Error('there are nights');
    const answer = firstRemoval({
      point,
      others,
      policy: policyOf({ last: 4 }),
      timezone: 'UTC',
      now,
      runs: daily(),
    });
    expect(answer).toEqual({ kind: 'at', time: at('2026-11-24T02:00:00Z') });
  });

  it('is what a naive rotation after every run says, in any zone and under any policy', () => {
    const hours = fc.constantFrom(0.25, 1, 6, 24, 24 * 11);
    fc.assert(
      fc.property(retentionCases, hours, (question, step) => {
        const latest = Math.max(...question.points.map(({ time }) => time));
        const present = Math.min(question.now, latest);
        const runs = Array.from({ length: 25 }, (_, index) => present + (index + 1) * step * 3_600_000);

        const expected = new Map<string, number | 'now' | undefined>();
        let left = question.points.toSorted((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));
        for (const run of [present, ...runs]) {
          if (run !== present) {
            const older = left.filter(({ time }) => time <= run);
            left = [...left.filter(({ time }) => time > run), { id: `run ${run}`, time: run }, ...older];
          }
          const verdicts = naiveRetention(
            left.map(({ time }) => time),
            question.policy,
            question.timezone,
            run,
          );
          left = left.filter((point, place) => {
            const kept = (verdicts[place]?.reasons.size ?? 0) > 0;
            if (!kept) expected.set(point.id, run === present ? 'now' : run);
            return kept;
          });
        }
        for (const [point, answer] of expiries({ ...question, now: present, runs })) {
          const short = answer.kind === 'never' ? undefined : 'time' in answer ? answer.time : answer.kind;
          expect([point.id, short]).toEqual([point.id, expected.get(point.id)]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

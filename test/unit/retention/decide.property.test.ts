import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRetention } from '../../../functions/retention/decide.ts';
import { naiveRetention } from '../../support/naive-retention.ts';
import { type RetentionCase, retentionCases } from '../../support/retention-cases.ts';

const runs = { numRuns: 400 };

const keptOf = (question: RetentionCase) => [...decideRetention(question).kept()].map(({ point }) => point);

describe('the decision on random timelines, zones and policies', () => {
  it('gives every point the verdict and all the reasons of the naive reference', () => {
    fc.assert(
      fc.property(retentionCases, (question) => {
        const sorted = question.points.toSorted((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1));
        const expected = naiveRetention(
          sorted.map(({ time }) => time),
          question.policy,
          question.timezone,
          question.now,
        );
        const decisions = [...decideRetention(question)];
        expect(decisions.map(({ point }) => point)).toEqual(sorted);
        expect(
          decisions.map((decision) => ({
            reasons: new Set(decision.keep ? decision.reasons : []),
            onlyOldest: new Set(decision.keep ? decision.onlyOldest : []),
            superseded: decision.keep ? undefined : decision.reason === 'superseded',
          })),
        ).toEqual(
          expected.map(({ reasons, onlyOldest, superseded }) => ({
            reasons,
            onlyOldest,
            superseded: reasons.size > 0 ? undefined : superseded,
          })),
        );
      }),
      { numRuns: 600 },
    );
  });

  it('keeps everything when it is applied to what it kept', () => {
    fc.assert(
      fc.property(retentionCases, (question) => {
        const kept = keptOf(question);
        expect(keptOf({ ...question, points: kept })).toEqual(kept);
      }),
      runs,
    );
  });

  it('still keeps everything at any later time when no point lay in the future', () => {
    fc.assert(
      fc.property(retentionCases, fc.nat(1_000_000_000), (question, later) => {
        const now = Math.max(...question.points.map(({ time }) => time));
        const kept = keptOf({ ...question, now });
        expect(keptOf({ ...question, now: now + later, points: kept })).toEqual(kept);
      }),
      runs,
    );
  });

  it('does not depend on the order in which the points are given', () => {
    fc.assert(
      fc.property(
        retentionCases.chain((question) =>
          fc.record({
            question: fc.constant(question),
            shuffled: fc.shuffledSubarray([...question.points], { minLength: question.points.length }),
          }),
        ),
        ({ question, shuffled }) => {
          expect([...decideRetention({ ...question, points: shuffled })]).toEqual([
            ...decideRetention(question),
          ]);
        },
      ),
      runs,
    );
  });

  it('always keeps the newest point and never fewer than the minimum', () => {
    fc.assert(
      fc.property(retentionCases, (question) => {
        expect(decideRetention(question).at(0)?.keep).toBe(true);
        const least = Math.min(question.policy.minimum, question.points.length);
        expect(keptOf(question).length).toBeGreaterThanOrEqual(least);
      }),
      runs,
    );
  });

  it('keeps more, never less, when a rule is added', () => {
    fc.assert(
      fc.property(retentionCases, (question) => {
        const { daily: _, ...others } = question.policy;
        const withRule = new Set(keptOf(question).map(({ id }) => id));
        const without = [...decideRetention({ ...question, policy: others }).kept()];
        for (const { point, reasons } of without) {
          // A point that only the minimum keeps may give way to one that the rule keeps.
          if (!reasons.includes('minimum')) expect(withRule).toContain(point.id);
        }
      }),
      runs,
    );
  });
});

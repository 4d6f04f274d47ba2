import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newestFirst } from '../../../functions/retention/order.ts';

const orderOf = (times: readonly number[], newerFirst?: (a: number, b: number) => number): number[] => [
  ...newestFirst(Float64Array.from(times), newerFirst),
];

describe('newest first', () => {
  it('is the order of a stable comparison sort, whatever the times', () => {
    const times = fc.oneof(
      fc.integer({ min: -5, max: 5 }),
      fc.integer({ min: 1.7e12, max: 1.8e12 }),
      fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
    );
    const lists = fc.oneof(
      fc.array(times, { maxLength: 80, size: 'max' }),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 80, size: 'max' }),
    );
    fc.assert(
      fc.property(lists, (list) => {
        const expected = list.map((_, index) => index).sort((a, b) => (list[b] ?? 0) - (list[a] ?? 0));
        expect(orderOf(list)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps lists that are sorted already, either way round', () => {
    expect(orderOf([30, 20, 10])).toEqual([0, 1, 2]);
    expect(orderOf([10, 20, 30])).toEqual([2, 1, 0]);
    expect(orderOf([10, 20, 20, 30])).toEqual([3, 1, 2, 0]);
    expect(orderOf([])).toEqual([]);
    expect(orderOf([7])).toEqual([0]);
  });

  it('lets a comparison decide between equal times, in short and in long runs', () => {
    const falling = (a: number, b: number) => b - a;
    expect(orderOf([5, 9, 5, 9, 5], falling)).toEqual([3, 1, 4, 2, 0]);
    const many = Array.from({ length: 100 }, () => 1);
    expect(orderOf(many, falling)).toEqual(many.map((_, index) => 99 - index));
    const oddFirst = (a: number, b: number) => (b % 2) - (a % 2);
    expect(orderOf([1, 1, 1, 1], oddFirst)).toEqual([1, 3, 0, 2]);
  });

  it('refuses what is not a time', () => {
    expect(() => orderOf([1, Number.NaN])).toThrow(RangeError);
    expect(() => orderOf([Number.POSITIVE_INFINITY])).toThrow(RangeError);
  });
});

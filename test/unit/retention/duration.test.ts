import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatCalendarDuration,
  isZeroDuration,
  parseCalendarDuration,
} from '../../../functions/retention/duration.ts';

test('a duration is read unit by unit, in any order', () => {
  expect(parseCalendarDuration('1y5m7d2h')).toEqual({ years: 1, months: 5, days: 7, hours: 2 });
  expect(parseCalendarDuration('2h7d')).toEqual({ years: 0, months: 0, days: 7, hours: 2 });
  expect(parseCalendarDuration('2d')).toEqual({ years: 0, months: 0, days: 2, hours: 0 });
});

test.each(['', '2', 'd', '2w', '-2d', '1.5d', '2d ', ' 2d', '2d3d', '1y2y', '2 d', '2D', '99999999d'])(
  'the text %j is not a duration',
  (text) => {
    expect(parseCalendarDuration(text)).toBeUndefined();
  },
);

test('formatting and parsing are inverse', () => {
  const part = fc.integer({ min: 0, max: 999_999 });
  fc.assert(
    fc.property(fc.record({ years: part, months: part, days: part, hours: part }), (duration) => {
      expect(parseCalendarDuration(formatCalendarDuration(duration))).toEqual(duration);
    }),
  );
});

test('only a span without length is zero', () => {
  expect(isZeroDuration({ years: 0, months: 0, days: 0, hours: 0 })).toBe(true);
  expect(isZeroDuration({ years: 0, months: 0, days: 0, hours: 1 })).toBe(false);
  expect(formatCalendarDuration({ years: 0, months: 0, days: 0, hours: 0 })).toBe('0h');
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../functions/retention/instant.ts';

describe('an RFC 3339 time', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-11-20T02:00:00Z', 1_795_140_000_000],
    ['2026-11-20T02:00:00.5Z', 1_795_140_000_500],
    ['2026-11-20t03:30:00+01:30', 1_795_140_000_000],
    ['2026-11-19T21:00:00-05:00', 1_795_140_000_000],
    ['2026-11-20T02:00:00-00:00', 1_795_140_000_000],
    ['2024-02-29T00:00:00z', 1_709_164_800_000],
    ['0000-01-01T00:00:00Z', -62_167_219_200_000],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s is %d', (text, time) => {
    expect(parseInstant(text)).toBe(time);
  });

  it('keeps microseconds apart', () => {
    const earlier = parseInstant('2026-11-20T02:00:00.000001Z') ?? 0;
    const later = parseInstant('2026-11-20T02:00:00.000002Z') ?? 0;
    expect(later).toBeGreaterThan(earlier);
  });

  it('is read as the platform reads it', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseInstant(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it.each([
    '',
    '2026-11-20',
    '2026-11-20T02:00:00',
    '2026-11-20T02:00Z',
    '2026-11-20 02:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T02:60:00Z',
    '2016-12-31T23:59:60Z',
    '2026-11-20T02:00:00+24:00',
    '2026-11-20T02:00:00+0100',
    '2026-11-20T02:00:00.Z',
    ' 2026-11-20T02:00:00Z',
    '2026-11-20T02:00:00Z\n',
    '12026-11-20T02:00:00Z',
  ])('is not %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { civilDate, dayNumber, weekNumber } from '../../../functions/retention/civil.ts';
import { Zone, zoneOf } from '../../../functions/retention/zone.ts';
import { naiveBefore, naiveOffset } from '../../support/naive-retention.ts';
import { durationOf, restlessZones } from '../../support/retention-cases.ts';

const at = (text: string): number => Date.parse(text);
const iso = (time: number): string => new Date(time).toISOString();

describe('days of the calendar', () => {
  it('are numbered as the platform numbers them, there and back, over 800 years', () => {
    for (let day = -150_000; day <= 150_000; day += 13) {
      const date = new Date(day * 86_400_000);
      const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(civilDate(day)).toEqual(expected);
      expect(dayNumber(expected.year, expected.month, expected.day)).toBe(day);
    }
  });

  it('take months outside of the year and days outside of the month', () => {
    expect(dayNumber(2026, 0, 1)).toBe(dayNumber(2025, 12, 1));
    expect(dayNumber(2026, -12, 1)).toBe(dayNumber(2024, 12, 1));
    expect(dayNumber(2026, 14, 30)).toBe(dayNumber(2027, 3, 2));
  });

  it('form weeks from Monday to Sunday', () => {
    const sunday = dayNumber(2026, 11, 22);
    expect(weekNumber(sunday + 1)).toBe(weekNumber(sunday) + 1);
    expect(weekNumber(sunday - 6)).toBe(weekNumber(sunday));
    // 29 December 2025 to 4 January 2026 is one week across the year's end.
    expect(weekNumber(dayNumber(2025, 12, 29))).toBe(weekNumber(dayNumber(2026, 1, 4)));
  });
});

describe('the offset of a zone', () => {
  it('is that of Intl around every restless moment, to the millisecond', () => {
    for (const [name, moment] of restlessZones) {
      for (const nudge of [-86_400_000, -1000, -1, 0, 1, 999, 1000, 3_600_000]) {
        const time = at(moment) + nudge;
        expect([name, iso(time), zoneOf(name).offsetAt(time)]).toEqual([
          name,
          iso(time),
          naiveOffset(time, name),
        ]);
      }
    }
  });

  it('is that of Intl in any zone at any time', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const times = fc.integer({ min: at('1890-01-01T00:00:00Z'), max: at('2120-01-01T00:00:00Z') });
    fc.assert(
      fc.property(zones, times, (name, time) => {
        expect(new Zone(name).offsetAt(time)).toBe(naiveOffset(time, name));
      }),
      { numRuns: 300 },
    );
  });

  it('holds at both ends of its span and changes beyond it only at real changes', () => {
    const zone = zoneOf('Australia/Lord_Howe');
    const span = zone.spanAt(at('2026-04-04T15:00:00Z'));
    expect(iso(span.start)).toBe('2026-04-04T15:00:00.000Z');
    expect(span.offset).toBe(10.5 * 3_600_000);
    expect(zone.offsetAt(span.start - 1)).toBe(11 * 3_600_000);
  });

  it('is refused for a zone that nobody knows', () => {
    expect(() => zoneOf('Europe/Atlantis')).toThrow('"Europe/Atlantis" is not a time zone');
  });
});

describe('a calendar duration back', () => {
  it.each([
    // [zone, from, duration, expected]; local times in the comments.
    ['UTC', '2026-03-31T12:00:00Z', { months: 1 }, '2026-03-03T12:00:00.000Z'], // 31 February rolls on
    ['UTC', '2028-03-31T12:00:00Z', { months: 1 }, '2028-03-02T12:00:00.000Z'],
    ['UTC', '2028-02-29T00:00:00Z', { years: 1 }, '2027-03-01T00:00:00.000Z'],
    [
      'UTC',
      '2026-01-15T06:30:00.250Z',
      { years: 1, months: 13, days: 20, hours: 7 },
      '2023-11-24T23:30:00.250Z',
    ],
    // A day back keeps the time of day across a clock change, 24 hours back do not.
    ['Europe/Berlin', '2026-10-25T11:00:00Z', { days: 1 }, '2026-10-24T10:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T11:00:00Z', { hours: 24 }, '2026-10-24T11:00:00.000Z'],
    // The date.go tests of Go's own suite: 2:30 does not exist and reads as 1:30 PST; 1:00 twice reads as the first.
    ['America/Los_Angeles', '2011-03-14T09:30:00Z', { days: 1 }, '2011-03-13T09:30:00.000Z'],
    ['America/Los_Angeles', '2011-11-07T09:00:00Z', { days: 1 }, '2011-11-06T08:00:00.000Z'],
    // East of Greenwich the same two look-ups fall on the other side: 2:30 reads as 3:30, 2:30 twice as the second.
    ['Europe/Berlin', '2026-03-30T00:30:00Z', { days: 1 }, '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-26T01:30:00Z', { days: 1 }, '2026-10-25T01:30:00.000Z'],
    // 30 December 2011 did not happen in Apia; a day before the 31st is reckoned back onto the 31st.
    ['Pacific/Apia', '2011-12-30T22:00:00Z', { days: 1 }, '2011-12-30T22:00:00.000Z'],
    ['Pacific/Apia', '2011-12-30T22:00:00Z', { days: 2 }, '2011-12-29T22:00:00.000Z'],
  ] as const)('in %s from %s', (zone, from, duration, expected) => {
    expect(iso(zoneOf(zone).before(at(from), durationOf(duration)))).toBe(expected);
  });

  it('agrees with the naive reference around clock changes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...restlessZones),
        fc.integer({ min: -300, max: 300 }),
        fc.record({ years: fc.nat(1), months: fc.nat(3), days: fc.nat(9), hours: fc.nat(30) }),
        ([zone, moment], quarters, duration) => {
          const naive = at(moment) + quarters * 900_000;
          // Aim so that the local target lies near the clock change.
          const from = naive + duration.days * 86_400_000;
          expect(iso(zoneOf(zone).before(from, duration))).toBe(iso(naiveBefore(from, duration, zone)));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

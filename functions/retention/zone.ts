import { usageError } from '../shared/errors.ts';
import { civilDate, dayMilliseconds, dayNumber, hourMilliseconds } from './civil.ts';
import type { CalendarDuration } from './policy.ts';

/** A stretch of time, `start` inclusive to `end` exclusive in epoch milliseconds, with one offset from UTC. */
export interface OffsetSpan {
  readonly start: number;
  readonly end: number;
  /** Milliseconds to add to UTC for the local time. */
  readonly offset: number;
}

// Offsets are sampled this far apart. The shortest stay of any zone at one offset in the IANA database (2025c)
// is 3.98 days (Africa/Freetown, September 1939), 6.95 days since 1970, so no pair of changes falls between samples.
const sampleMilliseconds = 3 * dayMilliseconds;
const chunkMilliseconds = 16 * sampleMilliseconds;
/** The range of ECMAScript's time values; Intl refuses anything outside. */
const furthestTime = 8.64e15;

const zones = new Map<string, Zone>();

/** The zone of an IANA name, with what was learnt about it so far. An unknown name is a usage error. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = new Zone(name);
    zones.set(name, zone);
  }
  return zone;
}

/**
 * A time zone as a function from time to offset. Asking Intl about every point would cost a microsecond each, so
 * offsets are looked up in spans, which are found once per 48 days and remembered for the life of the process.
 */
export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #chunks = new Map<number, readonly OffsetSpan[]>();

  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        era: 'narrow',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      throw usageError(
        `"${name}" is not a time zone`,
        'use a name of the IANA database such as Europe/Berlin, or UTC',
        cause,
      );
    }
  }

  /** The span around `time`. It may be shorter than the zone's stay at that offset: spans are also cut every 48 days. */
  spanAt(time: number): OffsetSpan {
    const chunk = Math.floor(time / chunkMilliseconds);
    let spans = this.#chunks.get(chunk);
    if (spans === undefined) {
      spans = this.#spansOf(chunk);
      this.#chunks.set(chunk, spans);
    }
    for (const span of spans) if (time < span.end) return span;
    throw new RangeError(`${time} is not a time that a calendar can express`);
  }

  /** Milliseconds to add to UTC for the local time at `time`. */
  offsetAt(time: number): number {
    return this.spanAt(time).offset;
  }

  /**
   * The moment a calendar duration before `time`, as Go's `Time.AddDate` and `Time.Add` reckon it, which restic
   * uses: years, months and days on the local calendar with the time of day kept, a day that the month does not
   * have rolling on (one month before 31 March is 3 March, or 2 March in a leap year); then hours as elapsed time.
   */
  before(time: number, duration: CalendarDuration): number {
    const local = time + this.offsetAt(time);
    const today = Math.floor(local / dayMilliseconds);
    const { year, month, day } = civilDate(today);
    const then = dayNumber(year - duration.years, month - duration.months, day - duration.days);
    const target = local + (then - today) * dayMilliseconds;
    return this.#fromLocal(target) - duration.hours * hourMilliseconds;
  }

  /**
   * The moment of a local time. Where the local time occurs twice or never, the choice is that of Go's `time.Date`:
   * the offset is first looked up as if the local time were UTC, then once more at the moment found.
   */
  #fromLocal(local: number): number {
    return local - this.offsetAt(local - this.offsetAt(local));
  }

  #spansOf(chunk: number): OffsetSpan[] {
    const start = Math.max(chunk * chunkMilliseconds, -furthestTime);
    const end = Math.min((chunk + 1) * chunkMilliseconds, furthestTime + 1);
    const spans: OffsetSpan[] = [];
    let spanStart = start;
    let offset = this.#measure(start);
    for (let from = start; from < end; from += sampleMilliseconds) {
      const to = Math.min(from + sampleMilliseconds, end);
      // The chunk's own end belongs to the next one; its offset is measured at the last moment of this one.
      const next = this.#measure(to === end ? end - 1 : to);
      if (next === offset) continue;
      const change = this.#changeBetween(from, to, offset);
      spans.push({ start: spanStart, end: change, offset });
      spanStart = change;
      offset = next;
    }
    spans.push({ start: spanStart, end, offset });
    return spans;
  }

  /** The first whole second in (from, to] at which the offset is no longer `offset`; changes happen on whole seconds. */
  #changeBetween(from: number, to: number, offset: number): number {
    let same = Math.floor(from / 1000);
    let different = Math.ceil(to / 1000);
    while (different - same > 1) {
      const middle = Math.floor((same + different) / 2);
      if (this.#measure(middle * 1000) === offset) same = middle;
      else different = middle;
    }
    return different * 1000;
  }

  #measure(time: number): number {
    const second = Math.floor(time / 1000) * 1000;
    const text = this.#format.format(second);
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, secondOfMinute = 0] = (
      text.match(/\d+/g) ?? []
    ).map(Number);
    // Years before 1 are written as years before Christ, of which the first is the year 0.
    const civilYear = text.includes('B') ? 1 - year : year;
    const days = dayNumber(civilYear, month, day);
    return (
      days * dayMilliseconds + hour * hourMilliseconds + minute * 60_000 + secondOfMinute * 1000 - second
    );
  }
}

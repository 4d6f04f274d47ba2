/** Local times of IANA zones, with nothing but what the platform's calendar says about them. */

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, calendar: 'iso8601', hourCycle: 'h23' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(zone, made);
  return made;
}

/**
 * What the clocks of the zone show, as if it were UTC: milliseconds since the epoch. Whole seconds.
 * @throws RangeError for a zone that there is none of
 */
export function wallTime(instant: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(
    ...([part('year'), part('month') - 1, part('day')] as const),
    ...([part('hour'), part('minute'), part('second')] as const),
  );
}

const day = 24 * 3600 * 1000;

/**
 * The instant at which the clocks of the zone first show a time. Undefined for one that they never show, since they
 * were put forward over it ("Daylight savings time on EventBridge Scheduler": such a run is left out, and of a time that
 * comes twice there is one run).
 *
 * @param wall as `wallTime` answers it
 */
export function instantOf(wall: number, zone: string): number | undefined {
  const offsets = [wall - day, wall + day].map((around) => wallTime(around, zone) - around);
  const found = offsets.map((offset) => wall - offset).filter((instant) => wallTime(instant, zone) === wall);
  return found.length === 0 ? undefined : Math.min(...found);
}

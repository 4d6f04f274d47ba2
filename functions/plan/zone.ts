const dayMilliseconds = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timezone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timezone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(timezone, formatter);
  }
  return formatter;
}

/**
 * The wall clock of a zone at a moment, as if that wall clock were UTC: `toLocal(t, zone) - t` is the offset.
 * Both in milliseconds since the epoch.
 */
export function toLocal(epochMilliseconds: number, timezone: string): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const part of formatterOf(timezone).formatToParts(epochMilliseconds)) parts[part.type] = part.value;
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts[type] ?? 0);
  const whole = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return whole + (((epochMilliseconds % 1000) + 1000) % 1000);
}

/**
 * The moment at which the zone's wall clock shows `local` (in the form of `toLocal`). Undefined for a time that
 * the clock jumps over in spring; the earlier moment for a time that it shows twice in autumn, as EventBridge
 * Scheduler runs such a schedule once ("Daylight savings time on EventBridge Scheduler").
 */
export function fromLocal(local: number, timezone: string): number | undefined {
  const candidates: number[] = [];
  // No zone changes its offset twice in two days, so the two days around know every offset that can apply.
  for (const around of [local - dayMilliseconds, local + dayMilliseconds]) {
    const moment = local - (toLocal(around, timezone) - around);
    if (toLocal(moment, timezone) === local) candidates.push(moment);
  }
  return candidates.length === 0 ? undefined : Math.min(...candidates);
}

// Names of the tz database; an offset such as +02:00 is no name, and EventBridge Scheduler refuses it.
const zonePattern = /^[A-Z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

/** Whether the text is the name of a zone in the tz database, spelt as there. */
export function isTimezone(text: string): boolean {
  if (!zonePattern.test(text) || text.length > 50) return false;
  const known = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === text.toLowerCase());
  if (known !== undefined) return known === text;
  try {
    // Links such as UTC, US/Eastern or Asia/Kolkata are valid names that the list above leaves out.
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** The names that a mistyped one is compared with. */
export const knownTimezones = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')];

import { zoneOf } from '../retention/zone.ts';

const dayMilliseconds = 86_400_000;

/**
 * The wall clock of a zone at a moment, as if that wall clock were UTC: `toLocal(t, zone) - t` is the offset.
 * Both in milliseconds since the epoch.
 */
export const toLocal = (epochMilliseconds: number, timezone: string): number =>
  epochMilliseconds + zoneOf(timezone).offsetAt(epochMilliseconds);

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

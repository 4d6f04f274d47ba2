/** A span of calendar time as written in a policy: `2d`, `1y5m7d2h`. All parts are non-negative. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

/** `2d`, `1y5m7d2h`: whole years, months, days and hours in any order, each unit at most once; `m` is months. */
export const calendarDurationPattern = /^(?!.*([ymdh]).*\1)(?:\d{1,6}[ymdh])+$/;

/** The text's duration, or undefined when it is not of the form of `calendarDurationPattern`. */
export function parseCalendarDuration(text: string): CalendarDuration | undefined {
  if (!calendarDurationPattern.test(text)) return undefined;
  const part = (unit: 'y' | 'm' | 'd' | 'h'): number =>
    Number(new RegExp(`(\\d+)${unit}`).exec(text)?.[1] ?? 0);
  return { years: part('y'), months: part('m'), days: part('d'), hours: part('h') };
}

/** The shortest text that parses to the duration; `0h` for none at all. */
export function formatCalendarDuration(duration: CalendarDuration): string {
  const text = [
    duration.years > 0 ? `${duration.years}y` : '',
    duration.months > 0 ? `${duration.months}m` : '',
    duration.days > 0 ? `${duration.days}d` : '',
    duration.hours > 0 ? `${duration.hours}h` : '',
  ].join('');
  return text === '' ? '0h' : text;
}

/** True for a span without length, which keeps nothing. */
export function isZeroDuration(duration: CalendarDuration): boolean {
  return duration.years === 0 && duration.months === 0 && duration.days === 0 && duration.hours === 0;
}

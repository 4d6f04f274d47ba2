import type { CronFields, DayRule } from './cron.ts';
import { parseScheduleExpression } from './schedule.ts';
import { toLocal } from './zone.ts';

const monthWords = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdayWords = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ordinalWords = ['first', 'second', 'third', 'fourth', 'fifth'];

/** A schedule expression in English: `at 03:00 every day`, `every 6 hours`. Throws ExpressionError. */
export function describeSchedule(expression: string): string {
  const parsed = parseScheduleExpression(expression);
  if (parsed.form === 'rate') {
    return parsed.value === 1 ? `every ${parsed.unit}` : `every ${parsed.value} ${parsed.unit}s`;
  }
  if (parsed.form === 'at') {
    return `once at ${new Date(parsed.local).toISOString().slice(0, 16).replace('T', ' ')}`;
  }
  return describeCron(parsed.fields);
}

/** A moment on the wall clock of a zone: `2026-11-21 03:00 +01:00`. */
export function formatLocalTime(epochMilliseconds: number, timezone: string): string {
  const local = toLocal(epochMilliseconds, timezone);
  const offsetMinutes = Math.round((local - epochMilliseconds) / 60_000);
  const size = Math.abs(offsetMinutes);
  const offset = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${new Date(local).toISOString().slice(0, 16).replace('T', ' ')} ${offset}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

function describeCron(fields: CronFields): string {
  const months =
    fields.months.size === 12 ? '' : ` in ${join([...fields.months].sort(byValue).map(monthOf))}`;
  const years = fields.years.size === 230 ? '' : ` of ${join(ranges(fields.years))}`;
  return `${describeTimes(fields)} ${describeDays(fields.days)}${months}${years}`;
}

const byValue = (a: number, b: number): number => a - b;
const monthOf = (month: number): string => monthWords[month - 1] ?? String(month);
const weekdayOf = (weekday: number): string => weekdayWords[weekday - 1] ?? String(weekday);

function describeTimes(fields: CronFields): string {
  const hours = [...fields.hours].sort(byValue);
  const minutes = [...fields.minutes].sort(byValue);
  if (hours.length * minutes.length <= 6) {
    return `at ${join(hours.flatMap((hour) => minutes.map((minute) => `${two(hour)}:${two(minute)}`)))}`;
  }
  const each =
    minutes.length === 60
      ? 'every minute'
      : `at minute ${join(minutes.length > 6 ? ranges(fields.minutes) : minutes.map(String))}`;
  return `${each} of ${hours.length === 24 ? 'every hour' : `hour ${join(ranges(fields.hours))}`}`;
}

function describeDays(rule: DayRule): string {
  switch (rule.rule) {
    case 'days':
      return rule.days.size === 31 ? 'every day' : `on day ${join(ranges(rule.days))} of the month`;
    case 'weekdays':
      return rule.weekdays.size === 7 ? 'every day' : `on ${join(weekdayRanges(rule.weekdays))}`;
    case 'last-day':
      return 'on the last day of the month';
    case 'last-weekday':
      return 'on the last day of the month from Monday to Friday';
    case 'nearest-weekday':
      return `on the day from Monday to Friday nearest to day ${rule.day} of the month`;
    case 'nth':
      return `on the ${ordinalWords[rule.nth - 1] ?? rule.nth} ${weekdayOf(rule.weekday)} of the month`;
    case 'last-of':
      return `on the last ${weekdayOf(rule.weekday)} of the month`;
  }
}

function weekdayRanges(weekdays: ReadonlySet<number>): readonly string[] {
  const found = groups(weekdays);
  return found.length === weekdays.size
    ? [...weekdays].sort(byValue).map(weekdayOf)
    : found.map(([from, to]) => (from === to ? weekdayOf(from) : `${weekdayOf(from)} to ${weekdayOf(to)}`));
}

/** Neighbouring values joined: 1, 2, 3, 7 becomes `1-3`, `7`. */
const ranges = (values: ReadonlySet<number>): readonly string[] =>
  groups(values).map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));

function groups(values: ReadonlySet<number>): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const value of [...values].sort(byValue)) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else found.push([value, value]);
  }
  return found;
}

const join = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;

/** Cron expressions of EventBridge Scheduler: which days they mean, and which minutes of those days. */

/** An expression that EventBridge Scheduler would refuse. */
export class ScheduleError extends Error {}

/** A calendar day; `month` from 1. */
export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export interface Cron {
  meansYear(year: number): boolean;
  meansMonth(month: number): boolean;
  meansDay(day: Day): boolean;
  /** Minutes of a day on which there are runs, in order. */
  readonly minutes: readonly number[];
  readonly lastYear: number;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** The week begins with Sunday, which is 1. */
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Day of the week of a date, 1 for Sunday. */
const weekdayOf = ({ year, month, day }: Day): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

const lengthOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** @param fields minutes, hours, day of month, month, day of week, year */
export function parseCron(fields: readonly string[]): Cron {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = '', ...more] = fields;
  if (fields.length < 6 || more.length > 0) throw new ScheduleError('a cron expression has six fields');
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    throw new ScheduleError('exactly one of day of month and day of week is ?');
  const hours = valuesOf(hour, 0, 23);
  const minutesOfHour = valuesOf(minute, 0, 59);
  const inMonth = valuesOf(month, 1, 12, months);
  const years = valuesOf(year, 1970, 2199);
  return {
    meansYear: (each) => years.has(each),
    meansMonth: (each) => inMonth.has(each),
    meansDay: dayOfMonth === '?' ? weekdayRule(dayOfWeek) : monthDayRule(dayOfMonth),
    minutes: [...hours]
      .flatMap((each) => [...minutesOfHour].map((minuteOf) => each * 60 + minuteOf))
      .sort((a, b) => a - b),
    lastYear: Math.max(...years),
  };
}

/** Lists, ranges and steps of numbers or names. */
function valuesOf(field: string, least: number, most: number, names: readonly string[] = []): Set<number> {
  const values = new Set<number>();
  const number = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new ScheduleError(`${text} is not from ${least} to ${most}`);
  };
  for (const item of field.split(',')) {
    const [range = '', step, ...more] = item.split('/');
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step)))
      throw new ScheduleError(`${item} is not a step`);
    const [first = '', last, ...beyond] = range.split('-');
    if (beyond.length > 0) throw new ScheduleError(`${range} is not a range`);
    const from = range === '*' ? least : number(first);
    // A step from one value on goes up to the end of the field.
    const open = range === '*' || (last === undefined && step !== undefined);
    const to = open ? most : last === undefined ? from : number(last);
    // A range may go over the end of its field: FRI-MON.
    const span = to >= from ? to - from : to - from + (most - least + 1);
    for (let plus = 0; plus <= span; plus += Number(step ?? 1))
      values.add(from + plus > most ? from + plus - (most - least + 1) : from + plus);
  }
  return values;
}

function monthDayRule(field: string): (day: Day) => boolean {
  if (field === 'L') return ({ year, month, day }) => day === lengthOf(year, month);
  if (field === 'LW')
    return ({ year, month, day }) => day === workdayNear(year, month, lengthOf(year, month));
  const near = /^(\d{1,2})W$/.exec(field);
  if (near) {
    const wanted = Number(near[1]);
    if (wanted < 1 || wanted > 31) throw new ScheduleError(`${field} is not a day of a month`);
    return ({ year, month, day }) =>
      wanted <= lengthOf(year, month) && day === workdayNear(year, month, wanted);
  }
  const days = valuesOf(field, 1, 31);
  return ({ day }) => days.has(day);
}

/** The day from Monday to Friday that is nearest, in the same month. */
function workdayNear(year: number, month: number, day: number): number {
  const weekday = weekdayOf({ year, month, day });
  if (weekday === 7) return day === 1 ? 3 : day - 1;
  if (weekday === 1) return day === lengthOf(year, month) ? day - 2 : day + 1;
  return day;
}

function weekdayRule(field: string): (day: Day) => boolean {
  if (field === 'L') return (day) => weekdayOf(day) === 7;
  const last = /^([1-7]|[A-Z]{3})L$/i.exec(field);
  const nth = /^([1-7]|[A-Z]{3})#([1-5])$/i.exec(field);
  const [wanted] = last || nth ? valuesOf((last ?? nth)?.[1] ?? '', 1, 7, weekdays) : [];
  if (last) {
    return (day) => weekdayOf(day) === wanted && day.day + 7 > lengthOf(day.year, day.month);
  }
  if (nth) return (day) => weekdayOf(day) === wanted && Math.ceil(day.day / 7) === Number(nth[2]);
  const days = valuesOf(field, 1, 7, weekdays);
  return (day) => days.has(weekdayOf(day));
}

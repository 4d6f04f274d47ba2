/**
 * The cron dialect of EventBridge Scheduler ("Schedule types in EventBridge Scheduler", "Cron-based schedules"):
 * six fields, minute hour day-of-month month day-of-week year, one of the two day fields `?`.
 */
export interface CronFields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  readonly days: DayRule;
}

/** Which days of a month match. Days of the week are 1 (Sunday) to 7 (Saturday). */
export type DayRule =
  | { readonly rule: 'days'; readonly days: ReadonlySet<number> }
  | { readonly rule: 'last-day' }
  | { readonly rule: 'last-weekday' }
  | { readonly rule: 'nearest-weekday'; readonly day: number }
  | { readonly rule: 'weekdays'; readonly weekdays: ReadonlySet<number> }
  | { readonly rule: 'nth'; readonly weekday: number; readonly nth: number }
  | { readonly rule: 'last-of'; readonly weekday: number };

/** Says what is wrong with an expression, and what to write instead. */
export class ExpressionError extends Error {
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.name = 'ExpressionError';
    this.remedy = remedy;
  }
}

interface FieldForm {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly names: readonly string[];
  readonly steps: boolean;
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const forms = {
  minute: { name: 'minute', minimum: 0, maximum: 59, names: [], steps: true },
  hour: { name: 'hour', minimum: 0, maximum: 23, names: [], steps: true },
  day: { name: 'day-of-month', minimum: 1, maximum: 31, names: [], steps: true },
  month: { name: 'month', minimum: 1, maximum: 12, names: monthNames, steps: true },
  // The documented wildcards of this field are , - * ? L # and no step.
  weekday: { name: 'day-of-week', minimum: 1, maximum: 7, names: weekdayNames, steps: false },
  year: { name: 'year', minimum: 1970, maximum: 2199, names: [], steps: true },
} as const satisfies Record<string, FieldForm>;

/** Parses what stands between the parentheses of `cron(...)`. Throws ExpressionError. */
export function parseCron(text: string): CronFields {
  const fields = text.trim().split(/\s+/);
  const [minute, hour, day, month, weekday, year] = fields;
  if (
    fields.length !== 6 ||
    minute === undefined ||
    hour === undefined ||
    day === undefined ||
    month === undefined ||
    weekday === undefined ||
    year === undefined
  ) {
    throw new ExpressionError(
      `cron(...) has ${fields.length === 1 && fields[0] === '' ? 0 : fields.length} fields instead of 6`,
      'Write minute hour day-of-month month day-of-week year, for example cron(0 3 * * ? *).',
    );
  }
  if ((day === '?') === (weekday === '?')) {
    throw new ExpressionError(
      `day-of-month is ${day} and day-of-week is ${weekday}, and exactly one of them must be ?`,
      'Put ? in the day field that does not matter, for example cron(0 3 * * ? *).',
    );
  }
  const parsed: CronFields = {
    minutes: parseList(minute, forms.minute),
    hours: parseList(hour, forms.hour),
    months: parseList(month, forms.month),
    years: parseList(year, forms.year),
    days: weekday === '?' ? parseDays(day) : parseWeekdays(weekday),
  };
  if (!hasAnyDay(parsed)) {
    throw new ExpressionError(`cron(${text}) names a date that never comes`, 'Check day and month.');
  }
  return parsed;
}

function parseDays(field: string): DayRule {
  if (field === 'L') return { rule: 'last-day' };
  if (field === 'LW') return { rule: 'last-weekday' };
  const nearest = /^(\d{1,2})W$/.exec(field);
  if (nearest?.[1] !== undefined) {
    return { rule: 'nearest-weekday', day: parseValue(nearest[1], forms.day) };
  }
  if (/[LW]/.test(field)) {
    throw new ExpressionError(
      `day-of-month ${field} is not understood`,
      'L, LW and a day with W such as 15W each stand alone in this field.',
    );
  }
  return { rule: 'days', days: parseList(field, forms.day) };
}

function parseWeekdays(field: string): DayRule {
  // A bare L is the last day of the week, Saturday.
  if (field === 'L') return { rule: 'weekdays', weekdays: new Set([7]) };
  const nth = /^([^#]+)#(\d+)$/.exec(field);
  if (nth?.[1] !== undefined) {
    const number = Number(nth[2]);
    if (number < 1 || number > 5) {
      throw new ExpressionError(`day-of-week ${field} asks for week ${number} of a month`, 'Use #1 to #5.');
    }
    return { rule: 'nth', weekday: parseValue(nth[1], forms.weekday), nth: number };
  }
  const last = /^([1-7]|[A-Z]{3})L$/i.exec(field);
  if (last?.[1] !== undefined) return { rule: 'last-of', weekday: parseValue(last[1], forms.weekday) };
  if (/#|\dL/.test(field)) {
    throw new ExpressionError(
      `day-of-week ${field} is not understood`,
      '6#3 (third Friday) and 6L (last Friday) each stand alone in this field.',
    );
  }
  return { rule: 'weekdays', weekdays: parseList(field, forms.weekday) };
}

function parseList(field: string, form: FieldForm): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of field.split(',')) {
    for (const value of parseItem(item, form)) values.add(value);
  }
  return values;
}

function* parseItem(item: string, form: FieldForm): Iterable<number> {
  const [base = '', step, ...rest] = item.split('/');
  if (base === '' || rest.length > 0 || (step !== undefined && !/^\d{1,4}$/.test(step))) {
    throw unclear(item, form);
  }
  if (step !== undefined && !form.steps) {
    throw new ExpressionError(
      `${form.name} ${item} has a step`,
      'List the days instead, for example MON,WED,FRI.',
    );
  }
  const [from, to] = parseRange(base, step !== undefined, form);
  const width = step === undefined ? 1 : Number(step);
  if (width < 1 || width > form.maximum - form.minimum + 1) {
    throw new ExpressionError(
      `${form.name} ${item} has a step of ${width}`,
      `Use a step from 1 to ${form.maximum - form.minimum + 1}.`,
    );
  }
  for (let value = from; value <= to; value += width) yield value;
}

function parseRange(base: string, stepped: boolean, form: FieldForm): readonly [number, number] {
  if (base === '*') return [form.minimum, form.maximum];
  const ends = base.split('-');
  const [first = '', second] = ends;
  if (ends.length > 2) throw unclear(base, form);
  const from = parseValue(first, form);
  // `5/10` means from 5 to the end in steps of 10.
  if (second === undefined) return [from, stepped ? form.maximum : from];
  const to = parseValue(second, form);
  if (from > to) {
    throw new ExpressionError(
      `${form.name} ${base} runs backwards`,
      'Write the range in two parts joined by a comma.',
    );
  }
  return [from, to];
}

function parseValue(text: string, form: FieldForm): number {
  const name = form.names.indexOf(text.toUpperCase());
  if (name >= 0) return name + form.minimum;
  if (!/^\d{1,4}$/.test(text)) throw unclear(text, form);
  const value = Number(text);
  if (value < form.minimum || value > form.maximum) {
    throw new ExpressionError(`${form.name} ${value} is outside ${form.minimum} to ${form.maximum}`);
  }
  return value;
}

function unclear(text: string, form: FieldForm): ExpressionError {
  const names = form.names.length === 0 ? '' : ` or ${form.names[0]} to ${form.names.at(-1)}`;
  return new ExpressionError(
    `${form.name} ${text === '' ? 'is empty' : `${text} is not understood`}`,
    `Use ${form.minimum} to ${form.maximum}${names}, with , - * and /.`,
  );
}

const dayMilliseconds = 86_400_000;

/** Whether a calendar day matches; `month` is 1 to 12. Minutes and hours are not looked at. */
export function matchesDay(fields: CronFields, year: number, month: number, day: number): boolean {
  if (!fields.years.has(year) || !fields.months.has(month)) return false;
  const weekday = weekdayOf(year, month, day);
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const rule = fields.days;
  switch (rule.rule) {
    case 'days':
      return rule.days.has(day);
    case 'weekdays':
      return rule.weekdays.has(weekday);
    case 'last-day':
      return day === lastDay;
    case 'last-weekday':
      return day === nearestWeekday(year, month, lastDay, lastDay);
    case 'nearest-weekday':
      return rule.day <= lastDay && day === nearestWeekday(year, month, rule.day, lastDay);
    case 'nth':
      return weekday === rule.weekday && Math.ceil(day / 7) === rule.nth;
    case 'last-of':
      return weekday === rule.weekday && day + 7 > lastDay;
  }
}

/** 1 (Sunday) to 7 (Saturday). */
const weekdayOf = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

/** The day from Monday to Friday that is closest to `day` without leaving its month. */
function nearestWeekday(year: number, month: number, day: number, lastDay: number): number {
  const weekday = weekdayOf(year, month, day);
  if (weekday === 7) return day === 1 ? 3 : day - 1;
  if (weekday === 1) return day === lastDay ? day - 2 : day + 1;
  return day;
}

function hasAnyDay(fields: CronFields): boolean {
  const first = Date.UTC(Math.min(...fields.years), 0, 1);
  const last = Date.UTC(Math.max(...fields.years), 11, 31);
  for (let at = first; at <= last; at += dayMilliseconds) {
    const date = new Date(at);
    if (matchesDay(fields, date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) return true;
  }
  return false;
}

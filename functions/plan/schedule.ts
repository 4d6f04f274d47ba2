import type { Schedule } from './config.ts';
import { type CronFields, ExpressionError, matchesDay, parseCron } from './cron.ts';
import { fromLocal, toLocal } from './zone.ts';

export type RateUnit = 'minute' | 'hour' | 'day';

export type ScheduleExpression =
  | { readonly form: 'cron'; readonly fields: CronFields }
  | { readonly form: 'rate'; readonly value: number; readonly unit: RateUnit; readonly milliseconds: number }
  /** `local` is the wall clock of the schedule's zone, see `toLocal`. */
  | { readonly form: 'at'; readonly local: number };

const unitMilliseconds = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const minuteMilliseconds = 60_000;
const dayMilliseconds = 86_400_000;
// The last year of the year field; no schedule has an occurrence after it.
const lastYear = 2199;

/**
 * Parses `cron(...)`, `rate(...)` or `at(...)` as EventBridge Scheduler writes them ("Schedule types in
 * EventBridge Scheduler"). Throws ExpressionError, whose message says what is wrong.
 */
export function parseScheduleExpression(text: string): ScheduleExpression {
  const match = /^(cron|rate|at)\((.*)\)$/.exec(text);
  const [, form, body] = match ?? [];
  if (text.length > 256) throw new ExpressionError('it has more than 256 characters');
  if (form === undefined || body === undefined) {
    if (/^(cron|rate|at)\([^)]*$/.test(text)) {
      const remedy = 'Between { and } a comma ends a value: put the expression in quotes.';
      throw new ExpressionError('the closing parenthesis is missing', remedy);
    }
    throw new ExpressionError('it has another form', formRemedy(text));
  }
  if (form === 'cron') return { form: 'cron', fields: parseCron(body) };
  return form === 'rate' ? parseRate(body) : parseAt(body);
}

function formRemedy(text: string): string {
  if (/^[\d*/,-]+(\s+\S+){4}$/.test(text)) {
    return 'Write cron(minute hour day-of-month month day-of-week year) with ? in one of the two day fields.';
  }
  return 'Write for example cron(0 3 * * ? *), rate(6 hours) or at(2027-01-31T03:00:00).';
}

function parseRate(body: string): ScheduleExpression {
  const match = /^(\d{1,6})\s+(minute|hour|day)(s?)$/.exec(body.trim());
  const [, digits, unit, plural] = match ?? [];
  if (digits === undefined || (unit !== 'minute' && unit !== 'hour' && unit !== 'day')) {
    throw new ExpressionError(
      `rate(${body}) is not a number and a unit`,
      'Write rate(value unit) with minutes, hours or days, for example rate(6 hours).',
    );
  }
  const value = Number(digits);
  const milliseconds = value * unitMilliseconds[unit];
  if (value < 1 || milliseconds > 3660 * dayMilliseconds) {
    throw new ExpressionError(
      `rate(${body}) is not between a minute and ten years`,
      'Use a value above zero.',
    );
  }
  // The User Guide lists plural units only and uses rate(1 days); the API reference adds the singular.
  if (value > 1 && plural === '') {
    throw new ExpressionError(`rate(${body}) needs the plural`, `Write rate(${value} ${unit}s).`);
  }
  return { form: 'rate', value, unit, milliseconds };
}

function parseAt(body: string): ScheduleExpression {
  const local = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(body) ? Date.parse(`${body}Z`) : Number.NaN;
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 19) !== body) {
    throw new ExpressionError(
      `at(${body}) is not a date and time`,
      'Write at(yyyy-mm-ddThh:mm:ss), without a zone: the plan has its own.',
    );
  }
  return { form: 'at', local };
}

export interface NextRunsOptions {
  /** Epoch milliseconds; occurrences lie strictly after it. */
  readonly after: number;
  readonly count: number;
  /** Epoch milliseconds from which a rate counts (its start date or creation); `after` unless given. */
  readonly anchor?: number;
}

/**
 * The next occurrences of a schedule as epoch milliseconds, ascending; fewer than `count` when it ends.
 * In the schedule's zone a time that does not exist is skipped and a repeated one runs once.
 * Throws ExpressionError when the expression is not valid.
 */
export function nextRuns(
  schedule: Pick<Schedule, 'expression' | 'timezone'>,
  options: NextRunsOptions,
): readonly number[] {
  const parsed = parseScheduleExpression(schedule.expression);
  if (parsed.form === 'rate') {
    const anchor = options.anchor ?? options.after;
    const passed = Math.max(0, Math.floor((options.after - anchor) / parsed.milliseconds) + 1);
    // The first run of a rate is at its start, so an anchor in the future is itself an occurrence.
    return Array.from(
      { length: options.count },
      (_, index) => anchor + (passed + index) * parsed.milliseconds,
    );
  }
  if (parsed.form === 'at') {
    const moment = fromLocal(parsed.local, schedule.timezone);
    return moment !== undefined && moment > options.after && options.count > 0 ? [moment] : [];
  }
  const runs: number[] = [];
  for (const moment of cronOccurrences(parsed.fields, schedule.timezone, options.after)) {
    if (runs.length >= options.count) break;
    runs.push(moment);
  }
  return runs;
}

function* cronOccurrences(fields: CronFields, timezone: string, after: number): Iterable<number> {
  const minutesOfDay = [...fields.hours]
    .flatMap((hour) => [...fields.minutes].map((minute) => hour * 60 + minute))
    .sort((a, b) => a - b);
  const start = Math.floor(toLocal(after, timezone) / dayMilliseconds) * dayMilliseconds;
  // A day of run-up, since the wall clock of `after` may be ahead of that of a repeated hour.
  let previous = after;
  for (let day = start - dayMilliseconds; ; day += dayMilliseconds) {
    const date = new Date(day);
    if (date.getUTCFullYear() > lastYear) return;
    if (!matchesDay(fields, date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) continue;
    for (const minute of minutesOfDay) {
      const moment = fromLocal(day + minute * minuteMilliseconds, timezone);
      // An hour that is shown twice contributes its first showing only, so moments stay in order.
      if (moment === undefined || moment <= previous) continue;
      previous = moment;
      yield moment;
    }
  }
}

/** When a schedule runs: `cron(...)`, `rate(...)` and `at(...)` of EventBridge Scheduler. */
import { type Cron, parseCron, ScheduleError } from './cron.ts';
import { instantOf, wallTime } from './zone.ts';

export { ScheduleError } from './cron.ts';

export interface Occasions {
  /** The first run of a schedule that is made or begins at this instant. Undefined: there is none. */
  first(from: number): number | undefined;
  /** The run after the one of this instant. */
  after(previous: number): number | undefined;
}

const units: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** @throws ScheduleError, with the expression, for what the service would refuse */
export function parseExpression(expression: string, zone: string): Occasions {
  try {
    wallTime(0, zone);
  } catch {
    throw new ScheduleError(`There is no time zone ${zone}.`);
  }
  try {
    return parse(expression.trim(), zone);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new ScheduleError(`Invalid Schedule Expression ${expression}: ${error.message}.`);
  }
}

function parse(expression: string, zone: string): Occasions {
  const [, kind, inside = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'cron') return ofCron(parseCron(inside.trim().split(/\s+/)), zone);
  if (kind === 'rate') return ofRate(inside);
  if (kind === 'at') return ofTime(inside, zone);
  throw new ScheduleError('it is neither cron(...) nor rate(...) nor at(...)');
}

/** Without a start date the first run is at once ("Rate-based schedules"); time passes by the clock, not by calendars. */
function ofRate(inside: string): Occasions {
  const [, count = '', unit = '', plural = ''] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(inside) ?? [];
  const seconds = Number(count) * (units[unit] ?? Number.NaN);
  if (Number.isNaN(seconds) || (plural === '' && count !== '1'))
    throw new ScheduleError('a rate is a positive number with minutes, hours or days');
  return { first: (from) => from, after: (previous) => previous + seconds * 1000 };
}

function ofTime(inside: string, zone: string): Occasions {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(inside))
    throw new ScheduleError('a time is written yyyy-mm-ddThh:mm:ss');
  const wall = Date.parse(`${inside}Z`);
  if (Number.isNaN(wall)) throw new ScheduleError('there is no such time');
  const instant = instantOf(wall, zone);
  return {
    first: (from) => (instant !== undefined && instant >= from ? instant : undefined),
    after: () => undefined,
  };
}

const minute = 60_000;
const day = 24 * 60 * minute;

function ofCron(cron: Cron, zone: string): Occasions {
  const next = (from: number): number | undefined => {
    // The clocks may go back: what they show at `from` can come again, so the search begins a little earlier.
    const start = wallTime(from, zone) - 3 * 60 * minute;
    let midnight = Math.floor(start / day) * day;
    for (;;) {
      const date = new Date(midnight);
      const today = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      if (today.year > cron.lastYear) return undefined;
      if (!cron.meansYear(today.year)) {
        midnight = Date.UTC(today.year + 1, 0, 1);
      } else if (!cron.meansMonth(today.month)) {
        midnight = Date.UTC(today.year, today.month, 1);
      } else {
        const found = cron.meansDay(today) ? firstOf(cron, midnight, from, zone) : undefined;
        if (found !== undefined) return found;
        midnight += day;
      }
    }
  };
  return { first: (from) => next(from - 1), after: next };
}

/** The earliest run of a day that lies after an instant. */
function firstOf(cron: Cron, midnight: number, after: number, zone: string): number | undefined {
  for (const minuteOfDay of cron.minutes) {
    const instant = instantOf(midnight + minuteOfDay * minute, zone);
    if (instant !== undefined && instant > after) return instant;
  }
  return undefined;
}

import { civilDate, dayMilliseconds, dayNumber, hourMilliseconds } from './civil.ts';

const form = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * The moment of an RFC 3339 time (`2026-11-20T02:00:00Z`, `2026-11-20T03:00:00.5+01:00`) in epoch milliseconds,
 * with the fraction of a millisecond that it may have. Undefined for any other text and for dates and times that
 * do not exist, leap seconds among them: the platform's clock has none.
 */
export function parseInstant(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const [offsetHours, offsetMinutes] = [part(9), part(10)];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const days = dayNumber(year, month, day);
  if (civilDate(days).day !== day) return undefined;
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * hourMilliseconds + offsetMinutes * 60_000);
  const local = days * dayMilliseconds + hour * hourMilliseconds + minute * 60_000 + second * 1000;
  return local - offset + part(7) * 1000;
}

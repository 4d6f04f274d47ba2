/** Integer arithmetic on the proleptic Gregorian calendar; days are counted from 1970-01-01. */

export const hourMilliseconds = 3_600_000;
export const dayMilliseconds = 86_400_000;

// The calendar repeats every 400 years. Counting years from March puts the leap day at the end of a year,
// which makes the length of the months before any month a straight line (153 days in 5 months).
const daysPerEra = 146_097;
const daysFromMarch0000To1970 = 719_468;

/** The day number of a date. `month` may be any integer: 0 is December of the year before, 13 January of the next. */
export function dayNumber(year: number, month: number, day: number): number {
  const yearOfMonth = year + Math.floor((month - 1) / 12);
  const monthOfYear = ((((month - 1) % 12) + 12) % 12) + 1;
  const marchYear = monthOfYear > 2 ? yearOfMonth : yearOfMonth - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const monthFromMarch = monthOfYear > 2 ? monthOfYear - 3 : monthOfYear + 9;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysPerEra + dayOfEra - daysFromMarch0000To1970;
}

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** The date of a day number, the inverse of `dayNumber`. */
export function civilDate(dayNumber: number): CivilDate {
  const shifted = dayNumber + daysFromMarch0000To1970;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** A number per week that runs from Monday to Sunday (ISO 8601). Day 0, 1970-01-01, was a Thursday. */
export const weekNumber = (dayNumber: number): number => Math.floor((dayNumber + 3) / 7);

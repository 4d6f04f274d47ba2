import { usageError } from './errors.ts';
import { slotOf } from './names.ts';

/** Clocks of two machines may differ a little: a slot that begins within a minute is not in the future. */
const tolerance = 60_000;

/**
 * The slot that a person asked for. Throws a usage error for a time in the future, when there is nothing to back up
 * yet, and for one before 1970: backup IDs begin with the epoch seconds, which `list` and `show` know as digits only.
 *
 * @param text as it was given, for the message
 * @param time the same in milliseconds since the epoch
 */
export function requestedSlot(text: string, time: number, now: number): string {
  if (time > now + tolerance) {
    throw usageError(`slot ${text} lies in the future`, 'give the time at which the run was or is due');
  }
  if (time < 0) throw usageError(`slot ${text} lies before 1970`, 'give the time at which the run was due');
  return slotOf(time);
}

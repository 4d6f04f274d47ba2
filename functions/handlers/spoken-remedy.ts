import { SnapkeepError } from '../shared/errors.ts';
import type { Deadline } from './whereabouts.ts';

type Entry<A> = (event: unknown, context?: Deadline) => Promise<A>;

/**
 * Lambda answers an error with its name and its message alone. A person at the console must see what to do about it as
 * well, so the message says it.
 */
export function speakingRemedies<A>(entry: Entry<A>): Entry<A> {
  return async (event, context) => {
    try {
      return await entry(event, context);
    } catch (error) {
      if (!(error instanceof SnapkeepError) || error.remedy === undefined) throw error;
      const { kind, message, remedy } = error;
      throw new SnapkeepError(kind, `${message}. What to do: ${remedy}`, { cause: error.cause });
    }
  };
}

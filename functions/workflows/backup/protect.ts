import type { Intent } from '../../catalog/documents.ts';
import type { Share } from './await.ts';
import type { BackupDependencies } from './ports.ts';
import { protectBatch, protectCopies, unsettled, withOutcomes } from './protect-copies.ts';
import type { States } from './state.ts';

/** Tries for a copy that has to wait. */
const roundLimit = 6;
const longestPauseSeconds = 30;

type Progress = {
  readonly states: { readonly [index: string]: States[string] };
  /** What this round still has to ask for, by the source's index. */
  readonly todo: readonly string[];
  readonly round: number;
};

/**
 * Protects the available copies that polling has left, as the intent asks, and answers the states with what could not
 * be protected. A copy without its protection is a copy all the same: nothing here fails a backup.
 */
export async function protectAll({ deps, context, intent }: Share, states: States): Promise<States> {
  const todo = unsettled(states);
  if (todo.length === 0) return states;
  const last = await context.waitFor<Progress>('protect', {
    initial: { states: { ...states }, todo, round: 1 },
    check: async (progress) => protectSome(deps, await intent(), progress),
    next: ({ todo: left, round }) => {
      if (left.length === 0) return 'done';
      return { waitSeconds: round === 1 ? 1 : Math.min(longestPauseSeconds, 2 ** round) };
    },
  });
  return last.states;
}

/** One batch of a round; when it was the last one, what has to wait makes the next round. */
async function protectSome(
  deps: BackupDependencies,
  intent: Intent,
  { states, todo, round }: Progress,
): Promise<Progress> {
  const batch = todo.slice(0, protectBatch);
  const outcomes = await protectCopies(deps, intent, states, batch);
  const next = withOutcomes(states, outcomes, batch, round >= roundLimit);
  const left = todo.slice(protectBatch);
  return left.length > 0
    ? { states: { ...next }, todo: left, round }
    : { states: { ...next }, todo: unsettled(next), round: round + 1 };
}

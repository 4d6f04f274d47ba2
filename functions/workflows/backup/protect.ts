import type { Intent } from '../../catalog/documents.ts';
import type { ProtectOutcome, StartedCopy } from '../../drivers/driver.ts';
import { isCredentialProblem } from '../../shared/cloud-errors.ts';
import { describeError } from '../../shared/errors.ts';
import { sourceKinds } from '../../shared/source.ts';
import type { Share } from './await.ts';
import { copyOf } from './copies.ts';
import type { BackupDependencies } from './ports.ts';
import { type SourceState, type States, shortened } from './state.ts';

/** Copies per look: with three snapshots each, at 5 calls a second, a look takes half a minute. */
const batchSize = 50;
/** Less than a failed copy has, since these stand beside what an available one consists of. */
const reasonBytes = 160;
/** Tries for a copy that has to wait. */
const roundLimit = 6;
const longestPauseSeconds = 30;

/** What is left to protect, and why some is not, by the source's index in the intent. */
type Progress = {
  readonly todo: readonly string[];
  /** Have to wait for the next round. */
  readonly waiting: readonly string[];
  readonly round: number;
  readonly unprotected: { readonly [index: string]: string };
};

/**
 * Protects the copies that are available, as the intent asks, and answers the states with what could not be protected.
 * A copy without its protection is a copy all the same: nothing here fails a backup.
 */
export async function protectAll({ deps, context, intent }: Share, states: States): Promise<States> {
  const available = Object.keys(states).filter((index) => states[index]?.at === 'available');
  if (available.length === 0) return states;
  const { unprotected } = await context.waitFor<Progress>('protect', {
    initial: { todo: available, waiting: [], round: 1, unprotected: {} },
    check: async (progress) => protectSome(deps, await intent(), states, progress),
    next: ({ todo, waiting, round }) => {
      if (todo.length > 0) return { waitSeconds: 1 };
      return waiting.length === 0 || round >= roundLimit
        ? 'done'
        : { waitSeconds: Math.min(longestPauseSeconds, 2 ** round) };
    },
  });
  return Object.fromEntries(
    Object.entries(states).map(([index, state]) => [index, withReason(state, unprotected[index])]),
  );
}

const withReason = (state: SourceState, unprotected: string | undefined): SourceState =>
  state.at === 'available' && unprotected !== undefined ? { ...state, unprotected } : state;

/** One batch of a round; the one after the last begins the next round with those that have to wait. */
async function protectSome(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
  { todo, waiting, round, unprotected }: Progress,
): Promise<Progress> {
  const again = todo.length === 0;
  const all = again ? waiting : todo;
  const batch = all.slice(0, batchSize);
  const reasons: Record<string, string> = { ...unprotected };
  const outcomes = await protectCopies(deps, intent, states, batch);
  for (const index of batch) {
    const outcome = outcomes.get(index);
    if (outcome === undefined || outcome.state === 'protected') delete reasons[index];
    else reasons[index] = shortened(outcome.reason, reasonBytes);
  }
  return {
    todo: all.slice(batchSize),
    waiting: [...(again ? [] : waiting), ...batch.filter((index) => outcomes.get(index)?.state === 'wait')],
    round: again ? round + 1 : round,
    unprotected: reasons,
  };
}

/** By the source's index; none for a kind that cannot be protected. */
async function protectCopies(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
  batch: readonly string[],
): Promise<Map<string, ProtectOutcome>> {
  const { protection } = intent;
  const outcomes = new Map<string, ProtectOutcome>();
  if (protection === undefined) return outcomes;
  for (const kind of sourceKinds) {
    const driver = deps.drivers[kind];
    if (driver.protect === undefined) continue;
    const ofKind = batch.flatMap((index): [string, StartedCopy][] => {
      const copy = copyOf(intent, Number(index), states[index]);
      return copy?.source.kind === kind ? [[index, copy]] : [];
    });
    if (ofKind.length === 0) continue;
    const copies = ofKind.map(([, copy]) => copy);
    const answers = await answersOf(() => driver.protect?.({ protection, copies }) ?? Promise.resolve([]));
    for (const [index, { id }] of ofKind) {
      const answer =
        answers instanceof Map ? answers.get(id) : { state: 'wait' as const, id, reason: answers };
      outcomes.set(index, answer ?? { state: 'wait', id, reason: `nothing is known of ${id}` });
    }
  }
  return outcomes;
}

/** By the copy's ID; or why nobody could be asked. */
async function answersOf(
  ask: () => Promise<readonly ProtectOutcome[]>,
): Promise<Map<string, ProtectOutcome> | string> {
  try {
    return new Map((await ask()).map((outcome) => [outcome.id, outcome]));
  } catch (error) {
    if (isCredentialProblem(error)) throw error;
    return describeError(error);
  }
}

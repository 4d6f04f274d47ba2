import type { Intent } from '../../catalog/documents.ts';
import type { ProtectOutcome, StartedCopy } from '../../drivers/driver.ts';
import { isCredentialProblem } from '../../shared/cloud-errors.ts';
import { describeError } from '../../shared/errors.ts';
import { sourceKinds } from '../../shared/source.ts';
import { copyOf } from './copies.ts';
import type { BackupDependencies } from './ports.ts';
import { type SourceState, type States, shortened } from './state.ts';

/** Copies per look: with three snapshots each, at 5 calls a second, a look takes half a minute. */
export const protectBatch = 50;
/** Less than a failed copy has, since these stand beside what an available one consists of. */
const reasonBytes = 160;

/** Available copies of which it is not known yet whether they are protected, by the source's index. */
export const unsettled = (states: States): string[] =>
  Object.keys(states).filter((index) => {
    const state = states[index];
    return state?.at === 'available' && state.protected === undefined && state.unprotected === undefined;
  });

/**
 * Protects some of the copies that have become available, while others are waited for: what is complete should not
 * stand unprotected for as long as the slowest takes. What has to wait is left for the end.
 */
export async function protectFresh(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
): Promise<States> {
  if (intent.protection === undefined) return states;
  const fresh = unsettled(states).slice(0, protectBatch);
  return withOutcomes(states, await protectCopies(deps, intent, states, fresh), fresh, false);
}

/** @param last nothing is tried again: what has to wait lacks its protection for good */
export function withOutcomes(
  states: States,
  outcomes: ReadonlyMap<string, ProtectOutcome>,
  asked: readonly string[],
  last: boolean,
): States {
  const settled = asked.flatMap((index): [string, SourceState][] => {
    const state = states[index];
    if (state?.at !== 'available') return [];
    const outcome = outcomes.get(index);
    if (outcome === undefined || outcome.state === 'protected')
      return [[index, { ...state, protected: true }]];
    if (outcome.state === 'wait' && !last) return [];
    return [[index, { ...state, unprotected: shortened(outcome.reason, reasonBytes) }]];
  });
  return { ...states, ...Object.fromEntries(settled) };
}

/** By the source's index; none for a kind that cannot be protected. */
export async function protectCopies(
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

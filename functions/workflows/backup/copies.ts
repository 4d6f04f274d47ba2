import pLimit from 'p-limit';
import type { Intent } from '../../catalog/documents.ts';
import type { StartedCopy } from '../../drivers/driver.ts';
import { isCredentialProblem } from '../../shared/cloud-errors.ts';
import { describeError } from '../../shared/errors.ts';
import { type SourceKind, sourceKey, sourceKinds } from '../../shared/source.ts';
import type { BackupDependencies } from './ports.ts';
import { failed, type SourceState, type States, waiting } from './state.ts';

/** Calls under way at once; the pacing of the clients decides how fast they really go. */
const concurrency = 10;
/** A failed copy keeps its name; after this many spoilt names the source counts as failed. */
const attemptLimit = 3;
/** Lists of a service may lack for so long what was made just before; what is not there later has been deleted. */
const shownWithinSeconds = 600;

export interface StartedCopies {
  readonly states: States;
  /** Kinds whose quota in the account is used up for the moment. */
  readonly blocked: readonly SourceKind[];
}

/**
 * Starts a copy of each source that is `todo`. Stops asking for more of a kind once the account's quota of it is
 * used up; what is left stays `todo` for the next poll. `before`: the kinds that are known to be blocked, and the
 * states of this run so far, whose reasons to wait have been told.
 */
export async function startCopies(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
  before: { readonly blocked?: readonly SourceKind[]; readonly states?: States } = {},
): Promise<StartedCopies> {
  const result: Record<string, SourceState> = { ...states };
  const limit = pLimit(concurrency);
  const blocked = new Set(before.blocked);
  const told = reasonsOf(before.states ?? {});
  const start = async (index: string, state: Extract<SourceState, { at: 'todo' }>): Promise<void> => {
    const source = intent.sources[Number(index)]?.source;
    if (source === undefined || blocked.has(source.kind)) return;
    const outcome = await startOne(deps, intent, Number(index), state.attempt);
    if (outcome.blocked) blocked.add(source.kind);
    result[index] = outcome.state;
    if (outcome.state.at !== 'todo' || outcome.state.reason === undefined) return;
    // Once per reason: what waits may do so for hours, and nobody should wonder why.
    if (told.has(outcome.state.reason)) return;
    told.add(outcome.state.reason);
    deps.logger.warn(`copies have to wait, that of ${sourceKey(source)} for one: ${outcome.state.reason}`);
  };
  const work = Object.entries(states).flatMap(([index, state]) =>
    state.at === 'todo' ? [limit(() => start(index, state))] : [],
  );
  // All of them, also after one threw: nothing may go on in the background once the step is over.
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return { states: result, blocked: [...blocked] };
}

const reasonsOf = (states: States): Set<string> =>
  new Set(Object.values(states).flatMap((state) => (state.at === 'todo' ? (state.reason ?? []) : [])));

async function startOne(
  deps: BackupDependencies,
  intent: Intent,
  index: number,
  firstAttempt: number,
): Promise<{ state: SourceState; blocked: boolean }> {
  const planned = intent.sources[index];
  if (!planned) return { state: failed('the intent does not name this source'), blocked: false };
  let spoilt = { reason: '', id: '', name: '' };
  for (let attempt = firstAttempt; attempt <= attemptLimit; attempt += 1) {
    const outcome = await deps.drivers[planned.source.kind].start({
      source: planned.source,
      relaunch: planned.relaunch,
      reboot: planned.reboot ?? false,
      deployment: intent.deployment,
      plan: intent.plan,
      backupId: intent.backup_id,
      slot: intent.slot,
      attempt,
      ...(intent.protection?.deregistration === undefined ? {} : { markProtected: true }),
    });
    switch (outcome.state) {
      case 'started':
        return {
          state: { at: 'pending', attempt, id: outcome.id, name: outcome.name, since: secondsNow(deps) },
          blocked: false,
        };
      case 'wait':
        return {
          state: waiting(attempt, outcome.reason),
          blocked: outcome.blocksOthers === true,
        };
      case 'failed':
        return { state: failed(outcome.reason), blocked: false };
      case 'spoilt':
        spoilt = outcome;
    }
  }
  return {
    state: failed(`${attemptLimit} attempts failed, the last: ${spoilt.reason}`, spoilt),
    blocked: false,
  };
}

const secondsNow = ({ clock }: BackupDependencies): number => Math.floor(clock.now() / 1000);

/** Such a copy should have been shown by now, unless it was deleted. */
const isOld = (deps: BackupDependencies, state: SourceState | undefined): boolean =>
  state?.at === 'pending' && secondsNow(deps) - state.since >= shownWithinSeconds;

/** One look at everything pending. A look that could not be finished changes nothing; the next one may. */
export async function lookAtCopies(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
  withContent: boolean,
): Promise<States> {
  const result: Record<string, SourceState> = { ...states };
  for (const kind of sourceKinds) {
    const indexes = Object.keys(states).filter(
      (index) => states[index]?.at === 'pending' && intent.sources[Number(index)]?.source.kind === kind,
    );
    if (indexes.length === 0) continue;
    try {
      const outcomes = await pollKind(deps, intent, states, kind, indexes, withContent);
      for (const index of indexes)
        result[index] =
          nextState(states[index], outcomes, isOld(deps, states[index])) ?? result[index] ?? failed('lost');
    } catch (error) {
      if (isCredentialProblem(error)) throw error;
      deps.logger.warn('a look at the recovery points failed and will be repeated', {
        kind,
        error: describeError(error),
      });
    }
  }
  return result;
}

async function pollKind(
  deps: BackupDependencies,
  intent: Intent,
  states: States,
  kind: SourceKind,
  indexes: readonly string[],
  withContent: boolean,
) {
  const copies = indexes.flatMap((index) => copyOf(intent, Number(index), states[index]) ?? []);
  const outcomes = await deps.drivers[kind].poll({
    deployment: intent.deployment,
    plan: intent.plan,
    backupId: intent.backup_id,
    copies,
    withContent,
    withAbsent: indexes.some((index) => isOld(deps, states[index])),
  });
  return new Map(outcomes.map((outcome) => [outcome.id, outcome]));
}

/** The copy behind a state, in the form in which drivers are asked about it. */
export function copyOf(
  intent: Intent,
  index: number,
  state: SourceState | undefined,
): StartedCopy | undefined {
  const planned = intent.sources[index];
  if (!planned || !state || state.at === 'todo' || state.id === undefined || state.name === undefined)
    return undefined;
  return { source: planned.source, relaunch: planned.relaunch, id: state.id, name: state.name };
}

function nextState(
  state: SourceState | undefined,
  outcomes: Awaited<ReturnType<typeof pollKind>>,
  old: boolean,
): SourceState | undefined {
  if (state?.at !== 'pending') return state;
  const outcome = outcomes.get(state.id);
  switch (outcome?.state) {
    case 'available':
      return { at: 'available', id: state.id, name: state.name, bytes: outcome.bytes };
    case 'failed':
      return failed(outcome.reason, state);
    case 'pending': {
      const { unseen: _, ...seen } = state;
      return outcome.contentFixed ? { ...seen, fixed: true } : seen;
    }
    case 'absent':
      if (!old) return state;
      // Twice in a row, since a single answer may come from a part of the service that lags behind.
      return state.unseen ? failed(vanished(state.id), state) : { ...state, unseen: true };
    default:
      return state;
  }
}

const vanished = (id: string): string =>
  `${id} does not exist any more: it was deregistered or deleted before it was available`;

/** Past the deadline everything unfinished has failed; its copy, if there is one, stays named. */
export function giveUp(intent: Intent, states: States): States {
  return Object.fromEntries(
    Object.entries(states).map(([index, state]) => {
      if (state.at === 'pending')
        return [index, failed(`not available by ${intent.deadline}, the plan's timeout`, state)];
      if (state.at !== 'todo') return [index, state];
      const because = state.reason === undefined ? '' : `: ${state.reason}`;
      return [index, failed(`could not be started by ${intent.deadline}, the plan's timeout${because}`)];
    }),
  );
}

export function copyBatches(indexes: readonly number[], size: number): number[][] {
  const batches: number[][] = [];
  for (let from = 0; from < indexes.length; from += size) batches.push(indexes.slice(from, from + size));
  return batches;
}

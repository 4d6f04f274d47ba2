import type { Intent } from '../../catalog/documents.ts';
import type { DurableContext, NextCheck } from '../../shared/durable.ts';
import { copyBatches, giveUp, lookAtCopies, startCopies } from './copies.ts';
import type { BackupDependencies } from './ports.ts';
import { protectFresh } from './protect-copies.ts';
import { type States, settled, tally, todoOnly } from './state.ts';

/** Sources per start step: at 5 calls a second a step takes 10 s, far below the timeout of a function. */
export const chunkSize = 50;

export interface Share {
  readonly deps: BackupDependencies;
  readonly context: DurableContext;
  readonly intent: () => Promise<Intent>;
  readonly shard: number;
  /** Of the plan, in seconds; bounds how often can be polled. */
  readonly timeoutSeconds: number;
}

/** Starts the copies of all indexes in chunks, one checkpoint each. */
export async function startAll(
  { deps, context, intent, shard }: Share,
  indexes: readonly number[],
): Promise<States> {
  let all: States = {};
  let blocked: Awaited<ReturnType<typeof startCopies>>['blocked'] = [];
  for (const [chunk, batch] of copyBatches(indexes, chunkSize).entries()) {
    const todo = Object.fromEntries(batch.map((index) => [index, { at: 'todo', attempt: 1 } as const]));
    const before = all;
    const alreadyBlocked = blocked;
    const started = await context.step(`start-${chunk}`, async () => {
      const result = await startCopies(deps, await intent(), todo, {
        blocked: alreadyBlocked,
        states: before,
      });
      deps.reporter.progress(tally({ ...before, ...result.states }, shard));
      return { states: { ...result.states }, blocked: [...result.blocked] };
    });
    all = { ...all, ...started.states };
    blocked = started.blocked;
  }
  return all;
}

/** Polls until `done`, starting what a quota or a busy source had kept from being started, and protecting what is there. */
export function awaitCopies(
  share: Share,
  name: string,
  states: States,
  options: { readonly withContent: boolean; done(states: States): boolean },
): Promise<States> {
  const { deps, context, intent, shard, timeoutSeconds } = share;
  return context.waitFor<{ [index: string]: States[string] }>(name, {
    initial: { ...states },
    async check(current) {
      const standing = await intent();
      let next = await lookAtCopies(deps, standing, current, options.withContent);
      // Nothing but the look itself may hold up an application that rests.
      if (!options.withContent) next = await protectFresh(deps, standing, next);
      if (deps.clock.now() >= Date.parse(standing.deadline)) next = giveUp(standing, next);
      const started = await startCopies(deps, standing, todoOnly(next, chunkSize), { states: current });
      next = { ...next, ...started.states };
      deps.reporter.progress(tally(next, shard));
      return { ...next };
    },
    next: (current, checks) =>
      settled(current) || options.done(current) ? 'done' : nextPoll(checks, timeoutSeconds),
  });
}

/**
 * Polls grow from 1 s to 30 s. A durable execution holds at most 3,000 operations and every poll is one, so plans
 * that may run for days are polled less often.
 */
export function nextPoll(checks: number, timeoutSeconds: number): NextCheck {
  const ceiling = Math.max(30, Math.ceil(timeoutSeconds / 2000));
  return { waitSeconds: Math.min(ceiling, Math.ceil(1.5 ** (checks - 1))) };
}

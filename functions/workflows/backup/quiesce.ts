import type { Quiesced, QuiesceRequest } from '../../applications/hooks.ts';
import type { Intent } from '../../catalog/documents.ts';
import { describeError } from '../../shared/errors.ts';
import { copyOf } from './copies.ts';
import type { BackupDependencies } from './ports.ts';
import { failed, type States } from './state.ts';

export type QuiesceResult =
  | { readonly result: 'quiesced'; readonly quiesced: Quiesced; readonly until: number }
  | { readonly result: 'none' }
  | { readonly result: 'failed'; readonly reason: string };

/** Brings the application to rest. After a failure it is let go at once: half a quiesce is worse than none. */
export async function quiesce(deps: BackupDependencies, intent: Intent): Promise<QuiesceResult> {
  const request = requestOf(intent);
  if (!request) return { result: 'none' };
  try {
    const quiesced = await deps.hooks.quiesce(request);
    if (!quiesced) return { result: 'none' };
    return { result: 'quiesced', quiesced, until: deps.clock.now() + quiesced.limitSeconds * 1000 };
  } catch (error) {
    const reason = describeError(error);
    const afterwards = await resume(deps, intent);
    return { result: 'failed', reason: afterwards === null ? reason : `${reason}; ${afterwards}` };
  }
}

/** Lets the application go on; answers null, or a warning that says it could not. */
export async function resume(deps: BackupDependencies, intent: Intent): Promise<string | null> {
  const request = requestOf(intent);
  if (!request) return null;
  try {
    await deps.hooks.resume(request);
    return null;
  } catch (error) {
    const warning = `the application could not be resumed, look at it now: ${describeError(error)}`;
    deps.logger.error(warning, { plan: intent.plan, backupId: intent.backup_id });
    return warning;
  }
}

function requestOf(intent: Intent): QuiesceRequest | undefined {
  if (intent.application === null) return undefined;
  return {
    deployment: intent.deployment,
    plan: intent.plan,
    backupId: intent.backup_id,
    application: intent.application.profile,
    sources: intent.sources.map(({ source }) => source),
  };
}

/** Whether no copy that the quiesce protects can change any more. */
export function contentIsFixed(
  intent: Intent,
  states: States,
  { covers }: Quiesced,
  deps: BackupDependencies,
): boolean {
  return Object.entries(states).every(([index, state]) => {
    const kind = intent.sources[Number(index)]?.source.kind;
    if (kind === undefined || !covers.includes(kind)) return true;
    if (state.at === 'pending')
      return deps.drivers[kind].contentFixedAt === 'initiation' && state.fixed === true;
    return state.at !== 'todo';
  });
}

/** Indexes of the sources that the quiesce covers and whose content is fixed. */
export function fixedIndexes(intent: Intent, states: States, { covers }: Quiesced): string[] {
  return Object.entries(states).flatMap(([index, state]) => {
    const kind = intent.sources[Number(index)]?.source.kind;
    const fixed = state.at === 'available' || (state.at === 'pending' && state.fixed === true);
    return kind !== undefined && covers.includes(kind) && fixed ? [index] : [];
  });
}

/** `consistency: required`: a copy that the application may have written into does not count. */
export function failUnfixed(
  intent: Intent,
  states: States,
  quiesced: Quiesced,
  fixed: readonly string[],
): States {
  return Object.fromEntries(
    Object.entries(states).map(([index, state]) => {
      const kind = intent.sources[Number(index)]?.source.kind;
      if (
        kind === undefined ||
        !quiesced.covers.includes(kind) ||
        fixed.includes(index) ||
        state.at === 'failed'
      ) {
        return [index, state];
      }
      const reason = `its content was not fixed within the ${quiesced.limitSeconds} s that the application may rest`;
      return [index, failed(reason, copyOf(intent, Number(index), state) ?? {})];
    }),
  );
}

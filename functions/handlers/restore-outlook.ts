import { parseRestoreRequest } from '../plan/restore-request.ts';
import { type FailureKind, SnapkeepError, usageError } from '../shared/errors.ts';
import { planRestore } from '../workflows/restore/dry-run.ts';
import type { RestoreDependencies, RestorePlan, RestoreResult } from '../workflows/restore/ports.ts';
import { findUnfinished } from '../workflows/restore/unfinished.ts';
import type { EventFacts } from './event-details.ts';
import type { RestoreWork } from './restores.ts';

/** A step's result has 200 KB: of a restore of many machines so many calls are told. */
const listedCalls = 200;

export type RestoreOutlook = {
  readonly planned: RestorePlan;
  /** ID of a restore that was asked for in the same words and has not come to an end. */
  readonly unfinished: string | null;
};

/** What the worker answers of a restore that completed: with what a person looks for in its report. */
export type RestoreOutcome = RestoreResult & { readonly report: EventFacts | null };

/** Why nothing could be planned. */
export type RestoreProblem = {
  readonly problem: string;
  readonly remedy: string | null;
  readonly kind: FailureKind;
};

type Journal = Parameters<typeof findUnfinished>[0];

/**
 * What a restore would do, as the worker sees it: with the permissions that the restore itself will have. Changes
 * nothing. An expected bad day is an answer, so that the execution never fails of it.
 */
export async function restoreOutlookOf(
  deps: RestoreDependencies & { readonly journal: Journal },
  { plan: name, requestId, request }: RestoreWork,
): Promise<RestoreOutlook | RestoreProblem> {
  try {
    const plan = deps.plans[name];
    if (plan === undefined || request === undefined) throw usageError('a plan is made of a request');
    const planned = await planRestore(deps, plan, { plan: name, requestId, request });
    const parsed = parseRestoreRequest(request);
    const unfinished = parsed.dryRun
      ? undefined
      : await findUnfinished(deps.journal, parsed, deps.clock.now());
    const another = !parsed.dryRun && unfinished === undefined && parsed.id === undefined;
    const failed = another
      ? await findUnfinished(deps.journal, parsed, deps.clock.now(), 'failed')
      : undefined;
    const warnings = failed === undefined ? [] : [repeated(failed.request_id, name)];
    return {
      planned: {
        ...planned,
        calls: planned.calls.slice(0, listedCalls),
        warnings: [...planned.warnings, ...warnings],
      },
      unfinished: unfinished?.request_id ?? null,
    };
  } catch (error) {
    if (!(error instanceof SnapkeepError)) throw error;
    return { problem: error.message, remedy: error.remedy ?? null, kind: error.kind };
  }
}

/** A failed restore has most often launched something. */
const repeated = (failed: string, plan: string): string =>
  `restore ${failed} of the same request has failed, and what it made is still there; this is another one. To go on with that one instead, send ${JSON.stringify({ resume: failed, plan })}`;

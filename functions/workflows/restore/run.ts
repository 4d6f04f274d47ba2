import type * as z from 'zod';
import type { CommandOutput } from '../../applications/command-port.ts';
import type { RestoreRecord } from '../../catalog/restore-documents.ts';
import { toTimestamp } from '../../shared/clock.ts';
import { httpStatus, isCredentialProblem, isNetworkProblem } from '../../shared/cloud-errors.ts';
import type { DurableContext, Json } from '../../shared/durable.ts';
import { describeError, failedError, SnapkeepError } from '../../shared/errors.ts';
import type { RestoreDependencies } from './ports.ts';
import type { Resolved } from './resolve.ts';
import type { PlannedStep } from './steps.ts';

/** How a step ended that will not be done again; `output` is what later steps need. */
export type FinishedStep = {
  readonly result: 'done' | 'skipped' | 'failed';
  readonly output: Json;
  readonly seconds: number;
  readonly completedAt: string;
  readonly note?: string;
};

/** One attempt at a restore. */
export interface Run {
  readonly deps: RestoreDependencies;
  readonly context: DurableContext;
  readonly attempt: number;
  readonly record: RestoreRecord;
  readonly steps: readonly PlannedStep[];
  /** Read and put together at most once per process. */
  readonly resolved: () => Promise<Resolved>;
  /** By name: those of earlier attempts, then ours. */
  readonly finished: Map<string, FinishedStep>;
  /** Machines by `<kind>/<id>` of their source, as soon as they have been launched. */
  readonly launched: Map<string, string>;
}

/** A step that ended the attempt. */
export class StepFailure extends Error {
  readonly step: string;
  readonly exitCode: number | undefined;
  readonly output: CommandOutput;

  constructor(step: string, failure: Failure) {
    super(failure.reason);
    this.name = 'StepFailure';
    this.step = step;
    this.exitCode = failure.exitCode;
    this.output = failure.output ?? { stdout: '', stderr: '' };
  }
}

export type Failure = {
  readonly reason: string;
  readonly exitCode?: number;
  readonly output?: { readonly stdout: string; readonly stderr: string };
};

export type Outcome<T> =
  | { readonly output: T; readonly result?: 'done' | 'skipped'; readonly note?: string }
  | { readonly failure: Failure };

/**
 * Does a step once: one that is in the ledger is not done again, and one that ends well is written there. A failed
 * step whose failure does not matter is written down as failed, with `fallback` for its output.
 */
export async function perform<T extends Json>(
  run: Run,
  step: PlannedStep,
  { schema, fallback }: { readonly schema: z.ZodType<T>; readonly fallback: T },
  work: (begunAt: number) => Promise<Outcome<T>>,
): Promise<T> {
  const known = run.finished.get(step.name);
  if (known) return readOutput(step, schema, known.output);
  const { deps, context } = run;
  const begunAt = await context.step(`${step.name}: begin`, async () => {
    deps.reporter.progress(step.name, step.title);
    return deps.clock.now();
  });
  const outcome = await work(begunAt);
  if ('failure' in outcome && step.onFailure === 'stop') throw new StepFailure(step.name, outcome.failure);
  const over =
    'failure' in outcome
      ? { result: 'failed' as const, output: fallback, note: outcome.failure.reason }
      : { result: 'done' as const, ...outcome };
  const standing = await context.step(`${step.name}: end`, () => writeDown(run, step, begunAt, over));
  run.finished.set(step.name, standing);
  return readOutput(step, schema, standing.output);
}

async function writeDown(
  { deps, record, attempt }: Run,
  step: PlannedStep,
  begunAt: number,
  over: { readonly result: 'done' | 'skipped' | 'failed'; readonly output: Json; readonly note?: string },
): Promise<FinishedStep> {
  const standing = await deps.journal.recordStep(record.plan, {
    metadata_version: 2,
    request_id: record.request_id,
    number: record.steps.indexOf(step.name) + 1,
    name: step.name,
    attempt,
    started_at: toTimestamp(begunAt),
    completed_at: toTimestamp(deps.clock.now()),
    result: over.result,
    ...(over.note === undefined ? {} : { note: over.note }),
    output: over.output,
  });
  return finishedStep(standing);
}

/** A step of the ledger in the short form that is checkpointed. */
export function finishedStep(step: {
  readonly result: FinishedStep['result'];
  readonly output: Json;
  readonly started_at: string;
  readonly completed_at: string;
  readonly note?: string;
}): FinishedStep {
  return {
    result: step.result,
    output: step.output,
    seconds: (Date.parse(step.completed_at) - Date.parse(step.started_at)) / 1000,
    completedAt: step.completed_at,
    ...(step.note === undefined ? {} : { note: step.note }),
  };
}

function readOutput<T>(step: PlannedStep, schema: z.ZodType<T>, output: Json): T {
  const parsed = schema.safeParse(output);
  if (parsed.success) return parsed.data;
  throw failedError(
    `what step ${step.name} left in the ledger is not understood by this version`,
    'go on with the version that began this restore, or begin a new one',
  );
}

/**
 * What a service said no to, as a failure of the step. Credentials and network concern everything: those are thrown,
 * the restore has not failed, and the same command goes on.
 */
export async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly failure: Failure }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (isCredentialProblem(error) || isNetworkProblem(error)) throw error;
    if (!(error instanceof SnapkeepError) && httpStatus(error) === undefined) throw error;
    return { failure: failureOf(error) };
  }
}

/** A sentence for the report; the remedy goes with it. */
export function failureOf(error: unknown): Failure {
  const remedy = error instanceof SnapkeepError && error.remedy !== undefined ? ` (${error.remedy})` : '';
  return { reason: `${describeError(error)}${remedy}` };
}

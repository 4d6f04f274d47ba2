import { type FailureKind, SnapkeepError } from '../shared/errors.ts';

/** An error as it is checkpointed: what a replay needs to fail in the same way, and nothing that is not plain data. */
export interface RecordedFailure {
  readonly name: string;
  readonly message: string;
  /** Present for an expected failure; it decides the exit code. */
  readonly kind?: FailureKind;
  readonly remedy?: string;
}

export function recordFailure(error: unknown): RecordedFailure {
  if (error instanceof SnapkeepError) {
    const { name, message, kind, remedy } = error;
    return { name, message, kind, ...(remedy === undefined ? {} : { remedy }) };
  }
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: 'Error', message: String(error) };
}

/**
 * The error of a recorded failure. A first run and its replay throw the same: only name, message, kind and remedy
 * survive. `cause` is the original where this process still has it, for the log.
 */
export function reviveFailure(failure: RecordedFailure, cause?: unknown): Error {
  if (failure.kind !== undefined) {
    const remedy = failure.remedy === undefined ? {} : { remedy: failure.remedy };
    return new SnapkeepError(failure.kind, failure.message, { ...remedy, cause });
  }
  const error = new Error(failure.message, { cause });
  error.name = failure.name;
  return error;
}

const failureKinds: readonly string[] = ['failed', 'usage', 'refused'] satisfies readonly FailureKind[];

/** Reads a failure that travelled as text; undefined when the text is something else. */
export function parseFailure(text: string | undefined): RecordedFailure | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('name' in value) || !('message' in value)) {
    return undefined;
  }
  const { name, message } = value;
  if (typeof name !== 'string' || typeof message !== 'string') return undefined;
  const kind = 'kind' in value && isFailureKind(value.kind) ? { kind: value.kind } : {};
  const remedy = 'remedy' in value && typeof value.remedy === 'string' ? { remedy: value.remedy } : {};
  return { name, message, ...kind, ...remedy };
}

function isFailureKind(value: unknown): value is FailureKind {
  return typeof value === 'string' && failureKinds.includes(value);
}

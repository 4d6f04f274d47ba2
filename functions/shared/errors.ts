/** What the process answers to its caller; documented in `snapkeep --help`. */
export const exitCodes = { done: 0, failed: 1, usage: 2, partial: 3, refused: 4, interrupted: 130 } as const;

export type FailureKind = 'failed' | 'usage' | 'refused';

/**
 * An expected bad day: one sentence that names what was found, what was expected and what to do about it.
 * It is printed as it is, without a stack; everything else that is thrown is a defect.
 */
export class SnapkeepError extends Error {
  readonly kind: FailureKind;
  readonly remedy: string | undefined;

  constructor(kind: FailureKind, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'SnapkeepError';
    this.kind = kind;
    this.remedy = options.remedy;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

/** The user must fix something beforehand: configuration, credentials, Region, vault, selection. Exit code 2. */
export const usageError = (message: string, remedy?: string, cause?: unknown): SnapkeepError =>
  new SnapkeepError('usage', message, { ...(remedy === undefined ? {} : { remedy }), cause });

/** A guard said no. Exit code 4. */
export const refusedError = (message: string, remedy?: string): SnapkeepError =>
  new SnapkeepError('refused', message, remedy === undefined ? {} : { remedy });

/** It was tried and did not work. Exit code 1. */
export const failedError = (message: string, remedy?: string, cause?: unknown): SnapkeepError =>
  new SnapkeepError('failed', message, { ...(remedy === undefined ? {} : { remedy }), cause });

/** The name of a cloud error (`InvalidAMIName.Duplicate`), or undefined for anything that is not an Error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** One line of text for reports and ledgers, without a stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message.replace(/\s+/g, ' ').trim();
  return error.name === 'Error' || error.name === 'SnapkeepError' ? text : `${error.name}: ${text}`;
}

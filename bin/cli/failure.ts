import { CommanderError } from 'commander';
import { ConfigError } from '../../functions/plan/problems.ts';
import { describeError, exitCodes, SnapkeepError } from '../../functions/shared/errors.ts';
import type { Io } from './io.ts';
import { isDebug } from './logger.ts';
import { plain } from './text.ts';

/** How a command ended that did not end with an exit code of its own. */
export interface Failure {
  readonly exitCode: number;
  readonly kind: 'failed' | 'usage' | 'refused' | 'interrupted';
  readonly message: string;
  readonly remedy?: string;
  /** Further members of the JSON form. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly stack?: string;
}

/** Turns whatever was thrown into a sentence, a remedy and an exit code. The only place that maps errors to codes. */
export function toFailure(error: unknown, io: Pick<Io, 'env' | 'signal'>): Failure {
  if (error instanceof StillRunning) return error.failure;
  // Whatever an interrupted command fails with is a consequence of the interrupt.
  if (io.signal.aborted && !(error instanceof CommanderError)) return interrupted;
  if (error instanceof SnapkeepError) {
    const { kind, message, exitCode, remedy } = error;
    const failure = { kind, message, exitCode, ...(remedy === undefined ? {} : { remedy }) };
    return error instanceof ConfigError ? { ...failure, details: { problems: error.problems } } : failure;
  }
  if (error instanceof CommanderError) return usageFailure(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    kind: 'failed',
    exitCode: exitCodes.failed,
    message: `unexpected error: ${describeError(error)}`,
    ...(isDebug(io.env)
      ? { ...(stack === undefined ? {} : { stack }) }
      : { remedy: 'Run again with SNAPKEEP_DEBUG=1 to see where it comes from.' }),
  };
}

export const interrupted: Failure = {
  kind: 'interrupted',
  exitCode: exitCodes.interrupted,
  message: 'interrupted: state is safe, run the same command again',
};

/** An interrupt that ends a command which only follows what runs elsewhere. */
export class StillRunning extends Error {
  readonly failure: Failure;

  /** @param again the command that follows the run again */
  constructor(again: string) {
    super(interrupted.message);
    this.name = 'StillRunning';
    const message = 'interrupted: the run goes on in AWS';
    this.failure = { ...interrupted, message, remedy: `follow it again with: ${again}` };
  }
}

/** Commander's sentences begin with `error:` and carry a suggestion on a line of their own. */
function usageFailure(error: CommanderError): Failure {
  // Commander calls the case of no verb at all `(outputHelp)`.
  const text = error.code === 'commander.help' ? 'no command given' : error.message.replace(/^error: /, '');
  const suggestion = /\((Did you mean .*\?)\)/s.exec(text)?.[1];
  const message = text
    .replace(/\s*\(Did you mean .*\?\)/s, '')
    .replace(/\s+/g, ' ')
    .trim();
  return {
    kind: 'usage',
    exitCode: exitCodes.usage,
    message: message.endsWith('.') ? message : `${message}.`,
    remedy: suggestion?.replace(/\s+/g, ' ') ?? 'Run `snapkeep --help` for the commands and their options.',
  };
}

/** Prints a failure: text on stderr, and under `--json` one document on stdout as well. */
export function printFailure(failure: Failure, io: Io, json: boolean): void {
  if (json) {
    const { kind, message, remedy = null, details } = failure;
    io.stdout.write(`${JSON.stringify({ error: { kind, message, remedy, ...details } }, null, 2)}\n`);
  }
  io.stderr.write(`snapkeep: ${plain(failure.message)}\n`);
  if (failure.remedy !== undefined) io.stderr.write(`  ${plain(failure.remedy)}\n`);
  if (failure.stack !== undefined) io.stderr.write(`${plain(failure.stack)}\n`);
}

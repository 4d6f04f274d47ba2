import type { LogFields, Logger } from '../../functions/shared/logger.ts';
import type { Io } from './io.ts';
import { eraseLine } from './progress.ts';
import { plain } from './text.ts';

/** Logs go to stderr: warnings and errors always, the rest with SNAPKEEP_DEBUG=1. */
export function createLogger(io: Pick<Io, 'stderr' | 'env' | 'isTerminal'>): Logger {
  const verbose = isDebug(io.env);
  // A line of progress may stand there; the next update draws it again below.
  const start = io.isTerminal ? eraseLine : '';
  const line = (level: string, message: string, fields?: LogFields): void => {
    const details = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
    io.stderr.write(`${start}${level}: ${plain(message + details)}\n`);
  };
  return {
    debug: (message, fields) => (verbose ? line('debug', message, fields) : undefined),
    info: (message, fields) => (verbose ? line('info', message, fields) : undefined),
    warn: (message, fields) => line('warning', message, fields),
    error: (message, fields) => line('error', message, fields),
  };
}

/** Stacks of unexpected errors and the quiet log levels are shown. */
export const isDebug = (env: Io['env']): boolean => !['', '0', undefined].includes(env.SNAPKEEP_DEBUG);

import { text } from 'node:stream/consumers';
import { systemClock } from '../../functions/shared/clock.ts';
import { exitCodes } from '../../functions/shared/errors.ts';
import type { Io } from './io.ts';

/** The real process as an `Io`. Installs its signal handlers. */
export function createProcessIo(): Io {
  const controller = new AbortController();
  const interrupt = () => {
    // A second interrupt means now.
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader has gone (`snapkeep backup ci 2>&1 | head -1`). What is said from now on is lost; the command goes
      // on, since a backup must not stay half-made for that, and its exit code is still looked at.
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    stdout: { write: (chunk) => void process.stdout.write(chunk) },
    stderr: { write: (chunk) => void process.stderr.write(chunk) },
    readStdin: () => text(process.stdin),
    env: process.env,
    cwd: process.cwd(),
    isTerminal: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    clock: systemClock,
    signal: controller.signal,
  };
}

/**
 * Ends the process once all output is out. An explicit end, since libraries may leave timers and sockets behind
 * that would keep a finished command from returning.
 */
export async function exitAfterFlush(exitCode: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit(exitCode);
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

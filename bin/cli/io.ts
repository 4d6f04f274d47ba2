import type { Clock } from '../../functions/shared/clock.ts';

export interface TextSink {
  write(text: string): void;
}

/** All that a command may touch of the process that it runs in, so that tests can run it in theirs. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: TextSink;
  /** Errors, warnings, logs and progress. */
  readonly stderr: TextSink;
  /** Everything on standard input as text. */
  readStdin(): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly cwd: string;
  /** stderr is a terminal: progress may be drawn. */
  readonly isTerminal: boolean;
  /** Width of that terminal. */
  readonly columns: number;
  readonly clock: Clock;
  /** Aborted when a person interrupts; a command passes it on to whatever waits. */
  readonly signal: AbortSignal;
}

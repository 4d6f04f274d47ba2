import type { Io } from '../../bin/cli/io.ts';
import { runCli } from '../../bin/cli/run.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CapturedIo extends Io {
  output(): { readonly stdout: string; readonly stderr: string };
}

/** An `Io` that captures what is written; not a terminal, on 2026-11-20 at 02:00 UTC unless told otherwise. */
export function cliIo(overrides: Partial<Io> = {}): CapturedIo {
  let stdout = '';
  let stderr = '';
  const collect = {
    stdout: {
      write: (text: string) => {
        stdout += text;
      },
    },
    stderr: {
      write: (text: string) => {
        stderr += text;
      },
    },
  };
  return {
    ...collect,
    readStdin: async () => '',
    env: {},
    cwd: process.cwd(),
    isTerminal: false,
    columns: 80,
    clock: new VirtualClock(Date.parse('2026-11-20T02:00:00Z')),
    signal: new AbortController().signal,
    ...overrides,
    output: () => ({ stdout, stderr }),
  };
}

/** Runs one command line in this process. */
export async function cli(argv: readonly string[], overrides: Partial<Io> = {}): Promise<CliResult> {
  const io = cliIo(overrides);
  const exitCode = await runCli(argv, io);
  return { exitCode, ...io.output() };
}

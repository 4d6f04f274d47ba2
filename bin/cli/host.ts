import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../functions/plan/load.ts';
import type { ParsedConfig } from '../../functions/plan/parse.ts';
import type { Logger } from '../../functions/shared/logger.ts';
import type { Io } from './io.ts';
import { createLogger } from './logger.ts';

/** What every verb accepts, before or after its name. */
export interface GlobalOptions {
  readonly config: string;
  readonly json: boolean;
}

/** What a running command works with. */
export interface Invocation {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly logger: Logger;
  /** Reads the configuration that `--config` names. Throws usage errors with everything that is wrong with it. */
  loadConfig(): Promise<ParsedConfig>;
  /** Runs another command line of this program in this process, on the `Io` given. Resolves with its exit code. */
  runVerb(argv: readonly string[], io: Io): Promise<number>;
  /** Prints text, or one JSON document under `--json`. Call it once, with the whole result. */
  print(result: { readonly json: unknown; readonly text: string }): void;
}

/** The body of a verb: Commander's arguments and options, in its order. Resolves with the exit code. */
export type Body<A extends readonly unknown[]> = (invocation: Invocation, ...args: A) => Promise<number>;

/** Connects verbs with the process: each file in `bin/commands` gets one from `register(program, host)`. */
export interface Host {
  /**
   * Makes a Commander action of a body. The body's parameters after the invocation are those that Commander
   * passes to actions: every declared argument in order, then the verb's own options.
   */
  run<A extends readonly unknown[]>(body: Body<A>): (...args: unknown[]) => Promise<void>;
}

export interface HostState extends Host {
  /** What the verb answered; undefined until one has run. */
  exitCode: number | undefined;
}

export function createHost(program: Command, io: Io, runVerb: Invocation['runVerb']): HostState {
  const host: HostState = {
    exitCode: undefined,
    run<A extends readonly unknown[]>(body: Body<A>) {
      return async (...args: unknown[]) => {
        // Sound as far as the verb declares its arguments as its body takes them; Commander adds itself at the end.
        const own = args.slice(0, -1) as unknown as A;
        host.exitCode = await body(createInvocation(program, io, runVerb), ...own);
      };
    },
  };
  return host;
}

function createInvocation(program: Command, io: Io, runVerb: Invocation['runVerb']): Invocation {
  const { config, json = false } = program.opts<{ config: string; json?: boolean }>();
  return {
    io,
    options: { config, json },
    logger: createLogger(io),
    loadConfig: () => loadConfig(pathFrom(io.cwd, config)),
    runVerb,
    print: (result) => io.stdout.write(json ? `${JSON.stringify(result.json, null, 2)}\n` : result.text),
  };
}

/** A path as the user wrote it where that works, else made absolute; messages name files as they were given. */
export const pathFrom = (cwd: string, path: string): string =>
  cwd === process.cwd() ? path : resolve(cwd, path);

import { Command, CommanderError } from 'commander';
import { exitCodes } from '../../functions/shared/errors.ts';
import { register as registerBackup } from '../commands/backup.ts';
import { register as registerCost } from '../commands/cost.ts';
import { register as registerDemo } from '../commands/demo.ts';
import { register as registerForget } from '../commands/forget.ts';
import { register as registerHold } from '../commands/hold.ts';
import { register as registerInit } from '../commands/init.ts';
import { register as registerList } from '../commands/list.ts';
import { register as registerRestore } from '../commands/restore.ts';
import { register as registerRetention } from '../commands/retention.ts';
import { register as registerRotate } from '../commands/rotate.ts';
import { register as registerSandbox } from '../commands/sandbox.ts';
import { register as registerShow } from '../commands/show.ts';
import { register as registerUnhold } from '../commands/unhold.ts';
import { register as registerValidate } from '../commands/validate.ts';
import { refuseDeployedElsewhere } from './deployed-flag.ts';
import { interrupted, printFailure, toFailure } from './failure.ts';
import { createHost, type Host } from './host.ts';
import type { Io } from './io.ts';
import { snapkeepVersion } from './version.ts';

export type Register = (program: Command, host: Host) => void;

/** Every verb, in the order of the help. A new verb is one file in `bin/commands` and one line here. */
const verbs: readonly Register[] = [
  registerInit,
  registerValidate,
  registerBackup,
  registerList,
  registerShow,
  registerRestore,
  registerRotate,
  registerHold,
  registerUnhold,
  registerForget,
  registerRetention,
  registerCost,
  registerDemo,
  registerSandbox,
];

const exitCodeHelp = `
Exit codes:
  0    done
  1    failed
  2    usage or configuration: something to fix before it can run
  3    partial: some sources could not be copied, or some copies not removed
  4    refused by a guard
  130  interrupted: state is safe, run the same command again
`;

// How long a command may take to put its things down after an interrupt.
const unwindMilliseconds = 3000;

/** Runs one command line (without node and script) and resolves with the exit code. Never rejects. */
export async function runCli(
  argv: readonly string[],
  io: Io,
  registrations: readonly Register[] = verbs,
): Promise<number> {
  const program = createProgram(io);
  const host = createHost(program, io, (other, otherIo) => runCli(other, otherIo, registrations));
  for (const register of registrations) register(program, host);
  refuseDeployedElsewhere(program);
  const json = beforeSeparator(argv).includes('--json');
  try {
    await Promise.race([program.parseAsync(argv, { from: 'user' }), afterInterrupt(io.signal)]);
    return host.exitCode ?? exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    // Without a verb Commander has printed the help already.
    if (error instanceof CommanderError && error.code === 'commander.help' && !json) return exitCodes.usage;
    const failure = error === interrupted ? interrupted : toFailure(error, io);
    printFailure(failure, io, json);
    return failure.exitCode;
  }
}

function createProgram(io: Io): Command {
  return new Command('snapkeep')
    .description('Restorable copies of self-hosted developer platforms on AWS.')
    .version(snapkeepVersion)
    .option('-c, --config <file>', 'the configuration', 'snapkeep.yaml')
    .option('--json', 'print one JSON document instead of text')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Commander's own error texts are printed as ours, in one place.
      outputError: () => {},
    })
    .addHelpText('afterAll', exitCodeHelp)
    .exitOverride();
}

/** Everything behind `--` is an argument, whatever it looks like. */
function beforeSeparator(argv: readonly string[]): readonly string[] {
  const separator = argv.indexOf('--');
  return separator < 0 ? argv : argv.slice(0, separator);
}

/** Rejects some time after an interrupt, for commands that do not come to an end by themselves. */
function afterInterrupt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => setTimeout(() => reject(interrupted), unwindMilliseconds).unref();
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

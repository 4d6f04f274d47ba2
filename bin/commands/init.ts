import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { applicationNames } from '../../functions/plan/applications.ts';
import { nearest } from '../../functions/plan/nearest.ts';
import { exitCodes, usageError } from '../../functions/shared/errors.ts';
import { type Host, pathFrom } from '../cli/host.ts';
import { startingConfig } from '../cli/starting-config.ts';
import { lines } from '../cli/text.ts';

interface InitOptions {
  readonly application?: string;
  readonly force?: boolean;
}

export function register(program: Command, host: Host): void {
  program
    .command('init')
    .description('write a commented configuration to start from')
    .option('--application <name>', `the application to protect: ${applicationNames.join(', ')}`)
    .option('--force', 'replace the file if it is there')
    .action(
      host.run(async (invocation, options: InitOptions) => {
        const { application } = options;
        if (application !== undefined && !applicationNames.includes(application)) throw unknown(application);
        const file = invocation.options.config;
        await write(pathFrom(invocation.io.cwd, file), startingConfig(application), options.force === true);
        const option = file === 'snapkeep.yaml' ? '' : ` --config ${file}`;
        const steps = [
          `Replace every change-me in ${file}.`,
          `Check it:         snapkeep${option} validate`,
          `Take a backup:    snapkeep${option} backup ${application ?? 'fleet'}`,
        ];
        const text = lines([
          `Wrote ${file}.`,
          '',
          'Next:',
          ...steps.map((step, index) => `  ${index + 1}. ${step}`),
        ]);
        invocation.print({ json: { file, application: application ?? null, next: steps }, text });
        return exitCodes.done;
      }),
    );
}

function unknown(application: string): Error {
  const guess = nearest(application, applicationNames);
  return usageError(
    `there is no profile ${JSON.stringify(application)}.`,
    guess === undefined
      ? `There are ${applicationNames.join(', ')}; leave --application out for a plain fleet.`
      : `Did you mean ${guess}?`,
  );
}

async function write(path: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: replace ? 'w' : 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'EEXIST') {
      throw usageError(
        `${path} is there already and was left as it is.`,
        'Name another file with --config FILE, or replace it with --force.',
        error,
      );
    }
    if (code === 'ENOENT') throw usageError(`the folder of ${path} does not exist.`, 'Make it first.', error);
    if (code === 'EISDIR')
      throw usageError(`${path} is a directory.`, 'Name a file with --config FILE.', error);
    throw usageError(`${path} cannot be written (${code}).`, 'Check the permissions of its folder.', error);
  }
}

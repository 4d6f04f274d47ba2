import { type Command, Option } from 'commander';
import { usageError } from '../../functions/shared/errors.ts';

const flag = '--deployed';

/** For the verbs that a deployed function can do. */
export const deployedFlag = [
  flag,
  'have the deployed function do it, with its own permissions, and follow it from here',
] as const;

/** Has every other verb say that there is nothing deployed that could do it. */
export function refuseDeployedElsewhere(program: Command): void {
  const able = program.commands.filter((command) => takesFlag(command));
  const names = able.map((command) => command.name());
  for (const command of program.commands) {
    if (able.includes(command)) continue;
    command.addOption(new Option(flag).hideHelp()).hook('preAction', () => {
      if (command.opts<{ deployed?: boolean }>().deployed !== true) return;
      throw usageError(
        `${command.name()} does its work here, with your own credentials: no deployed function does it`,
        `leave out ${flag}; the verbs that take it are ${names.join(', ')}`,
      );
    });
  }
}

const takesFlag = (command: Command): boolean => command.options.some(({ long }) => long === flag);

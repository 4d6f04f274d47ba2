import type { Command } from 'commander';
import { writeHold } from '../cli/hold-entry.ts';
import type { Host } from '../cli/host.ts';

export function register(program: Command, host: Host): void {
  program
    .command('unhold')
    .description('leave a backup to its retention policy again')
    .argument('<backup>', 'backup ID, as `snapkeep list` prints it')
    .requiredOption('--reason <text>', 'why; it is written into the ledger')
    .action(
      host.run(async (invocation, backupId: string, { reason }: { readonly reason: string }) =>
        writeHold(invocation, backupId, 'unhold', reason),
      ),
    );
}

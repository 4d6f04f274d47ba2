import { createFindApplication } from '../../functions/applications/restorable.ts';
import { createRoute53Dns } from '../../functions/applications/route53-dns.ts';
import { createSsmCommands } from '../../functions/applications/ssm-commands.ts';
import { RestoreLedger } from '../../functions/catalog/restores.ts';
import { createRestorers } from '../../functions/drivers/restorers.ts';
import type { RestoreDependencies, RestoreReporter } from '../../functions/workflows/restore/ports.ts';
import type { Invocation } from './host.ts';
import type { Session } from './session.ts';
import { snapkeepVersion } from './version.ts';

/** What a restore stands on in the command line: it may write the SSM documents that a deployment would have made. */
export function restoreDependencies(
  { io, logger }: Invocation,
  session: Session,
  reporter: RestoreReporter,
): RestoreDependencies {
  const { config, clients, ledger, vault } = session;
  return {
    deployment: config.deployment,
    plans: config.plans,
    restorers: createRestorers({ clients }),
    backups: ledger,
    journal: new RestoreLedger(vault),
    application: createFindApplication(config.deployment),
    commands: createSsmCommands({ ssm: clients.ssm, mayWriteDocuments: true }),
    dns: createRoute53Dns({ route53: clients.route53 }),
    clock: io.clock,
    logger,
    reporter,
    snapkeepVersion,
  };
}

import { noHooks } from '../../functions/applications/hooks.ts';
import { silentReporter } from '../../functions/workflows/backup/ports.ts';
import {
  type RotateDependencies,
  type RotationReporter,
  silentRotationReporter,
} from '../../functions/workflows/rotate/ports.ts';
import type { Invocation } from './host.ts';
import type { Session } from './session.ts';
import { snapkeepVersion } from './version.ts';

/** What rotation stands on in the command line; verbs that only look at the catalog use it as well. */
export function rotateDependencies(
  { io, logger }: Invocation,
  session: Session,
  reporter: RotationReporter = silentRotationReporter,
): RotateDependencies {
  const { deployment, region, plans } = session.config;
  return {
    backup: {
      deployment,
      region,
      account: async () => (await session.identity()).account,
      plans,
      drivers: session.drivers,
      ledger: session.ledger,
      hooks: noHooks,
      clock: io.clock,
      logger,
      reporter: silentReporter,
      snapkeepVersion,
    },
    removers: session.removers,
    ledger: session.rotations,
    identity: () => session.identity(),
    reporter,
  };
}

import { fileURLToPath } from 'node:url';
import { trustedDocuments } from '../../bin/cli/trusted-documents.ts';
import { createFindApplication } from '../../functions/applications/restorable.ts';
import { createRoute53Dns } from '../../functions/applications/route53-dns.ts';
import { createSsmCommands } from '../../functions/applications/ssm-commands.ts';
import type { RestoreReport } from '../../functions/catalog/restore-documents.ts';
import { RestoreLedger } from '../../functions/catalog/restores.ts';
import { S3Vault } from '../../functions/catalog/s3-vault.ts';
import { createRestorers } from '../../functions/drivers/restorers.ts';
import { createEngine, type EngineOptions } from '../../functions/engine/engine.ts';
import type { Plan } from '../../functions/plan/config.ts';
import { loadConfig } from '../../functions/plan/load.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import {
  type RestoreDependencies,
  type RestoreInput,
  silentReporter,
} from '../../functions/workflows/restore/ports.ts';
import { restoreWorkflow } from '../../functions/workflows/restore/restore.ts';
import { type SandboxOptions, startSandbox } from '../../sandbox/start.ts';
import { bucket, type Cloud, startProcess } from './cloud.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));

const profiles = createFindApplication('prod-eu');

export const oldMachine = 'i-0aaa1111bbb22222c';

/** The example estate on a virtual clock, with a complete backup of the plan `ci`. */
export interface RestoringCloud extends Cloud {
  readonly plan: Plan;
}

export async function startRestoringCloud(
  options: Omit<SandboxOptions, 'clock' | 'estate'> = {},
  overrides: Partial<Plan> = {},
): Promise<RestoringCloud> {
  const clock = new VirtualClock(Date.parse('2026-11-20T02:00:07Z'));
  const {
    regions: [config],
  } = await loadConfig(example('snapkeep.yaml'));
  const ci = config.plans.ci;
  if (!ci) throw new Error('the example has no plan ci');
  const plan: Plan = { ...ci, ...overrides };
  const sandbox = await startSandbox({
    snapshotSeconds: 20,
    trustedDocuments: trustedDocuments(),
    ...options,
    estate: example('estate.yaml'),
    clock,
  });
  const cloud = { clock, sandbox, plan, close: () => sandbox.close() };
  const { deps, clients, engine } = startProcess(cloud, { plans: [plan] });
  await engine().run(backupWorkflow(deps), { plan: plan.name, slot: '2026-11-20T02:00:00Z' });
  clients.destroy();
  return cloud;
}

/** One process of the product that restores. */
export function startRestore(cloud: RestoringCloud, options: { readonly plan?: Plan } = {}) {
  const plan = options.plan ?? cloud.plan;
  const { clients, deps: backup, ledger } = startProcess(cloud, { plans: [plan] });
  const { clock } = cloud;
  const journal = new RestoreLedger(new S3Vault({ s3: clients.s3, bucket, clock }));
  const deps: RestoreDependencies = {
    deployment: backup.deployment,
    plans: backup.plans,
    restorers: createRestorers({ clients }),
    backups: ledger,
    journal,
    application: profiles,
    commands: createSsmCommands({ ssm: clients.ssm, clock, mayWriteDocuments: true }),
    dns: createRoute53Dns({ route53: clients.route53 }),
    clock,
    logger: silentLogger,
    reporter: silentReporter,
    snapkeepVersion: '0.0.0-test',
  };
  return {
    clients,
    journal,
    deps,
    /** Runs a request, or goes on with the one of that ID. */
    run: (request: RestoreInput['request'], id = 'one', engine: Partial<EngineOptions> = {}) =>
      createEngine({ clock, ...engine }).run(restoreWorkflow(deps), {
        plan: plan.name,
        requestId: id,
        ...(request === undefined ? {} : { request: { plan: plan.name, ...request } }),
      }),
    report: async (id = 'one'): Promise<RestoreReport> => {
      const report = await journal.lastReport(plan.name, id);
      if (!report) throw new Error('no report was written');
      return report;
    },
  };
}

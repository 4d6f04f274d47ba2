import { checkAccount } from '../../catalog/account.ts';
import type { IntendedProtection, Intent, MissingSource, PlannedSource } from '../../catalog/documents.ts';
import type { Protection, WorkPlan } from '../../plan/config.ts';
import { toTimestamp } from '../../shared/clock.ts';
import { usageError } from '../../shared/errors.ts';
import { backupIdOf, copyName } from '../../shared/names.ts';
import { sourceKey, sourceKinds } from '../../shared/source.ts';
import type { BackupDependencies } from './ports.ts';

/** One execution handles this many sources; larger backups are divided. */
export const shardSize = 500;

/**
 * Finds the sources and writes down what will be made, before anything is made. An intent that stands already
 * decides: a resumed run works on the sources that were found then.
 */
export async function prepareIntent(deps: BackupDependencies, plan: WorkPlan, slot: string): Promise<Intent> {
  const backupId = backupIdOf(slot, plan.name);
  const standing = await deps.ledger.readIntent(plan.name, backupId);
  if (standing) {
    checkAccount(standing, await deps.account());
    return standing;
  }

  const { sources, missing } = await discover(deps, plan, slot);
  if (sources.length + missing.length === 0) {
    throw usageError(
      `plan ${plan.name} selects no source in ${deps.region}`,
      'check the tags and identifiers under `sources`, and the Region and account of your credentials',
    );
  }
  if (plan.application !== undefined && sources.length > shardSize) {
    throw usageError(
      `plan ${plan.name} has an application and selects ${sources.length} sources; at most ${shardSize} can be brought to rest together`,
      'divide it into several plans, or leave out `application` for a plain fleet',
    );
  }
  const now = deps.clock.now();
  return deps.ledger.recordIntent({
    metadata_version: 2,
    backup_id: backupId,
    deployment: deps.deployment,
    account: await deps.account(),
    plan: plan.name,
    slot,
    created_at: toTimestamp(now),
    deadline: toTimestamp(now + plan.timeoutSeconds * 1000),
    application: plan.application === undefined ? null : { profile: plan.application, version: null },
    sources,
    missing,
    ...(plan.protect === undefined ? {} : { protection: intended(plan.protect) }),
    snapkeep_version: deps.snapkeepVersion,
  });
}

function intended({ lockSnapshots, deregistrationProtection }: Protection): IntendedProtection {
  const { days, mode, coolOffHours } = lockSnapshots ?? {};
  return {
    ...(days === undefined || mode === undefined
      ? {}
      : { lock: { days, mode, ...(coolOffHours === undefined ? {} : { cool_off_hours: coolOffHours }) } }),
    ...(deregistrationProtection === undefined ? {} : { deregistration: deregistrationProtection }),
  };
}

async function discover(deps: BackupDependencies, plan: WorkPlan, slot: string) {
  const sources = new Map<string, PlannedSource>();
  const missing: MissingSource[] = [];
  for (const kind of sourceKinds) {
    const selections = plan.sources.filter((selection) => selection.kind === kind);
    if (selections.length === 0) continue;
    const discovery = await deps.drivers[kind].discover({
      selections,
      withApplication: plan.application !== undefined,
    });
    missing.push(...discovery.missing);
    for (const { source, relaunch, reboot } of discovery.sources) {
      sources.set(sourceKey(source), {
        source,
        copy_name: copyName(deps.deployment, plan.name, source, slot, 1),
        relaunch:
          plan.restore?.hostname === undefined
            ? relaunch
            : { ...relaunch, service_name: plan.restore.hostname },
        ...(reboot === undefined ? {} : { reboot }),
      });
    }
  }
  return { sources: [...sources.values()], missing };
}

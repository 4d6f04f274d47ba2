import { checkAccount } from '../../catalog/account.ts';
import type { Intent } from '../../catalog/documents.ts';
import type { WorkPlan } from '../../plan/config.ts';
import { refusedError, usageError } from '../../shared/errors.ts';
import { type Assessment, digestOf } from './assessment.ts';
import { abandonedMilliseconds, draftDecisions } from './drafts.ts';
import { findingsOf } from './findings.ts';
import { overfullGroups } from './guards.ts';
import { newestSlots } from './judge.ts';
import { judgeApplication } from './judge-application.ts';
import { judgeFleet } from './judge-fleet.ts';
import { respectObstacles } from './obstacles.ts';
import type { RotateDependencies } from './ports.ts';
import { type Stock, takeStock } from './take-stock.ts';

export interface AssessedStock extends Stock {
  readonly assessment: Assessment;
}

/**
 * Takes stock and decides, without changing anything: what a dry run prints, and what a rotation then does.
 *
 * Throws a refusal when a listing is incomplete, and for a plan that is in the ledger but not in the configuration;
 * a usage error for one that is in neither, and where a run that was not sealed belongs to another account.
 */
export async function assess(deps: RotateDependencies, planName: string): Promise<AssessedStock> {
  const plan = await findPlan(deps, planName);
  const now = deps.backup.clock.now();
  const { account } = await deps.identity();
  const stock = await takeStock(deps, plan.name);
  const { catalog, history } = stock;
  for (const intent of catalog.unsealed) checkAccount(intent, account);
  const orphans = catalog.unsealed.filter((intent) => isOrphan(intent, now));
  const question = { catalog, plan, forgets: history.forgets, now };
  const judgement = plan.application === undefined ? judgeFleet(question) : judgeApplication(question);
  const owner = { account, deployment: deps.backup.deployment, plan: plan.name };
  const newest = newestSlots(question);
  const drafts = catalog.backups.flatMap((backup) =>
    draftDecisions(backup, judgement.verdicts, owner, now, newest),
  );
  const { decisions, asked } = await respectObstacles(deps.removers, plan, drafts);
  return {
    ...stock,
    assessment: {
      plan: plan.name,
      now,
      decisions,
      findings: findingsOf(catalog, orphans),
      refusals: overfullGroups(plan, judgement.groups, decisions),
      digest: digestOf(plan.name, decisions),
      obstaclesAsked: asked,
      orphans,
    },
  };
}

async function findPlan({ backup: { plans }, ledger }: RotateDependencies, name: string): Promise<WorkPlan> {
  const plan = Object.hasOwn(plans, name) ? plans[name] : undefined;
  if (plan) return plan;
  const known = `its plans are: ${Object.keys(plans).join(', ')}`;
  const { backups } = await ledger.history(name);
  if (backups.length === 0)
    throw usageError(`there is no plan ${JSON.stringify(name)} in the configuration`, known);
  throw refusedError(
    `plan ${name} has ${backups.length} backups in the ledger and is no longer in the configuration, so nothing of it is deleted`,
    `put it back into the configuration to rotate it; ${known}`,
  );
}

/** Crashed: neither its own deadline nor a day is left to it. */
const isOrphan = ({ created_at, deadline }: Intent, now: number): boolean =>
  now - Date.parse(created_at) >= abandonedMilliseconds && now >= Date.parse(deadline);

import type { Intent, Manifest } from '../../catalog/documents.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { DurableContext, Workflow } from '../../shared/durable.ts';
import { failedError, usageError } from '../../shared/errors.ts';
import { backupIdOf } from '../../shared/names.ts';
import { awaitCopies, type Share, startAll } from './await.ts';
import { type Achieved, buildManifest } from './manifest.ts';
import type { BackupDependencies, BackupInput, BackupResult } from './ports.ts';
import { prepareIntent, shardSize } from './prepare.ts';
import { protectAll } from './protect.ts';
import { contentIsFixed, failUnfixed, fixedIndexes, type QuiesceResult, quiesce, resume } from './quiesce.ts';
import { failed, type States, settled } from './state.ts';

/** The durable functions that this workflow knows by name; the host resolves them. */
export const backupFunctions = { shard: 'backup-shard' } as const;

/**
 * backup(plan, slot): prepare, quiesce, start, resume, wait, protect, seal. Everything it makes has a name that follows from
 * its input, so running it again, at once or after a crash, ends with the same backup.
 *
 * Rejects with a usage error when the plan is unknown or selects nothing; a source that fails only makes the
 * backup partial.
 */
export function backupWorkflow(deps: BackupDependencies): Workflow<BackupInput, BackupResult> {
  return async (input, context) => {
    const plan = findPlan(deps, input.plan);
    const backupId = backupIdOf(input.slot, plan.name);
    const intent = intentReader(deps, plan.name, backupId);

    const prepared = await context.step('prepare', async () => {
      const sealed = await deps.ledger.readManifest(plan.name, backupId);
      if (sealed) return { sealed: await announce(deps, sealed), total: 0 };
      const standing = await prepareIntent(deps, plan, input.slot);
      intent.remember(standing);
      deps.reporter.begun(standing);
      return {
        total: standing.sources.length,
        ...(standing.protection === undefined ? {} : { protect: true as const }),
      };
    });
    if (prepared.sealed) return prepared.sealed;

    const share: Share = {
      deps,
      context,
      intent: intent.read,
      shard: 0,
      timeoutSeconds: plan.timeoutSeconds,
    };
    const { protect, total } = prepared;
    const copies =
      total > shardSize
        ? { states: await runShards(context, input, total, protect), achieved: undefined, warnings: [] }
        : await makeCopies(share, plan, indexes(0, total));
    const { achieved, warnings } = copies;
    // The shards have protected theirs.
    const states = protect && total <= shardSize ? await protectAll(share, copies.states) : copies.states;

    return context.step('seal', async () => {
      const manifest = await buildManifest(deps, await intent.read(), states, achieved, warnings);
      return announce(deps, await deps.ledger.seal(manifest));
    });
  };
}

/** One share of a backup that is too large for a single execution; its intent has been written by the parent. */
export function backupShardWorkflow(
  deps: BackupDependencies,
): Workflow<BackupInput, { readonly [index: string]: States[string] }> {
  return async (input, context) => {
    const plan = findPlan(deps, input.plan);
    const intent = intentReader(deps, plan.name, backupIdOf(input.slot, plan.name));
    const shard = input.shard ?? { index: 0, of: 1 };
    const total = await context.step('size', async () => (await intent.read()).sources.length);
    const share: Share = {
      deps,
      context,
      intent: intent.read,
      shard: shard.index,
      timeoutSeconds: plan.timeoutSeconds,
    };
    const from = shard.index * shardSize;
    const started = await startAll(share, indexes(from, Math.min(total, from + shardSize)));
    const states = await awaitCopies(share, 'available', started, { withContent: false, done: settled });
    return { ...(input.protect ? await protectAll(share, states) : states) };
  };
}

/**
 * Invokes all shards together and waits for all. Each answer is a checkpoint of its own: those of a few thousand
 * sources together would be more than one may hold.
 */
async function runShards(
  context: DurableContext,
  { plan, slot }: BackupInput,
  total: number,
  protect: true | undefined,
): Promise<States> {
  const of = Math.ceil(total / shardSize);
  const shards = await Promise.allSettled(
    indexes(0, of).map((index) =>
      context.invoke<{ [index: string]: States[string] }>(`shard-${index}`, backupFunctions.shard, {
        plan,
        slot,
        shard: { index, of },
        ...(protect === undefined ? {} : { protect }),
      }),
    ),
  );
  let states: States = {};
  for (const shard of shards) {
    if (shard.status === 'rejected') throw shard.reason;
    states = { ...states, ...shard.value };
  }
  return states;
}

interface Copies {
  readonly states: States;
  readonly achieved: Achieved | undefined;
  readonly warnings: readonly string[];
}

async function makeCopies(share: Share, plan: WorkPlan, all: readonly number[]): Promise<Copies> {
  const { deps, context, intent } = share;
  if (plan.application === undefined) {
    const started = await startAll(share, all);
    const states = await awaitCopies(share, 'available', started, { withContent: false, done: settled });
    return { states, achieved: undefined, warnings: [] };
  }

  const rest: QuiesceResult = await context.step('quiesce', async () => ({
    ...(await quiesce(deps, await intent())),
  }));
  const obstacle = obstacleOf(rest, plan);
  if (obstacle !== undefined && plan.consistency === 'required') {
    const reason = `the plan requires a consistent copy and ${obstacle}`;
    return {
      states: Object.fromEntries(all.map((index) => [index, failed(reason)])),
      achieved: undefined,
      warnings: [],
    };
  }
  const warnings = rest.result === 'failed' ? [`the copies are only crash-consistent: ${rest.reason}`] : [];

  const fixed = await startWhileAtRest(share, rest, all, warnings);
  const achieved = await achievedBy(rest, fixed, await intent());
  const remaining =
    rest.result === 'quiesced' && plan.consistency === 'required'
      ? failUnfixed(await intent(), fixed, rest.quiesced, achieved?.fixed ?? [])
      : fixed;
  const states = await awaitCopies(share, 'available', remaining, { withContent: false, done: settled });
  return { states, achieved, warnings };
}

/** The application rests in here, and goes on when this ends, whichever way it ends. */
async function startWhileAtRest(
  share: Share,
  rest: QuiesceResult,
  all: readonly number[],
  warnings: string[],
): Promise<States> {
  const { deps, context, intent } = share;
  if (rest.result !== 'quiesced') return startAll(share, all);
  const letGo = () => context.step('resume', async () => resume(deps, await intent()));
  let states: States;
  try {
    const started = await startAll(share, all);
    const standing = await intent();
    states = await awaitCopies(share, 'content-fixed', started, {
      withContent: true,
      done: (current) =>
        contentIsFixed(standing, current, rest.quiesced, deps) || deps.clock.now() >= rest.until,
    });
  } catch (error) {
    await letGo();
    throw error;
  }
  const warning = await letGo();
  if (warning !== null) warnings.push(warning);
  return states;
}

function obstacleOf(rest: QuiesceResult, plan: WorkPlan): string | undefined {
  if (rest.result === 'failed') return `the application could not be brought to rest: ${rest.reason}`;
  return rest.result === 'none' ? `profile ${plan.application} has no quiesce hook` : undefined;
}

async function achievedBy(
  rest: QuiesceResult,
  states: States,
  intent: Intent,
): Promise<Achieved | undefined> {
  if (rest.result !== 'quiesced') return undefined;
  const { consistency, covers } = rest.quiesced;
  return { level: consistency, kinds: covers, fixed: fixedIndexes(intent, states, rest.quiesced) };
}

async function announce(deps: BackupDependencies, manifest: Manifest): Promise<BackupResult> {
  await deps.reporter.sealed(manifest);
  const available = manifest.recovery_points.filter(({ status }) => status === 'available').length;
  return {
    backupId: manifest.backup_id,
    plan: manifest.plan,
    slot: manifest.slot,
    status: manifest.status,
    available,
    failed: manifest.recovery_points.length - available,
  };
}

/** Reads the intent at most once per process: it never changes once it stands. */
function intentReader(deps: BackupDependencies, plan: string, backupId: string) {
  let known: Intent | undefined;
  return {
    remember(intent: Intent): void {
      known = intent;
    },
    read: async (): Promise<Intent> => {
      known ??= await deps.ledger.readIntent(plan, backupId);
      if (!known)
        throw failedError(`the intent of ${backupId} is not in the vault`, 'run the same command again');
      return known;
    },
  };
}

function findPlan(deps: BackupDependencies, name: string): WorkPlan {
  const plan = Object.hasOwn(deps.plans, name) ? deps.plans[name] : undefined;
  if (plan) return plan;
  const known = Object.keys(deps.plans).join(', ');
  throw usageError(
    `there is no plan ${JSON.stringify(name)} in the configuration`,
    `its plans are: ${known}`,
  );
}

const indexes = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

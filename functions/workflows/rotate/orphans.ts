import type { Intent } from '../../catalog/documents.ts';
import type { LiveCopy } from '../../catalog/live.ts';
import { ownershipProblem } from '../../catalog/ownership.ts';
import { copyNames } from '../../shared/names.ts';
import { type SourceKind, sourceKey } from '../../shared/source.ts';
import { buildManifest } from '../backup/manifest.ts';
import { failed, type SourceState, type States } from '../backup/state.ts';
import type { RotateDependencies } from './ports.ts';

/**
 * Seals runs that crashed, with the copies that they left: each source's newest attempt that is available counts, and
 * nothing is started. What is not part of the sealed backup then has a ledger entry by its name and is collected.
 */
export async function completeOrphans(deps: RotateDependencies, orphans: readonly Intent[]): Promise<void> {
  const { backup } = deps;
  const { account } = await deps.identity();
  const copies = new Map<string, LiveCopy>();
  const kinds = new Set(orphans.flatMap(({ sources }) => sources.map(({ source }) => source.kind)));
  for (const kind of kinds) {
    const inventory = await deps.removers[kind].inventory({ deployment: backup.deployment });
    for (const copy of inventory.copies) copies.set(nameKey(kind, copy.name), copy);
  }
  for (const intent of orphans) {
    const states = statesOf(intent, copies, account);
    const warning = `the run ended before it was sealed; a rotation completed it with what was there`;
    const protection =
      intent.protection === undefined ? [] : ['its AMIs may lack the protection that the plan asks for'];
    const manifest = await buildManifest(backup, intent, states, undefined, [warning, ...protection]);
    const sealed = await backup.ledger.seal(manifest);
    backup.logger.warn('a backup that was begun and never sealed is completed', {
      backupId: sealed.backup_id,
      status: sealed.status,
    });
    await backup.reporter.sealed(sealed);
  }
}

function statesOf(intent: Intent, copies: ReadonlyMap<string, LiveCopy>, account: string): States {
  const states: Record<string, SourceState> = {};
  for (const [index, { source }] of intent.sources.entries()) {
    const expected = {
      account,
      deployment: intent.deployment,
      plan: intent.plan,
      backupId: intent.backup_id,
      sourceKey: sourceKey(source),
    };
    const names = copyNames(intent.deployment, intent.plan, source, intent.slot).reverse();
    const attempts = names
      .flatMap((name) => copies.get(nameKey(source.kind, name)) ?? [])
      .filter((copy) => ownershipProblem(copy, expected) === undefined);
    const best = attempts.find(({ state }) => state === 'available' || state === 'disabled') ?? attempts[0];
    if (best) states[index] = stateOf(best, intent);
  }
  return states;
}

function stateOf({ id, name, state }: LiveCopy, { deadline }: Intent): SourceState {
  switch (state) {
    case 'available':
    case 'disabled':
      return { at: 'available', id, name, bytes: 0 };
    case 'pending':
      return failed(`not available by ${deadline}, the plan's timeout`, { id, name });
    case 'failed':
      return failed(`${id} has failed`, { id, name });
  }
}

const nameKey = (kind: SourceKind, name: string): string => `${kind}/${name}`;

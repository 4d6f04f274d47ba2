import { randomUUID } from 'node:crypto';
import type { RecordedDecision, RotationIntent } from '../../catalog/rotation-documents.ts';
import { toTimestamp } from '../../shared/clock.ts';
import type { DurableContext, Workflow } from '../../shared/durable.ts';
import { assess } from './assess.ts';
import type { Assessment, RotationDecision } from './assessment.ts';
import { fileName, recordOutcome, tidyLedger } from './bookkeeping.ts';
import { completeOrphans } from './orphans.ts';
import type { RotateDependencies, RotateInput, RotateResult } from './ports.ts';
import { type ChunkOutcome, removalChunks, removeChunk } from './remove.ts';

type Decided =
  | { readonly end: RotateResult }
  | { readonly run: string; readonly chunks: number; readonly digest: string; readonly findings: number };

/**
 * rotate(plan): complete what crashed, take stock, decide, guard, write the deletion intent, remove in chunks, write
 * the result. Running it again, at once or after a crash, deletes nothing that one run would not have.
 *
 * A guard's refusal is a result; it rejects with a refusal only when the listing is incomplete.
 */
export function rotateWorkflow(deps: RotateDependencies): Workflow<RotateInput, RotateResult> {
  return async (input, context) => {
    const decided: Decided = await context.step('decide', () => decide(deps, input));
    if ('end' in decided) return decided.end;

    const outcomes: ChunkOutcome[] = [];
    for (let chunk = 0; chunk < decided.chunks; chunk += 1) {
      // Between two chunks the function ends and is invoked again, so that none of them meets its timeout.
      if (chunk > 0) await pause(context, `pause-${chunk}`);
      outcomes.push(
        await context.step(`remove-${chunk}`, async () => {
          const intent = await deps.ledger.readIntent(input.plan, decided.run);
          const chunks = removalChunks(intent);
          const outcome = await removeChunk(deps, intent, chunks[chunk] ?? []);
          const done = chunks.slice(0, chunk + 1).reduce((sum, { length }) => sum + length, 0);
          deps.reporter.progress(done, chunks.flat().length);
          return { ...outcome };
        }),
      );
    }
    return context.step('finish', async () => {
      const intent = await deps.ledger.readIntent(input.plan, decided.run);
      const counts = await recordOutcome(deps, intent, outcomes);
      const { run, digest, findings } = decided;
      return announce(deps, {
        plan: input.plan,
        state: 'done',
        run,
        digest,
        refusals: [],
        ...counts,
        findings,
      });
    });
  };
}

function pause(context: DurableContext, name: string): Promise<number> {
  return context.waitFor<number>(name, {
    initial: 0,
    check: async (checks) => checks + 1,
    next: (checks) => (checks > 1 ? 'done' : { waitSeconds: 1 }),
  });
}

async function decide(deps: RotateDependencies, { plan, confirm }: RotateInput): Promise<Decided> {
  let assessed = await assess(deps, plan);
  if (assessed.assessment.orphans.length > 0) {
    await completeOrphans(deps, assessed.assessment.orphans);
    assessed = await assess(deps, plan);
  }
  const { assessment } = assessed;
  await deps.reporter.decided(assessment);
  await tidyLedger(deps, assessed);
  const { digest, decisions } = assessment;
  const findings = assessment.findings.length;
  const ended = { plan, digest, removed: 0, kept: 0, postponed: 0, notes: [], findings };

  const refusals = refusalsOf(assessment, confirm);
  if (refusals.length > 0) return { end: await announce(deps, { ...ended, state: 'refused', refusals }) };
  if (!decisions.some(({ remove }) => remove))
    return { end: await announce(deps, { ...ended, state: 'idle', refusals: [] }) };

  const { arn } = await deps.identity();
  const intent: RotationIntent = {
    metadata_version: 2,
    run: `${fileName(assessment.now)}-${randomUUID().slice(0, 8)}`,
    plan,
    deployment: deps.backup.deployment,
    created_at: toTimestamp(assessment.now),
    who: arn,
    digest,
    confirmed: confirm !== undefined,
    obstacles_asked: assessment.obstaclesAsked,
    decisions: decisions.map(record),
    snapkeep_version: deps.backup.snapkeepVersion,
  };
  await deps.ledger.recordIntent(intent);
  return { run: intent.run, chunks: removalChunks(intent).length, digest, findings };
}

/** A digest confirms exactly the decisions that it was printed with, whether or not they needed it. */
function refusalsOf({ digest, refusals }: Assessment, confirm: string | undefined): readonly string[] {
  if (confirm === undefined) return refusals;
  if (confirm === digest) return [];
  return [
    `the decisions have the digest ${digest}, not the confirmed ${confirm}: they have changed since they were printed`,
  ];
}

const record = ({
  subject,
  remove,
  reasons,
  kind,
  id,
  name,
  backupId,
  sourceKey,
  createdAt,
  snapshots,
}: RotationDecision): RecordedDecision => ({
  subject,
  decision: remove ? 'remove' : 'keep',
  reasons,
  kind,
  id,
  ...(name === undefined ? {} : { name }),
  backup_id: backupId,
  source: sourceKey,
  ...(createdAt === undefined ? {} : { created_at: createdAt }),
  snapshots: remove ? snapshots : [],
});

async function announce(deps: RotateDependencies, result: RotateResult): Promise<RotateResult> {
  await deps.reporter.finished(result);
  return result;
}

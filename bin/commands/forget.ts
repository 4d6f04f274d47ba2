import type { Command } from 'commander';
import type { CatalogPoint } from '../../functions/catalog/catalog.ts';
import type { Forget } from '../../functions/catalog/rotation-documents.ts';
import { findPlan } from '../../functions/plan/load.ts';
import { nearest } from '../../functions/plan/nearest.ts';
import { toTimestamp } from '../../functions/shared/clock.ts';
import { exitCodes, usageError } from '../../functions/shared/errors.ts';
import { digestOf } from '../../functions/workflows/rotate/assessment.ts';
import { forgottenPoints, isPresent } from '../../functions/workflows/rotate/judge.ts';
import { takeStock } from '../../functions/workflows/rotate/take-stock.ts';
import { printFailure } from '../cli/failure.ts';
import type { Host, Invocation } from '../cli/host.ts';
import { rotateDependencies } from '../cli/rotate-dependencies.ts';
import { type Session, withSession } from '../cli/session.ts';
import { formatTable, lines, plural } from '../cli/text.ts';
import { snapkeepVersion } from '../cli/version.ts';

interface ForgetOptions {
  readonly plan: string;
  readonly confirm?: string;
}

export function register(program: Command, host: Host): void {
  program
    .command('forget')
    .description('let the last copies of a source go that is no longer backed up')
    .argument('<source>', 'the source as <kind>/<id>, for example ec2/i-0123456789abcdef0')
    .requiredOption('--plan <name>', 'the plan that made the copies')
    .option('--confirm <digest>', 'write it down for exactly the copies with this digest')
    .action(
      host.run(async (invocation, source: string, options: ForgetOptions) =>
        withSession(invocation, options.plan, (session) => runForget(invocation, session, source, options)),
      ),
    );
}

async function runForget(
  invocation: Invocation,
  session: Session,
  source: string,
  { plan: planName, confirm }: ForgetOptions,
): Promise<number> {
  const { io, print } = invocation;
  const plan = findPlan(session.config, planName);
  const points = await pointsOf(invocation, session, source, plan.name);
  const digest = digestOf(
    `forget ${source} of ${plan.name}`,
    points.map(({ id = '', source: { kind } }) => ({ kind, id, remove: true, snapshots: [] })),
  );
  const recovery_points = points.map(({ backupId, id = '' }) => ({ backup_id: backupId, id }));
  const summary = { plan: plan.name, source, digest, recovery_points };
  const table = formatTable(
    ['recovery point', 'backup id'],
    recovery_points.map(({ id, backup_id }) => [id, backup_id]),
  );

  if (confirm !== digest) {
    const message =
      confirm === undefined
        ? `${plural(points.length, 'recovery point')} of ${source} would be let go, which a person has to confirm`
        : `the recovery points of ${source} have the digest ${digest}, not ${confirm}`;
    const remedy = `look at them; if that is right: snapkeep forget ${source} --plan ${plan.name} --confirm ${digest}`;
    print({ json: { error: { kind: 'refused', message, remedy }, ...summary, entry: null }, text: table });
    printFailure({ exitCode: exitCodes.refused, kind: 'refused', message, remedy }, io, false);
    return exitCodes.refused;
  }
  const forget: Forget = {
    metadata_version: 2,
    plan: plan.name,
    source,
    recovery_points,
    digest,
    created_at: toTimestamp(io.clock.now()),
    who: (await session.identity()).arn,
    snapkeep_version: snapkeepVersion,
  };
  const entry = await session.rotations.recordForget(forget);
  const what =
    plan.application === undefined
      ? 'the next rotation removes them, unless their backup is on hold'
      : 'they go with their backups, as the policy says; none is kept as the last of its source any more';
  print({
    json: { ...summary, entry },
    text: `${table}${lines([`${source} is forgotten: ${what}.`, `Ledger      s3://${session.config.vault.bucket}/${entry}`])}`,
  });
  return exitCodes.done;
}

/** The copies of a source that are there and that nobody has let go yet. */
async function pointsOf(
  invocation: Invocation,
  session: Session,
  source: string,
  plan: string,
): Promise<CatalogPoint[]> {
  const { catalog, history } = await takeStock(rotateDependencies(invocation, session), plan);
  const forgotten = forgottenPoints(history.forgets);
  const there = catalog.backups
    .flatMap(({ points }) => points)
    .filter((point) => isPresent(point) && !forgotten.has(point.id ?? ''));
  const points = there.filter(({ sourceKey }) => sourceKey === source);
  if (points.length > 0) return points;
  const known = [...new Set(there.map(({ sourceKey }) => sourceKey))];
  const guess = nearest(source, known);
  throw usageError(
    `plan ${plan} has no copy of ${JSON.stringify(source)}`,
    guess === undefined ? `it has copies of ${known.join(', ') || 'nothing'}` : `did you mean ${guess}?`,
  );
}

import type { CommandDocument } from '../../applications/command-port.ts';
import type { RestoreRecord } from '../../catalog/restore-documents.ts';
import type { WorkPlan } from '../../plan/config.ts';
import { parseRestoreRequest, type RestoreRequest } from '../../plan/restore-request.ts';
import { toTimestamp } from '../../shared/clock.ts';
import type { Json } from '../../shared/durable.ts';
import { failedError, refusedError, usageError } from '../../shared/errors.ts';
import { documentsOf } from './commands.ts';
import { lookAhead } from './look.ts';
import type { RestoreDependencies, RestoreInput } from './ports.ts';
import { findBackup, type Resolved, resolve } from './resolve.ts';
import { attempt } from './run.ts';
import { plannedSteps } from './steps.ts';

/**
 * Writes down what the request means, before anything is made. A record that stands decides: the same request ID
 * always means the same restore, whatever `latest` would mean now.
 */
export async function prepareRestore(
  deps: RestoreDependencies,
  plan: WorkPlan,
  input: RestoreInput,
): Promise<RestoreRecord> {
  const standing = await deps.journal.read(plan.name, input.requestId);
  if (input.request === undefined) {
    if (standing) return standing;
    throw usageError(
      `there is no restore ${input.requestId} of plan ${plan.name} in the vault`,
      'its ID was printed when it began; look below ledger/<plan>/restores/ in the vault',
    );
  }
  const request = parseRestoreRequest(input.request);
  if (standing) return sameRequest(standing, request);

  const resolved = resolve(deps, plan, request, input.requestId, await findBackup(deps, plan, request));
  const outlook = await lookAhead(deps, resolved);
  if (outlook.problems.length > 0) throw notPossible(resolved, outlook.problems);
  if (outlook.confirm !== null && outlook.confirm.digest !== request.confirm) {
    throw refusedError(
      `${outlook.confirm.reason}${request.confirm === undefined ? '' : `; ${request.confirm} is not the digest of this`}`,
      `if that is wanted, repeat the request with --confirm ${outlook.confirm.digest}`,
    );
  }
  const missing = await prepareDocuments(deps, documentsOf(resolved.machines, resolved.application));
  if (missing.length > 0) throw notPossible(resolved, missing);
  return deps.journal.record({
    metadata_version: 2,
    request_id: input.requestId,
    deployment: deps.deployment,
    plan: plan.name,
    backup_id: resolved.manifest.backup_id,
    requested_at: toTimestamp(deps.clock.now()),
    request: recordedRequest(request),
    application: resolved.manifest.application,
    sources: [...resolved.databases, ...resolved.machines].map(({ key }) => key),
    steps: plannedSteps(resolved).map(({ name }) => name),
    warnings: outlook.warnings,
    ...(outlook.confirm === null ? {} : { confirmed_takings: outlook.confirm.takings }),
    snapkeep_version: deps.snapkeepVersion,
  });
}

/** The scripts that will be sent; one sentence for each that cannot be had. */
async function prepareDocuments(
  deps: RestoreDependencies,
  documents: readonly CommandDocument[],
): Promise<readonly string[]> {
  const prepared = await attempt(() => deps.commands.prepare(documents));
  return 'failure' in prepared ? [prepared.failure.reason] : prepared.value;
}

export function notPossible(resolved: Resolved, problems: readonly string[]): Error {
  const what = `backup ${resolved.manifest.backup_id} cannot be restored as asked`;
  const [first] = problems;
  return usageError(
    problems.length === 1 && first !== undefined
      ? `${what}: ${first}`
      : [`${what}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'),
  );
}

/** Reads again what a record stands for. Throws when this version or configuration would take other steps. */
export async function resolveRecord(
  deps: RestoreDependencies,
  plan: WorkPlan,
  record: RestoreRecord,
): Promise<Resolved> {
  const manifest = await deps.backups.readManifest(plan.name, record.backup_id);
  if (!manifest) throw failedError(`backup ${record.backup_id} cannot be read`, 'run the same command again');
  const request = parseRestoreRequest(record.request);
  const resolved = resolve(deps, plan, request, record.request_id, manifest);
  if (resolved.problems.length > 0) throw notPossible(resolved, resolved.problems);
  const names = plannedSteps(resolved).map(({ name }) => name);
  if (JSON.stringify(names) === JSON.stringify(record.steps)) return resolved;
  throw usageError(
    `restore ${record.request_id} was begun with other steps, by version ${record.snapkeep_version} or another configuration`,
    'go on with what it was begun with, or begin a new restore under another ID',
  );
}

/** Whoever asks, how it is confirmed and for a rehearsal: none of that makes it another restore. */
function recordedRequest(request: RestoreRequest): { readonly [key: string]: Json | undefined } {
  const { id: _id, dryRun: _dryRun, confirm: _confirm, ...asked } = request;
  // Sound: a request is plain data; the round trip drops what is undefined.
  return JSON.parse(JSON.stringify(asked)) as { [key: string]: Json };
}

/** The record, unless its ID stands for another request. */
export function sameRequest(standing: RestoreRecord, request: RestoreRequest): RestoreRecord {
  const differs = differences(standing, request);
  if (differs.length === 0) return standing;
  throw usageError(
    `restore ${standing.request_id} was asked for with another ${differs.join(', ')} at ${standing.requested_at}`,
    `go on with it by --resume ${standing.request_id}, or begin another one under another ID`,
  );
}

/** The keys in which a request is another one than the recorded. */
export function differences(record: RestoreRecord, request: RestoreRequest): readonly string[] {
  const asked = recordedRequest(request);
  const keys = new Set([...Object.keys(record.request), ...Object.keys(asked)]);
  return [...keys].filter((key) => sortedText(record.request[key]) !== sortedText(asked[key]));
}

const sortedText = (value: Json | undefined): string =>
  JSON.stringify(value, (_key, inner: Json) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? 'absent';

import type { Intent, Manifest } from '../../catalog/documents.ts';
import type { Forget } from '../../catalog/rotation-documents.ts';
import { UnreadableDocumentError } from '../../catalog/vault-errors.ts';
import { sourceKey } from '../../shared/source.ts';
import type { BackupLedger } from './ports.ts';

/** Sources that a warning names; the manifest has all of them. */
const namedSources = 20;

export interface Coverage {
  /** `<kind>/<id>`, in order. */
  readonly lost: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Sources that the sealed backup before this one had, and that this one does not even try: a tag was pulled, a machine
 * is gone. Those found new do not make up for it. Against that one backup only, so each loss is told once; one that a
 * person let go since, with `forget`, is none.
 */
export async function compareCoverage(ledger: BackupLedger, intent: Intent): Promise<Coverage> {
  try {
    const previous = await ledger.readPrevious(intent.plan, intent.backup_id);
    if (previous === undefined) return { lost: [], warnings: [] };
    const gone = missingFrom(intent, previous);
    // Nearly always there is nothing to excuse, and nothing more to read.
    const forgets = gone.length === 0 ? [] : await ledger.readForgets(intent.plan);
    const lost = gone.filter((source) => !forgottenSince(previous, source, forgets));
    return { lost, warnings: lost.length === 0 ? [] : [describeLoss(lost, previous.backup_id)] };
  } catch (error) {
    // The copies exist; what cannot be compared must not keep them from being sealed.
    if (!(error instanceof UnreadableDocumentError)) throw error;
    return { lost: [], warnings: [`whether sources were lost is not known: ${error.message}`] };
  }
}

/** What is planned, and what was named and not found, counts as there: that it fails is told in another way. */
export function missingFrom(
  { sources, missing }: Pick<Intent, 'sources' | 'missing'>,
  { recovery_points }: Pick<Manifest, 'recovery_points'>,
): readonly string[] {
  const present = new Set([...sources, ...missing].map(({ source }) => sourceKey(source)));
  const before = new Set(recovery_points.map(({ source }) => sourceKey(source)));
  return [...before].filter((source) => !present.has(source)).sort();
}

const forgottenSince = (
  { created_at }: Pick<Manifest, 'created_at'>,
  source: string,
  forgets: readonly Forget[],
): boolean =>
  forgets.some(
    (forget) => forget.source === source && Date.parse(forget.created_at) >= Date.parse(created_at),
  );

function describeLoss(lost: readonly string[], before: string): string {
  const hidden = lost.length - namedSources;
  const named = lost.slice(0, namedSources).join(', ');
  const more = hidden > 0 ? ` and ${hidden} more` : '';
  const subject = lost.length === 1 ? 'a source' : `${lost.length} sources`;
  return `the plan does not select ${subject} of ${before} any more: ${named}${more}`;
}

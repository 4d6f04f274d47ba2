import { createHash } from 'node:crypto';
import type { Intent } from '../../catalog/documents.ts';
import type { LiveCopy, StraySnapshot } from '../../catalog/live.ts';
import type { RotationSubject } from '../../catalog/rotation-documents.ts';
import type { SourceKind } from '../../shared/source.ts';

/** What rotation means to do with one thing, and why. */
export interface RotationDecision {
  readonly subject: RotationSubject;
  readonly remove: boolean;
  /** At least one. Names of rules (`daily`) where a rule keeps it, else short clauses. */
  readonly reasons: readonly string[];
  readonly kind: SourceKind;
  /** AMI, database snapshot or EBS snapshot. */
  readonly id: string;
  readonly name?: string;
  readonly backupId: string;
  /** Epoch milliseconds. */
  readonly slot: number;
  readonly sourceKey: string;
  readonly createdAt?: string;
  /** EBS snapshots that go with an AMI. */
  readonly snapshots: readonly string[];
  /** Absent for what is damaged or altered, which is never touched. */
  readonly live?: LiveCopy | StraySnapshot;
  /** What `maxDeletePercent` measures this removal against; absent when it does not count. */
  readonly unit?: Unit;
}

/** One thing of a retention group: a backup of a plan with an application, else a recovery point. */
export interface Unit {
  readonly group: string;
  readonly id: string;
}

/**
 * Something that a person should know of. `foreign`: claims to be ours and no ledger entry names it. `damaged`: gone
 * without an intent of ours. `altered`: tags, owner or creation time are not those of the ledger. `orphan`: begun,
 * never sealed and older than a day; a rotation completes it.
 */
export interface Finding {
  readonly kind: 'foreign' | 'damaged' | 'altered' | 'orphan';
  readonly id: string;
  readonly backupId?: string;
  readonly sourceKey?: string;
  /** One sentence without the ID. */
  readonly text: string;
  /** A command that makes it good again. */
  readonly command?: string;
}

/** All that a rotation of one plan would do at one moment. */
export interface Assessment {
  readonly plan: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Newest backup first. */
  readonly decisions: readonly RotationDecision[];
  readonly findings: readonly Finding[];
  /** Groups of which too much would go: a person may overrule by the digest. */
  readonly refusals: readonly string[];
  readonly digest: string;
  /** False when there are so many removals that what stands in their way is looked at as each is made. */
  readonly obstaclesAsked: boolean;
  /** Runs that crashed and are to be completed into backups before anything is judged. */
  readonly orphans: readonly Intent[];
}

/**
 * Twelve hex digits that cover exactly what was decided: plan, IDs, what happens to each; not the reasons, since they
 * may change with the time of day while the decisions do not.
 */
export function digestOf(
  plan: string,
  decisions: readonly Pick<RotationDecision, 'kind' | 'id' | 'remove' | 'snapshots'>[],
): string {
  const lines = decisions
    .map(({ kind, id, remove, snapshots }) =>
      [kind, id, ...(remove ? ['remove', ...[...snapshots].sort()] : ['keep'])].join(' '),
    )
    .sort();
  return createHash('sha256')
    .update([plan, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 12);
}

import type { SourceKind, SourceRef } from '../shared/source.ts';
import type { Intent, Manifest, RecoveryPoint } from './documents.ts';
import type { PlanHistory } from './history.ts';
import type { LiveCopy, StraySnapshot } from './live.ts';
import type { Hold } from './rotation-documents.ts';

/**
 * Where a recovery point of the ledger stands in the account.
 * `present`: its copy is there and everything agrees. `altered`: a copy of this ID is there and something differs.
 * `damaged`: gone, without a deletion intent of ours. `removed`: gone by a rotation. `nothing`: it failed and left
 * nothing. `unseen`: sealed while the account was being listed, so its absence says nothing.
 */
export type PointState =
  | { readonly at: 'present'; readonly live: LiveCopy }
  | { readonly at: 'altered'; readonly problem: string }
  | { readonly at: 'damaged' | 'removed' | 'nothing' | 'unseen' };

export interface CatalogPoint {
  readonly backupId: string;
  /** Epoch milliseconds. */
  readonly slot: number;
  readonly source: SourceRef;
  /** `<kind>/<id>` */
  readonly sourceKey: string;
  /** What the ledger says; a failed point may have left a copy. */
  readonly recorded: RecoveryPoint;
  /** Copy ID; undefined for a failed point that has none. */
  readonly id: string | undefined;
  /** Of the ledger and of the live copy. */
  readonly snapshots: readonly string[];
  readonly state: PointState;
  /** Its snapshots that no AMI refers to any more. */
  readonly strays: readonly StraySnapshot[];
  /** A deletion intent without a result names it. */
  readonly begun: string | undefined;
}

export interface CatalogBackup {
  readonly backupId: string;
  readonly slot: number;
  readonly manifest: Manifest;
  readonly hold: Hold | undefined;
  readonly points: readonly CatalogPoint[];
  /** Copies that carry names of this backup and that its manifest does not name: earlier attempts. */
  readonly attempts: readonly LiveCopy[];
  /** Snapshots of such copies that a rotation which died has deregistered. */
  readonly attemptStrays: readonly {
    readonly stray: StraySnapshot;
    readonly run: string;
    readonly sourceKey: string;
  }[];
}

export interface ForeignResource {
  readonly kind: SourceKind;
  readonly id: string;
  readonly reason: string;
}

/** The ledger of one plan joined with the live resources. */
export interface Catalog {
  readonly plan: string;
  /** Sealed backups, newest slot first. */
  readonly backups: readonly CatalogBackup[];
  /** Begun and not sealed. */
  readonly unsealed: readonly Intent[];
  readonly foreign: readonly ForeignResource[];
}

export interface LiveResources {
  /** With the deployment's tag. */
  readonly copies: readonly LiveCopy[];
  readonly strays: readonly StraySnapshot[];
  /** Asked for by ID, since the ledger names them and the tag did not bring them. */
  readonly untagged: readonly LiveCopy[];
  /** Epoch milliseconds, when the listing began. */
  readonly listedAt: number;
}

/** IDs of the ledger that the listing must show, unless something happened to them; ask the drivers for those it lacks. */
export function namedCopies(history: PlanHistory): Map<string, SourceKind> {
  const named = new Map<string, SourceKind>();
  for (const { manifest, removed } of history.backups)
    for (const point of manifest?.recovery_points ?? [])
      if (point.id !== undefined && !removed.has(point.id)) named.set(point.id, point.source.kind);
  return named;
}

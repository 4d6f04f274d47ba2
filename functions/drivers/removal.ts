import type { Inventory, LiveCopy, StraySnapshot } from '../catalog/live.ts';

export type { Inventory, LiveCopy, StraySnapshot } from '../catalog/live.ts';

/** Something that a rotation must respect; the copy stays, with this reason. */
export interface Obstacle {
  readonly kind: 'locked' | 'shared' | 'in-use' | 'protected';
  /** The resource that is in the way: the copy itself or one of its snapshots. */
  readonly id: string;
  /** One clause: `locked until 2026-12-01T00:00:00Z`, `shared with account 210987654321`, `used by launch template lt-0..`. */
  readonly reason: string;
}

export type RemovalOutcome =
  /** Nothing of it is left; also when it was gone already. */
  | { readonly state: 'removed' }
  /** It must stay, or what is left of it must. */
  | { readonly state: 'kept'; readonly reason: string; readonly left: readonly string[] }
  /**
   * Nothing wrong, only not now: a lock that has not ended, a cooldown that has begun, or a limit of the service. A
   * later run goes on.
   */
  | { readonly state: 'postponed'; readonly reason: string };

/** The half of a driver that rotation uses. Wrappers add pacing and retries, never the driver. */
export interface Remover {
  /**
   * Everything of one deployment, in paginated sweeps. Read-only, retryable. Throws when a sweep could not be
   * finished: rotation deletes nothing on an incomplete list.
   */
  inventory(request: { readonly deployment: string }): Promise<Inventory>;

  /**
   * The copies of these IDs that exist in the account, whatever tags they carry: tells one that lost its tag from one
   * that is gone. Sorted by ID. Read-only, retryable; throws like `inventory`.
   */
  find(ids: readonly string[]): Promise<readonly LiveCopy[]>;

  /** What stands in the way of deleting these copies, by copy ID; only those that have something. Read-only. */
  obstacles(copies: readonly LiveCopy[]): Promise<ReadonlyMap<string, readonly Obstacle[]>>;

  /**
   * Deletes one copy and all that belongs to it. Idempotent: what is gone is done. Looks at the owner and at the
   * deployment's tag again before it acts, and keeps the copy when they have changed. Throws only for what concerns
   * all copies (credentials, network).
   */
  remove(copy: LiveCopy, request: { readonly deployment: string }): Promise<RemovalOutcome>;

  /** Deletes a stray snapshot that a deletion intent of ours names. Same promises as `remove`. */
  removeStray(snapshot: StraySnapshot, request: { readonly deployment: string }): Promise<RemovalOutcome>;
}

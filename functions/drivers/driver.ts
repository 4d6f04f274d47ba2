import type { IntendedProtection, MissingSource, Relaunch } from '../catalog/documents.ts';
import type { SourceSelection } from '../plan/config.ts';
import type { SourceKind, SourceRef } from '../shared/source.ts';

export interface DiscoverRequest {
  readonly selections: readonly SourceSelection[];
  /** The plan names an application: record also what only a restore of an application needs (user data). */
  readonly withApplication: boolean;
}

export interface DiscoveredSource {
  readonly source: SourceRef;
  readonly relaunch: Relaunch;
  readonly reboot?: boolean;
}

export interface Discovery {
  readonly sources: readonly DiscoveredSource[];
  /** Named by identifier in the plan but not there, or of a kind that must be backed up another way. */
  readonly missing: readonly MissingSource[];
}

/** Everything that the name, the tags and the content of a copy follow from. */
export interface StartRequest {
  readonly source: SourceRef;
  readonly relaunch: Relaunch;
  readonly reboot: boolean;
  readonly deployment: string;
  readonly plan: string;
  readonly backupId: string;
  readonly slot: string;
  /** 1 for the first try; a failed copy keeps its name, so the next try has its own. */
  readonly attempt: number;
  /** The copy will be protected from deletion in a way that rotation may undo: mark it as such at its creation. */
  readonly markProtected?: true;
}

export type StartOutcome =
  /** The copy exists now, made by this call or by an earlier one of the same run. */
  | { readonly state: 'started'; readonly id: string; readonly name: string }
  /**
   * Not now: a quota is used up or the source is busy. Ask again at the next poll. `blocksOthers`: the quota is the
   * account's, so asking for further sources is pointless until some copies are done.
   */
  | { readonly state: 'wait'; readonly reason: string; readonly blocksOthers?: true }
  /** A copy of this name exists and is broken: try again with the next attempt number. */
  | { readonly state: 'spoilt'; readonly id: string; readonly name: string; readonly reason: string }
  /** It will not work however often it is tried. One sentence for the manifest. */
  | { readonly state: 'failed'; readonly reason: string };

export interface StartedCopy {
  readonly source: SourceRef;
  readonly relaunch: Relaunch;
  readonly id: string;
  readonly name: string;
}

export interface PollRequest {
  readonly deployment: string;
  readonly plan: string;
  readonly backupId: string;
  readonly copies: readonly StartedCopy[];
  /** Somebody waits for `contentFixed`: find it out even if that takes a further sweep. Else it may stay false. */
  readonly withContent: boolean;
  /**
   * Tell what the service does not show from what is under way, even if that takes larger answers. Else what is not
   * shown may be told as pending.
   */
  readonly withAbsent: boolean;
}

export type PollOutcome =
  | {
      readonly state: 'pending';
      readonly id: string;
      /** Later writes on the source can no longer reach this copy: the application may go on. */
      readonly contentFixed: boolean;
      /** 0 to 100 where the service tells, else undefined. */
      readonly percent?: number;
    }
  /** The service does not show the copy: not yet, or not any more. */
  | { readonly state: 'absent'; readonly id: string }
  | {
      readonly state: 'available';
      readonly id: string;
      readonly snapshots: readonly string[];
      readonly bytes: number;
      /** RFC 3339, when the service began the copy. */
      readonly createdAt: string;
    }
  | {
      readonly state: 'failed';
      readonly id: string;
      readonly reason: string;
      readonly snapshots: readonly string[];
    };

export interface ProtectRequest {
  readonly protection: IntendedProtection;
  /** Available ones of one backup. */
  readonly copies: readonly StartedCopy[];
}

export type ProtectOutcome =
  /** All of the protection stands, set by this call or before. */
  | { readonly state: 'protected'; readonly id: string }
  /** Some of it does not stand yet, for a reason that passes. Ask again. */
  | { readonly state: 'wait'; readonly id: string; readonly reason: string }
  /** It will not work however often it is tried. One sentence for the manifest. */
  | { readonly state: 'refused'; readonly id: string; readonly reason: string };

/**
 * The port: what Snapkeep asks of the code that knows one kind of source. Wrappers add pacing, retries and
 * logging around it, never inside. Every driver passes `test/contract/driver-contract.ts`.
 */
export interface Driver {
  readonly kind: SourceKind;

  /** When the content of a copy can no longer change: at the start of the service's work, or at its end. */
  readonly contentFixedAt: 'initiation' | 'completion';

  /**
   * All sources of the selections, in one paginated sweep, sorted by id, each once. Read-only, retryable.
   * Throws when the sweep could not be finished: an incomplete list must never look like a short one.
   */
  discover(request: DiscoverRequest): Promise<Discovery>;

  /**
   * Starts one copy under `copyName(...)`. Idempotent by that name: a copy that already exists is adopted when
   * owner, tags, source and state match, and is a failure with a reason when it belongs to somebody else.
   * Resolves with an outcome for everything the service can answer about this one source; throws only for
   * what concerns all of them (credentials, network).
   */
  start(request: StartRequest): Promise<StartOutcome>;

  /**
   * One batched look at many copies of one backup, some 200 a call. Read-only, retryable.
   * One outcome per copy, in any order. Right after its start a copy may well be absent, since lists follow what
   * was made with a delay; for how long that is to be borne is the caller's decision.
   */
  poll(request: PollRequest): Promise<readonly PollOutcome[]>;

  /**
   * Protects available copies from being deleted before their time; left out where the service has no means for it.
   * Idempotent: what stands already, at least as strong, is left as it is. One outcome per copy, in any order; throws
   * only for what concerns all of them (credentials, network).
   */
  protect?(request: ProtectRequest): Promise<readonly ProtectOutcome[]>;
}

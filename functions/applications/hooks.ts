import type { Consistency, SourceKind, SourceRef } from '../shared/source.ts';

export interface QuiesceRequest {
  readonly deployment: string;
  readonly plan: string;
  readonly backupId: string;
  readonly application: string;
  readonly sources: readonly SourceRef[];
}

/** What a quiesce achieved: the level that recovery points of the covered kinds have while it lasts. */
export type Quiesced = {
  readonly consistency: Consistency;
  /** Kinds whose content the profile's hook protects (`quiesce.covers`). */
  readonly covers: readonly SourceKind[];
  /** The application is let go after this many seconds at the latest; what is not fixed by then is crash-consistent. */
  readonly limitSeconds: number;
};

/**
 * The port to what a profile does around a snapshot. Both calls are idempotent: a crash repeats them.
 * `resume` is also called when `quiesce` failed half-way, and must then do no harm.
 */
export interface HookRunner {
  /** Brings the application to rest, or undefined when its profile has no hook. Throws with a sentence when it failed. */
  quiesce(request: QuiesceRequest): Promise<Quiesced | undefined>;
  /** Lets the application go on. Throws with a sentence when it failed. */
  resume(request: QuiesceRequest): Promise<void>;
}

/** For plans without an application, and for profiles without hooks. */
export const noHooks: HookRunner = {
  quiesce: async () => undefined,
  resume: async () => undefined,
};

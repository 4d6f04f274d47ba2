import type { HookRunner } from '../../applications/hooks.ts';
import type { Intent, Manifest } from '../../catalog/documents.ts';
import type { Forget } from '../../catalog/rotation-documents.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { SourceKind } from '../../shared/source.ts';
import type { Tally } from './state.ts';

/** What a backup reads and writes of the ledger; see `catalog/ledger.ts` for what each promises. */
export interface BackupLedger {
  readIntent(plan: string, backupId: string): Promise<Intent | undefined>;
  recordIntent(intent: Intent): Promise<Intent>;
  readManifest(plan: string, backupId: string): Promise<Manifest | undefined>;
  /** The sealed backup with the newest slot before that of `backupId`. */
  readPrevious(plan: string, backupId: string): Promise<Manifest | undefined>;
  readForgets(plan: string): Promise<readonly Forget[]>;
  seal(manifest: Manifest): Promise<Manifest>;
}

/** Tells a person or a metric how a run goes on. Called from inside steps, so a crash may repeat a call. */
export interface BackupReporter {
  begun(intent: Intent): void;
  progress(tally: Tally): void;
  /** Called once per run that reaches its end, also when another run had sealed the backup. */
  sealed(manifest: Manifest): Promise<void>;
}

export const silentReporter: BackupReporter = { begun() {}, progress() {}, sealed: async () => undefined };

export interface BackupDependencies {
  readonly deployment: string;
  readonly region: string;
  /** The account that the credentials belong to. */
  readonly account: () => Promise<string>;
  readonly plans: Readonly<Record<string, WorkPlan>>;
  readonly drivers: Readonly<Record<SourceKind, Driver>>;
  readonly ledger: BackupLedger;
  readonly hooks: HookRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reporter: BackupReporter;
  readonly snapkeepVersion: string;
}

export type BackupInput = {
  readonly plan: string;
  /** `2026-11-20T02:00:00Z` */
  readonly slot: string;
  /** Set for the runs that a large backup is divided into: this one handles every `of`-th source. */
  readonly shard?: { readonly index: number; readonly of: number };
  /** Of such a run: the backup is to be protected from deletion. */
  readonly protect?: true;
};

export type BackupResult = {
  readonly backupId: string;
  readonly plan: string;
  readonly slot: string;
  readonly status: 'completed' | 'partial' | 'failed';
  readonly available: number;
  readonly failed: number;
};

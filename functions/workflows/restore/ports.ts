import type { CommandPort } from '../../applications/command-port.ts';
import type { Dns } from '../../applications/dns-port.ts';
import type { FindApplication } from '../../applications/restore-port.ts';
import type { Manifest } from '../../catalog/documents.ts';
import type { RestoreRecord, RestoreReport, RestoreStep } from '../../catalog/restore-documents.ts';
import type { Restorers } from '../../drivers/restorer.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Json } from '../../shared/durable.ts';
import type { Logger } from '../../shared/logger.ts';
import type { PlannedCall } from '../../shared/planned-call.ts';

/** What a restore reads of backups; see `catalog/ledger.ts` for what each promises. */
export interface BackupReader {
  listBackups(plan: string): Promise<readonly { readonly backupId: string; readonly sealed: boolean }[]>;
  readManifest(plan: string, backupId: string): Promise<Manifest | undefined>;
}

/** What a restore writes down; see `catalog/restores.ts`. */
export interface RestoreJournal {
  record(record: RestoreRecord): Promise<RestoreRecord>;
  read(plan: string, requestId: string): Promise<RestoreRecord | undefined>;
  recordStep(plan: string, step: RestoreStep): Promise<RestoreStep>;
  steps(plan: string, requestId: string): Promise<readonly RestoreStep[]>;
  recordReport(report: RestoreReport): Promise<RestoreReport>;
  lastReport(plan: string, requestId: string): Promise<RestoreReport | undefined>;
}

/** Tells a person or a metric how a restore goes on. Called from inside steps, so a crash may repeat a call. */
export interface RestoreReporter {
  begun(record: RestoreRecord): void;
  /** `step` is its name, `detail` what it waits for. */
  progress(step: string, detail: string): void;
  /** Called once per attempt that reaches its end. */
  finished(report: RestoreReport): Promise<void>;
}

export const silentReporter: RestoreReporter = { begun() {}, progress() {}, finished: async () => undefined };

export interface RestoreDependencies {
  readonly deployment: string;
  readonly plans: Readonly<Record<string, WorkPlan>>;
  readonly restorers: Restorers;
  readonly backups: BackupReader;
  readonly journal: RestoreJournal;
  readonly application: FindApplication;
  readonly commands: CommandPort;
  readonly dns: Dns;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reporter: RestoreReporter;
  readonly snapkeepVersion: string;
}

export type RestoreInput = {
  readonly plan: string;
  readonly requestId: string;
  /** A request after its schema (`plan/restore-request.ts`). Absent: go on with the restore that is recorded. */
  readonly request?: { readonly [key: string]: Json | undefined };
};

/** What a restore would do. */
export type RestorePlan = {
  readonly plan: string;
  readonly backup_id: string;
  readonly application: string | null;
  readonly sources: readonly { readonly source: string; readonly recovery_point: string }[];
  readonly calls: readonly (PlannedCall & { readonly step: string })[];
  readonly files: readonly string[];
  readonly replacements: readonly { readonly what: string; readonly old: string; readonly new: string }[];
  readonly steps: readonly {
    readonly name: string;
    readonly title: string;
    readonly limitSeconds: number;
    readonly onFailure: 'stop' | 'continue';
  }[];
  readonly warnings: readonly string[];
  readonly remains: readonly string[];
  /** What must be fixed before this restore can begin. */
  readonly problems: readonly string[];
  /** Set where a person must confirm, with the reason. */
  readonly confirm: { readonly digest: string; readonly reason: string } | null;
};

export type RestoreResult =
  | {
      readonly status: 'completed' | 'failed';
      readonly requestId: string;
      readonly plan: string;
      readonly backupId: string;
      readonly attempt: number;
    }
  | { readonly status: 'planned'; readonly requestId: string; readonly planned: RestorePlan };

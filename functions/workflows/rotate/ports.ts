import type { RotationLedger } from '../../catalog/rotation-ledger.ts';
import type { Remover } from '../../drivers/removal.ts';
import type { SourceKind } from '../../shared/source.ts';
import type { BackupDependencies } from '../backup/ports.ts';
import type { Assessment } from './assessment.ts';

/** Whose credentials these are. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** Tells a person or a metric how a rotation goes on. Called from inside steps, so a crash may repeat a call. */
export interface RotationReporter {
  decided(assessment: Assessment): void | Promise<void>;
  /** Removals done of total. */
  progress(done: number, total: number): void;
  finished(result: RotateResult): Promise<void>;
}

export const silentRotationReporter: RotationReporter = {
  decided() {},
  progress() {},
  finished: async () => undefined,
};

export interface RotateDependencies {
  /** Of the same deployment: what a crashed run left is sealed with them. */
  readonly backup: BackupDependencies;
  readonly removers: Readonly<Record<SourceKind, Remover>>;
  readonly ledger: RotationLedger;
  readonly identity: () => Promise<Identity>;
  readonly reporter: RotationReporter;
}

export type RotateInput = {
  readonly plan: string;
  /** The digest of decisions that a person has seen and wants. */
  readonly confirm?: string;
};

export type RotateResult = {
  readonly plan: string;
  /** `refused`: a guard said no and nothing was deleted. `idle`: there was nothing to delete. */
  readonly state: 'refused' | 'idle' | 'done';
  /** Names the entry in the ledger; only when something was to be deleted. */
  readonly run?: string;
  readonly digest: string;
  /** Why it was refused, one sentence each. */
  readonly refusals: readonly string[];
  readonly removed: number;
  /** Decided to go, and something of it had to stay. */
  readonly kept: number;
  /** Will go in a later run. */
  readonly postponed: number;
  /** Why something was kept or postponed, `<id>: <reason>`, the first of them; all are in the ledger. */
  readonly notes: readonly string[];
  readonly findings: number;
};

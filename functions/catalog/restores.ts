import { failedError } from '../shared/errors.ts';
import { readDocument, toJson } from './codec.ts';
import {
  type RestoreRecord,
  type RestoreReport,
  type RestoreStep,
  restoreRecordSchema,
  restoreReportSchema,
  restoreStepSchema,
} from './restore-documents.ts';
import type { Vault } from './vault.ts';

const keyOf = (plan: string, requestId: string, name: string): string =>
  `ledger/${plan}/restores/${requestId}/${name}`;

/** Two digits at least, so that a listing shows the steps in their order. */
const stepKey = (plan: string, requestId: string, number: number): string =>
  keyOf(plan, requestId, `steps/${String(number).padStart(2, '0')}.json`);

/** What restores wrote down. Writing twice is harmless: the first document of a key stands. */
export class RestoreLedger {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Writes the record and returns the one that stands: ours, or that of whoever was here first. */
  async record(record: RestoreRecord): Promise<RestoreRecord> {
    const key = keyOf(record.plan, record.request_id, 'request.json');
    if ((await this.#vault.create(key, toJson(record))) === 'created') return record;
    const standing = await this.read(record.plan, record.request_id);
    if (!standing) throw failedError(`${key} exists and cannot be read`, 'run the same command again');
    return standing;
  }

  read(plan: string, requestId: string): Promise<RestoreRecord | undefined> {
    return readDocument(this.#vault, keyOf(plan, requestId, 'request.json'), restoreRecordSchema);
  }

  /** Writes down that a step is over and returns what stands: a step that another run finished first is its own. */
  async recordStep(plan: string, step: RestoreStep): Promise<RestoreStep> {
    const key = stepKey(plan, step.request_id, step.number);
    if ((await this.#vault.create(key, toJson(step))) === 'created') return step;
    const standing = await readDocument(this.#vault, key, restoreStepSchema);
    if (!standing) throw failedError(`${key} exists and cannot be read`, 'run the same command again');
    return standing;
  }

  /** Every step that is over, by number. */
  async steps(plan: string, requestId: string): Promise<readonly RestoreStep[]> {
    const keys = await this.#vault.list(keyOf(plan, requestId, 'steps/'));
    const steps: RestoreStep[] = [];
    for (const key of keys) {
      const step = await readDocument(this.#vault, key, restoreStepSchema);
      if (step) steps.push(step);
    }
    return steps.sort((a, b) => a.number - b.number);
  }

  async recordReport(report: RestoreReport): Promise<RestoreReport> {
    const { plan, request_id, attempt } = report;
    const key = keyOf(plan, request_id, `report-${attempt}.json`);
    if ((await this.#vault.create(key, toJson(report))) === 'created') return report;
    const standing = await readDocument(this.#vault, key, restoreReportSchema);
    if (!standing) throw failedError(`${key} exists and cannot be read`, 'run the same command again');
    return standing;
  }

  /** The report with the highest attempt, if there is any. */
  async lastReport(plan: string, requestId: string): Promise<RestoreReport | undefined> {
    const prefix = keyOf(plan, requestId, 'report-');
    const attempts = (await this.#vault.list(prefix)).map((key) =>
      Number.parseInt(key.slice(prefix.length), 10),
    );
    if (attempts.length === 0) return undefined;
    const key = keyOf(plan, requestId, `report-${Math.max(...attempts)}.json`);
    return readDocument(this.#vault, key, restoreReportSchema);
  }

  /** Request IDs of a plan's restores, in the order of their names. */
  async list(plan: string): Promise<readonly string[]> {
    const prefix = `ledger/${plan}/restores/`;
    const keys = await this.#vault.list(prefix);
    return [...new Set(keys.flatMap((key) => key.slice(prefix.length).split('/', 1)))];
  }
}

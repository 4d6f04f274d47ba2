import * as z from 'zod';
import type { Json } from '../shared/durable.ts';
import { type SourceRef, sourceKinds } from '../shared/source.ts';
import type { ApplicationRef } from './documents.ts';

/** `restores/<request-id>/request.json`: what was asked for and what it was taken to mean, once and for all. */
export interface RestoreRecord {
  readonly metadata_version: 2;
  readonly request_id: string;
  readonly deployment: string;
  readonly plan: string;
  /** What `latest` meant at that moment, or the backup that was asked for. */
  readonly backup_id: string;
  readonly requested_at: string;
  /** The request with every default filled in, without `id`, `dryRun` and `confirm`. */
  readonly request: { readonly [key: string]: Json | undefined };
  readonly application: ApplicationRef | null;
  /** `<kind>/<id>` of the sources that are restored. */
  readonly sources: readonly string[];
  /** Names of the steps in their order; a step's number is its place in this list, from 1. */
  readonly steps: readonly string[];
  readonly warnings: readonly string[];
  /** Addresses that a person agreed to take from what holds them. */
  readonly confirmed_takings?: readonly AddressTaking[];
  readonly snapkeep_version: string;
}

/** An Elastic IP that would be taken away, and from which instance or interface. */
export interface AddressTaking {
  readonly address: string;
  readonly attached_to: string;
}

/** `restores/<request-id>/steps/<nn>.json`: a step that is over and will not be done again. */
export interface RestoreStep {
  readonly metadata_version: 2;
  readonly request_id: string;
  readonly number: number;
  readonly name: string;
  readonly attempt: number;
  readonly started_at: string;
  readonly completed_at: string;
  /** `failed`: it failed and the profile says to go on. */
  readonly result: 'done' | 'skipped' | 'failed';
  /** One sentence for the report. */
  readonly note?: string;
  /** What later steps need to know. */
  readonly output: Json;
}

export interface ReportedMachine {
  readonly source: SourceRef;
  readonly old: {
    readonly id: string;
    readonly state: string;
    readonly private_ip?: string;
    readonly public_ip?: string;
    readonly private_dns?: string;
    readonly hostname?: string;
  };
  /** Null while it has not been launched. */
  readonly new: {
    readonly id: string;
    readonly private_ip?: string;
    readonly public_ip?: string;
    readonly private_dns?: string;
    readonly hostname?: string;
  } | null;
}

export interface ReportedDatabase {
  readonly source: SourceRef;
  readonly new_id: string;
  readonly endpoints: readonly { readonly what: string; readonly old: string; readonly new: string }[];
}

export interface ReportedStep {
  readonly number: number;
  readonly name: string;
  readonly result: 'done' | 'skipped' | 'failed' | 'not reached';
  readonly seconds: number;
  readonly note?: string;
}

export interface ReportedFiles {
  /** `<kind>/<id>` of the machine. */
  readonly source: string;
  readonly changed: readonly { readonly path: string; readonly replacements: number }[];
  /** Files that a rule names and that were left as they are, each with the reason. */
  readonly left: readonly { readonly path: string; readonly reason: string }[];
  /** Of the full report, which stays on the machine. */
  readonly digest?: string;
}

export interface RestoreFailure {
  readonly step: string;
  readonly reason: string;
  readonly exit_code?: number;
  /** Last lines of what the step wrote. */
  readonly output: readonly string[];
  readonly resume: string;
}

/** `restores/<request-id>/report-<attempt>.json`: how one attempt ended. */
export interface RestoreReport {
  readonly metadata_version: 2;
  readonly request_id: string;
  readonly attempt: number;
  readonly deployment: string;
  readonly plan: string;
  readonly backup_id: string;
  readonly application: ApplicationRef | null;
  readonly status: 'completed' | 'failed';
  readonly requested_at: string;
  readonly completed_at: string;
  /** From the request to the last check that passed, over all attempts; null without a check that passed. */
  readonly recovery_seconds: number | null;
  readonly machines: readonly ReportedMachine[];
  readonly databases: readonly ReportedDatabase[];
  /** What the rewrite replaced. */
  readonly addresses: readonly { readonly what: string; readonly old: string; readonly new: string }[];
  readonly files: readonly ReportedFiles[];
  readonly steps: readonly ReportedStep[];
  readonly checks: readonly { readonly name: string; readonly result: 'passed' | 'failed' }[];
  readonly failure: RestoreFailure | null;
  readonly warnings: readonly string[];
  /** What a person still has to do, one sentence each. */
  readonly remains: readonly string[];
  readonly snapkeep_version: string;
}

const time = z.iso.datetime();
const text = z.string();
const version = z.literal(2);
const source = z.looseObject({ kind: z.enum(sourceKinds), id: text, region: text });
const application = z.looseObject({ profile: text, version: text.nullable() }).nullable();
const addresses = {
  id: text,
  private_ip: text.exactOptional(),
  public_ip: text.exactOptional(),
  private_dns: text.exactOptional(),
  hostname: text.exactOptional(),
};
const renamed = z.looseObject({ what: text, old: text, new: text });

export const restoreRecordSchema: z.ZodType<RestoreRecord> = z.looseObject({
  metadata_version: version,
  request_id: text,
  deployment: text,
  plan: text,
  backup_id: text,
  requested_at: time,
  request: z.record(text, z.json()),
  application,
  sources: z.array(text),
  steps: z.array(text),
  warnings: z.array(text),
  confirmed_takings: z.array(z.looseObject({ address: text, attached_to: text })).exactOptional(),
  snapkeep_version: text,
});

export const restoreStepSchema: z.ZodType<RestoreStep> = z.looseObject({
  metadata_version: version,
  request_id: text,
  number: z.int(),
  name: text,
  attempt: z.int(),
  started_at: time,
  completed_at: time,
  result: z.enum(['done', 'skipped', 'failed']),
  note: text.exactOptional(),
  output: z.json(),
});

export const restoreReportSchema: z.ZodType<RestoreReport> = z.looseObject({
  metadata_version: version,
  request_id: text,
  attempt: z.int(),
  deployment: text,
  plan: text,
  backup_id: text,
  application,
  status: z.enum(['completed', 'failed']),
  requested_at: time,
  completed_at: time,
  recovery_seconds: z.number().nullable(),
  machines: z.array(
    z.looseObject({
      source,
      old: z.looseObject({ ...addresses, state: text }),
      new: z.looseObject(addresses).nullable(),
    }),
  ),
  databases: z.array(z.looseObject({ source, new_id: text, endpoints: z.array(renamed) })),
  addresses: z.array(renamed),
  files: z.array(
    z.looseObject({
      source: text,
      changed: z.array(z.looseObject({ path: text, replacements: z.number() })),
      left: z.array(z.looseObject({ path: text, reason: text })),
      digest: text.exactOptional(),
    }),
  ),
  steps: z.array(
    z.looseObject({
      number: z.int(),
      name: text,
      result: z.enum(['done', 'skipped', 'failed', 'not reached']),
      seconds: z.number(),
      note: text.exactOptional(),
    }),
  ),
  checks: z.array(z.looseObject({ name: text, result: z.enum(['passed', 'failed']) })),
  failure: z
    .looseObject({
      step: text,
      reason: text,
      exit_code: z.number().exactOptional(),
      output: z.array(text),
      resume: text,
    })
    .nullable(),
  warnings: z.array(text),
  remains: z.array(text),
  snapkeep_version: text,
});

import * as z from 'zod';
import { type SourceKind, sourceKinds } from '../shared/source.ts';

/** `holds/<000001>.json`: the entry with the highest number counts. */
export interface Hold {
  readonly metadata_version: 2;
  readonly backup_id: string;
  readonly plan: string;
  readonly action: 'hold' | 'unhold';
  readonly reason: string;
  readonly created_at: string;
  /** ARN of the caller. */
  readonly who: string;
  readonly snapkeep_version: string;
}

/** `forgets/<000001>.json`: a person let these recovery points go, the last ones of their source among them. */
export interface Forget {
  readonly metadata_version: 2;
  readonly plan: string;
  /** `<kind>/<id>` */
  readonly source: string;
  /** Exactly these; what is made of the source later is protected again. */
  readonly recovery_points: readonly { readonly backup_id: string; readonly id: string }[];
  /** The digest that was printed and confirmed. */
  readonly digest: string;
  readonly created_at: string;
  readonly who: string;
  readonly snapkeep_version: string;
}

/**
 * What one line of a rotation is about. `point`: a recovery point of a sealed backup. `attempt`: a copy that an
 * earlier attempt of a backup left. `snapshot`: an EBS snapshot whose AMI was removed before it.
 */
export const rotationSubjects = ['point', 'attempt', 'snapshot'] as const;
export type RotationSubject = (typeof rotationSubjects)[number];

export interface RecordedDecision {
  readonly subject: RotationSubject;
  readonly decision: 'keep' | 'remove';
  readonly reasons: readonly string[];
  readonly kind: SourceKind;
  /** AMI, database snapshot or EBS snapshot. */
  readonly id: string;
  readonly name?: string;
  readonly backup_id: string;
  /** `<kind>/<id>` */
  readonly source: string;
  /** RFC 3339, of the service. */
  readonly created_at?: string;
  /** EBS snapshots that go with an AMI. */
  readonly snapshots: readonly string[];
}

/** `rotations/<run>/intent.json`: written before anything is deleted. */
export interface RotationIntent {
  readonly metadata_version: 2;
  readonly run: string;
  readonly plan: string;
  readonly deployment: string;
  readonly created_at: string;
  readonly who: string;
  readonly digest: string;
  /** A person overruled `maxDeletePercent` by the digest. */
  readonly confirmed: boolean;
  /** What stands in the way was asked before deciding; else it is when each copy is removed. */
  readonly obstacles_asked: boolean;
  readonly decisions: readonly RecordedDecision[];
  readonly snapkeep_version: string;
}

/** `rotations/<run>/result.json`: what became of the intent's removals. */
export interface RotationResult {
  readonly metadata_version: 2;
  readonly run: string;
  readonly plan: string;
  readonly completed_at: string;
  /** The run that found this one unfinished and did what was left. */
  readonly finished_by?: string;
  readonly removed: readonly string[];
  readonly kept: readonly {
    readonly id: string;
    readonly reason: string;
    readonly left: readonly string[];
  }[];
  readonly postponed: readonly { readonly id: string; readonly reason: string }[];
  readonly snapkeep_version: string;
}

/** `<backup-id>/removals/<run>.json`, and `removed.json` once nothing of the backup is left. */
export interface Removals {
  readonly metadata_version: 2;
  readonly backup_id: string;
  readonly plan: string;
  readonly run: string;
  /** IDs of recovery points, and of attempts. */
  readonly removed: readonly string[];
  /** EBS snapshots of them that had to stay, for a later run: those of an attempt are named nowhere else. */
  readonly left?: readonly RemovedAndLeft[] | undefined;
  readonly created_at: string;
}

export interface RemovedAndLeft {
  readonly snapshot: string;
  /** `<kind>/<id>` */
  readonly source: string;
}

const time = z.iso.datetime();
const text = z.string();
const version = z.literal(2);

export const holdSchema: z.ZodType<Hold> = z.looseObject({
  metadata_version: version,
  backup_id: text,
  plan: text,
  action: z.enum(['hold', 'unhold']),
  reason: text,
  created_at: time,
  who: text,
  snapkeep_version: text,
});

export const forgetSchema: z.ZodType<Forget> = z.looseObject({
  metadata_version: version,
  plan: text,
  source: text,
  recovery_points: z.array(z.looseObject({ backup_id: text, id: text })),
  digest: text,
  created_at: time,
  who: text,
  snapkeep_version: text,
});

const decision = z.looseObject({
  subject: z.enum(rotationSubjects),
  decision: z.enum(['keep', 'remove']),
  reasons: z.array(text),
  kind: z.enum(sourceKinds),
  id: text,
  name: text.exactOptional(),
  backup_id: text,
  source: text,
  created_at: text.exactOptional(),
  snapshots: z.array(text),
});

export const rotationIntentSchema: z.ZodType<RotationIntent> = z.looseObject({
  metadata_version: version,
  run: text,
  plan: text,
  deployment: text,
  created_at: time,
  who: text,
  digest: text,
  confirmed: z.boolean(),
  obstacles_asked: z.boolean(),
  decisions: z.array(decision),
  snapkeep_version: text,
});

export const rotationResultSchema: z.ZodType<RotationResult> = z.looseObject({
  metadata_version: version,
  run: text,
  plan: text,
  completed_at: time,
  finished_by: text.exactOptional(),
  removed: z.array(text),
  kept: z.array(z.looseObject({ id: text, reason: text, left: z.array(text) })),
  postponed: z.array(z.looseObject({ id: text, reason: text })),
  snapkeep_version: text,
});

export const removalsSchema: z.ZodType<Removals> = z.looseObject({
  metadata_version: version,
  backup_id: text,
  plan: text,
  run: text,
  removed: z.array(text),
  left: z.array(z.looseObject({ snapshot: text, source: text })).optional(),
  created_at: time,
});

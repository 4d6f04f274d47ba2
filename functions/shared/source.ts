/** Kinds of sources that this version can protect. Each has one driver. */
export const sourceKinds = ['ec2', 'rds', 'aurora'] as const;
export type SourceKind = (typeof sourceKinds)[number];

export interface SourceRef {
  readonly kind: SourceKind;
  /** Instance ID, DB instance identifier or DB cluster identifier. */
  readonly id: string;
  readonly region: string;
}

/** `ec2/i-0abc...`: how a source is written in tags, flags and the ledger. */
export const sourceKey = (source: Pick<SourceRef, 'kind' | 'id'>): string => `${source.kind}/${source.id}`;

/** Consistency of the content of a recovery point, weakest first. */
export const consistencyLevels = ['crash', 'filesystem', 'application'] as const;
export type Consistency = (typeof consistencyLevels)[number];

/** The weakest of the levels; a backup is only as good as its worst recovery point. */
export const weakest = (levels: readonly Consistency[]): Consistency =>
  consistencyLevels[Math.min(...levels.map((level) => consistencyLevels.indexOf(level)))] ?? 'crash';

import type { Tag } from '@aws-sdk/client-rds';
import type { MissingSource } from '../catalog/documents.ts';
import type { SourceSelection } from '../plan/config.ts';
import type { SourceKind } from '../shared/source.ts';

export type DatabaseKind = Exclude<SourceKind, 'ec2'>;

/** What the selections of one kind ask for, put together. RDS stores identifiers in lower case and takes any. */
export interface DatabaseSelection {
  /** Identifiers that the plan names one by one, in lower case. */
  readonly named: ReadonlySet<string>;
  readonly byTags: readonly Readonly<Record<string, string>>[];
}

export function selectionOf(
  kind: DatabaseKind,
  selections: readonly SourceSelection[],
): DatabaseSelection | undefined {
  const named = new Set<string>();
  const byTags: Readonly<Record<string, string>>[] = [];
  for (const selection of selections) {
    if (selection.kind !== kind) continue;
    if ('tags' in selection.select) byTags.push(selection.select.tags);
    else if ('identifiers' in selection.select) {
      for (const id of selection.select.identifiers) named.add(id.toLowerCase());
    }
  }
  return named.size + byTags.length === 0 ? undefined : { named, byTags };
}

/** Whether any of the tag selections matches with all of its tags. */
export const matchesTags = ({ byTags }: DatabaseSelection, tags: readonly Tag[] | undefined): boolean =>
  byTags.some((wanted) =>
    Object.entries(wanted).every(([key, value]) =>
      (tags ?? []).some((tag) => tag.Key === key && tag.Value === value),
    ),
  );

/** What was named and is not among the sources: with the reason found on the way, or as not existing. */
export const missingOf = (
  selection: DatabaseSelection,
  found: ReadonlySet<string>,
  reasons: ReadonlyMap<string, string>,
  kind: DatabaseKind,
  noun: string,
  region: string,
): MissingSource[] =>
  [...selection.named]
    .filter((id) => !found.has(id))
    .sort()
    .map((id) => ({
      source: { kind, id, region },
      reason: reasons.get(id) ?? `no ${noun} ${id} exists in ${region}`,
    }));

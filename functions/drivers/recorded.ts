import type { Relaunch } from '../catalog/documents.ts';
import type { Json } from '../shared/durable.ts';
import { tagKeys } from '../shared/names.ts';
import { type SourceRef, sourceKey } from '../shared/source.ts';
import type { RestoreIdentity } from './restorer.ts';

/**
 * Reads what a driver recorded at backup time. A manifest may come from an older version, or be put together from
 * tags, so nothing is taken for granted: what is absent, empty or of another type is undefined or an empty list.
 */
export const textAt = (relaunch: Relaunch, key: string): string | undefined => {
  const value = relaunch[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export const numberAt = (relaunch: Relaunch, key: string): number | undefined => {
  const value = relaunch[key];
  return typeof value === 'number' ? value : undefined;
};

export const flagAt = (relaunch: Relaunch, key: string): boolean | undefined => {
  const value = relaunch[key];
  return typeof value === 'boolean' ? value : undefined;
};

export const textsAt = (relaunch: Relaunch, key: string): string[] => {
  const value = relaunch[key];
  return isList(value) ? value.filter((item): item is string => typeof item === 'string' && item !== '') : [];
};

/** An empty one where nothing is recorded. */
export const recordAt = (relaunch: Relaunch, key: string): Relaunch => {
  const value = relaunch[key];
  return isRecord(value) ? value : {};
};

export const recordsAt = (relaunch: Relaunch, key: string): Relaunch[] => {
  const value = relaunch[key];
  return isList(value) ? value.filter(isRecord) : [];
};

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isRecord = (value: Json | undefined): value is Relaunch =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys that nobody but AWS may set, and those of copies, which would make a machine look like one. */
const isReserved = (key: string): boolean => /^(aws|rds|snapkeep):/i.test(key);

/** AWS takes 50 tags per resource ("Tag restrictions"). */
const tagLimit = 50;

/** What is restored tells in which restore, by which deployment and from what. */
export const tagsOfRestore = (
  { deployment, restoreId }: Pick<RestoreIdentity, 'deployment' | 'restoreId'>,
  source: SourceRef,
): Readonly<Record<string, string>> => ({
  [tagKeys.restore]: restoreId,
  [tagKeys.restoredBy]: deployment,
  [tagKeys.source]: sourceKey(source),
});

/** The recorded tags without reserved ones, then `own`; `dropped` are the keys for which no room was left. */
export function tagsOfRestored(
  relaunch: Relaunch,
  own: Readonly<Record<string, string>>,
): { readonly tags: { Key: string; Value: string }[]; readonly dropped: readonly string[] } {
  const recorded = Object.entries(recordAt(relaunch, 'tags')).flatMap(([Key, Value]) =>
    typeof Value === 'string' && !isReserved(Key) ? [{ Key, Value }] : [],
  );
  const ours = Object.entries(own).map(([Key, Value]) => ({ Key, Value }));
  const kept = recorded.slice(0, tagLimit - ours.length);
  return { tags: [...kept, ...ours], dropped: recorded.slice(kept.length).map(({ Key }) => Key) };
}

/** For requests: absent and undefined are the same on the wire, but not in a comparison or a print-out. */
// Sound: leaving out members whose value is undefined changes nothing that the type promises.
export const withoutUndefined = <T extends object>(input: T): T =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as T;

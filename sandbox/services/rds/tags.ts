import type { Tag } from '@aws-sdk/client-rds';
import { invalidParameterValue } from './errors.ts';

export type Tags = Map<string, string>;

export const tagList = (tags: Tags): Tag[] => [...tags].map(([Key, Value]) => ({ Key, Value }));

/** Letters, digits, white space and `_.:/=+-@`: "Tagging Amazon RDS resources". */
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagsPerResource = 50;

/** Checks the tags of a request. Throws InvalidParameterValue for keys, values or amounts that RDS refuses. */
export function readTags(given: readonly Tag[] | undefined, onto: Tags = new Map()): Tags {
  const seen = new Set<string>();
  const tags: Tags = new Map(onto);
  for (const { Key: key = '', Value: value = '' } of given ?? []) {
    if (key.length < 1 || key.length > 128 || !allowed.test(key)) {
      throw invalidParameterValue(`Invalid tag key: ${JSON.stringify(key)}`);
    }
    if (/^(aws|rds):/i.test(key)) {
      throw invalidParameterValue(`Tag keys that start with aws: or rds: are reserved: ${key}`);
    }
    if (value.length > 256 || !allowed.test(value)) {
      throw invalidParameterValue(`Invalid value of the tag ${key}: ${JSON.stringify(value)}`);
    }
    if (seen.has(key)) throw invalidParameterValue(`Duplicate tag key: ${key}`);
    seen.add(key);
    tags.set(key, value);
  }
  if (tags.size > tagsPerResource) {
    throw invalidParameterValue(`A resource can have at most ${tagsPerResource} tags.`);
  }
  return tags;
}
